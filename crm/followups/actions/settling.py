"""The owner settles what the company answered: takes the correction over, declines it in words, or takes note of a no;
the company is told."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, Refusal
from crm.followups.actions.telling import day_text, lock, lock_open, note
from crm.followups.models import Answer, FollowUp
from crm.followups.rules import MAX_PROMISE, OWED_BY, link, plain
from crm.followups.rules.answers import MAX_WORDS, day_problem, kind_for
from crm.integrations.actions import send
from crm.integrations.render import render_mail
from crm.people.models import Jobcentre, User

SETTLED = N_("Svaret er allerede behandlet. Intet er ændret nu.")


def accept(
    session: Session,
    actor: Any,
    now: datetime,
    answer: Answer,
    *,
    promise: str | None = None,
    due_on: date | None = None,
    owed_by: str | None = None,
) -> bool:
    """Make the agreement what the company says it was, and send it anew; whether there was anywhere to send it. What is
    left out is as the company said.

    A new day for a promise whose first day has not passed is the day that was agreed all along; a broken promise keeps
    its first day, so that a correction does not make it look kept, and becomes the company's only where the company
    has said so. Raises Invalid naming ``promise``, ``due_on`` or ``owed_by``, Refusal ``done`` or ``settled``.
    """
    follow_up = answer.follow_up
    lock_open(session, follow_up)
    _unsettled(session, answer, "corrected")
    told = (answer.words or follow_up.promise, answer.due_on or follow_up.due_on, answer.owed_by or follow_up.owed_by)
    wanted = (plain(told[0] if promise is None else promise), due_on or told[1], owed_by or told[2])
    errors = _problems(follow_up, wanted, danish_date(now), theirs=answer.owed_by == "company")
    if errors:
        raise Invalid(
            N_("Aftalen er ikke ændret. Ret felterne, og prøv igen."),
            errors=errors,
            next_working_day=day_text(wanted[1]),
        )
    was = {"was": follow_up.due_on.isoformat(), "was_promise": follow_up.promise, "was_of": follow_up.owed_by}
    _take_over(follow_up, wanted, danish_date(now))
    follow_up.confirmed_at = answer.at if wanted == told else None
    _settle(session, actor, now, answer, "accepted")
    note(session, actor, now, "followups.corrected", follow_up, promise=follow_up.promise, **was)
    sent = write(session, now, follow_up, "follow_up_agreed", f"follow_up:corrected:{answer.id}", change="corrected")
    session.flush()
    return sent


def decline(session: Session, actor: Any, now: datetime, answer: Answer, words: str) -> bool:
    """The agreement stays; the company is told why. Whether it was: without an address in the visit, or where the
    agreement is over, nothing is sent. Raises Invalid without ``words``, Refusal ``settled``."""
    if not words.strip() or len(words) > MAX_WORDS:
        wrong = N_("Teksten er for lang") if words.strip() else N_("Skriv, hvorfor; virksomheden får det på mail")
        raise Invalid(N_("Virksomheden har ikke fået svar endnu."), errors={"words": wrong})
    follow_up = answer.follow_up
    lock(session, follow_up)
    _unsettled(session, answer, "corrected")
    _settle(session, actor, now, answer, "declined")
    answer.reply = plain(words)
    note(session, actor, now, "followups.declined", follow_up, words=answer.reply)
    key = f"follow_up:declined:{answer.id}"
    alive = follow_up.voided_at is None and follow_up.state == "open"
    sent = alive and write(session, now, follow_up, "follow_up_declined", key, answer=answer, words=answer.reply)
    session.flush()
    return sent


def take_note(session: Session, actor: Any, now: datetime, answer: Answer) -> FollowUp:
    """Somebody has taken a no in hand: it waits no longer. What the company said stays in the figures."""
    lock(session, answer.follow_up)
    _unsettled(session, answer, "not_kept")
    _settle(session, actor, now, answer, "accepted")
    note(session, actor, now, "followups.noted", answer.follow_up)
    session.flush()
    return answer.follow_up


def write(session: Session, now: datetime, follow_up: FollowUp, template: str, key: str, **parts: Any) -> bool:
    """A mail about one agreement to the visit's contact, with its link, once for ``key``; False without an address."""
    visit = follow_up.visit
    if not visit.contact_email:
        return False
    owner = session.get_one(User, follow_up.owner_id)
    subject, text, html = render_mail(
        template,
        follow_up=follow_up,
        visit=visit,
        consultant=owner,
        jobcentre=session.get_one(Jobcentre, follow_up.jobcentre_id),
        link=link.url(follow_up.id, visit.contact_email, now),
        **parts,
    )
    to: dict[str, Any] = {"to": visit.contact_email, "reply_to": owner.email, "workplace_id": follow_up.workplace_id}
    sent = send(session, now, channel="mail", dedupe_key=key, subject=subject, text=text, html=html, **to)
    if sent:
        follow_up.told_at = now
    return sent


def _take_over(follow_up: FollowUp, wanted: tuple[str, date, str], today: date) -> None:
    _promise, due_on, owed_by = wanted
    broken = follow_up.first_due_on < today and owed_by == follow_up.owed_by
    if due_on != follow_up.due_on and not broken:
        follow_up.first_due_on = due_on
    follow_up.promise, follow_up.due_on, follow_up.owed_by = wanted
    follow_up.kind = kind_for(follow_up.kind, owed_by)


def _problems(follow_up: FollowUp, wanted: tuple[str, date, str], today: date, theirs: bool) -> dict[str, str]:
    """``theirs``: the company has said itself that it owes it."""
    promise, due_on, owed_by = wanted
    found: dict[str, str] = {}
    if not promise:
        found["promise"] = N_("Skriv, hvad I aftalte")
    elif len(promise) > MAX_PROMISE:
        found["promise"] = N_("Teksten er for lang")
    if owed_by not in OWED_BY:
        found["owed_by"] = N_("Vælg, hvem der skylder")
    elif follow_up.owed_by != owed_by == "company" and not theirs and follow_up.first_due_on < today:
        found["owed_by"] = N_(
            "Fristen er passeret, og virksomheden har ikke skrevet, at det er dem. Vælg, at vi skylder"
        )
    if due_on != follow_up.due_on and (wrong := day_problem(due_on, today)):
        found["due_on"] = wrong
    return found


def _unsettled(session: Session, answer: Answer, kind: str) -> None:
    session.refresh(answer)
    if answer.settled_at is not None or answer.kind != kind:
        raise Refusal("settled", SETTLED)


def _settle(session: Session, actor: Any, now: datetime, answer: Answer, how: str) -> None:
    answer.settled_at, answer.settled_by, answer.settled_as = now, getattr(actor, "id", None), how
