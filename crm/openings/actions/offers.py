"""A candidate is offered for a shared opening, by another jobcentre or by a partner; and taken back again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.clock import danish_date
from crm.base.db import insert_new
from crm.base.errors import N_, Invalid, NotFound, Refusal
from crm.openings.actions import candidates, steps
from crm.openings.models import Candidacy, Candidate, Opening, OpeningShare
from crm.openings.rules.board import OFFER_WITHDRAWN, problems, tidy, words_problem
from crm.openings.rules.candidates import NewCandidate, is_consented
from crm.openings.rules.occupations import code_of
from crm.people.models import Partner
from crm.travel.engine import place_of_postcode

NOT_SENT = N_("Forslaget er ikke sendt. Ret felterne, og prøv igen.")
OTHER_OCCUPATION = N_(
    "I har foreslået personen som {was}, og det er undervejs. Brug en anden reference til en anden person"
)


def offer(
    session: Session,
    now: datetime,
    opening: Opening,
    *,
    candidate: Candidate | None = None,
    told: NewCandidate | None = None,
    agreed: bool = False,
    words: str = "",
    user: Any = None,
    jobcentre_id: int | None = None,
    partner: Partner | None = None,
) -> Candidacy:
    """Offer one of one's own candidates, or a new one as ``told``, for an opening that is shared with one.

    By ``user`` of ``jobcentre_id``, or by ``partner``. The opening is held, so that an offer is made once. Raises
    Invalid naming the fields; Refusal ``closed``, ``withdrawn``, ``consent``, ``duplicate``, ``known``.
    """
    if candidate is not None:
        if wrong := words_problem(words):
            raise Invalid(NOT_SENT, errors={"words": wrong})
    elif told is None:
        raise Invalid(NOT_SENT, errors={"candidate": N_("Vælg en kandidat, eller skriv en ny")})
    else:
        _check(told, now, agreed, words)
    session.refresh(opening, with_for_update={"of": Opening})
    _still_shared(session, opening, jobcentre_id, partner)
    if candidate is None and told is not None:
        candidate = _candidate(session, now, told, user, jobcentre_id, partner)
    if candidate is None or (candidate.jobcentre_id, candidate.partner_id) != (jobcentre_id, _id(partner)):
        raise NotFound
    session.refresh(candidate, with_for_update={"of": Candidate})
    _consented(candidate, now)
    made = _candidacy(session, opening, candidate)
    made.state, made.offered_at, made.offered_by = "offered", now, _id(user)
    made.offered_words, made.ended_at, made.ended_because = words, None, None
    session.flush()
    _note(session, user, now, "openings.offer", made, partner)
    return made


def _check(told: NewCandidate, now: datetime, agreed: bool, words: str) -> None:
    known = place_of_postcode(told.postcode) is not None
    errors = problems(told, danish_date(now), agreed=agreed, words=words, postcode_known=known)
    if errors:
        raise Invalid(NOT_SENT, errors=errors)


def _still_shared(session: Session, opening: Opening, jobcentre_id: int | None, partner: Partner | None) -> None:
    mine = OpeningShare.partner_id == partner.id if partner else OpeningShare.jobcentre_id == jobcentre_id
    share = session.scalar(select(OpeningShare).where(OpeningShare.opening_id == opening.id, mine))
    if share is None:
        raise NotFound
    if opening.state != "open" or opening.voided_at is not None:
        raise Refusal(
            "closed",
            N_("Åbningen er lukket, så forslaget er ikke sendt. Se på tavlen, om en anden åbning passer."),
        )
    if share.withdrawn_at is not None:
        raise Refusal(
            "withdrawn",
            N_("Åbningen er ikke længere delt med jer, så forslaget er ikke sendt. Skriv til {name}: {email}."),
            name=opening.consultant.name,
            email=opening.consultant.email,
        )


def _candidate(
    session: Session, now: datetime, told: NewCandidate, user: Any, jobcentre_id: int | None, partner: Partner | None
) -> Candidate:
    """The proposer's candidate with this reference, made where there is none. A partner's is brought up to date; a
    jobcentre's own stands in its list and is chosen there. Raises Refusal ``known``."""
    reference = tidy(told.reference)
    home = {"jobcentre_id": jobcentre_id, "partner_id": _id(partner)}
    values = {
        "occupation": tidy(told.occupation),
        "occupation_code": told.occupation_code or code_of(told.occupation),
        "postcode": told.postcode,
        "languages": list(told.languages),
        "weekly_hours": told.weekly_hours,
        "consent_on": told.consent_on,
        "active": True,
    }
    row = {**home, **values, "reference": reference, "reach_minutes": told.reach_minutes, "types": list(told.types)}
    row |= {"owner_id": _id(user), "created_at": now, "created_by": _id(user)}
    mine = Candidate.partner_id == partner.id if partner else Candidate.jobcentre_id == jobcentre_id
    wanted = select(Candidate).where(mine, func.lower(Candidate.reference) == reference.lower()).with_for_update()
    found = session.scalar(wanted)
    if found is None:
        keys = ["partner_id" if partner else "jobcentre_id", "reference"]
        new = insert_new(session, Candidate, [row], keys)
        found = session.scalars(wanted).one()
        if new:
            activity.record(session, user, now, "openings.candidate_add", found, **_by(partner))
            _note_consent(session, user, now, found, partner)
            return found
    if partner is None:
        raise Refusal("known", N_("I har allerede kandidaten {reference}. Vælg den i listen."), reference=reference)
    _bring_up_to_date(session, now, found, values, partner)
    return found


