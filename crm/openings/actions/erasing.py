"""Erase a candidate: the person's data is gone everywhere, the counts stay."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, false, or_, select, update
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.activity import Activity
from crm.base.scope import Scope
from crm.integrations.models import OutboxMessage
from crm.openings.actions import candidates, telling, traces
from crm.openings.models import Candidacy, Candidate
from crm.openings.queries import naming

GONE = "(Slettet: mailen omtalte en kandidat, hvis oplysninger er slettet.)"
KEPT = frozenset(
    {
        "opening_id",
        "visit_id",
        "candidate_id",
        "placement_id",
        "state",
        "was",
        "because",
        "placement_type",
        "message",
        "ended",
        "accept",
    }
)
"""What notes keep of a step: numbers and keys, no words and no dates of the person's."""
NOWHERE = Scope()


@dataclass(frozen=True)
class Erased:
    """What was changed; ``ended``: how many openings the candidate was under way on; ``left``: places that somebody
    decided to leave, or did not see."""

    taken: traces.Taken
    ended: int
    left: int


def erase(
    session: Session,
    actor: Any,
    now: datetime,
    candidate: Candidate,
    *,
    scope: Scope = NOWHERE,
    chosen: Collection[str] = (),
) -> Erased:
    """Reference replaced; occupation, postcode, languages, hours, wishes and consent emptied; words of offers, the
    mails that told of them and the notes of their steps as well; the reference is taken out of what people wrote around
    it, of calendars by the outbox. Presentations and placements are still counted.

    ``chosen``: keys of ``naming.places`` within the ``scope`` that are to be without the person too; others are
    ignored. What is under way ends first. Raises Refusal ``erased``.
    """
    running = candidates.hold_with_running(session, candidate)
    may = {place.key for place in naming.places(session, scope, candidate)} if chosen else set()
    ids = list(session.scalars(select(Candidacy.id).where(Candidacy.candidate_id == candidate.id)))
    telling.leave_out(session, ids)
    candidates.end(session, actor, now, running, "candidate_gone")
    mails = telling.mails(session, ids)
    trace = traces.of(session, candidate, mails, may & set(chosen))
    _blank(candidate, now)
    session.execute(
        update(Candidacy)
        .where(Candidacy.candidate_id == candidate.id)
        .values(offered_words="", answered_words="")
        .execution_options(synchronize_session="fetch")
    )
    _empty_mails(session, mails, ids)
    _empty_notes(session, candidate, ids)
    taken = traces.remove(session, now, trace)
    told = {"texts": taken.texts, "mails": taken.mails, "calendars": taken.calendars}
    activity.record(session, actor, now, "openings.candidate_erase", candidate, **told)
    session.flush()
    rest = naming.remaining(session, scope, trace.mention, trace.ties, trace.jobcentre_id, everywhere=trace.alone)
    return Erased(taken, len(running), len(rest))


def _empty_notes(session: Session, candidate: Candidate, candidacy_ids: list[int]) -> None:
    for note in session.scalars(
        select(Activity).where(
            ((Activity.subject_type == Candidate.__tablename__) & (Activity.subject_id == candidate.id))
            | ((Activity.subject_type == Candidacy.__tablename__) & Activity.subject_id.in_(candidacy_ids))
        )
    ):
        note.data = {name: value for name, value in note.data.items() if name in KEPT}


def _blank(candidate: Candidate, now: datetime) -> None:
    candidate.reference = f"slettet-{candidate.id}"
    candidate.occupation, candidate.occupation_code, candidate.postcode = "", None, ""
    candidate.languages, candidate.types, candidate.weekly_hours = [], [], None
    candidate.reach_minutes = 1
    candidate.consent_on = candidate.consent_withdrawn_at = candidate.owner_id = None
    candidate.active, candidate.erased_at = False, now


def _empty_mails(session: Session, keys: list[str], candidacy_ids: list[int]) -> None:
    """The board's answer that has not left never does; of mails that have, the text goes."""
    answers = or_(
        false(), *(OutboxMessage.dedupe_key.startswith(f"board-answer:{number}:") for number in candidacy_ids)
    )
    if candidacy_ids:
        waiting = OutboxMessage.state.in_(telling.WAITING)
        session.execute(delete(OutboxMessage).where(answers, waiting).execution_options(synchronize_session="fetch"))
    theirs = OutboxMessage.dedupe_key.in_(keys) & OutboxMessage.state.notin_(telling.WAITING)
    session.execute(
        update(OutboxMessage)
        .where(theirs | answers if candidacy_ids else theirs)
        .values(subject=telling.NO_SUBJECT, body_text=GONE, body_html=None, attachments=[])
        .execution_options(synchronize_session="fetch")
    )
