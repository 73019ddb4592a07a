"""The owner of a shared opening answers an offer, and the proposer is told by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, Refusal
from crm.integrations.actions import send
from crm.integrations.render import render_mail
from crm.openings.actions import steps
from crm.openings.models import Candidacy
from crm.openings.rules import board_link
from crm.openings.rules.board import card, words_problem
from crm.openings.rules.types import type_words
from crm.people.models import Jobcentre, User


def answer(
    session: Session, actor: Any, now: datetime, candidacy: Candidacy, accept: bool, words: str = ""
) -> Candidacy:
    """Accept an offer (it becomes a candidacy under way, state ``proposed``) or refuse it with words.

    The opening and the candidacy are held, so that only the first of two owners answers. Raises Invalid (a refusal
    without words), Refusal ``answered``, ``taken_back``, ``closed``.
    """
    words = words.strip()
    if not accept and not words:
        raise Invalid(
            N_("Skriv, hvorfor I siger nej tak."), errors={"words": N_("Skriv et par ord til den, der foreslog")}
        )
    if wrong := words_problem(words):
        raise Invalid(N_("Svaret er ikke sendt. Ret felterne, og prøv igen."), errors={"words": wrong})
    opening = steps.hold(session, candidacy.opening)
    session.refresh(candidacy, with_for_update={"of": Candidacy})
    _waits(session, candidacy)
    if accept and opening.state != "open":
        raise Refusal("closed", N_("Åbningen er lukket. Åbn den igen, før I siger ja til forslaget."))
    candidacy.state = "proposed" if accept else "refused"
    candidacy.answered_at, candidacy.answered_by, candidacy.answered_words = now, getattr(actor, "id", None), words
    if accept:
        candidacy.proposed_at, candidacy.proposed_by = now, getattr(actor, "id", None)
    session.flush()
    activity.record(
        session,
        actor,
        now,
        "openings.answer",
        candidacy,
        workplace_id=opening.workplace_id,
        campaign_id=opening.campaign_id,
        opening_id=opening.id,
        accept=accept,
    )
    _tell(session, actor, now, candidacy, accept)
    session.flush()
    return candidacy


def _waits(session: Session, candidacy: Candidacy) -> None:
    """Raises Refusal with who answered what."""
    if candidacy.state == "offered":
        return
    if candidacy.answered_at is None:
        raise Refusal("taken_back", N_("Forslaget gælder ikke længere. Der er intet at svare på."))
    by = session.get(User, candidacy.answered_by) if candidacy.answered_by else None
    said = (
        N_("{name} har allerede sagt nej tak.") if candidacy.state == "refused" else N_("{name} har allerede sagt ja.")
    )
    raise Refusal("answered", said, name=by.name if by else "–")


def _tell(session: Session, actor: Any, now: datetime, candidacy: Candidacy, accept: bool) -> None:
    """To who made the proposal: the partner, or the colleague elsewhere who still works here. Their next digest is
    silent about it."""
    opening, partner = candidacy.opening, candidacy.candidate.partner
    user = session.get(User, candidacy.offered_by) if candidacy.offered_by else None
    to = partner.email if partner and partner.active else user.email if user and user.active else None
    if to is None:
        return
    jobcentre = session.get_one(Jobcentre, opening.jobcentre_id)
    subject, text, html = render_mail(
        "board_answer",
        opening=opening,
        occupation=card(opening, jobcentre.name).occupation or type_words(opening),
        town=f"{opening.workplace.postcode} {opening.workplace.city}".strip(),
        candidacy=candidacy,
        accepted=accept,
        greeted=(partner.contact_name or partner.name) if partner else user.name if user else "",
        answered_by=actor,
        jobcentre=jobcentre,
        link=board_link.url(partner.id, partner.link_key, now) if partner else None,
    )
    send(
        session,
        now,
        channel="mail",
        dedupe_key=f"board-answer:{candidacy.id}:{now.isoformat()}",
        to=to,
        text=text,
        subject=subject,
        html=html,
        workplace_id=opening.workplace_id,
        reply_to=opening.consultant.email,
    )
    candidacy.told_at = now
