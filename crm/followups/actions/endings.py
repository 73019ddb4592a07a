"""A placement and the agreement about its ending say the same: what came of the talk ends the placement on its last
day, and "Fortryd" takes that back. Another last day is chosen on the placement's own page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import danish_date
from crm.followups.models import FollowUp
from crm.followups.rules.making import ENDS, ending_words
from crm.openings.actions.placements import finish, resume
from crm.openings.models import Placement


def hold_placement(session: Session, follow_up: FollowUp) -> None:
    """Before the agreement itself is held: whoever goes through the placements holds them first, too."""
    if follow_up.kind == "placement_ending" and follow_up.placement is not None:
        session.flush()
        session.refresh(follow_up.placement, with_for_update={"of": Placement})


def end_placement(session: Session, actor: Any, now: datetime, follow_up: FollowUp) -> bool:
    """Whether it was ended: done as ``ended`` or ``permanent``, on its last day or later. What was said of another last
    day, or before somebody wrote that it goes on, ends nothing."""
    placement = follow_up.placement
    if follow_up.kind != "placement_ending" or placement is None or follow_up.outcome_key not in ENDS:
        return False
    last = placement.ends_on
    if placement.voided_at is not None or placement.state == "ended" or last is None or last > danish_date(now):
        return False
    if follow_up.promise != ending_words(placement.type, last) or _resumed(session, follow_up):
        return False
    finish(session, actor, now, placement, ended_on=last, permanent=ENDS[follow_up.outcome_key])
    return True


def resume_placement(session: Session, actor: Any, now: datetime, follow_up: FollowUp) -> None:
    """A "Gjort" taken back: what it ended at that moment runs on."""
    placement = follow_up.placement
    if follow_up.kind == "placement_ending" and placement is not None and placement.state == "ended":
        ended = _noted("openings.placement_finish", placement).where(Activity.at == follow_up.done_at)
        if session.scalar(ended) is not None:
            resume(session, actor, now, placement)


def _resumed(session: Session, follow_up: FollowUp) -> bool:
    assert follow_up.placement is not None
    since = _noted("openings.placement_resume", follow_up.placement).where(Activity.at >= follow_up.done_at)
    return session.scalar(since) is not None


def _noted(verb: str, placement: Placement) -> Any:
    about = (Activity.subject_type == Placement.__tablename__, Activity.subject_id == placement.id)
    return select(Activity.id).where(*about, Activity.verb == verb).limit(1)
