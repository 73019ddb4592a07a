"""What the pages of candidates and placements share: which layout, a person's facts, why somebody fits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.openings.rules.languages import LANGUAGES
from crm.openings.rules.matching import Fit, Reason, said_hours
from crm.openings.views.blueprint import pages
from crm.web.edge import now
from crm.web.filters import dk_date, dk_day
from crm.web.i18n import locale_code, say
from crm.web.permit import actor


def on_phone() -> bool:
    """Consultants without another role work on the telephone's pages."""
    return {held.role for held in actor().roles} == {"consultant"}


@pages.app_template_filter("dk_near")
def near_day(value: date | datetime | None) -> str:
    """``ti. 24. nov.``; with its year, ``24.11.2025``, where that is not this one."""
    if not value:
        return ""
    day = danish_date(value) if isinstance(value, datetime) else value
    return dk_day(day) if day.year == danish_date(now()).year else dk_date(day)


def facts(candidate: Any) -> str:
    """``Kok · 32 timer · dansk, engelsk``."""
    parts = [candidate.occupation]
    if candidate.weekly_hours:
        parts.append(_("%(hours)s timer", hours=said_hours(candidate.weekly_hours)))
    if candidate.languages:
        parts.append(", ".join(within(LANGUAGES[key]) for key in candidate.languages if key in LANGUAGES))
    return " · ".join(part for part in parts if part)


def within(word: str) -> str:
    """A msgid as it is written within a line: small, but for languages, which English writes with a capital."""
    said = str(_(word))
    return said if word in LANGUAGES.values() and locale_code() == "en" else said.lower()


def reasons(fit: Fit) -> list[dict[str, Any]]:
    """``samme fag``, ``25 min``, ``mangler engelsk``; ``good``: it speaks for the candidate."""
    return [{"good": reason.good, "text": reason_text(reason)} for reason in fit.reasons]


def reason_text(reason: Reason) -> str:
    words = ", ".join(within(word) for word in reason.words)
    return say(reason.message, {**dict(reason.fields), "words": words})
