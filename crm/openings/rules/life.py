"""How far an opening has come, computed from facts, and which of its details are still lacking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from crm.base.errors import N_

STAGES: dict[str, str] = {
    "told": N_("Fortalt"),
    "specified": N_("Beskrevet"),
    "presented": N_("Præsenteret"),
    "interview": N_("Samtale"),
    "part": N_("Delvist besat"),
    "hired": N_("Besat"),
}
DETAILS: dict[str, str] = {
    "occupation": N_("stilling"),
    "tasks": N_("opgaver"),
    "hours": N_("timer"),
    "start": N_("start"),
    "contact": N_("kontakt"),
    "cvs": N_("CV'er"),
}
LAPSE_AFTER = timedelta(days=30)


def stage_of(opening: Any, *, presented: bool, interviewed: bool, hired: int) -> str:
    """The furthest the opening has come: a key of STAGES.

    presented: a candidate was shown the job (a presentation as report 003 defines it; telling the company of somebody
    is none); interviewed: one was asked to come; hired: how many positions are taken by placements that count. A later
    step does not ask whether the earlier ones were made.
    """
    if hired >= opening.positions:
        return "hired"
    if hired > 0:
        return "part"
    if interviewed:
        return "interview"
    if presented:
        return "presented"
    return "told" if missing(opening) else "specified"


def missing(opening: Any) -> list[str]:
    """Keys of DETAILS still lacking, in their order. Words ("efter aftale") are as good as figures; no CVs wanted
    is ``cvs_wanted`` 0; the visit's contact is the opening's where none is named."""
    has = {
        "occupation": bool(opening.occupation),
        "tasks": bool(opening.tasks),
        "hours": opening.weekly_hours is not None or bool(opening.hours_note),
        "start": opening.starts_on is not None or bool(opening.starts_note),
        "contact": bool(opening.contact_name or opening.visit.contact_name),
        "cvs": opening.cvs_wanted == 0 or (opening.cvs_wanted is not None and opening.cvs_by is not None),
    }
    return [key for key in DETAILS if not has[key]]


def looks_lapsed(opening: Any, today: date, *, under_way: int) -> bool:
    """Whether to propose closing it: open, the day for CVs (or the start) is 30 days past, and nobody is under way.
    Nothing closes by itself: the company may still be waiting."""
    ends: Sequence[date] = [day for day in (opening.cvs_by, opening.starts_on) if day]
    return bool(opening.state == "open" and not under_way and ends and max(ends) + LAPSE_AFTER < today)
