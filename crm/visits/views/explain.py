"""Why a time stands where it does, in the words of the screen."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.travel.places import Leg
from crm.visits.rules.slots import Slot, explanation
from crm.visits.rules.stops import Stop
from crm.web.filters import dk_time
from crm.web.i18n import say


def note(slot: Slot) -> str:
    """``efter besøg i Hobro 9.30``, and a mark where a ferry is taken or the drive is an estimate."""
    parts = [say(*explanation(slot))]
    if slot.ferry:
        parts.append(_("med færge: %(ferry)s", ferry=slot.ferry))
    if slot.estimated:
        parts.append(_("anslået køretid"))
    return " · ".join(parts)


def details(slot: Slot) -> list[str]:
    """The drives on both sides, what the visit adds to the day, and how it was ranked; nothing for a time that was
    read from a text."""
    verdict = slot.verdict
    if verdict is None or verdict.before is None or verdict.after is None:
        return []
    lines = [
        _before(verdict.before) + _drive(verdict.there),
        _after(verdict.after) + _drive(verdict.onward),
        _("I alt %(minutes)s min kørsel den dag", minutes=f"{slot.extra_driving_min:+d}".replace("-", "−")),
        ngettext(
            "%(who)s har %(num)s besøg den uge",
            "%(who)s har %(num)s besøg den uge",
            slot.visits_that_week,
            who=slot.consultant,
        ),
    ]
    if slot.fairness or slot.earliness:
        lines.append(
            _(
                "Jobcentrets vægte: %(drive)s kørsel + %(fair)s fordeling + %(early)s ventetid = %(total)s min",
                drive=slot.extra_driving_min,
                fair=slot.fairness,
                early=slot.earliness,
                total=slot.score,
            )
        )
    return lines


def _before(stop: Stop) -> str:
    at: datetime = stop.ends_at
    if stop.kind == "base":
        return str(_("Fra hjemstedet i %(town)s", town=stop.town))
    if stop.kind in ("away", "busy"):
        return str(_("Fra hjemstedet i %(town)s, optaget til %(at)s", town=stop.town, at=dk_time(at)))
    return str(_("Fra besøg i %(town)s, slut %(at)s", town=stop.town, at=dk_time(at)))


def _after(stop: Stop) -> str:
    at: datetime = stop.starts_at
    if stop.kind == "base":
        return str(_("Hjem til %(town)s", town=stop.town))
    if stop.kind in ("away", "busy"):
        return str(_("Hjem til %(town)s, optaget fra %(at)s", town=stop.town, at=dk_time(at)))
    return str(_("Videre til besøg i %(town)s %(at)s", town=stop.town, at=dk_time(at)))


def _drive(leg: Leg | None) -> str:
    if leg is None:
        return ""
    parts = [_("%(minutes)s min kørsel", minutes=leg.minutes)]
    if leg.ferry:
        parts.append(_("med færge: %(ferry)s", ferry=leg.ferry))
    if leg.estimate:
        parts.append(_("anslået"))
    return ": " + ", ".join(parts)
