"""A candidate is hired in one of an opening's positions: a placement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, Refusal
from crm.openings.actions import candidates, stages, steps
from crm.openings.actions.life import hired_count
from crm.openings.models import Candidacy, Opening, Placement
from crm.openings.queries.employments import employments, other_ways, period
from crm.openings.rules.candidates import placement_problems


def hire(
    session: Session,
    actor: Any,
    now: datetime,
    candidacy: Candidacy,
    *,
    type: str,
    starts_on: date,
    ends_on: date | None = None,
    beside: bool = False,
    ends_others: bool = False,
) -> Placement:
    """Hired in one of the opening's positions.

    ``beside``: it may overlap another placement of the same person that runs; ``ends_others``: what else they are under
    way on ends with it, as ``queries.employments.other_ways`` finds it. Raises Invalid naming the fields; Refusal
    ``consent``, ``full``, ``employed`` (with the placements' ids), ``over``, ``offered``, ``closed``.
    """
    if errors := placement_problems(type, starts_on, ends_on, danish_date(now)):
        raise Invalid(N_("Ansættelsen er ikke gemt. Ret felterne, og prøv igen."), errors=errors)
    if ends_others:  # every opening concerned is held before the candidate
        candidates.hold_with_running(session, candidacy.candidate)
    opening = steps.hold_running(session, candidacy)
    steps.hold_consented(session, now, [candidacy])
    if hired_count(session, opening.id) >= opening.positions:
        raise Refusal("full", N_("Alle åbningens stillinger er besat. Ret antallet, hvis der er kommet flere."))
    if not beside:
        _refuse_overlap(session, candidacy, starts_on, ends_on)
    placement = _placement(opening, candidacy, type, starts_on, ends_on)
    placement.created_at, placement.created_by = now, getattr(actor, "id", None)
    session.add(placement)
    candidacy.hired_at, candidacy.state = now, "hired"
    session.flush()
    dates: dict[str, Any] = {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat() if ends_on else None}
    stages.settle(session, actor, now, candidacy, "hire", placement_id=placement.id, placement_type=type, **dates)
    if ends_others:
        candidates.end(session, actor, now, other_ways(session, candidacy), "hired_elsewhere")
    return placement


def _refuse_overlap(session: Session, candidacy: Candidacy, starts_on: date, ends_on: date | None) -> None:
    there = employments(session, [candidacy.candidate_id], starts_on, ends_on).get(candidacy.candidate_id)
    if there:
        raise Refusal(
            "employed",
            N_(
                "{reference} er allerede i ansættelse {when}. Intet er gemt. Afslut den først, eller sæt kryds i, "
                "at de to løber samtidig."
            ),
            reference=candidacy.candidate.reference,
            when=", ".join(period(one) for one in there),
            extra={"placements": [one.id for one in there]},
        )


def _placement(opening: Opening, candidacy: Candidacy, type: str, starts_on: date, ends_on: date | None) -> Placement:
    return Placement(
        opening_id=opening.id,
        candidacy_id=candidacy.id,
        campaign_id=opening.campaign_id,
        jobcentre_id=opening.jobcentre_id,
        workplace_id=opening.workplace_id,
        type=type,
        starts_on=starts_on,
        ends_on=ends_on,
    )
