"""Candidates: keep, change, consent, retire. Of what was written down of them, erasing leaves no value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, Refusal
from crm.openings.actions import stages, telling
from crm.openings.models import Candidacy, Candidate, Opening, Placement
from crm.openings.rules.candidates import RUNNING, NewCandidate, consent_day_problem, problems
from crm.openings.rules.languages import LANGUAGES
from crm.openings.rules.occupations import code_of
from crm.people.models import Partner
from crm.people.queries import consultants_of
from crm.travel.engine import place_of_postcode

FIELDS = ("reference", "occupation", "postcode", "reach_minutes", "languages", "weekly_hours", "types")
NOT_KEPT = N_("Kandidaten er ikke gemt. Ret felterne, og prøv igen.")
OTHER_PERSON = N_("Kandidaten er undervejs eller ansat. Skriv en anden person ind som ny kandidat.")
TAKEN = N_("Referencen bruges allerede af en anden kandidat hos jer")


def add(
    session: Session, actor: Any, now: datetime, jobcentre_id: int, told: NewCandidate, *, owner_id: int | None = None
) -> Candidate:
    """Keep a jobcentre's candidate. Raises Invalid naming the fields."""
    told = _checked(told, now)
    candidate = Candidate(
        jobcentre_id=jobcentre_id,
        owner_id=owner_id if owner_id is not None else getattr(actor, "id", None),
        consent_on=told.consent_on,
        created_at=now,
        created_by=getattr(actor, "id", None),
    )
    _fill(candidate, told)
    _store(session, candidate)
    _note(session, actor, now, "candidate_add", candidate)
    if told.consent_on is not None:
        _note(session, actor, now, "consent_given", candidate, on=told.consent_on.isoformat())
    session.flush()
    return candidate


def change(session: Session, actor: Any, now: datetime, candidate: Candidate, told: NewCandidate) -> Candidate:
    """What is known of the candidate from now on; consent has verbs of its own. A new reference is another person: the
    consent goes with the old one, and nobody becomes another while under way. Raises Invalid, Refusal ``erased``."""
    told = _checked(replace(told, consent_on=None), now)
    hold(session, candidate)
    before = {name: getattr(candidate, name) for name in (*FIELDS, "consent_on")}
    if told.reference.casefold() != candidate.reference.casefold():
        if is_under_way(session, candidate):
            raise Invalid(NOT_KEPT, errors={"reference": OTHER_PERSON})
        candidate.consent_on = candidate.consent_withdrawn_at = None
    _fill(candidate, told)
    _store(session, candidate)
    note_change(session, actor, now, candidate, before)
    return candidate


def note_change(
    session: Session, actor: Any, now: datetime, candidate: Candidate, before: Mapping[str, Any], **data: Any
) -> None:
    """Write down what each changed field was and is; nothing where none changed."""
    changed = {
        name: {"was": _plain(was), "is": _plain(getattr(candidate, name))}
        for name, was in before.items()
        if getattr(candidate, name) != was
    }
    if changed:
        _note(session, actor, now, "candidate_change", candidate, changed=changed, **data)
        session.flush()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def is_under_way(session: Session, candidate: Candidate) -> bool:
    """Whether companies or colleagues know the person by what stands here: on an opening, or in work through us. The
    candidate is held."""
    theirs = Candidacy.candidate_id == candidate.id
    placed = exists().where(
        Placement.candidacy_id == Candidacy.id, Placement.voided_at.is_(None), Placement.state == "agreed"
    )
    wanted = select(Candidacy.id).where(theirs, Candidacy.state.in_(RUNNING) | placed).limit(1)
    return session.scalar(wanted) is not None


def give_consent(session: Session, actor: Any, now: datetime, candidate: Candidate, on: date) -> Candidate:
    """The person agreed, on a Danish date, that companies are told of them. Raises Invalid, Refusal ``erased``."""
    if wrong := consent_day_problem(on, danish_date(now)):
        raise Invalid(N_("Samtykket er ikke gemt. Ret datoen, og prøv igen."), errors={"consent_on": wrong})
    hold(session, candidate)
    candidate.consent_on, candidate.consent_withdrawn_at = on, None
    _note(session, actor, now, "consent_given", candidate, on=on.isoformat())
    session.flush()
    return candidate


def withdraw_consent(
    session: Session, actor: Any, now: datetime, candidate: Candidate, *, partner: Partner | None = None
) -> int:
    """The person takes it back: what is under way ends, wherever, and nothing is sent any more, what waits in the
    outbox included; how many ended. ``partner``: who was told, where it is none of us.

    Raises Refusal ``no_consent``, ``erased``.
    """
    running = hold_with_running(session, candidate)
    if candidate.consent_on is None or candidate.consent_withdrawn_at is not None:
        raise Refusal("no_consent", N_("Kandidaten har intet samtykke at trække tilbage."))
    candidate.consent_withdrawn_at = now
    everywhere = session.scalars(select(Candidacy.id).where(Candidacy.candidate_id == candidate.id)).all()
    telling.leave_out(session, everywhere)
    by = {"by": partner.name} if partner else {}
    _note(session, actor, now, "consent_withdrawn", candidate, ended=len(running), **by)
    end(session, actor, now, running, "consent_withdrawn")
    session.flush()
    return len(running)


