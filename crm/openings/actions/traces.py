"""A reference taken out of what people wrote around it, in every room, and of what was made from that: history, mails,
events in calendars, errors.

What is tied to the candidate by a record goes without asking. What stands elsewhere goes where somebody has looked at
it and said so, and where it is a copy of a whole line that is tied.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import escape
from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.db import Base
from crm.base.mentions import Change, Cleaning, Mention, Texts, Ties
from crm.calendars.actions import erased
from crm.calendars.rules.erased import without_words
from crm.integrations.models import OutboxMessage
from crm.openings.models import Candidate
from crm.openings.queries.naming import is_alone, ties_of
from crm.openings.queries.texts import all_texts
from crm.recurring.models import JobRun, SetAside
from crm.visits.actions.publish import uid_of
from crm.visits.models import Visit

EVENTS: dict[type[Base], Callable[[Any], str]] = {Visit: uid_of}
"""Records that stand in calendars, and under which uid; rooms above add theirs."""


@dataclass(frozen=True)
class Trace:
    """Somebody who is being erased, as it stood before. ``alone``: the reference can mean nobody else, so that it goes
    wherever the product repeated it. ``mails``: keys of the mails that told of them. ``chosen``: texts that somebody
    has looked at, as table and number."""

    candidate_id: int
    jobcentre_id: int | None
    mention: Mention
    ties: Ties
    alone: bool
    mails: frozenset[str]
    chosen: frozenset[str]


@dataclass
class Taken:
    """What was changed: texts people wrote, lines of the history, mails, and how many calendars have been asked."""

    texts: int = 0
    history: int = 0
    mails: int = 0
    calendars: int = 0


def of(session: Session, candidate: Candidate, mails: Collection[str], chosen: Collection[str]) -> Trace:
    """Before anything of the candidate is changed."""
    return Trace(
        candidate.id,
        candidate.jobcentre_id,
        Mention(candidate.reference),
        ties_of(session, candidate),
        is_alone(session, candidate),
        frozenset(mails),
        frozenset(chosen),
    )


def remove(session: Session, now: datetime, trace: Trace) -> Taken:
    cleaning, taken = Cleaning(trace.mention), Taken()
    uids: set[str] = set()
    for texts in all_texts():
        uids |= _of_texts(session, trace, cleaning, taken, texts)

    def copies(text: str) -> str:
        return cleaning.copied(text)

    def all_of_it(text: str) -> str:
        return trace.mention.without(cleaning.copied(text))

    _of_history(session, trace, cleaning, taken, all_of_it)
    _of_mails(session, trace, cleaning, taken)
    taken.calendars = erased.take_out(session, now, uids, trace.mention, all_of_it, key=str(trace.candidate_id))
    for kind, name in ((SetAside, "error"), (JobRun, "last_error")):
        for row in session.scalars(select(kind).where(getattr(kind, name).isnot(None))):
            cleaning.clean(session, row, [name], all_of_it if trace.alone else copies)
    session.flush()
    return taken


def _chosen(trace: Trace, kind: type[Base]) -> set[int]:
    split = (key.rpartition(":") for key in trace.chosen)
    return {int(number) for table, _, number in split if table == kind.__tablename__}


def _of_texts(session: Session, trace: Trace, cleaning: Cleaning, taken: Taken, texts: Texts) -> set[str]:
    """The uids under which the rows stand in calendars."""
    looked_at, mention = _chosen(trace, texts.kind), trace.mention
    row_id = texts.kind.__table__.c.id
    uid = EVENTS.get(texts.kind)
    uids = set()
    for row in texts.rows(session, texts.tied(trace.ties) | row_id.in_(looked_at)):
        change = mention.without_all if row.id in looked_at else mention.without
        cleaning.remember(texts.words(row), change)
        taken.texts += cleaning.clean(session, row, texts.names, change)
        if uid is not None:
            uids.add(uid(row))
    return uids


def _of_history(session: Session, trace: Trace, cleaning: Cleaning, taken: Taken, change: Change) -> None:
    """Of the same records; history repeats what was written."""
    about = [Activity.workplace_id.in_(trace.ties.workplaces)]
    for texts in all_texts():
        row_id = texts.kind.__table__.c.id
        theirs = select(row_id).where(texts.tied(trace.ties) | row_id.in_(_chosen(trace, texts.kind)))
        about.append((Activity.subject_type == texts.kind.__tablename__) & Activity.subject_id.in_(theirs))
    for note in session.scalars(select(Activity).where(or_(*about))):
        taken.history += cleaning.clean(session, note, ["data"], change)


def _of_mails(session: Session, trace: Trace, cleaning: Cleaning, taken: Taken) -> None:
    """In any state: what waits leaves without, what has left is kept without."""
    mention, looked_at = trace.mention, _chosen(trace, OutboxMessage)
    columns = (OutboxMessage.subject, OutboxMessage.body_text, OutboxMessage.body_html, OutboxMessage.attachments)
    # calendar files break their lines anywhere: the database cannot tell what is in them
    visited = select(Visit.workplace_id).where(Visit.id.in_(trace.ties.visits))
    folded = OutboxMessage.workplace_id.in_(visited) & cast(OutboxMessage.attachments, String).contains("VCALENDAR")
    named = or_(folded, OutboxMessage.id.in_(looked_at), *(mention.near(column) for column in columns))
    in_html = Mention(str(escape(mention.reference)))
    for mail in session.scalars(select(OutboxMessage).where(OutboxMessage.channel.in_(("mail", "sms")), named)):
        whole = trace.alone or mail.dedupe_key in trace.mails
        seen = mail.id in looked_at
        rest = _rest(mention, whole, seen)
        rest_html = _rest(in_html, whole, seen)

        def words(text: str, rest: Change = rest) -> str:
            return rest(cleaning.copied(text))

        def html(text: str, rest: Change = rest_html) -> str:
            return rest(cleaning.copied_html(text))

        def files(text: str, words: Change = words) -> str:
            return without_words(text, words) if text.startswith("BEGIN:VCALENDAR") else words(text)

        changed = cleaning.clean(session, mail, ["subject", "body_text", "last_error"], words)
        changed |= cleaning.clean(session, mail, ["body_html"], html)
        taken.mails += cleaning.clean(session, mail, ["attachments"], files) or changed


def _rest(mention: Mention, whole: bool, seen: bool) -> Change:
    if seen:
        return mention.without_all
    return mention.without if whole else str
