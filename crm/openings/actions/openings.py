"""Writes of openings: log, correct from the report or by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import N_, Invalid, Refusal
from crm.openings.actions.details import checked, detail_problems, fill, relaxations
from crm.openings.actions.life import followed, hired_count, name_of, refresh_stage, take_back
from crm.openings.actions.notes import note
from crm.openings.models import Opening
from crm.openings.rules import NewOpening, match, problems
from crm.openings.rules.details import Details
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
) -> Opening:
    """Write down an opening that a held visit gave, with what is known of it; the rest can come later.

    details: what more was told; its occupation, wishes and CVs stand in for those of ``told`` where given. Raises
    Invalid naming the field, Refusal ``not_held``.
    """
    known = _known(told, details)
    errors = problems(told) | (detail_problems(session, known, told.type) if details or told.own_type_id else {})
    if errors:
        raise Invalid(NOT_SAVED, errors=errors)
    if not from_report:
        session.refresh(visit, with_for_update={"of": Visit})
    if visit.state != "held":
        raise Refusal("not_held", N_("Kun et holdt besøg kan give åbninger. Skriv besøgets rapport først."))
    opening = _of_visit(visit, told)
    opening.from_report, opening.created_at, opening.created_by = from_report, now, getattr(actor, "id", None)
    fill(opening, checked(session, known, told.type) if details else known)
    session.add(opening)
    session.flush()
    note(session, actor, now, "openings.log", opening, akutjob=told.akutjob, **_words(told))
    refresh_stage(session, actor, now, opening)
    return opening


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


def replace_from_report(
    session: Session, actor: Any, now: datetime, visit: Visit, told: Sequence[NewOpening]
) -> list[Opening]:
    """Make the report's openings these, whatever a former one said: alike ones are corrected in place, ones
    no longer told are voided, new ones logged. Openings added beside the report stay.

    Those that candidates or placements hang on are matched first and never voided: Refusal ``under_way`` names
    them. Nor does one get fewer positions than are hired: Refusal ``hired``. Raises as ``log`` besides.
    """
    for new in told:
        if errors := problems(new):
            raise Invalid(NOT_SAVED, errors=errors)
    there = session.scalars(
        select(Opening)
        .where(Opening.visit_id == visit.id, Opening.from_report, Opening.voided_at.is_(None))
        .order_by(Opening.id)
        .with_for_update(of=Opening)
        .execution_options(populate_existing=True)
    ).all()
    busy = followed(session, [opening.id for opening in there])
    pairs, fresh, gone = match(sorted(there, key=lambda opening: opening.id not in busy), told)
    _refuse_to_lose([opening for opening in gone if opening.id in busy])
    before = _told_before(session, [opening.id for opening, _new in pairs])
    for opening, new in pairs:
        _take_over(session, actor, now, opening, new, before.get(opening.id, {}))
    for opening in gone:
        take_back(session, actor, now, opening)
    kept = [opening for opening, _new in pairs]
    kept += [log(session, actor, now, visit, new, from_report=True) for new in fresh]
    session.flush()
    return kept


def _refuse_to_lose(openings: Sequence[Opening]) -> None:
    if openings:
        raise Refusal(
            "under_way",
            N_(
                "Rapporten er ikke gemt: {openings} har kandidater eller ansættelser og kan ikke tages ud af den. "
                "Behold den i rapporten, og luk den på åbningens egen side, hvis den ikke gælder mere."
            ),
            openings=", ".join(map(name_of, openings)),
            extra={"openings": [opening.id for opening in openings]},
        )


def _take_over(
    session: Session, actor: Any, now: datetime, opening: Opening, told: NewOpening, before: dict[str, Any]
) -> None:
    """Take over what the corrected report says. Details it does not mention stay, and so do those that were made
    better since where it only repeats what it said before."""
    if told.positions < (taken := hired_count(session, opening.id)):
        raise Refusal("hired", FEWER_THAN_HIRED, opening=name_of(opening), hired=taken)
    was = {"positions": opening.positions, "akutjob": opening.akutjob, "occupation": opening.occupation}
    opening.positions, opening.akutjob = told.positions, told.akutjob
    words = _words(told)
    said = {name: value for name, value in words.items() if value not in (None, "") and value != before.get(name)}
    mentioned = {name: getattr(told, name) for name in said}
    if "wishes" in mentioned and relaxations(session, opening.id):
        del mentioned["wishes"]
    fill(opening, replace(Details.of(opening), **mentioned))
    now_is = {"positions": opening.positions, "akutjob": opening.akutjob, "occupation": opening.occupation}
    if was != now_is or said:
        note(session, actor, now, "openings.correct", opening, was=was, akutjob=opening.akutjob, **{**before, **said})
    refresh_stage(session, actor, now, opening)


def _told_before(session: Session, opening_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Opening -> what the report last said of its words."""
    found: dict[int, dict[str, Any]] = {}
    if opening_ids:
        rows = session.execute(
            select(Activity.subject_id, Activity.data)
            .where(
                Activity.subject_type == Opening.__tablename__,
                Activity.subject_id.in_(opening_ids),
                Activity.verb.in_(("openings.log", "openings.correct")),
            )
            .order_by(Activity.id)
        )
        names = set(_words(NewOpening("other")))
        for opening_id, data in rows:
            found[opening_id] = {name: value for name, value in data.items() if name in names}
    return found


def _words(told: NewOpening) -> dict[str, Any]:
    """What a report may say beside type and number, as the log keeps it."""
    return {
        "occupation": told.occupation,
        "wishes": told.wishes,
        "cvs_wanted": told.cvs_wanted,
        "cvs_by": told.cvs_by.isoformat() if told.cvs_by else None,
    }


def correct(session: Session, actor: Any, now: datetime, opening: Opening, told: NewOpening) -> None:
    """Another type or number of positions for an opening added beside the report. Raises Invalid, Refusal
    ``from_report``, ``hired`` for fewer positions than are hired."""
    if opening.from_report:
        raise Refusal("from_report", N_("Åbningen står i besøgets rapport. Ret rapporten i stedet."))
    errors = problems(told) | detail_problems(session, Details(own_type_id=told.own_type_id), told.type)
    if errors:
        raise Invalid(N_("Åbningen er ikke ændret. Ret felterne, og prøv igen."), errors=errors)
    session.refresh(opening, with_for_update={"of": Opening})
    if told.positions < (taken := hired_count(session, opening.id)):
        too_few = {"positions": N_("Antallet kan ikke være lavere end det, der er ansat")}
        raise Refusal("hired", FEWER_THAN_HIRED, opening=name_of(opening), hired=taken, errors=too_few)
    was = {"positions": opening.positions, "akutjob": opening.akutjob, "type": opening.type}
    opening.type, opening.positions, opening.akutjob = told.type, told.positions, told.akutjob
    opening.own_type_id = told.own_type_id
    session.flush()
    session.refresh(opening, ["own_type"])
    note(session, actor, now, "openings.correct", opening, was=was, akutjob=opening.akutjob)
    refresh_stage(session, actor, now, opening)