def retire(session: Session, actor: Any, now: datetime, candidate: Candidate) -> int:
    """No longer looking for work through us: what is under way ends, and they are proposed for nothing; how many
    ended. Raises Refusal ``retired``, ``erased``."""
    running = hold_with_running(session, candidate)
    if not candidate.active:
        raise Refusal("retired", N_("Kandidaten er allerede taget ud."))
    candidate.active = False
    _note(session, actor, now, "candidate_retire", candidate, ended=len(running))
    end(session, actor, now, running, "candidate_gone")
    session.flush()
    return len(running)


def activate(session: Session, actor: Any, now: datetime, candidate: Candidate) -> Candidate:
    """Looking again. Raises Refusal ``active``, ``erased``."""
    hold(session, candidate)
    if candidate.active:
        raise Refusal("active", N_("Kandidaten er allerede aktiv."))
    candidate.active = True
    _note(session, actor, now, "candidate_activate", candidate)
    session.flush()
    return candidate


def hand_to(session: Session, actor: Any, now: datetime, candidate: Candidate, owner_id: int | None) -> None:
    """Another consultant of the jobcentre answers for the candidate from now on. Raises Invalid, Refusal ``erased``."""
    hold(session, candidate)
    found = next((one for one in consultants_of(session, [candidate.jobcentre_id or 0]) if one.id == owner_id), None)
    if found is None:
        raise Invalid(
            N_("Kandidaten er ikke ændret. Ret felterne, og prøv igen."),
            errors={"consultant_id": N_("Vælg en konsulent i jobcentret")},
        )
    if found.id == candidate.owner_id:
        return
    candidate.owner = found
    _note(session, actor, now, "candidate_hand_to", candidate, to=found.name, to_id=found.id)
    session.flush()


def _checked(told: NewCandidate, now: datetime) -> NewCandidate:
    told = replace(
        told,
        reference=" ".join(told.reference.split()),
        occupation=" ".join(told.occupation.split()),
        postcode=told.postcode.strip(),
        languages=tuple(key for key in LANGUAGES if key in told.languages)
        if set(told.languages) <= set(LANGUAGES)
        else told.languages,
    )
    known = place_of_postcode(told.postcode) is not None
    if errors := problems(told, danish_date(now), postcode_known=known, languages=LANGUAGES):
        raise Invalid(NOT_KEPT, errors=errors)
    return told


def _fill(candidate: Candidate, told: NewCandidate) -> None:
    candidate.reference, candidate.occupation, candidate.postcode = told.reference, told.occupation, told.postcode
    candidate.occupation_code = told.occupation_code or code_of(told.occupation)
    candidate.reach_minutes, candidate.weekly_hours = told.reach_minutes, told.weekly_hours
    candidate.languages, candidate.types = list(told.languages), list(told.types)


def _store(session: Session, candidate: Candidate) -> None:
    """Flush, or say that the reference is taken, whoever took it first."""
    try:
        with session.begin_nested():
            session.add(candidate)
            session.flush()
    except IntegrityError as exc:
        raise Invalid(NOT_KEPT, errors={"reference": TAKEN}) from exc


def hold(session: Session, candidate: Candidate) -> None:
    session.refresh(candidate, with_for_update={"of": Candidate})
    if candidate.erased_at is not None:
        raise Refusal("erased", N_("Kandidatens oplysninger er slettet."))


def hold_with_running(session: Session, candidate: Candidate) -> list[Candidacy]:
    """Hold the openings, then the candidate, then what is under way: the order of everybody who takes all three."""
    running = (
        select(Candidacy.opening_id)
        .where(Candidacy.candidate_id == candidate.id, Candidacy.state.in_(RUNNING))
        .subquery()
    )
    session.scalars(
        select(Opening)
        .where(Opening.id.in_(select(running.c.opening_id)))
        .order_by(Opening.id)
        .with_for_update(of=Opening)
        .execution_options(populate_existing=True)
    ).all()
    hold(session, candidate)
    return list(
        session.scalars(
            select(Candidacy)
            .where(Candidacy.candidate_id == candidate.id, Candidacy.state.in_(RUNNING))
            .order_by(Candidacy.opening_id)
            .with_for_update(of=Candidacy)
            .execution_options(populate_existing=True)
        ).all()
    )


def end(session: Session, actor: Any, now: datetime, running: Sequence[Candidacy], because: str) -> None:
    for candidacy in running:
        stages.close(session, actor, now, candidacy, because)


def _note(session: Session, actor: Any, now: datetime, verb: str, candidate: Candidate, **data: Any) -> None:
    activity.record(session, actor, now, f"openings.{verb}", candidate, **data)
