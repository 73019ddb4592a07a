"""The life of an opening: its stage as facts give it, closing, reopening, taking back, and who is under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from crm.base.errors import N_, Invalid, Refusal
from crm.openings.actions import steps
from crm.openings.actions.notes import note
from crm.openings.models import Candidacy, Opening, Placement
from crm.openings.rules.candidates import RUNNING, furthest
from crm.openings.rules.life import stage_of
from crm.openings.rules.types import CLOSE_REASONS, type_words

ENDED_WITH_OPENING = "opening_closed"


def refresh_stage(session: Session, actor: Any, now: datetime, opening: Opening) -> str:
    """Recompute the stage from candidacies and placements and write the change down; the stage it has now.

    With all positions hired an open opening closes as ``filled_by_us``; one that was closed so comes back when a
    position is added, or when a placement is taken back that it was closed for.
    """
    session.flush()
    session.refresh(opening, with_for_update={"of": Opening})
    before, stage = opening.stage, _stage(session, opening)
    if stage != before:
        opening.stage = stage
        note(session, actor, now, "openings.stage", opening, was=before, stage=stage)
    if stage == "hired" and opening.state == "open":
        _close(session, actor, now, opening, "filled_by_us")
    elif opening.closed_reason == "filled_by_us" and (
        before == "hired" != stage or (before == "part" and stage not in ("part", "hired"))
    ):
        _reopen(session, actor, now, opening)
    session.flush()
    return stage


def close(session: Session, actor: Any, now: datetime, opening: Opening, reason: str) -> int:
    """No longer open, for one of CLOSE_REASONS; rates still count it. Candidates under way end with it and are not
    left waiting; how many. ``filled_by_us`` needs somebody hired. Raises Invalid, Refusal ``closed``."""
    if reason not in CLOSE_REASONS:
        raise Invalid(N_("Åbningen er ikke lukket. Vælg en grund."), errors={"reason": N_("Vælg en grund")})
    session.refresh(opening, with_for_update={"of": Opening})
    if opening.state == "closed":
        raise Refusal("closed", N_("Åbningen er allerede lukket."))
    if reason == "filled_by_us" and not hired_count(session, opening.id):
        raise Invalid(
            N_("Åbningen er ikke lukket: ingen er skrevet som ansat. Skriv ansættelsen på kandidaten først."),
            errors={
                "reason": N_("Ingen er skrevet som ansat. Skriv ansættelsen på kandidaten, eller vælg en anden grund")
            },
        )
    ended = _close(session, actor, now, opening, reason)
    session.flush()
    return ended


def reopen(session: Session, actor: Any, now: datetime, opening: Opening) -> int:
    """Take a mistaken closing back, and the candidates it ended; how many. Raises Refusal ``open``, ``filled``."""
    session.refresh(opening, with_for_update={"of": Opening})
    if opening.state == "open":
        raise Refusal("open", N_("Åbningen er allerede åben."))
    if _stage(session, opening) == "hired":
        raise Refusal("filled", N_("Alle stillinger er besat. Fjern en ansættelse, eller ret antallet, før den åbnes."))
    back = _reopen(session, actor, now, opening)
    session.flush()
    return back


def void(session: Session, actor: Any, now: datetime, opening: Opening) -> None:
    """Written by mistake: shown and counted nowhere from now on.

    Raises Refusal ``from_report`` for one the report told of, ``under_way`` for one with candidates or placements.
    """
    if opening.from_report:
        raise Refusal("from_report", N_("Åbningen står i besøgets rapport. Ret rapporten i stedet."))
    take_back(session, actor, now, opening)
    session.flush()


def take_back(session: Session, actor: Any, now: datetime, opening: Opening) -> None:
    """Void, unless candidates or placements hang on it: Refusal ``under_way`` names the opening."""
    session.refresh(opening, with_for_update={"of": Opening})
    if followed(session, [opening.id]):
        raise Refusal(
            "under_way",
            N_("Åbningen {opening} har kandidater eller ansættelser og kan ikke fjernes. Luk den i stedet."),
            opening=name_of(opening),
        )
    opening.voided_at = now
    note(session, actor, now, "openings.void", opening)


def followed(session: Session, opening_ids: Sequence[int]) -> set[int]:
    """Those of the openings that have a candidate under way, one that was presented, or a placement that counts."""
    found: set[int] = set()
    if opening_ids:
        lives = select(Candidacy.opening_id).where(
            Candidacy.opening_id.in_(opening_ids),
            Candidacy.state.in_((*RUNNING, "hired"))
            | Candidacy.presented_at.isnot(None)
            | Candidacy.sent_at.isnot(None),
        )
        placed = select(Placement.opening_id).where(
            Placement.opening_id.in_(opening_ids), Placement.voided_at.is_(None)
        )
        found = {*session.scalars(lives), *session.scalars(placed)}
    return found


def hired_count(session: Session, opening_id: int) -> int:
    """Positions of an opening that are hired."""
    wanted = select(func.count()).where(Placement.opening_id == opening_id, Placement.voided_at.is_(None))
    return session.scalar(wanted) or 0


def name_of(opening: Opening) -> str:
    """For a message: ``Smed (2)``; the type where the occupation is not written yet."""
    return f"{opening.occupation or type_words(opening)} ({opening.positions})"


def _stage(session: Session, opening: Opening) -> str:
    shown, talked = session.execute(
        select(
            func.count().filter(Candidacy.presented_at.isnot(None)),
            func.count().filter(Candidacy.interview_at.isnot(None)),
        ).where(Candidacy.opening_id == opening.id, Candidacy.state != "refused")
    ).one()
    hired = hired_count(session, opening.id)
    return stage_of(opening, presented=shown > 0, interviewed=talked > 0, hired=hired)


def _close(session: Session, actor: Any, now: datetime, opening: Opening, reason: str) -> int:
    opening.state, opening.closed_reason, opening.closed_at = "closed", reason, now
    ended = session.scalars(
        _running(opening).with_for_update(of=Candidacy).execution_options(populate_existing=True)
    ).all()
    for candidacy in ended:
        steps.close(session, actor, now, candidacy, ENDED_WITH_OPENING)
    note(session, actor, now, "openings.close", opening, reason=reason, candidates=len(ended))
    return len(ended)


def _reopen(session: Session, actor: Any, now: datetime, opening: Opening) -> int:
    """Candidates that the closing ended go on where they stood, unless they took their consent back meanwhile."""
    found = session.scalars(
        select(Candidacy)
        .where(
            Candidacy.opening_id == opening.id,
            Candidacy.state == "ended",
            Candidacy.ended_because == ENDED_WITH_OPENING,
            Candidacy.ended_at == opening.closed_at,
        )
        .with_for_update(of=Candidacy)
        .execution_options(populate_existing=True)
    ).all()
    back = [
        c for c in found if c.candidate.active and not c.candidate.erased_at and not c.candidate.consent_withdrawn_at
    ]
    for candidacy in back:
        candidacy.state, candidacy.ended_at, candidacy.ended_because = furthest(candidacy), None, None
        steps.settle(session, actor, now, candidacy, "resume")
    opening.state, opening.closed_reason, opening.closed_at = "open", None, None
    note(session, actor, now, "openings.reopen", opening, candidates=len(back))
    return len(back)


def _running(opening: Opening) -> Select[Candidacy]:
    return (
        select(Candidacy).where(Candidacy.opening_id == opening.id, Candidacy.state.in_(RUNNING)).order_by(Candidacy.id)
    )
