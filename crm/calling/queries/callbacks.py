"""Promised call-backs: whose, when, and the calls that have just ended and can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from crm.base.clock import danish_date
from crm.base.scope import Scope
from crm.calling.models import Call, QueueEntry
from crm.calling.rules import RANK_CALL_BACK, UNDO
from crm.campaigns.models import Campaign, Participation
from crm.companies.models import Workplace
from crm.people.models import Jobcentre, User, UserRole

PAGE = 100
PROMISED = and_(QueueEntry.state == "waiting", QueueEntry.rank == RANK_CALL_BACK)


@dataclass(frozen=True)
class CallBack:
    """A promise to call again. ``by``/``promiser``: whose it is, None for anyone's. ``note``: of the call in which it
    was promised. ``holder``: the phoner who calls the company now."""

    entry_id: int
    workplace_id: int
    company: str
    phone: str | None
    jobcentre: str
    campaign_id: int
    campaign: str
    firm_id: int | None
    due_at: datetime
    by: int | None
    promiser: str | None
    note: str
    draft: str
    holder_id: int | None
    holder: str | None

    def overdue(self, now: datetime) -> bool:
        return self.due_at <= now


def call_backs(
    session: Session, scope: Scope, user_id: int | None, now: datetime, *, limit: int = PAGE, offset: int = 0
) -> list[CallBack]:
    """Open promises of one phoner, or (None) anyone's, within the scope; the longest due first.

    Of campaigns that are open and not over: the others are called no more.
    """
    promiser, holder = aliased(User), aliased(User)
    q = QueueEntry
    named = (q.id, q.workplace_id, Workplace.name, q.phone, Jobcentre.name, q.campaign_id, Campaign.name)
    rows = session.execute(
        _open(
            select(
                *named,
                q.calling_firm_id,
                q.due_at,
                q.call_back_by,
                promiser.name,
                func.coalesce(_last_note(), ""),
                q.draft_note,
            ),
            now,
        )
        .add_columns(holder.id, holder.name)
        .join(Workplace, Workplace.id == q.workplace_id)
        .join(Jobcentre, Jobcentre.id == q.jobcentre_id)
        .outerjoin(promiser, promiser.id == q.call_back_by)
        .outerjoin(holder, and_(holder.id == q.claimed_by, q.claimed_until > now, q.claimed_at.is_not(None)))
        .where(_whose(user_id), scope.clause(jobcentre=q.jobcentre_id, firm=q.calling_firm_id))
        .order_by(q.due_at, q.id)
        .limit(limit)
        .offset(offset)
    )
    return [CallBack(*row) for row in rows]


def _last_note() -> Any:
    """The note of an entry's last call."""
    return (
        select(Call.note)
        .where(Call.entry_id == QueueEntry.id, Call.undone_at.is_(None))
        .order_by(Call.ended_at.desc(), Call.id.desc())
        .limit(1)
        .correlate(QueueEntry)
        .scalar_subquery()
    )


def call_backs_count(session: Session, scope: Scope, user_id: int | None, now: datetime) -> int:
    """How many there are in all, where ``call_backs`` gives a page."""
    statement = _open(select(func.count()), now).where(_whose(user_id))
    reach = scope.clause(jobcentre=QueueEntry.jobcentre_id, firm=QueueEntry.calling_firm_id)
    return session.scalar(statement.where(reach)) or 0


def call_backs_due(session: Session, user_id: int, now: datetime, limit: int = 3) -> list[CallBack]:
    """The phoner's own promises that are due, but the one in hand; the longest due first."""
    mine = call_backs(session, Scope(everything=True), user_id, now, limit=limit + 1)
    held = set(session.scalars(select(QueueEntry.id).where(_in_hand(user_id, now))))
    return [one for one in mine if one.overdue(now) and one.entry_id not in held][:limit]


def open_promises(session: Session, user_id: int, campaign_id: int, *, but: int | Sequence[int] = 0) -> int:
    """Companies of the campaign that wait for this phoner's call, without the entries ``but``."""
    others = [but] if isinstance(but, int) else list(but)
    statement = select(func.count()).where(
        PROMISED,
        QueueEntry.call_back_by == user_id,
        QueueEntry.campaign_id == campaign_id,
        QueueEntry.id.not_in(others),
    )
    return session.scalar(statement) or 0


@dataclass(frozen=True)
class Promiser:
    """A phoner in a supervisor's reach, with open promises (and how many of them are due)."""

    user_id: int
    name: str
    firm_id: int
    promises: int
    due: int


def promisers(session: Session, scope: Scope, now: datetime) -> list[Promiser]:
    """Phoners of the firms that call within the scope, those with promises first; for choosing whose to see, and who
    may take them over."""
    q = QueueEntry
    reach = scope.clause(jobcentre=q.jobcentre_id, firm=q.calling_firm_id)
    counts = {
        user_id: (count, due)
        for user_id, count, due in session.execute(
            _open(select(q.call_back_by, func.count(), func.count().filter(q.due_at <= now)), now)
            .where(q.call_back_by.is_not(None), reach)
            .group_by(q.call_back_by)
        )
    }
    p = Participation
    firms = select(p.calling_firm_id).where(scope.clause(jobcentre=p.jobcentre_id, firm=p.calling_firm_id))
    people = session.execute(
        select(User.id, User.name, UserRole.calling_firm_id)
        .join(UserRole, UserRole.user_id == User.id)
        .where(
            UserRole.role == "phoner",
            or_(and_(User.active, UserRole.calling_firm_id.in_(firms)), User.id.in_(counts)),
        )
        .order_by(User.name, User.id)
    )
    found = [Promiser(number, name, firm, *counts.get(number, (0, 0))) for number, name, firm in people if firm]
    return sorted(found, key=lambda one: one.promises == 0)


def undoable(session: Session, user_id: int, now: datetime) -> Call | None:
    """The user's last call, while its outcome can still be taken back."""
    last = session.scalar(
        select(Call)
        .where(Call.user_id == user_id, Call.ended_at >= now - UNDO, Call.undone_at.is_(None))
        .order_by(Call.ended_at.desc(), Call.id.desc())
        .limit(1)
    )
    return last if last is not None and last.before is not None and last.ended_at <= now else None


def own_call(session: Session, user_id: int, call_id: int) -> Call | None:
    """The call, when the user made it."""
    return session.scalar(select(Call).where(Call.id == call_id, Call.user_id == user_id))


def _open(statement: Any, now: datetime) -> Any:
    running = (Campaign.state == "open", Campaign.ends_on >= danish_date(now))
    return (
        statement.select_from(QueueEntry)
        .join(Campaign, Campaign.id == QueueEntry.campaign_id)
        .where(PROMISED, *running)
    )


def _whose(user_id: int | None) -> ColumnElement[bool]:
    return QueueEntry.call_back_by.is_(None) if user_id is None else QueueEntry.call_back_by == user_id


def _in_hand(user_id: int, now: datetime) -> ColumnElement[bool]:
    q = QueueEntry
    return and_(q.claimed_by == user_id, q.claimed_until > now, q.claimed_at.is_not(None))
