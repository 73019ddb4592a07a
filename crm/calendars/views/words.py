"""A consultant's calendar settings, said in words."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.calendars.queries.wishes import Settings
from crm.calendars.rules import WEEKDAYS
from crm.calendars.rules.wishes import Named, named


def follows() -> str:
    """What a changed calendar means for bookings."""
    return str(
        _(
            "Booking følger det med det samme. Besøg, der er booket og nu ikke passer, bliver hvor de er og vises som "
            "konflikter inden for et minut."
        )
    )


def said(settings: Settings) -> list[str]:
    """The settings in words, a line each; what is not wished for is left out."""
    lines = []
    if settings.profile:
        lines.append(
            _(
                "Fra og til %(base)s (%(postcode)s), højst %(visits)s besøg om dagen.",
                base=settings.profile.base_name,
                postcode=settings.profile.base_postcode,
                visits=settings.profile.max_visits_a_day,
            )
        )
    for weekday, base in sorted(settings.bases.items()):
        day = _(WEEKDAYS[weekday])
        lines.append(_("%(day)s fra og til %(base)s (%(postcode)s).", day=day, base=base.name, postcode=base.postcode))
    own = settings.wishes
    if own is None:
        return [str(line) for line in lines]
    if own.lunch_minutes:
        window = {"minutes": own.lunch_minutes, "from_": clock(own.lunch_from), "until": clock(own.lunch_to)}
        lines.append(_("Frokost %(minutes)s min mellem %(from_)s og %(until)s.", **window))
    if own.areas:
        lines.append(_("Kun besøg i %(areas)s.", areas=", ".join(area_words(area) for area in own.areas)))
    if own.notice_hours:
        lines.append(ngettext("Mindst %(num)s times varsel.", "Mindst %(num)s timers varsel.", own.notice_hours))
    if own.horizon_days:
        lines.append(ngettext("Højst %(num)s dag frem.", "Højst %(num)s dage frem.", own.horizon_days))
    return [str(line) for line in lines]


def area_words(area: Any) -> str:
    """``7700 Thisted`` or ``9000 Aalborg–9990 Skagen (109 postnumre)``"""
    known: Named = named(area)
    if known.first == known.last:
        return f"{known.first} {known.first_town}"
    if known.count == 1:
        return f"{known.first}–{known.last} ({known.first_town})"
    count = _("%(num)s postnumre", num=known.count)
    return f"{known.first} {known.first_town}–{known.last} {known.last_town} ({count})"


def clock(minute: int) -> str:
    """A minute of the Danish day as ``11.30``; the day's end as ``24.00``."""
    return f"{minute // 60}.{minute % 60:02d}"
