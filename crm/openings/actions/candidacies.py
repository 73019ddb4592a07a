"""A candidate's way through an opening: propose, present, send, interview, end; and back again. Hiring has a file of
its own.

Whoever changes one holds, in this order, the opening's row and then the candidacies' (what two people may change at
once), and looks at them again under the lock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.errors import N_, Invalid, Refusal
from crm.openings.actions import stages, steps, telling
from crm.openings.actions.hiring import hire as hire
from crm.openings.models import Candidacy, Candidate, Opening
from crm.openings.rules.board import OFFER_WITHDRAWN
from crm.openings.rules.candidates import (
    CHOSEN_REASONS,
    furthest,
    goes_to,
    is_consented,
    is_interview_day,
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
    return _shown(session, actor, now, candidacy)


def _shown(session: Session, actor: Any, now: datetime, candidacy: Candidacy) -> Candidacy:
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
    shown: Collection[int] = (),
) -> list[Candidacy]:
    """Tell the opening's contact of candidates in one mail; without ``by_mail`` they were told in another way.

    ``shown``: ids of those who have seen the job, which is a presentation where none was noted; to be sent is none.
    All or none. Raises Refusal ``nobody``, ``consent`` (naming who has not agreed), ``sent``, ``over``, ``offered``,
    ``closed``, ``no_contact``.
    """
    if not candidacies:
        raise Refusal("nobody", N_("Vælg mindst én kandidat, der skal sendes."), status=422)
    ordered = sorted(set(candidacies), key=lambda one: one.id)
    steps.hold_open(session, opening)
    for candidacy in ordered:
        steps.hold_one(session, opening, candidacy)
    steps.hold_consented(session, now, ordered)
    for candidacy in ordered:
        if candidacy.sent_at is not None:
            raise Refusal(
                "sent",
                N_("{reference} er allerede sendt til virksomheden. Der er ikke sendt noget nu."),
                reference=candidacy.candidate.reference,
            )
    message = telling.tell_company(session, now, opening, ordered) if by_mail else None
    for candidacy in ordered:
        if candidacy.id in shown and candidacy.presented_at is None:
            _shown(session, actor, now, candidacy)
        candidacy.sent_at = now
        candidacy.state = goes_to(candidacy.state, "sent")
        stages.settle(session, actor, now, candidacy, "send", message=message)
    return ordered


def interview(
    session: Session, actor: Any, now: datetime, candidacy: Candidacy, at: datetime | None = None
) -> Candidacy:
    """Invited to talk with the company at ``at`` (now where it is not known); said again, the time is corrected.
    Raises Invalid for a day far off, Refusal ``consent``, ``over``, ``offered``, ``closed``."""
    at = at or now
    if not is_interview_day(at, now):
        raise Invalid(
            N_("Samtalen er ikke gemt. Vælg en dag fra en måned tilbage til et år frem."),
            errors={"at": N_("Vælg en dag fra en måned tilbage til et år frem")},
        )
    steps.hold_running(session, candidacy)
    steps.hold_consented(session, now, [candidacy])
    candidacy.interview_at = at
    candidacy.state = goes_to(candidacy.state, "interview")
    return stages.settle(session, actor, now, candidacy, "interview", interview_at=candidacy.interview_at.isoformat())


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
            steps.hold_consented(session, now, [candidacy])
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