def _bring_up_to_date(
    session: Session, now: datetime, found: Candidate, values: dict[str, Any], partner: Partner
) -> None:
    """What a partner now says of somebody it has proposed before. A consent is never replaced by an older one, and who
    is under way keeps the occupation that others were told. Raises Invalid."""
    told = values.pop("consent_on")
    if found.occupation.casefold() != values["occupation"].casefold() and candidates.is_under_way(session, found):
        raise Invalid(NOT_SENT, errors={"occupation": OTHER_OCCUPATION}, was=found.occupation)
    before = {name: getattr(found, name) for name in candidates.FIELDS}
    for name, value in values.items():
        setattr(found, name, value)
    candidates.note_change(session, None, now, found, before, **_by(partner))
    withdrawn = found.consent_withdrawn_at
    if (withdrawn and told > danish_date(withdrawn)) or (not withdrawn and told > (found.consent_on or date.min)):
        found.consent_on, found.consent_withdrawn_at = told, None
        _note_consent(session, None, now, found, partner)
    session.flush()


def _note_consent(session: Session, user: Any, now: datetime, found: Candidate, partner: Partner | None) -> None:
    on = found.consent_on.isoformat() if found.consent_on else None
    activity.record(session, user, now, "openings.consent_given", found, on=on, **_by(partner))


def _by(partner: Partner | None) -> dict[str, Any]:
    """For the history: who acted where it is none of us."""
    return {"partner": partner.id, "by": partner.name} if partner else {}


def _consented(candidate: Candidate, now: datetime) -> None:
    """Others hear of a person only after the person has agreed, and not for ever."""
    if not candidate.active or candidate.erased_at is not None:
        raise Refusal("retired", N_("Kandidaten er ikke længere aktiv. Vælg en anden."))
    if not is_consented(candidate, now):
        raise Refusal(
            "consent",
            N_("{reference} har intet gældende samtykke, så forslaget er ikke sendt. Spørg personen, og skriv datoen."),
            reference=candidate.reference,
        )


def _candidacy(session: Session, opening: Opening, candidate: Candidate) -> Candidacy:
    """A new one, or one that was taken back before it was answered. Raises Refusal ``duplicate``."""
    found = session.scalar(
        select(Candidacy).where(Candidacy.opening_id == opening.id, Candidacy.candidate_id == candidate.id)
    )
    if found is None:
        found = Candidacy(opening=opening, candidate=candidate)
        session.add(found)
    elif (found.state, found.ended_because) != ("ended", OFFER_WITHDRAWN):
        raise Refusal(
            "duplicate",
            N_("{reference} er allerede foreslået til denne åbning. Se under jeres forslag, hvad der er sket."),
            reference=candidate.reference,
        )
    return found


def withdraw_offer(
    session: Session, now: datetime, candidacy: Candidacy, *, user: Any = None, partner: Partner | None = None
) -> Candidacy:
    """Take an offer back before it is answered. Raises Refusal ``answered``."""
    steps.hold(session, candidacy.opening)
    session.refresh(candidacy, with_for_update={"of": Candidacy})
    if candidacy.state != "offered":
        raise Refusal(
            "answered",
            N_("Forslaget er allerede besvaret. Skriv til {name}, hvis det ikke gælder mere: {email}."),
            name=candidacy.opening.consultant.name,
            email=candidacy.opening.consultant.email,
        )
    candidacy.state, candidacy.ended_at, candidacy.ended_because = "ended", now, OFFER_WITHDRAWN
    session.flush()
    _note(session, user, now, "openings.offer_withdraw", candidacy, partner)
    return candidacy


def _note(session: Session, user: Any, now: datetime, verb: str, candidacy: Candidacy, partner: Partner | None) -> None:
    opening = candidacy.opening
    activity.record(
        session,
        user,
        now,
        verb,
        candidacy,
        workplace_id=opening.workplace_id,
        campaign_id=opening.campaign_id,
        opening_id=opening.id,
        **{"partner": None, "by": "", **_by(partner)},
    )
    session.flush()


def _id(row: Any) -> int | None:
    return getattr(row, "id", None)
