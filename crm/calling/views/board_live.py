"""Phoners and their day, as the board says it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.errors import N_
from crm.calling import rules
from crm.calling.queries.board import Phoner, Tally
from crm.web.edge import now
from crm.web.filters import dk_number, dk_pct, dk_time, minutes_hm

SMALL_N = 25
"""Booking rates on fewer contacts are greyed: too few to compare, as in the reports."""
SHORTEST = 15 * 60
"""Seconds of calling before a phoner's calls an hour are shown."""

STATES = {
    "calling": (N_("Ringer"), "good"),
    "paused": (N_("Pause"), "warn"),
    "elsewhere": (N_("Ringer andetsteds"), ""),
    "away": (N_("Væk"), ""),
}


def live(found: Sequence[Phoner]) -> dict[str, Any]:
    """Headline, sums and rows."""
    count = {state: sum(one.state == state for one in found) for state in STATES}
    total = Tally(
        sum(one.today.calls for one in found),
        sum(one.today.contacts for one in found),
        sum(one.today.booked for one in found),
        sum(one.today.seconds for one in found),
    )
    return {
        "title": _title(count),
        "rows": [_row(one) for one in found],
        "total": {**_day(total), "phoners": dk_number(len(found))},
        "at": now(),
    }


def _title(count: dict[str, int]) -> str:
    parts = [
        ngettext("%(num)s ringer nu", "%(num)s ringer nu", count["calling"])
        if count["calling"]
        else _("Ingen ringer lige nu")
    ]
    if count["paused"]:
        parts.append(ngettext("%(num)s holder pause", "%(num)s holder pause", count["paused"]))
    if count["away"]:
        parts.append(ngettext("%(num)s er væk", "%(num)s er væk", count["away"]))
    return ", ".join(str(part) for part in parts)


def _row(one: Phoner) -> dict[str, Any]:
    label, tone = STATES[one.state]
    text = _(label)
    if one.reason:
        text = _("Pause: %(reason)s", reason=_(rules.PAUSES.get(one.reason, one.reason)).lower())
    return {
        "user_id": one.user_id,
        "name": one.name,
        "firm": one.firm,
        "state": text,
        "tone": tone,
        "since": _since(one.since),
        "hand": one.hand,
        "held_since": _since(one.hand.since) if one.hand else "",
        "held_long": _long(one.hand.since) if one.hand else "",
        "away": one.state == "away",
        **_day(one.today),
    }


def _since(moment: datetime | None) -> str:
    """``9.42 (18 min)``"""
    if moment is None:
        return ""
    return str(_("%(time)s (%(long)s)", time=dk_time(moment), long=_long(moment)))


def _long(moment: datetime) -> str:
    """So long ago: ``18 min``."""
    return minutes_hm(int((now() - moment).total_seconds() // 60))


def _day(today: Tally) -> dict[str, Any]:
    hours = today.seconds / 3600
    return {
        "calls": dk_number(today.calls),
        "contacts": dk_number(today.contacts),
        "booked": dk_number(today.booked),
        "rate": dk_pct(today.booked / today.contacts, 0) if today.contacts else "-",
        "small": today.contacts < SMALL_N,
        "hourly": dk_number(today.calls / hours, 1) if today.seconds >= SHORTEST else "-",
    }
