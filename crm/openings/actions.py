"""Writes of openings: log, correct from the report, add details, close."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, Refusal
from crm.openings.models import Opening
from crm.openings.rules import CLOSE_REASONS, NewOpening, match, problems
from crm.visits.models import Visit


def log(
    session: Session, actor: Any, now: datetime, visit: Visit, told: NewOpening, *, from_report: bool = False
) -> Opening:
    """Write down an opening that a held visit gave. Raises Invalid naming the field, Refusal ``not_held``."""
    errors = problems(told)
    if errors:
        raise Invalid(N_("Åbningen er ikke gemt. Ret felterne, og prøv igen."), errors=errors)
    if visit.state != "held":
        raise Refusal("not_held", N_("Kun et holdt besøg kan give åbninger. Skriv besøgets rapport først."))
    opening = Opening(
        visit_id=visit.id,
        campaign_id=visit.campaign_id,
        jobcentre_id=visit.jobcentre_id,
        workplace_id=visit.workplace_id,
        consultant_id=visit.consultant_id,
        type=told.type,
        positions=told.positions,
        akutjob=told.akutjob,
        occupation=told.occupation,
        wishes=told.wishes,
        cvs_wanted=told.cvs_wanted,
        cvs_by=told.cvs_by,
        from_report=from_report,
        created_at=now,
        created_by=getattr(actor, "id", None),
    )
    session.add(opening)
    session.flush()
    _note(session, actor, now, "openings.log", opening, akutjob=told.akutjob, occupation=told.occupation)
    session.flush()
    return opening


def replace_from_report(
    session: Session, actor: Any, now: datetime, visit: Visit, told: Sequence[NewOpening]
) -> list[Opening]:
    """Make the report's openings these, whatever a former one said: alike ones are corrected in place, ones
    no longer told are voided, new ones logged. Openings added beside the report stay. Raises as ``log``."""
    there = session.scalars(
        select(Opening)
        .where(Opening.visit_id == visit.id, Opening.from_report, Opening.voided_at.is_(None))
        .order_by(Opening.id)
    ).all()
    for new in told:
        if errors := problems(new):
            raise Invalid(N_("Åbningen er ikke gemt. Ret felterne, og prøv igen."), errors=errors)
    pairs, fresh, gone = match(there, told)
    for opening, new in pairs:
        _correct(session, actor, now, opening, new)
    for opening in gone:
        opening.voided_at = now
        _note(session, actor, now, "openings.void", opening)
    kept = [opening for opening, _new in pairs]
    kept += [log(session, actor, now, visit, new, from_report=True) for new in fresh]
    session.flush()
    return kept


def _correct(session: Session, actor: Any, now: datetime, opening: Opening, told: NewOpening) -> None:
    """Take over what the corrected report says; details it does not mention stay."""
    before = opening.positions, opening.akutjob, opening.occupation
    opening.positions, opening.akutjob = told.positions, told.akutjob
    opening.occupation = told.occupation or opening.occupation
    opening.wishes = told.wishes or opening.wishes
    opening.cvs_wanted = told.cvs_wanted if told.cvs_wanted is not None else opening.cvs_wanted
    opening.cvs_by = told.cvs_by or opening.cvs_by
    if before != (opening.positions, opening.akutjob, opening.occupation):
        was = {"positions": before[0], "akutjob": before[1], "occupation": before[2]}
        _note(session, actor, now, "openings.correct", opening, was=was)


def set_details(
    session: Session,
    actor: Any,
    now: datetime,
    opening: Opening,
    *,
    occupation: str,
    wishes: str,
    cvs_wanted: int | None,
    cvs_by: date | None,
) -> None:
    """What kind of work, what is wished of the person, how many CVs by when. Raises Invalid."""
    errors = problems(
        NewOpening(opening.type, opening.positions, opening.akutjob, occupation, wishes, cvs_wanted, cvs_by)
    )
    if errors:
        raise Invalid(N_("Åbningen er ikke ændret. Ret felterne, og prøv igen."), errors=errors)
    opening.occupation, opening.wishes = occupation, wishes
    opening.cvs_wanted, opening.cvs_by = cvs_wanted, cvs_by
    _note(
        session,
        actor,
        now,
        "openings.details",
        opening,
        occupation=occupation,
        cvs_wanted=cvs_wanted,
        cvs_by=cvs_by.isoformat() if cvs_by else None,
    )
    session.flush()


def close(session: Session, actor: Any, now: datetime, opening: Opening, reason: str) -> None:
    """No longer open, for one of CLOSE_REASONS; rates still count it. Raises Invalid, Refusal ``closed``."""
    if reason not in CLOSE_REASONS:
        raise Invalid(N_("Åbningen er ikke lukket. Vælg en grund."), errors={"reason": N_("Vælg en grund")})
    session.refresh(opening, with_for_update=True)
    if opening.state == "closed":
        raise Refusal("closed", N_("Åbningen er allerede lukket."))
    opening.state, opening.closed_reason, opening.closed_at = "closed", reason, now
    _note(session, actor, now, "openings.close", opening, reason=reason)
    session.flush()


def reopen(session: Session, actor: Any, now: datetime, opening: Opening) -> None:
    """Take a mistaken closing back. Raises Refusal ``open``."""
    session.refresh(opening, with_for_update=True)
    if opening.state == "open":
        raise Refusal("open", N_("Åbningen er allerede åben."))
    opening.state, opening.closed_reason, opening.closed_at = "open", None, None
    _note(session, actor, now, "openings.reopen", opening)
    session.flush()


def void(session: Session, actor: Any, now: datetime, opening: Opening) -> None:
    """Written by mistake: shown and counted nowhere from now on. Raises Refusal for one the report told of."""
    if opening.from_report:
        raise Refusal("from_report", N_("Åbningen står i besøgets rapport. Ret rapporten i stedet."))
    opening.voided_at = now
    _note(session, actor, now, "openings.void", opening)
    session.flush()


def _note(session: Session, actor: Any, now: datetime, verb: str, opening: Opening, **data: Any) -> None:
    activity.record(
        session,
        actor,
        now,
        verb,
        opening,
        workplace_id=opening.workplace_id,
        campaign_id=opening.campaign_id,
        type=opening.type,
        positions=opening.positions,
        visit_id=opening.visit_id,
        **data,
    )
