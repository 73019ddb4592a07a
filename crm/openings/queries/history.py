"""What happened to one opening, from the activity log: its own facts and those of its candidates and placements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.openings.models import Candidacy, Opening, Placement
from crm.openings.rules.life import STAGES


def history(session: Session, opening: Opening) -> Sequence[Activity]:
    """The newest first, at most 200."""
    hangs_on = [
        and_(
            Activity.subject_type == model.__tablename__,
            Activity.subject_id.in_(select(model.id).where(model.opening_id == opening.id)),
        )
        for model in (Candidacy, Placement)
    ]
    own = and_(Activity.subject_type == Opening.__tablename__, Activity.subject_id == opening.id)
    return session.scalars(
        select(Activity).where(or_(own, *hangs_on)).order_by(Activity.at.desc(), Activity.id.desc()).limit(200)
    ).all()


def reached(opening: Opening, facts: Sequence[Activity]) -> Mapping[str, datetime]:
    """Stage -> when it was reached and not lost again since; told is reached from the start."""
    order = list(STAGES)
    found = {"told": opening.created_at}
    for fact in sorted(facts, key=lambda one: (one.at, one.id)):
        stage = fact.data.get("stage")
        if fact.verb != "openings.stage" or stage not in STAGES:
            continue
        found = {key: at for key, at in found.items() if order.index(key) <= order.index(stage)}
        found.setdefault(stage, fact.at)
    return found
