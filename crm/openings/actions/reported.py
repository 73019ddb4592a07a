"""What a visit's report says of its openings, first or corrected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import N_, Invalid, Refusal
from crm.openings.actions.details import detail_problems, fill, relaxations
from crm.openings.actions.life import followed, hired_count, name_of, refresh_stage, take_back
from crm.openings.actions.notes import note
from crm.openings.actions.openings import FEWER_THAN_HIRED, NOT_SAVED, log, seen, words_of
from crm.openings.models import Opening, OpeningShare, Relaxation
from crm.openings.rules import NewOpening, match, problems
from crm.openings.rules.details import Details
from crm.visits.models import Visit

CARRIES: dict[str, str] = {
    "candidates": N_("kandidater eller ansættelser"),
    "relaxed": N_("lempede ønsker"),
    "details": N_("oplysninger"),
    "shared": N_("delt med andre"),
}


def replace_from_report(
    session: Session,
    actor: Any,
    now: datetime,
    visit: Visit,
    told: Sequence[NewOpening],
    *,
    may_go: Collection[int] = (),
) -> list[Opening]:
    """Make the report's openings these, whatever a former one said: alike ones are corrected in place, ones
    no longer told are voided, new ones logged. Openings added beside the report stay.

    Those that carry something (``carrying``) are matched first and never voided: Refusal ``under_way`` names them.
    Plain ones are voided where somebody has said so: Refusal ``would_go`` names those that are not among the ids of
    ``may_go``. Nor does one get fewer positions than are hired: Refusal ``hired``. Raises as ``log`` besides.
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
    before = _told_before(session, [opening.id for opening in there])
    carried = _carried(session, there, before)
    pairs, fresh, gone = match(sorted(there, key=lambda opening: opening.id not in carried), told)
    _refuse_to_lose([(opening, carried[opening.id]) for opening in gone if opening.id in carried])
    _refuse_unasked(gone, may_go)
    for opening, new in pairs:
        _take_over(session, actor, now, opening, new, before.get(opening.id, {}))
    for opening in gone:
        take_back(session, actor, now, opening)
    kept = [opening for opening, _new in pairs]
    kept += [log(session, actor, now, visit, new, from_report=True) for new in fresh]
    session.flush()
    return kept


def carrying(session: Session, openings: Sequence[Opening]) -> dict[int, list[str]]:
    """Opening -> what hangs on it that a corrected report must not take away, as keys of CARRIES; those without
    anything are left out. Details that the report itself told are not counted."""
    return _carried(session, openings, _told_before(session, [opening.id for opening in openings]))


def _carried(session: Session, openings: Sequence[Opening], before: dict[int, dict[str, Any]]) -> dict[int, list[str]]:
    ids = [opening.id for opening in openings]
    if not ids:
        return {}
    relaxed = select(Relaxation.opening_id).where(Relaxation.opening_id.in_(ids))
    shared = select(OpeningShare.opening_id).where(
        OpeningShare.opening_id.in_(ids), OpeningShare.withdrawn_at.is_(None)
    )
    holders = {
        "candidates": followed(session, ids),
        "relaxed": set(session.scalars(relaxed)),
        "details": {one.id for one in openings if _is_filled(one, before.get(one.id, {}))},
        "shared": set(session.scalars(shared)),
    }
    found = {number: [what for what in CARRIES if number in holders[what]] for number in ids}
    return {number: what for number, what in found.items() if what}


def _is_filled(opening: Opening, told: dict[str, Any]) -> bool:
    """Whether anything is written that the report did not say; its type says the report."""
    values, empty = Details.of(opening).values(), Details().values()
    for name, value in values.items():
        said = value.isoformat() if name == "cvs_by" and value else value
        if name != "own_type_id" and value != empty[name] and said != told.get(name):
            return True
    return False


def _refuse_to_lose(losses: Sequence[tuple[Opening, Sequence[str]]]) -> None:
    if losses:
        raise Refusal(
            "under_way",
            N_(
                "Rapporten er ikke gemt, for noget ville gå tabt: {openings}. Behold typen og antallet i rapporten. "
                "Gælder åbningen ikke mere, så luk den på dens egen side; er den skrevet ved en fejl, så fjern først "
                "dér, hvad der hører til den."
            ),
            openings="; ".join(f"{name_of(one)} ({', '.join(CARRIES[key] for key in what)})" for one, what in losses),
            extra={"openings": [opening.id for opening, _what in losses]},
        )


def _refuse_unasked(gone: Sequence[Opening], may_go: Collection[int]) -> None:
    if any(opening.id not in may_go for opening in gone):
        raise Refusal(
            "would_go",
            N_(
                "Rapporten er ikke gemt endnu, for den fjerner {openings}. Bekræft, at det er meningen, og gem igen; "
                "ellers tag dem med."
            ),
            openings=", ".join(map(name_of, gone)),
            extra={"openings": [opening.id for opening in gone]},
        )


def _take_over(
    session: Session, actor: Any, now: datetime, opening: Opening, told: NewOpening, before: dict[str, Any]
) -> None:
    """Take over what the corrected report says. Details it does not mention stay, and so do those that were made
    better since where it only repeats what it said before."""
    if told.positions < (taken := hired_count(session, opening.id)):
        raise Refusal("hired", FEWER_THAN_HIRED, opening=name_of(opening), hired=taken)
    was = seen(opening)
    opening.positions, opening.akutjob = told.positions, told.akutjob
    words = words_of(told)
    said = {name: value for name, value in words.items() if value not in (None, "") and value != before.get(name)}
    mentioned = {name: getattr(told, name) for name in said}
    if "wishes" in mentioned and relaxations(session, opening.id):
        del mentioned["wishes"]
    _take_over_type(session, opening, told)
    fill(opening, replace(Details.of(opening), **mentioned))
    now_is = seen(opening)
    if was != now_is or said:
        note(session, actor, now, "openings.correct", opening, was=was, akutjob=opening.akutjob, **{**before, **said})
    refresh_stage(session, actor, now, opening)


def _take_over_type(session: Session, opening: Opening, told: NewOpening) -> None:
    """The own type it has may be out of use by now, another one may not. Raises Invalid."""
    if told.keeps_own or told.own_type_id == opening.own_type_id:
        return
    if wrong := detail_problems(session, Details(own_type_id=told.own_type_id), told.type):
        raise Invalid(NOT_SAVED, errors=wrong)
    opening.own_type_id = told.own_type_id
    session.flush()
    session.refresh(opening, ["own_type"])


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
        names = set(words_of(NewOpening("other")))
        for opening_id, data in rows:
            found[opening_id] = {name: value for name, value in data.items() if name in names}
    return found
