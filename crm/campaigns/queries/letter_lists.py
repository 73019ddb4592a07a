"""How far each list of a campaign is with its letters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, case, distinct, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager

from crm.base.scope import Scope
from crm.campaigns.models import CallList, Letter, LetterBatch, ListEntry, Participation
from crm.campaigns.queries.letters import LIVE, RETURNED, SENT, count_of
from crm.people.models import Jobcentre


@dataclass(frozen=True)
class ListLetters:
    """How far the letters of an approved list are. ``on_list``: not struck out; ``sent`` and ``planned``: letters
    under way by their day; ``rest``: not in any batch yet."""

    call_list: CallList
    on_list: int
    sent: int
    planned: int
    left_out: int
    returned: int
    rest: int
    next_on: date | None


def list_letters(session: Session, campaign_id: int, scope: Scope, today: date) -> list[ListLetters]:
    """The campaign's approved lists in reach, by jobcentre; three queries."""
    mine = (
        select(CallList)
        .join(CallList.participation)
        .join(Jobcentre, Jobcentre.id == Participation.jobcentre_id)
        .where(
            Participation.campaign_id == campaign_id,
            CallList.state == "approved",
            scope.clause(jobcentre=Participation.jobcentre_id),
        )
    )
    ids = mine.with_only_columns(CallList.id)
    on_list = dict(
        session.execute(
            select(ListEntry.call_list_id, func.count())
            .where(ListEntry.call_list_id.in_(ids), ListEntry.struck_reason.is_(None))
            .group_by(ListEntry.call_list_id)
        ).all()
    )
    counts = {row[0]: row[1:] for row in session.execute(_letters_by_list(ids, today))}
    lists = session.scalars(
        mine.options(contains_eager(CallList.participation)).order_by(Jobcentre.name, CallList.id)
    ).all()
    return [_standing(one, on_list.get(one.id, 0), counts.get(one.id)) for one in lists]


def _letters_by_list(ids: Select[int], today: date) -> Any:
    """A row a list: sent, planned, left out, returned, entries in any batch, the next day."""
    other = aliased(Letter)
    again = exists().where(
        other.list_entry_id == Letter.list_entry_id, other.left_out.is_(None), other.returned_at.is_(None)
    )
    due = LetterBatch.mailed_on > today
    wanted = or_(Letter.left_out.is_(None), Letter.left_out != "struck")
    return (
        select(
            LetterBatch.call_list_id,
            count_of(and_(LIVE, ~due)),
            count_of(and_(LIVE, due)),
            count_of(and_(~SENT, wanted, ~again)),
            count_of(and_(RETURNED, ~again)),
            func.count(distinct(case((wanted, Letter.list_entry_id)))),
            func.min(case((and_(LIVE, due), LetterBatch.mailed_on))),
        )
        .join(Letter, Letter.batch_id == LetterBatch.id)
        .where(LetterBatch.call_list_id.in_(ids))
        .group_by(LetterBatch.call_list_id)
    )


def _standing(found: CallList, on_list: int, row: Any) -> ListLetters:
    if row is None:
        return ListLetters(found, on_list, 0, 0, 0, 0, on_list, None)
    sent, planned, left_out, returned, touched, next_on = row
    return ListLetters(found, on_list, sent, planned, left_out, returned, max(on_list - touched, 0), next_on)
