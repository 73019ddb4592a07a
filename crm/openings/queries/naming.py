"""Where a candidate is named: the records a candidate is tied to, and the places that somebody has to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from crm.base.errors import N_
from crm.base.mentions import Mention, Ties
from crm.base.scope import Scope
from crm.calling.models import QueueEntry
from crm.companies.models import Workplace
from crm.integrations.models import OutboxMessage
from crm.openings.models import Candidacy, Candidate, Opening
from crm.openings.queries.texts import all_texts
from crm.people.models import User, UserRole
from crm.visits.models import Visit

MOST = 200
"""Places shown at once."""


@dataclass(frozen=True)
class Place:
    """A text that may name a candidate. ``key``: table and number; ``called``: Danish msgid; ``page``: kind and number
    of the record on whose page it stands; ``excerpts``: what is written around each mention."""

    key: str
    called: str
    page: tuple[str, int]
    excerpts: tuple[str, ...]


def is_alone(session: Session, candidate: Candidate) -> bool:
    """Whether a reference can mean this person only: it has a figure in it, and nobody else's is the same."""
    if not Mention(candidate.reference).unique:
        return False
    same = func.lower(Candidate.reference) == candidate.reference.lower()
    return session.scalar(select(Candidate.id).where(same, Candidate.id != candidate.id).limit(1)) is None


def ties_of(session: Session, candidate: Candidate) -> Ties:
    """The openings of its candidacies and what came before them; where the reference can mean this person only, all of
    the same companies' as well."""
    there = session.scalars(
        select(Opening)
        .join(Candidacy, Candidacy.opening_id == Opening.id)
        .where(Candidacy.candidate_id == candidate.id)
    ).all()
    openings, visits = {one.id for one in there}, {one.visit_id for one in there}
    entries = set(session.scalars(select(Visit.queue_entry_id).where(Visit.id.in_(visits))))
    if not is_alone(session, candidate):
        return Ties(frozenset(openings), frozenset(visits), frozenset(entries))
    companies = select(Workplace.company_id).where(Workplace.id.in_({one.workplace_id for one in there}))
    workplaces = session.scalars(select(Workplace.id).where(Workplace.company_id.in_(companies))).all()
    openings.update(session.scalars(select(Opening.id).where(Opening.workplace_id.in_(workplaces))))
    visits.update(session.scalars(select(Visit.id).where(Visit.workplace_id.in_(workplaces))))
    entries.update(session.scalars(select(Visit.queue_entry_id).where(Visit.id.in_(visits))))
    entries.update(session.scalars(select(QueueEntry.id).where(QueueEntry.workplace_id.in_(workplaces))))
    return Ties(frozenset(openings), frozenset(visits), frozenset(entries), frozenset(workplaces))


def places(session: Session, scope: Scope, candidate: Candidate) -> list[Place]:
    """What erasing leaves to somebody to decide, within their reach: texts of other records that name the reference,
    and texts of the candidate's own in which it may stand in another form."""
    mention, ties = Mention(candidate.reference), ties_of(session, candidate)
    return remaining(session, scope, mention, ties, candidate.jobcentre_id, everywhere=is_alone(session, candidate))


def remaining(
    session: Session, scope: Scope, mention: Mention, ties: Ties, jobcentre_id: int | None, *, everywhere: bool
) -> list[Place]:
    """``places`` of a reference; ``everywhere``: mails are taken care of whoever they went to."""
    found = list(_in_texts(session, scope, mention, ties))
    return found if everywhere else [*found, *_in_mails(session, mention, jobcentre_id)]


def _in_texts(session: Session, scope: Scope, mention: Mention, ties: Ties) -> Iterator[Place]:
    for texts in all_texts():
        row_id = texts.kind.__table__.c.id
        reach, tied = texts.reach(scope), select(row_id).where(texts.tied(ties))
        for row in texts.rows(session, reach, row_id.in_(tied)):
            words = [mention.without(text) for text in texts.words(row)]
            yield from _place(texts.kind.__tablename__, row, texts.called, texts.page(row), mention, words, like=True)
        for row in texts.rows(session, reach, row_id.notin_(tied), texts.near(mention)):
            words = list(texts.words(row))
            yield from _place(
                texts.kind.__tablename__, row, texts.called, texts.page(row), mention, words, like=mention.unique
            )


def _in_mails(session: Session, mention: Mention, jobcentre_id: int | None) -> Iterator[Place]:
    """To the jobcentre's own people: digests and notices that repeat what was written somewhere."""
    own = select(User.email).join(UserRole, UserRole.user_id == User.id).where(UserRole.jobcentre_id == jobcentre_id)
    named = or_(*(mention.near(column) for column in (OutboxMessage.subject, OutboxMessage.body_text)))
    where: Sequence[ColumnElement[bool]] = (
        OutboxMessage.recipient.in_(own),
        OutboxMessage.channel.in_(("mail", "sms")),
        named,
    )
    for row in session.scalars(select(OutboxMessage).where(*where).order_by(OutboxMessage.id.desc())):
        words = [row.subject, row.body_text]
        yield from _place(OutboxMessage.__tablename__, row, N_("Besked fra os"), ("outbox", row.id), mention, words)


def _place(
    table: str,
    row: Any,
    called: str,
    page: tuple[str, int],
    mention: Mention,
    words: Sequence[str],
    *,
    like: bool = False,
) -> Iterator[Place]:
    excerpts = tuple(one for text in words for one in mention.excerpts(text, like=like))
    if excerpts:
        yield Place(f"{table}:{row.id}", called, page, excerpts)


def namesakes(session: Session, candidate: Candidate) -> Sequence[User]:
    """Colleagues whose initials are the candidate's: what was written of them in its records goes too."""
    return session.scalars(
        select(User)
        .where(
            User.id.in_(select(UserRole.user_id).where(UserRole.jobcentre_id == candidate.jobcentre_id)),
            User.initials == candidate.reference,
        )
        .order_by(User.id)
    ).all()
