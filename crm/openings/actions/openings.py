"""Writes of openings: log one, correct one by hand."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import N_, Invalid, Refusal
from crm.openings.actions.details import checked, detail_problems, fill
from crm.openings.actions.life import hired_count, name_of, refresh_stage
from crm.openings.actions.notes import note
from crm.openings.models import Opening
from crm.openings.queries import of_visit
from crm.openings.rules import NewOpening, problems
from crm.openings.rules.details import Details
from crm.openings.rules.types import type_key
from crm.visits.models import Visit

NOT_SAVED = N_("Åbningen er ikke gemt. Ret felterne, og prøv igen.")
FEWER_THAN_HIRED = N_(
    "Der er allerede ansat {hired} i {opening}, så antallet kan ikke være lavere. "
    "Ret antallet, eller fjern en ansættelse, der er skrevet ved en fejl."
)


def log(
    session: Session,
    actor: Any,
    now: datetime,
    visit: Visit,
    told: NewOpening,
    details: Details | None = None,
    *,
    from_report: bool = False,
    another: bool = True,
    idempotency_key: str | None = None,
) -> Opening:
    """Write down an opening that a held visit gave, with what is known of it; the rest can come later.

    details: what more was told; its occupation, wishes and CVs stand in for those of ``told`` where given. The same
    ``idempotency_key`` of the same actor gives the first opening again and changes nothing. Raises Invalid naming the
    field, Refusal ``not_held``, ``idempotency_key`` where the key was used for something else, ``stale`` where its
    opening is taken back, and unless ``another`` is meant, ``alike`` naming those of the type that the visit has.
    """
    known = _known(told, details)
    errors = problems(told) | (detail_problems(session, known, told.type) if details or told.own_type_id else {})
    if errors:
        raise Invalid(NOT_SAVED, errors=errors)
    if not from_report:
        session.refresh(visit, with_for_update={"of": Visit})
    key = {"key": idempotency_key, "sent": _digest(told, details)} if idempotency_key else {}
    if key and (before := _repeated(session, actor, visit, key)):
        return before
    if not another:
        _refuse_alike(session, visit, told)
    if visit.state != "held":
        raise Refusal("not_held", N_("Kun et holdt besøg kan give åbninger. Skriv besøgets rapport først."))
    opening = _of_visit(visit, told)
    opening.from_report, opening.created_at, opening.created_by = from_report, now, getattr(actor, "id", None)
    fill(opening, checked(session, known, told.type) if details else known)
    session.add(opening)
    session.flush()
    note(session, actor, now, "openings.log", opening, akutjob=told.akutjob, **words_of(told), **key)
    refresh_stage(session, actor, now, opening)
    return opening


def _digest(told: NewOpening, details: Details | None) -> str:
    return hashlib.sha256(repr((told, details)).encode()).hexdigest()[:32]


def _repeated(session: Session, actor: Any, visit: Visit, key: dict[str, str]) -> Opening | None:
    """What the key made; the visit is held, so that one waits for the other."""
    first = session.scalar(
        select(Activity)
        .where(
            Activity.verb == "openings.log",
            Activity.workplace_id == visit.workplace_id,
            Activity.actor_id == getattr(actor, "id", None),
            Activity.data["key"].as_string() == key["key"],
        )
        .limit(1)
    )
    if first is None:
        return None
    opening = session.get_one(Opening, first.subject_id)
    if opening.voided_at is not None:
        raise Refusal("stale", N_("Åbningen, der blev gemt herfra, er fjernet siden. Gem igen, hvis den skal med."))
    if opening.visit_id != visit.id or first.data["sent"] != key["sent"]:
        raise Refusal(
            "idempotency_key",
            N_("Nøglen Idempotency-Key er brugt til en anden åbning: {opening}. Ret den, eller send en ny nøgle."),
            status=422,
            opening=name_of(opening),
            extra={"opening": opening.id},
        )
    return opening


def _refuse_alike(session: Session, visit: Visit, told: NewOpening) -> None:
    there = [one for one in of_visit(session, visit.id) if type_key(one) == type_key(told)]
    if there:
        raise Refusal(
            "alike",
            N_(
                "Åbningen er ikke gemt endnu: I har allerede {openings} af den type fra besøget. Bekræft, at det er en "
                "åbning til, og gem igen; ellers ret den, der står."
            ),
            openings=", ".join(map(name_of, there)),
            extra={"openings": [one.id for one in there]},
        )


def _of_visit(visit: Visit, told: NewOpening) -> Opening:
    return Opening(
        visit=visit,
        campaign_id=visit.campaign_id,
        jobcentre_id=visit.jobcentre_id,
        workplace_id=visit.workplace_id,
        consultant_id=visit.consultant_id,
        type=told.type,
        positions=told.positions,
        akutjob=told.akutjob,
    )


def _known(told: NewOpening, details: Details | None) -> Details:
    if details is not None:
        return details
    return Details(
        occupation=told.occupation,
        own_type_id=told.own_type_id,
        wishes=told.wishes,
        cvs_wanted=told.cvs_wanted,
        cvs_by=told.cvs_by,
    )


def correct(session: Session, actor: Any, now: datetime, opening: Opening, told: NewOpening) -> None:
    """Another type or number of positions for an opening added beside the report. Raises Invalid, Refusal
    ``from_report``, ``hired`` for fewer positions than are hired."""
    if opening.from_report:
        raise Refusal("from_report", N_("Åbningen står i besøgets rapport. Ret rapporten i stedet."))
    errors = problems(told) | detail_problems(
        session, Details(own_type_id=told.own_type_id), told.type, own=opening.own_type_id
    )
    if errors:
        raise Invalid(N_("Åbningen er ikke ændret. Ret felterne, og prøv igen."), errors=errors)
    session.refresh(opening, with_for_update={"of": Opening})
    if told.positions < (taken := hired_count(session, opening.id)):
        too_few = {"positions": N_("Antallet kan ikke være lavere end det, der er ansat")}
        raise Refusal("hired", FEWER_THAN_HIRED, opening=name_of(opening), hired=taken, errors=too_few)
    was = {**seen(opening), "type": opening.type}
    opening.type, opening.positions, opening.akutjob = told.type, told.positions, told.akutjob
    opening.own_type_id = told.own_type_id
    session.flush()
    session.refresh(opening, ["own_type"])
    note(session, actor, now, "openings.correct", opening, was=was, akutjob=opening.akutjob)
    refresh_stage(session, actor, now, opening)


def seen(opening: Opening) -> dict[str, Any]:
    """What a correction in the report may change, as the log keeps it; an own type by the name it has then."""
    return {
        "positions": opening.positions,
        "akutjob": opening.akutjob,
        "occupation": opening.occupation,
        "own_type": opening.own_type.name if opening.own_type else None,
    }


def words_of(told: NewOpening) -> dict[str, Any]:
    """What a report may say beside type and number, as the log keeps it."""
    return {
        "occupation": told.occupation,
        "wishes": told.wishes,
        "cvs_wanted": told.cvs_wanted,
        "cvs_by": told.cvs_by.isoformat() if told.cvs_by else None,
    }
