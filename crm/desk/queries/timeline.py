"""Everything that happened with a workplace, newest first, from every room: one query a source, merged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from crm.base.activity import Activity
from crm.base.clock import at as danish_moment
from crm.base.scope import Scope
from crm.calling.models import Call, QueueEntry
from crm.campaigns.models import Campaign
from crm.campaigns.queries import letters_to
from crm.followups.models import FollowUp
from crm.integrations.models import OutboxMessage
from crm.openings.models import Opening
from crm.people.models import Jobcentre, User
from crm.visits.models import Visit, VisitEvent

PAGE = 40
OWN_TABLES = ("calling.", "visits.", "openings.", "followups.")
"""Rooms whose tables tell the story better than the activity log does."""
OPENINGS_LIFE = (
    "openings.close",
    "openings.reopen",
    "openings.relax",
    "openings.candidacy_send",
    "openings.candidacy_interview",
    "openings.candidacy_hire",
)
"""What became of openings: these the log tells alone."""


PROMISES_LIFE = tuple(
    f"followups.{verb}"
    for verb in ("snooze", "hand_over", "reopen", "confirm", "correct", "corrected", "declined", "kept", "not_kept")
)
"""What happened to promises between being made and being done."""


@dataclass(frozen=True)
class Line:
    """One fact. ``kind``: call, visit, opening, agreed, changed, done, mail or log; ``what``: outcome, event, type or
    verb. ``mine``: of a jobcentre (or firm) in the reader's scope, so that notes and promises are shown."""

    at: datetime
    kind: str
    what: str
    who: str = ""
    place: str = ""
    mine: bool = True
    text: str = ""
    subject_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    lines: list[Line]
    older: datetime | None
    """Where the next page begins; None at the end."""


def story(
    session: Session,
    scope: Scope,
    workplace_id: int,
    before: datetime | None = None,
    *,
    now: datetime | None = None,
) -> Story:
    """One page. A calling firm sees its own calls and the visits it booked, of lists it calls today, nothing else.

    ``now``: letters planned after it are not told."""
    firm_only = bool(scope.firms) and not scope.jobcentres and not scope.everything
    found = [*_calls(session, scope, workplace_id, before), *_visits(session, scope, workplace_id, before)]
    if not firm_only:
        for source in (_openings, _agreed, _changed, _done):
            found += source(session, scope, workplace_id, before)
        found += [*_mails(session, workplace_id, before), *_log(session, workplace_id, before)]
        found += _letters(session, workplace_id, before, now)
    found.sort(key=lambda line: line.at, reverse=True)
    more = len(found) > PAGE
    return Story(found[:PAGE], found[PAGE - 1].at if more else None)


def _page(statement: Any, at: Any, before: datetime | None) -> Any:
    statement = statement.where(at < before) if before else statement
    return statement.order_by(at.desc()).limit(PAGE + 1)


def _inside(scope: Scope, jobcentre_id: int) -> bool:
    return scope.everything or jobcentre_id in scope.jobcentres


def _calls(session: Session, scope: Scope, workplace_id: int, before: datetime | None) -> Iterable[Line]:
    statement = (
        select(Call, QueueEntry.jobcentre_id, Jobcentre.name, User.name, Campaign.name, Campaign.id)
        .join(QueueEntry, QueueEntry.id == Call.entry_id)
        .join(User, User.id == Call.user_id)
        .join(Jobcentre, Jobcentre.id == QueueEntry.jobcentre_id)
        .join(Campaign, Campaign.id == QueueEntry.campaign_id)
        .where(QueueEntry.workplace_id == workplace_id, Call.undone_at.is_(None))
    )
    if scope.firms and not scope.jobcentres and not scope.everything:
        statement = statement.where(Call.calling_firm_id.in_(scope.firms), QueueEntry.calling_firm_id.in_(scope.firms))
    for call, jobcentre_id, place, who, campaign, number in session.execute(_page(statement, Call.ended_at, before)):
        mine = _inside(scope, jobcentre_id) or call.calling_firm_id in scope.firms
        yield Line(
            call.ended_at,
            "call",
            call.outcome,
            who,
            place,
            mine,
            call.note,
            data={
                "reason": call.reason,
                "campaign": campaign,
                "campaign_id": number,
                "answer": call.answer,
                "call_back_at": call.call_back_at,
            },
        )


def _visits(session: Session, scope: Scope, workplace_id: int, before: datetime | None) -> Iterable[Line]:
    actor = aliased(User)
    statement = (
        select(VisitEvent, Visit, Jobcentre.name, actor.name)
        .join(Visit, Visit.id == VisitEvent.visit_id)
        .join(Jobcentre, Jobcentre.id == Visit.jobcentre_id)
        .outerjoin(actor, actor.id == VisitEvent.actor_id)
        .where(Visit.workplace_id == workplace_id)
    )
    if scope.firms and not scope.jobcentres and not scope.everything:
        statement = statement.join(QueueEntry, QueueEntry.id == Visit.queue_entry_id).where(
            Visit.booked_firm_id.in_(scope.firms), QueueEntry.calling_firm_id.in_(scope.firms)
        )
    for event, visit, place, who in session.execute(_page(statement, VisitEvent.at, before)):
        mine = _inside(scope, visit.jobcentre_id) or visit.booked_firm_id in scope.firms
        text = {"book": visit.note, "report": visit.report_note}.get(event.kind, str(event.data.get("reason") or ""))
        yield Line(
            event.at,
            "visit",
            event.kind,
            who or "",
            place,
            mine,
            text,
            visit.id,
            {
                "starts_at": visit.starts_at,
                "state": visit.state,
                "jobcentre_id": visit.jobcentre_id,
                "booked_by": visit.booked_by,
                **{name: event.data[name] for name in ("party", "partstat", "expected_at") if name in event.data},
            },
        )


