"""Erase a candidate: the person's data is gone everywhere, the counts stay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, false, or_, select, update
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.activity import Activity
from crm.integrations.models import OutboxMessage
from crm.openings.actions import candidates, telling, traces
from crm.openings.models import Candidacy, Candidate

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


def erase(session: Session, actor: Any, now: datetime, candidate: Candidate) -> None:
    """Reference replaced; occupation, postcode, languages, hours, wishes and consent emptied; words of offers, the
    mails that told of them and the notes of their steps as well; the reference is taken out of what people wrote around
    it. Presentations and placements are still counted.

    What is under way ends first. Raises Refusal ``erased``.
    """
    running = candidates.hold_with_running(session, candidate)
    ids = list(session.scalars(select(Candidacy.id).where(Candidacy.candidate_id == candidate.id)))
    telling.leave_out(session, ids)
    candidates.end(session, actor, now, running, "candidate_gone")
    trace = traces.of(session, candidate)
    _blank(candidate, now)
    session.execute(
        update(Candidacy)
        .where(Candidacy.candidate_id == candidate.id)
        .values(offered_words="", answered_words="")
        .execution_options(synchronize_session="fetch")
    )
    _empty_mails(session, telling.mails(session, ids), ids)
    for note in session.scalars(
        select(Activity).where(
            ((Activity.subject_type == Candidate.__tablename__) & (Activity.subject_id == candidate.id))
            | ((Activity.subject_type == Candidacy.__tablename__) & Activity.subject_id.in_(ids))
        )
    ):
        note.data = {name: value for name, value in note.data.items() if name in KEPT}
    activity.record(session, actor, now, "openings.candidate_erase", candidate)
    session.flush()
    traces.remove(session, trace)


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
