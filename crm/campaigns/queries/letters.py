"""Letter batches: whom a list's letters can go to, how far each list is, a batch's rows and addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from crm.base.activity import Activity
from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.campaigns.models import CallList, Letter, LetterBatch, ListEntry, Participation
from crm.campaigns.rules import Candidate, why_left_out
from crm.companies.models import Company, Workplace

LETTERS_PAGE = 50
LIVE = and_(Letter.left_out.is_(None), Letter.returned_at.is_(None))
SENT = Letter.left_out.is_(None)
RETURNED = Letter.returned_at.is_not(None)
LETTER_VIEWS: dict[str, ColumnElement[bool] | None] = {
    "all": None,
    "letters": SENT,
    "left_out": Letter.left_out.is_not(None),
    "returned": RETURNED,
}


def _facts(call_list: CallList) -> tuple[Any, ...]:
    """What decides whether a workplace may have a letter; ``called``: the campaign has had it on the telephone."""
    called = exists().where(
        Activity.workplace_id == ListEntry.workplace_id,
        Activity.campaign_id == call_list.participation.campaign_id,
        Activity.verb == "calling.finish",
    )
    return (
        ListEntry.id,
        ListEntry.struck_reason.is_not(None).label("struck"),
        Workplace.do_not_call_at.is_not(None).label("do_not_call"),
        Workplace.advertising_protected.label("protected"),
        Workplace.mail_returned_at.is_not(None).label("returned"),
        Workplace.street,
        Workplace.postcode,
        Workplace.city,
        called.label("called"),
    )


def _reason(row: Any, call_list: CallList, *, called: bool) -> str | None:
    return why_left_out(
        struck=row.struck,
        do_not_call=row.do_not_call,
        protected=row.protected,
        basis=bool(call_list.legal_basis),
        called=called,
        returned=row.returned,
        street=row.street,
        postcode=row.postcode,
        city=row.city,
    )


def letter_candidates(session: Session, call_list: CallList) -> list[Candidate]:
    """The list's entries without a letter under way, in its order; two queries.

    Who stands in a batch already without a letter of use (left out, or it came back) is only there when a letter
    can be sent now: a reason is told once.
    """
    rows = session.execute(
        select(*_facts(call_list))
        .join(Workplace, Workplace.id == ListEntry.workplace_id)
        .where(ListEntry.call_list_id == call_list.id)
        .order_by(ListEntry.position, ListEntry.id)
    )
    before = _under_way(session, call_list)
    free = (row for row in rows if not before.get(row.id))
    found = (Candidate(row.id, _reason(row, call_list, called=row.called)) for row in free)
    return [one for one in found if one.left_out is None or one.entry_id not in before]


def _under_way(session: Session, call_list: CallList) -> dict[int, bool]:
    """Entries of the list that stand in a batch -> whether a letter of theirs is under way or delivered."""
    rows = session.execute(
        select(Letter.list_entry_id, func.max(case((LIVE, 1), else_=0)))
        .join(LetterBatch, LetterBatch.id == Letter.batch_id)
        .where(LetterBatch.call_list_id == call_list.id)
        .group_by(Letter.list_entry_id)
    )
    return {entry_id: bool(live) for entry_id, live in rows}


def barred(session: Session, batch: LetterBatch) -> dict[int, str]:
    """List entry -> why its letter of this batch may not go out now, of those that had one to come."""
    rows = session.execute(
        select(*_facts(batch.call_list))
        .join(Letter, Letter.list_entry_id == ListEntry.id)
        .join(Workplace, Workplace.id == ListEntry.workplace_id)
        .where(Letter.batch_id == batch.id, LIVE)
    )
    found = ((row.id, _reason(row, batch.call_list, called=False)) for row in rows)
    return {entry_id: reason for entry_id, reason in found if reason}


def letter_batch(session: Session, scope: Scope, batch_id: int) -> LetterBatch:
    """With its list, jobcentre and campaign. Raises NotFound outside the scope."""
    found = session.scalar(
        _batches(scope)
        .options(
            contains_eager(LetterBatch.call_list)
            .contains_eager(CallList.participation)
            .joinedload(Participation.campaign)
        )
        .where(LetterBatch.id == batch_id)
    )
    if found is None:
        raise NotFound
    return found


def _batches(scope: Scope) -> Select[LetterBatch]:
    return (
        select(LetterBatch)
        .join(LetterBatch.call_list)
        .join(CallList.participation)
        .where(scope.clause(jobcentre=Participation.jobcentre_id))
    )


def campaign_batches(
    session: Session, campaign_id: int, scope: Scope, page: int = 1
) -> tuple[Sequence[LetterBatch], int]:
    """One page of the campaign's batches in reach, the latest day first, and how many there are."""
    mine = _batches(scope).where(Participation.campaign_id == campaign_id)
    count = session.scalar(select(func.count()).select_from(mine.with_only_columns(LetterBatch.id).subquery())) or 0
    rows = session.scalars(
        mine.options(contains_eager(LetterBatch.call_list).contains_eager(CallList.participation))
        .order_by(LetterBatch.mailed_on.desc(), LetterBatch.id.desc())
        .offset((page - 1) * LETTERS_PAGE)
        .limit(LETTERS_PAGE)
    ).all()
    return rows, count