def _openings(session: Session, scope: Scope, workplace_id: int, before: datetime | None) -> Iterable[Line]:
    statement = (
        select(Opening, Jobcentre.name, User.name)
        .join(Jobcentre, Jobcentre.id == Opening.jobcentre_id)
        .join(User, User.id == Opening.consultant_id)
        .where(Opening.workplace_id == workplace_id, Opening.voided_at.is_(None))
    )
    for opening, place, who in session.execute(_page(statement, Opening.created_at, before)):
        yield Line(
            opening.created_at,
            "opening",
            opening.own_type.name if opening.own_type else opening.type,
            who,
            place,
            _inside(scope, opening.jobcentre_id),
            opening.occupation,
            opening.id,
            {"positions": opening.positions, "akutjob": opening.akutjob},
        )


def _follow_ups(at: Any, workplace_id: int, before: datetime | None) -> Any:
    statement = (
        select(FollowUp, Jobcentre.name, User.name)
        .join(Jobcentre, Jobcentre.id == FollowUp.jobcentre_id)
        .join(User, User.id == FollowUp.owner_id)
        .where(FollowUp.workplace_id == workplace_id, FollowUp.voided_at.is_(None), at.isnot(None))
    )
    return _page(statement, at, before)


def _agreed(session: Session, scope: Scope, workplace_id: int, before: datetime | None) -> Iterable[Line]:
    for found, place, who in session.execute(_follow_ups(FollowUp.created_at, workplace_id, before)):
        yield Line(
            found.created_at,
            "agreed",
            found.owed_by,
            who,
            place,
            _inside(scope, found.jobcentre_id),
            found.promise,
            found.id,
            {"due_on": found.due_on, "state": found.state, "kind": found.kind},
        )


def _changed(session: Session, scope: Scope, workplace_id: int, before: datetime | None) -> Iterable[Line]:
    statement = (
        select(Activity, FollowUp, Jobcentre.name)
        .join(FollowUp, FollowUp.id == Activity.subject_id)
        .join(Jobcentre, Jobcentre.id == FollowUp.jobcentre_id)
        .where(
            Activity.workplace_id == workplace_id,
            Activity.subject_type == FollowUp.__tablename__,
            Activity.verb.in_(PROMISES_LIFE),
            FollowUp.voided_at.is_(None),
        )
    )
    for note, found, place in session.execute(_page(statement, Activity.at, before)):
        yield Line(
            note.at,
            "changed",
            note.verb,
            note.actor_name,
            place,
            _inside(scope, found.jobcentre_id),
            found.promise,
            found.id,
            note.data,
        )


def _done(session: Session, scope: Scope, workplace_id: int, before: datetime | None) -> Iterable[Line]:
    for found, place, who in session.execute(_follow_ups(FollowUp.done_at, workplace_id, before)):
        yield Line(
            found.done_at,
            "done",
            found.owed_by,
            who,
            place,
            _inside(scope, found.jobcentre_id),
            found.outcome or found.promise,
            found.id,
        )


def _mails(session: Session, workplace_id: int, before: datetime | None) -> Iterable[Line]:
    statement = select(OutboxMessage).where(OutboxMessage.workplace_id == workplace_id)
    for found in session.scalars(_page(statement, OutboxMessage.created_at, before)):
        yield Line(
            found.created_at, "mail", found.state, found.recipient, text=found.subject, data={"channel": found.channel}
        )


def _letters(session: Session, workplace_id: int, before: datetime | None, now: datetime | None) -> Iterable[Line]:
    """Letters that were mailed, at noon of their Danish day; few a workplace, so they are paged here."""
    for _letter, batch in letters_to(session, workplace_id):
        mailed = danish_moment(batch.mailed_on, 12 * 60)
        if (now is None or mailed <= now) and (before is None or mailed < before):
            yield Line(mailed, "log", "campaigns.letter", text=batch.call_list.participation.campaign.name)


def _log(session: Session, workplace_id: int, before: datetime | None) -> Iterable[Line]:
    statement = select(Activity).where(
        Activity.workplace_id == workplace_id,
        or_(Activity.verb.in_(OPENINGS_LIFE), and_(*(~Activity.verb.startswith(room) for room in OWN_TABLES))),
    )
    for found in session.scalars(_page(statement, Activity.at, before)):
        yield Line(found.at, "log", found.verb, found.actor_name, text=str(found.data.get("reason") or ""))
