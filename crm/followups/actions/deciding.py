"""The report's follow-up decision, first or corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.followups.actions.agreements import agree
from crm.followups.actions.telling import tell_company, void
from crm.followups.models import FollowUp
from crm.followups.rules import FollowUpDecision, NoFollowUp, plain
from crm.people.models import User
from crm.visits.models import Visit


def decide(
    session: Session, actor: Any, now: datetime, visit: Visit, decision: FollowUpDecision | NoFollowUp
) -> FollowUp | None:
    """Make the report's follow-up this one, whatever a former report said; None for no follow-up.

    The same agreement again changes nothing; a done one stays; an open one that differs is voided, and what the
    company had written to it is settled with it. A promise whose day has passed keeps its first date, so that
    correcting the report, once or twice, does not make it look kept; without one in its place it stays in the figures
    as not done (``queries.kept.counted``). Whoever has it in hand keeps it.
    """
    ever = _ever(session, visit)
    there = [old for old in ever if old.voided_at is None]
    same = next((old for old in there if _same(old, decision)), None)
    gone = [old for old in there if old is not same and old.state == "open"]
    replaced = isinstance(decision, FollowUpDecision)
    for old in gone:
        void(session, actor, now, old, "accepted" if replaced else "declined")
    if isinstance(decision, NoFollowUp) or same is not None:
        if same is not None and same.state == "open" and same.told_at is None:
            tell_company(session, now, visit, same, "agreed")  # a report said before that nobody was there
        _withdraw(session, now, visit, gone)
        return same
    broken = _broken(ever, decision, danish_date(now))
    made = agree(
        session,
        actor,
        now,
        visit,
        decision,
        from_report=True,
        replaces=bool(gone) and gone[-1].told_at is not None,
        first_due_on=broken.first_due_on if broken else None,
        owner_id=_owner(session, visit, gone),
        opening_id=_opening(gone),
        follows_id=broken.id if broken else gone[-1].id if gone else None,
    )
    _withdraw(session, now, visit, gone[:-1] if made.told_at else gone)
    return made


def _ever(session: Session, visit: Visit) -> Sequence[FollowUp]:
    """What the visit's reports ever agreed, oldest first, locked."""
    return session.scalars(
        select(FollowUp)
        .where(FollowUp.visit_id == visit.id, FollowUp.from_report)
        .order_by(FollowUp.id)
        .with_for_update(of=FollowUp)
        .execution_options(populate_existing=True)
    ).all()


def _withdraw(session: Session, now: datetime, visit: Visit, gone: Sequence[FollowUp]) -> None:
    """The company hears of each that it has in writing and that no other one replaces in writing."""
    for old in gone:
        tell_company(session, now, visit, old, "withdrawn")
    session.flush()


def _same(old: FollowUp, decision: FollowUpDecision | NoFollowUp) -> bool:
    return (
        isinstance(decision, FollowUpDecision)
        and decision.due_on in (old.due_on, old.first_due_on)
        and ((old.kind, old.owed_by, old.promise) == (decision.kind, decision.owed_by, plain(decision.promise)))
    )


def _broken(ever: Sequence[FollowUp], decision: FollowUpDecision, today: date) -> FollowUp | None:
    """The promise of the same side that was broken before it was taken back, now or by an earlier report, and whose
    first date no other one carries on: each is carried by one, so that as many stay broken as were."""
    carried = {(one.follows_id, one.owed_by, one.first_due_on) for one in ever}
    broken = [
        old
        for old in ever
        if old.owed_by == decision.owed_by
        and old.state == "open"
        and old.first_due_on < (danish_date(old.voided_at) if old.voided_at else today)
        and (old.id, old.owed_by, old.first_due_on) not in carried
    ]
    return min(broken, key=lambda old: (old.first_due_on, old.id), default=None)


def _owner(session: Session, visit: Visit, gone: Sequence[FollowUp]) -> int | None:
    """The colleague the replaced one was handed to, as long as they are here."""
    handed = next((old.owner_id for old in reversed(gone) if old.owner_id != visit.consultant_id), None)
    colleague = session.get(User, handed) if handed else None
    return colleague.id if colleague is not None and colleague.active else None


def _opening(gone: Sequence[FollowUp]) -> int | None:
    alive = (old.opening_id for old in reversed(gone) if old.opening is not None and old.opening.voided_at is None)
    return next(alive, None)
