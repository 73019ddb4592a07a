"""A candidate's way through an opening: propose, present, send, interview, hire, end; and back again.

Whoever changes one holds, in this order, the opening's row and then the candidacies' (what two people may change at
once), and looks at them again under the lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.errors import N_, Invalid, Refusal
from crm.openings.actions import stages, steps, telling
from crm.openings.actions.life import hired_count
from crm.openings.models import Candidacy, Candidate, Opening, Placement
from crm.openings.rules.board import OFFER_WITHDRAWN
from crm.openings.rules.candidates import (
    CHOSEN_REASONS,
    furthest,
    goes_to,
    is_consented,
    placement_problems,
)


def propose(session: Session, actor: Any, now: datetime, opening: Opening, candidate: Candidate) -> Candidacy:
    """Think of one of the jobcentre's own candidates for an opening; one that was ended there is taken up again.

    Raises Refusal ``closed``, ``other_jobcentre``, ``retired``, ``already``.
    """
    steps.hold_open(session, opening)
    session.refresh(candidate, with_for_update={"of": Candidate})
    if candidate.jobcentre_id != opening.jobcentre_id:
        raise Refusal("other_jobcentre", N_("Kandidater fra andre kommer gennem tavlen. Del åbningen der."))
    _refuse_retired(candidate)
    candidacy = session.scalar(
        select(Candidacy).where(Candidacy.opening_id == opening.id, Candidacy.candidate_id == candidate.id)
    )
    if candidacy is None:
        candidacy = Candidacy(opening=opening, candidate=candidate)
        session.add(candidacy)
    elif candidacy.state not in ("ended", "refused"):
        raise Refusal("already", N_("Kandidaten er allerede på denne åbning."))
    candidacy.proposed_at, candidacy.proposed_by = now, getattr(actor, "id", None)
    candidacy.sent_at = candidacy.interview_at = candidacy.ended_at = candidacy.ended_because = None
    candidacy.state = "presented" if candidacy.presented_at else "proposed"
    session.flush()
    return stages.settle(session, actor, now, candidacy, "propose")


def _refuse_retired(candidate: Candidate) -> None:
    if not candidate.active or candidate.erased_at is not None:
        raise Refusal("retired", N_("Kandidaten er ikke længere aktiv. Gør kandidaten aktiv igen først."))


def present(session: Session, actor: Any, now: datetime, candidacy: Candidacy) -> Candidacy:
    """The candidate was shown this concrete job: a presentation, counted once. Raises Refusal ``presented``, ``over``,
    ``offered``, ``closed``."""
    steps.hold_running(session, candidacy)
    if candidacy.presented_at is not None:
        raise Refusal("presented", N_("Kandidaten er allerede præsenteret for jobbet."))
    candidacy.presented_at, candidacy.presented_by = now, getattr(actor, "id", None)
    candidacy.state = goes_to(candidacy.state, "presented")
    return stages.settle(session, actor, now, candidacy, "present")


def send(
    session: Session,
    actor: Any,
    now: datetime,
    opening: Opening,
    candidacies: Sequence[Candidacy],
    *,
    by_mail: bool = True,
) -> list[Candidacy]:
    """Tell the opening's contact of candidates in one mail; without ``by_mail`` they were told in another way.

    All or none. Raises Refusal ``nobody``, ``consent`` (naming who has not agreed), ``sent``, ``over``, ``offered``,
    ``closed``, ``no_contact``.
    """
    if not candidacies:
        raise Refusal("nobody", N_("Vælg mindst én kandidat, der skal sendes."), status=422)
    ordered = sorted(set(candidacies), key=lambda one: one.id)
    steps.hold_open(session, opening)
    for candidacy in ordered:
        steps.hold_one(session, opening, candidacy)
        session.refresh(candidacy.candidate, with_for_update={"of": Candidate})
    _refuse_without_consent(ordered, now)
    for candidacy in ordered:
        if candidacy.sent_at is not None:
            raise Refusal(
                "sent",
                N_("{reference} er allerede sendt til virksomheden. Der er ikke sendt noget nu."),
                reference=candidacy.candidate.reference,
            )
    message = telling.tell_company(session, now, opening, ordered) if by_mail else None
    for candidacy in ordered:
        candidacy.sent_at = now
        candidacy.state = goes_to(candidacy.state, "sent")
        stages.settle(session, actor, now, candidacy, "send", message=message)
    return ordered


def _refuse_without_consent(candidacies: Sequence[Candidacy], now: datetime) -> None:
    lacking = [one.candidate for one in candidacies if not is_consented(one.candidate, now)]
    if lacking:
        raise Refusal(
            "consent",
            N_("Der mangler samtykke fra {who}. Intet er sendt. Skriv samtykket på kandidaten, og send så igen."),
            who=", ".join(candidate.reference for candidate in lacking),
            extra={"candidates": [candidate.id for candidate in lacking]},
        )


def interview(
    session: Session, actor: Any, now: datetime, candidacy: Candidacy, at: datetime | None = None
) -> Candidacy:
    """Invited to talk with the company at ``at`` (now where it is not known); said again, the time is corrected.
    Raises Refusal ``over``, ``offered``, ``closed``."""
    steps.hold_running(session, candidacy)
    candidacy.interview_at = at or now
    candidacy.state = goes_to(candidacy.state, "interview")
    return stages.settle(session, actor, now, candidacy, "interview", interview_at=candidacy.interview_at.isoformat())


def hire(
    session: Session,
    actor: Any,
    now: datetime,
    candidacy: Candidacy,
    *,
    type: str,
    starts_on: date,
    ends_on: date | None = None,
) -> Placement:
    """Hired in one of the opening's positions. Raises Invalid naming the fields; Refusal ``full``, ``over``,
    ``offered``, ``closed``."""
    if errors := placement_problems(type, starts_on, ends_on):
        raise Invalid(N_("Ansættelsen er ikke gemt. Ret felterne, og prøv igen."), errors=errors)
    opening = steps.hold_running(session, candidacy)
    if hired_count(session, opening.id) >= opening.positions:
        raise Refusal("full", N_("Alle åbningens stillinger er besat. Ret antallet, hvis der er kommet flere."))
    placement = _placement(opening, candidacy, type, starts_on, ends_on)
    placement.created_at, placement.created_by = now, getattr(actor, "id", None)
    session.add(placement)
    candidacy.hired_at, candidacy.state = now, "hired"
    session.flush()
    stages.settle(
        session,
        actor,
        now,
        candidacy,
        "hire",
        placement_id=placement.id,
        placement_type=type,
        starts_on=starts_on.isoformat(),
        ends_on=ends_on.isoformat() if ends_on else None,
    )
    return placement


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


def end(session: Session, actor: Any, now: datetime, candidacy: Candidacy, because: str) -> Candidacy:
    """No longer under way, for one of END_REASONS. Raises Invalid, Refusal ``over``."""
    if because not in CHOSEN_REASONS:
        raise Invalid(N_("Kandidaten er ikke afsluttet. Vælg en grund."), errors={"because": N_("Vælg en grund")})
    opening = steps.hold(session, candidacy.opening)
    steps.hold_one(session, opening, candidacy, also_offered=True)
    return stages.close(session, actor, now, candidacy, because)


def undo(session: Session, actor: Any, now: datetime, candidacy: Candidacy) -> Candidacy:
    """Take back the last step: an end, an interview, a sending that left no mail, a presentation.

    Raises Refusal ``mailed``, ``hired`` (void the placement instead), ``nothing``, ``closed``, ``consent``,
    ``retired``.
    """
    opening = steps.hold_open(session, candidacy.opening)
    session.refresh(candidacy.candidate, with_for_update={"of": Candidate})
    session.refresh(candidacy, with_for_update={"of": Candidacy})
    was = candidacy.state
    if was == "ended" and candidacy.ended_because != OFFER_WITHDRAWN:
        _refuse_retired(candidacy.candidate)
        if candidacy.ended_because == "consent_withdrawn" and not is_consented(candidacy.candidate, now):
            _refuse_without_consent([candidacy], now)
        candidacy.ended_at = candidacy.ended_because = None
    elif was == "interview":
        candidacy.interview_at = None
    elif was == "sent":
        if telling.mailed(session, candidacy):
            raise Refusal("mailed", N_("Mailen er sendt og kan ikke trækkes tilbage. Afslut kandidaten i stedet."))
        candidacy.sent_at = None
    elif was == "presented":
        candidacy.presented_at = candidacy.presented_by = None
    elif was == "hired":
        raise Refusal("hired", N_("Kandidaten er ansat. Fjern ansættelsen, hvis den er skrevet ved en fejl."))
    else:
        raise Refusal("nothing", N_("Der er intet skridt at tage tilbage."))
    candidacy.state = furthest(candidacy)
    return stages.settle(session, actor, now, candidacy, "undo", was=was, opening=opening)


def unpresent(session: Session, actor: Any, now: datetime, candidacy: Candidacy) -> Candidacy:
    """The candidate was not shown the job after all, whatever came since. Raises Refusal ``nothing``."""
    steps.hold(session, candidacy.opening)
    session.refresh(candidacy, with_for_update={"of": Candidacy})
    if candidacy.presented_at is None:
        raise Refusal("nothing", N_("Kandidaten er ikke præsenteret for jobbet."))
    candidacy.presented_at = candidacy.presented_by = None
    if candidacy.state == "presented":
        candidacy.state = furthest(candidacy)
    return stages.settle(session, actor, now, candidacy, "unpresent")
