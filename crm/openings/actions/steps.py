"""What every step of a candidacy shares: the locks, and the note of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, NotFound, Refusal
from crm.openings.models import Candidacy, Candidate, Opening
from crm.openings.rules.candidates import RUNNING, is_consented


def hold(session: Session, opening: Opening) -> Opening:
    """Hold the opening's row. Raises NotFound for one taken back."""
    session.refresh(opening, with_for_update={"of": Opening})
    if opening.voided_at is not None:
        raise NotFound
    return opening


def hold_open(session: Session, opening: Opening) -> Opening:
    """``hold``; Raises Refusal ``closed``."""
    hold(session, opening)
    if opening.state == "closed":
        raise Refusal("closed", N_("Åbningen er lukket. Åbn den igen, hvis den stadig gælder."))
    return opening


def hold_running(session: Session, candidacy: Candidacy) -> Opening:
    """Hold an open opening and a candidacy under way on it. Raises Refusal ``closed``, ``over``, ``offered``."""
    opening = hold_open(session, candidacy.opening)
    hold_one(session, opening, candidacy)
    return opening


def hold_one(session: Session, opening: Opening, candidacy: Candidacy, *, also_offered: bool = False) -> None:
    """The opening is held already. Raises NotFound for another opening's, Refusal ``over``, ``offered``."""
    session.refresh(candidacy, with_for_update={"of": Candidacy})
    if candidacy.opening_id != opening.id:
        raise NotFound
    if candidacy.state not in RUNNING:
        raise Refusal("over", N_("{reference} er ikke længere undervejs her."), reference=candidacy.candidate.reference)
    if candidacy.state == "offered" and not also_offered:
        raise Refusal(
            "offered",
            N_("{reference} er tilbudt jer. Svar på tilbuddet først."),
            reference=candidacy.candidate.reference,
        )


def hold_consented(session: Session, now: datetime, candidacies: Sequence[Candidacy]) -> None:
    """Hold the candidates, whose openings are held already. Raises Refusal ``consent`` naming who has not agreed that
    the company hears of them, with their ids as ``candidates``."""
    for candidacy in candidacies:
        session.refresh(candidacy.candidate, with_for_update={"of": Candidate})
    lacking = [one.candidate for one in candidacies if not is_consented(one.candidate, now)]
    if lacking:
        raise Refusal(
            "consent",
            N_("Der mangler samtykke fra {who}. Intet er sendt eller gemt. Skriv samtykket, og prøv så igen."),
            who=", ".join(candidate.reference for candidate in lacking),
            extra={"candidates": [candidate.id for candidate in lacking]},
        )


def close(session: Session, actor: Any, now: datetime, candidacy: Candidacy, because: str) -> Candidacy:
    """End a held candidacy; its moments stay."""
    candidacy.state, candidacy.ended_at, candidacy.ended_because = "ended", now, because
    return settle(session, actor, now, candidacy, "end", because=because)


def settle(
    session: Session,
    actor: Any,
    now: datetime,
    candidacy: Candidacy,
    verb: str,
    *,
    opening: Opening | None = None,
    **data: Any,
) -> Candidacy:
    """Note the step, without any of the person's data."""
    opening = opening or candidacy.opening
    activity.record(
        session,
        actor,
        now,
        f"openings.candidacy_{verb}",
        candidacy,
        workplace_id=opening.workplace_id,
        campaign_id=opening.campaign_id,
        opening_id=opening.id,
        visit_id=opening.visit_id,
        candidate_id=candidacy.candidate_id,
        state=candidacy.state,
        **data,
    )
    session.flush()
    return candidacy
