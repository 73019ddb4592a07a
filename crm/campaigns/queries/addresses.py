"""The addresses of a batch, who has fetched them, and letters that came back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, joinedload

from crm.base.activity import Activity
from crm.base.db import among
from crm.base.scope import Scope
from crm.campaigns.models import CallList, Letter, LetterBatch, ListEntry, Participation
from crm.campaigns.queries.letters import LIVE, RETURNED
from crm.companies.models import Company, Contact, Workplace

EXPORTS_SHOWN = 5
_LIST = joinedload(LetterBatch.call_list).joinedload(CallList.participation).joinedload(Participation.campaign)


@dataclass(frozen=True)
class Address:
    """``contact``: the workplace's first known person, empty when there is none."""

    entry_id: int
    name: str
    contact: str
    street: str
    postcode: str
    city: str
    cvr_number: str
    p_number: str


def addresses(session: Session, batch: LetterBatch) -> Iterator[Address]:
    """Of the batch's letters, in the list's order. Who may not have mail any more is the action's to leave out."""
    first = select(func.min(Contact.id)).where(Contact.workplace_id == Workplace.id).correlate(Workplace)
    rows = session.execute(
        select(
            ListEntry.id,
            Workplace.name,
            Contact.name.label("contact"),
            Workplace.street,
            Workplace.postcode,
            Workplace.city,
            Company.cvr_number,
            Workplace.p_number,
        )
        .select_from(Letter)
        .join(ListEntry, ListEntry.id == Letter.list_entry_id)
        .join(Workplace, Workplace.id == ListEntry.workplace_id)
        .join(Company, Company.id == Workplace.company_id)
        .outerjoin(Contact, Contact.id == first.scalar_subquery())
        .where(Letter.batch_id == batch.id, LIVE)
        .order_by(ListEntry.position, ListEntry.id)
    )
    for row in rows:
        entry_id, name, contact, *place = row
        yield Address(entry_id, name, contact or "", *place)


def exports_of(session: Session, batch: LetterBatch) -> Sequence[Activity]:
    """Who fetched the addresses, latest first."""
    return session.scalars(
        select(Activity)
        .where(
            Activity.subject_type == LetterBatch.__tablename__,
            Activity.subject_id == batch.id,
            Activity.verb == "campaigns.export_letters",
        )
        .order_by(Activity.id.desc())
        .limit(EXPORTS_SHOWN)
    ).all()


def letters_by_number(
    session: Session, batch: LetterBatch, p_numbers: Sequence[str]
) -> dict[str, tuple[Letter, Workplace]]:
    """P-number -> letter and workplace, of those numbers that were sent a letter in this batch."""
    rows = session.execute(
        select(Letter, Workplace)
        .join(ListEntry, ListEntry.id == Letter.list_entry_id)
        .join(Workplace, Workplace.id == ListEntry.workplace_id)
        .where(Letter.batch_id == batch.id, Letter.left_out.is_(None), among(session, Workplace.p_number, p_numbers))
    )
    return {workplace.p_number: (letter, workplace) for letter, workplace in rows}


def numbers_of(session: Session, batch: LetterBatch, entry_ids: Sequence[int]) -> Sequence[str]:
    """P-numbers of those entries of the batch."""
    return session.scalars(
        select(Workplace.p_number)
        .join(ListEntry, ListEntry.workplace_id == Workplace.id)
        .join(Letter, Letter.list_entry_id == ListEntry.id)
        .where(Letter.batch_id == batch.id, among(session, Letter.list_entry_id, entry_ids))
    ).all()


def returned_letter(session: Session, scope: Scope, workplace_id: int) -> Letter | None:
    """The latest letter to the workplace that came back, of a list in reach."""
    return session.scalar(
        select(Letter)
        .join(LetterBatch, LetterBatch.id == Letter.batch_id)
        .join(LetterBatch.call_list)
        .join(CallList.participation)
        .join(ListEntry, ListEntry.id == Letter.list_entry_id)
        .where(ListEntry.workplace_id == workplace_id, RETURNED, scope.clause(jobcentre=Participation.jobcentre_id))
        .order_by(Letter.returned_at.desc())
        .limit(1)
    )


def letters_to(session: Session, workplace_id: int) -> Sequence[tuple[Letter, LetterBatch]]:
    """Letters of any campaign to the workplace, returned ones too, by their day."""
    rows = session.execute(
        select(Letter, LetterBatch)
        .join(LetterBatch, LetterBatch.id == Letter.batch_id)
        .join(ListEntry, ListEntry.id == Letter.list_entry_id)
        .options(_LIST)
        .where(ListEntry.workplace_id == workplace_id, Letter.left_out.is_(None))
        .order_by(LetterBatch.mailed_on, LetterBatch.id)
    ).all()
    return [(letter, batch) for letter, batch in rows]


def other_letter(session: Session, letter: Letter) -> bool:
    """Whether the entry has another letter under way."""
    return bool(
        session.scalar(
            select(
                exists().where(Letter.list_entry_id == letter.list_entry_id, Letter.batch_id != letter.batch_id, LIVE)
            )
        )
    )
