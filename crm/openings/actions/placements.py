"""Placements: finish, extend, take back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, NotFound, Refusal
from crm.openings.actions import stages, steps
from crm.openings.models import Candidacy, Candidate, Placement
from crm.openings.rules.candidates import LIMITED, PLACEMENT_ENDS, furthest


def finish(
    session: Session,
    actor: Any,
    now: datetime,
    placement: Placement,
    *,
    ended_on: date,
    because: str = "as_agreed",
    permanent: bool | None = None,
) -> Placement:
    """Over since ``ended_on``, a Danish date that has come, for one of PLACEMENT_ENDS; ``permanent``: whether it became
    an ordinary job there, None where nobody knows. Raises Invalid, Refusal ``ended``."""
    _hold(session, placement)
    errors: dict[str, str] = {}
    if because not in PLACEMENT_ENDS:
        errors["because"] = N_("Vælg en grund")
    today = danish_date(now)
    if placement.starts_on > today:
        errors["ended_on"] = N_("Ansættelsen er ikke begyndt. Bliver den ikke til noget, så fjern den")
    elif ended_on > today:
        errors["ended_on"] = N_("Den sidste dag kan ikke ligge efter i dag. Ret den aftalte sidste dag i stedet")
    elif ended_on < placement.starts_on:
        errors["ended_on"] = N_("Den sidste dag kan ikke ligge før den første")
    if errors:
        raise Invalid(N_("Ansættelsen er ikke ændret. Ret felterne, og prøv igen."), errors=errors)
    placement.state, placement.ended_on = "ended", ended_on
    placement.ended_because, placement.permanent = because, permanent
    return _note(
        session,
        actor,
        now,
        "placement_finish",
        placement,
        ended_on=ended_on.isoformat(),
        because=because,
        permanent=permanent,
    )


def extend(session: Session, actor: Any, now: datetime, placement: Placement, ends_on: date | None) -> Placement:
    """Another last day, or none for one that goes on without an end. Raises Invalid, Refusal ``ended``."""
    _hold(session, placement)
    wrong: str | None = None
    if ends_on is None and placement.type in LIMITED:
        wrong = N_("Løntilskud og praktik har altid en sidste dag. Vælg den.")
    elif ends_on is not None and not placement.starts_on <= ends_on <= date(2100, 12, 31):
        wrong = N_("Den sidste dag kan ikke ligge før den første")
    elif ends_on == placement.ends_on:
        wrong = N_("Vælg en anden dag end den, der står")
    if wrong:
        raise Invalid(N_("Ansættelsen er ikke ændret. Ret felterne, og prøv igen."), errors={"ends_on": wrong})
    was, placement.ends_on = placement.ends_on, ends_on
    return _note(
        session,
        actor,
        now,
        "placement_extend",
        placement,
        was=was.isoformat() if was else None,
        ends_on=ends_on.isoformat() if ends_on else None,
    )


def resume(session: Session, actor: Any, now: datetime, placement: Placement) -> Placement:
    """Finished by mistake: it runs on. Raises Refusal ``running``."""
    _hold(session, placement, ended=True)
    placement.state = "agreed"
    placement.ended_on = placement.ended_because = placement.permanent = None
    return _note(session, actor, now, "placement_resume", placement)


def void(session: Session, actor: Any, now: datetime, placement: Placement) -> Placement:
    """Written by mistake: counted nowhere, the position is free again, the candidate stands where they stood before.
    Who no longer looks for work, took the consent back or stands on a closed opening is not under way again.
    Raises NotFound for one taken back already."""
    opening = steps.hold(session, placement.opening)
    session.refresh(placement, with_for_update={"of": Placement})
    if placement.voided_at is not None:
        raise NotFound
    candidacy = placement.candidacy
    session.refresh(candidacy.candidate, with_for_update={"of": Candidate})
    session.refresh(candidacy, with_for_update={"of": Candidacy})
    placement.voided_at = now
    candidacy.hired_at = None
    candidacy.state = furthest(candidacy)
    _note(session, actor, now, "placement_void", placement)
    stages.settle(session, actor, now, candidacy, "undo", was="hired", placement_id=placement.id)
    who = candidacy.candidate
    if not who.active or who.erased_at is not None:
        stages.close(session, actor, now, candidacy, "candidate_gone")
    elif who.consent_withdrawn_at is not None:
        stages.close(session, actor, now, candidacy, "consent_withdrawn")
    elif opening.closed_at is not None:  # at the same moment as the others, so that reopening takes all of them up
        stages.close(session, actor, now, candidacy, "opening_closed")
        candidacy.ended_at = opening.closed_at
        session.flush()
    return placement


def _hold(session: Session, placement: Placement, *, ended: bool = False) -> None:
    session.refresh(placement, with_for_update={"of": Placement})
    if placement.voided_at is not None:
        raise NotFound
    if ended and placement.state != "ended":
        raise Refusal("running", N_("Ansættelsen er ikke afsluttet."))
    if not ended and placement.state == "ended":
        raise Refusal("ended", N_("Ansættelsen er allerede afsluttet."))


def _note(session: Session, actor: Any, now: datetime, verb: str, placement: Placement, **data: Any) -> Placement:
    opening = placement.opening
    activity.record(
        session,
        actor,
        now,
        f"openings.{verb}",
        placement,
        workplace_id=placement.workplace_id,
        campaign_id=placement.campaign_id,
        opening_id=placement.opening_id,
        visit_id=opening.visit_id,
        placement_type=placement.type,
        **data,
    )
    session.flush()
    return placement