def list_batches(session: Session, call_list: CallList) -> Sequence[LetterBatch]:
    """By day."""
    return session.scalars(
        select(LetterBatch)
        .where(LetterBatch.call_list_id == call_list.id)
        .order_by(LetterBatch.mailed_on, LetterBatch.id)
    ).all()


@dataclass(frozen=True)
class BatchCount:
    """``letters``: sent or to be sent, those that came back too; ``left_out``: rows without a letter."""

    letters: int = 0
    left_out: int = 0
    returned: int = 0


def count_of(clause: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((clause, 1), else_=0)), 0)


def batch_counts(session: Session, batch_ids: Sequence[int]) -> dict[int, BatchCount]:
    """Batch id -> counts; one query."""
    rows = session.execute(
        select(Letter.batch_id, count_of(SENT), count_of(~SENT), count_of(RETURNED))
        .where(Letter.batch_id.in_(batch_ids))
        .group_by(Letter.batch_id)
    )
    return {row[0]: BatchCount(*(int(value) for value in row[1:])) for row in rows}


def left_out_counts(session: Session, batch: LetterBatch) -> dict[str, int]:
    """Key of LETTER_LEFT_OUT -> how many of the batch."""
    rows = session.execute(
        select(Letter.left_out, func.count())
        .where(Letter.batch_id == batch.id, Letter.left_out.is_not(None))
        .group_by(Letter.left_out)
    )
    return {str(reason): int(count) for reason, count in rows}


def returned_counts(session: Session, batch: LetterBatch) -> dict[str, int]:
    """Key of RETURN_REASONS -> how many of the batch came back."""
    rows = session.execute(
        select(Letter.returned_because, func.count())
        .where(Letter.batch_id == batch.id, RETURNED)
        .group_by(Letter.returned_because)
    )
    return {str(reason): int(count) for reason, count in rows}


def letter_rows(
    session: Session, batch: LetterBatch, view: str = "all", search: str = "", page: int = 1
) -> tuple[Sequence[tuple[Letter, Workplace]], int]:
    """One page of (letter, workplace) in the list's order, and how many there are. ``view``: key of LETTER_VIEWS;
    ``search``: part of the name, or a whole P- or CVR-number."""
    statement = (
        select(Letter, Workplace)
        .join(ListEntry, ListEntry.id == Letter.list_entry_id)
        .join(Workplace, Workplace.id == ListEntry.workplace_id)
        .where(Letter.batch_id == batch.id)
    )
    clause = LETTER_VIEWS.get(view)
    if clause is not None:
        statement = statement.where(clause)
    if search:
        digits = "".join(char for char in search if char.isdigit())
        of_company = select(Company.id).where(Company.cvr_number == digits)
        statement = statement.where(
            or_(
                Workplace.name.icontains(search, autoescape=True),
                Workplace.p_number == digits,
                Workplace.company_id.in_(of_company),
            )
        )
    count = session.scalar(select(func.count()).select_from(statement.with_only_columns(Letter.batch_id).subquery()))
    rows = session.execute(
        statement.options(joinedload(Workplace.company))
        .order_by(ListEntry.position, ListEntry.id)
        .offset((page - 1) * LETTERS_PAGE)
        .limit(LETTERS_PAGE)
    ).all()
    return [(letter, workplace) for letter, workplace in rows], count or 0
