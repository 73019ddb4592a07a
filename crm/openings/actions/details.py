"""Writes of an opening's details: fill in, relax a wish, give it to a colleague."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import N_, Invalid, NotFound, Refusal
from crm.openings.actions.life import refresh_stage
from crm.openings.actions.notes import note
from crm.openings.models import Opening, OwnType, Relaxation
from crm.openings.rules.details import Details, changed, merged, problems, tidy
from crm.openings.rules.occupations import code_of
from crm.openings.rules.types import MAX_WISHES, RETIRED
from crm.people.queries import consultants_of
from crm.visits.rules import SCHEMES

NOT_CHANGED = N_("Åbningen er ikke ændret. Ret felterne, og prøv igen.")


def set_details(
    session: Session, actor: Any, now: datetime, opening: Opening, details: Details, *, seen: Details | None = None
) -> None:
    """Make its details these. ``seen``: what the writer saw; then only what they changed is written, and a field that
    somebody else has changed since raises Refusal ``conflict`` with, as ``theirs``, what stands. Wishes that the
    company has relaxed are changed by relaxing alone. Raises Invalid."""
    session.refresh(opening, with_for_update={"of": Opening})
    before = Details.of(opening)
    if seen is not None:
        details, clash = merged(seen, details, before)
        _refuse_clash(session, opening, before, clash)
    errors = detail_problems(session, details, opening.type, own=opening.own_type_id)
    if details.wishes != opening.wishes and relaxations(session, opening.id):
        errors["wishes"] = N_("Ønskerne er lempet før. Skriv ændringen som en lempelse")
    if errors:
        raise Invalid(NOT_CHANGED, errors=errors)
    fill(opening, tidy(details))
    session.flush()
    session.refresh(opening, ["own_type"])
    if what := changed(before, Details.of(opening)):
        note(session, actor, now, "openings.details", opening, changed=what)
    refresh_stage(session, actor, now, opening)


def _refuse_clash(session: Session, opening: Opening, current: Details, clash: list[str]) -> None:
    if not clash:
        return
    last = session.scalar(
        select(Activity)
        .where(
            Activity.subject_type == Opening.__tablename__,
            Activity.subject_id == opening.id,
            Activity.verb.in_(("openings.details", "openings.correct", "openings.relax", "openings.unrelax")),
        )
        .order_by(Activity.id.desc())
        .limit(1)
    )
    raise Refusal(
        "conflict",
        N_(
            "Åbningen er ikke gemt: {who} har ændret det samme, efter at du åbnede siden. Dit er bevaret; ret det, og "
            "gem igen."
        ),
        errors={name: N_("Imens er der skrevet noget andet") for name in clash},
        extra={"theirs": {name: value for name, value in current.plain().items() if name in clash}},
        who=(last.actor_name if last else "") or "–",
    )


def relax(
    session: Session, actor: Any, now: datetime, opening: Opening, *, wishes: str, agreed_with: str
) -> Relaxation:
    """The company gave way: what is wished now, and who there agreed. What it was stays to be read. Raises Invalid."""
    session.refresh(opening, with_for_update={"of": Opening})
    wishes, agreed_with = wishes.strip(), agreed_with.strip()
    errors: dict[str, str] = {}
    if not opening.wishes:
        errors["wishes"] = N_("Der er ingen ønsker at lempe. Skriv dem under oplysningerne først")
    elif wishes == opening.wishes:
        errors["wishes"] = N_("Skriv, hvad der ønskes nu")
    elif len(wishes) > MAX_WISHES:
        errors["wishes"] = N_("Skriv højst 4000 tegn")
    if not agreed_with:
        errors["agreed_with"] = N_("Skriv, hvem hos virksomheden der sagde ja")
    elif len(agreed_with) > 200:
        errors["agreed_with"] = N_("Skriv højst 200 tegn")
    if errors:
        raise Invalid(NOT_CHANGED, errors=errors)
    made = Relaxation(
        opening_id=opening.id,
        at=now,
        by=getattr(actor, "id", None),
        agreed_with=agreed_with,
        was=opening.wishes,
        now=wishes,
    )
    session.add(made)
    opening.wishes = wishes
    note(session, actor, now, "openings.relax", opening, **{"was": made.was, "is": wishes})
    session.flush()
    return made


def unrelax(session: Session, actor: Any, now: datetime, opening: Opening, relaxation_id: int) -> None:
    """The last relaxation was written by mistake: the wishes are what they were before it, and it counts no more. The
    log keeps both. Raises NotFound for one that is not there, Refusal ``followed`` for one that is not the last."""
    session.refresh(opening, with_for_update={"of": Opening})
    there = session.scalars(select(Relaxation).where(Relaxation.opening_id == opening.id).order_by(Relaxation.id)).all()
    if relaxation_id not in {one.id for one in there}:
        raise NotFound
    last = there[-1]
    if last.id != relaxation_id:
        raise Refusal("followed", N_("Ønskerne er lempet igen siden. Kun den seneste lempelse kan fortrydes."))
    opening.wishes = last.was
    session.delete(last)
    note(session, actor, now, "openings.unrelax", opening, **{"was": last.now, "is": last.was})
    session.flush()


def hand_to(session: Session, actor: Any, now: datetime, opening: Opening, consultant_id: int | None) -> None:
    """Another consultant of the jobcentre answers for it from now on. Raises Invalid."""
    session.refresh(opening, with_for_update={"of": Opening})
    found = next((u for u in consultants_of(session, [opening.jobcentre_id]) if u.id == consultant_id), None)
    if found is None:
        raise Invalid(NOT_CHANGED, errors={"consultant_id": N_("Vælg en konsulent i jobcentret")})
    if found.id == opening.consultant_id:
        return
    was, opening.consultant = opening.consultant, found
    session.flush()
    note(session, actor, now, "openings.hand_to", opening, was=was.name, to=found.name, to_id=found.id)
    session.flush()


def relaxations(session: Session, opening_id: int) -> bool:
    return session.scalar(select(Relaxation.id).where(Relaxation.opening_id == opening_id).limit(1)) is not None


def detail_problems(session: Session, details: Details, type_: str, *, own: int | None = None) -> dict[str, str]:
    """Field -> message. own: the own type it has already, which may have been put out of use since."""
    found = problems(details, SCHEMES)
    if details.own_type_id is not None:
        chosen = session.get(OwnType, details.own_type_id, with_for_update={"read": True})
        if chosen is None:
            found["own_type_id"] = N_("Vælg en af typerne")
        elif not (chosen.active or chosen.id == own):
            found["own_type_id"] = RETIRED
        elif chosen.reports_as != type_:
            found["own_type_id"] = N_("Den type tæller som en anden. Vælg en, der passer til åbningens type")
    return found


def checked(session: Session, details: Details, type_: str) -> Details:
    """Details as they are kept. Raises Invalid."""
    if errors := detail_problems(session, details, type_):
        raise Invalid(NOT_CHANGED, errors=errors)
    return tidy(details)


def fill(opening: Opening, details: Details) -> None:
    """Put them on the opening; the occupation's code follows from its words."""
    for name, value in details.values().items():
        setattr(opening, name, value)
    opening.occupation_code = code_of(details.occupation)
