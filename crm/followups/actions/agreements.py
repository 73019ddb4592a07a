"""Agree, fulfil, snooze; and tell the company in writing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.clock import danish_date, next_working_day
from crm.base.errors import N_, Invalid, Refusal
from crm.followups.models import FollowUp
from crm.followups.rules import MAX_PROMISE, MAX_REASON, FollowUpDecision, NoFollowUp, due_problem, plain, problems
from crm.integrations.actions import send
from crm.integrations.render import render_mail
from crm.people.models import Jobcentre
from crm.visits.models import Visit

TOLD = ("held", "cancelled_by_company", "cancelled_by_jobcentre")  # somebody spoke with the company


def agree(
    session: Session,
    actor: Any,
    now: datetime,
    visit: Visit,
    decision: FollowUpDecision,
    *,
    from_report: bool = False,
    first_due_on: date | None = None,
    replaces: bool = False,
) -> FollowUp:
    """Write down an agreement and send it to the contact in writing. Raises Invalid naming the fields.

    first_due_on: the promise's first date, where this one replaces a promise whose day has passed.
    """
    visit_day = danish_date(visit.starts_at)
    errors = problems(decision, visit_day)
    if errors or decision.due_on is None:
        raise Invalid(
            N_("Aftalen er ikke gemt. Ret felterne, og prøv igen."),
            errors=errors,
            next_working_day=day_text(decision.due_on),
        )
    follow_up = FollowUp(
        **_of_visit(visit),
        kind=decision.kind,
        owed_by=decision.owed_by,
        promise=plain(decision.promise),
        due_on=decision.due_on,
        first_due_on=first_due_on or decision.due_on,
        from_report=from_report,
        created_at=now,
        created_by=getattr(actor, "id", None),
    )
    session.add(follow_up)
    session.flush()
    _note(session, actor, now, "followups.agree", follow_up, promise=follow_up.promise)
    _tell_company(session, now, visit, follow_up, "replaced" if replaces else "agreed")
    session.flush()
    return follow_up


def _of_visit(visit: Visit) -> dict[str, Any]:
    return {
        "visit_id": visit.id,
        "campaign_id": visit.campaign_id,
        "jobcentre_id": visit.jobcentre_id,
        "workplace_id": visit.workplace_id,
        "owner_id": visit.consultant_id,
    }


def decide(
    session: Session, actor: Any, now: datetime, visit: Visit, decision: FollowUpDecision | NoFollowUp
) -> FollowUp | None:
    """Make the report's follow-up this one, whatever a former report said; None for no follow-up.

    The same agreement again changes nothing; a done one stays; an open one that differs is voided. A promise
    whose day has passed keeps its first date, so that correcting the report does not make it look kept.
    """
    there = session.scalars(
        select(FollowUp)
        .where(FollowUp.visit_id == visit.id, FollowUp.from_report, FollowUp.voided_at.is_(None))
        .order_by(FollowUp.id)
    ).all()
    same = next((old for old in there if _same(old, decision)), None)
    gone = [old for old in there if old is not same and old.state == "open"]
    for old in gone:
        old.voided_at = now
        _note(session, actor, now, "followups.void", old)
    if isinstance(decision, NoFollowUp):
        for old in gone:
            _tell_company(session, now, visit, old, "withdrawn")
        session.flush()
        return None
    return same or agree(
        session,
        actor,
        now,
        visit,
        decision,
        from_report=True,
        replaces=bool(gone),
        first_due_on=_broken(gone, decision, danish_date(now)),
    )


def _same(old: FollowUp, decision: FollowUpDecision | NoFollowUp) -> bool:
    return (
        isinstance(decision, FollowUpDecision)
        and decision.due_on in (old.due_on, old.first_due_on)
        and ((old.kind, old.owed_by, old.promise) == (decision.kind, decision.owed_by, plain(decision.promise)))
    )


def _broken(gone: Sequence[FollowUp], decision: FollowUpDecision, today: date) -> date | None:
    """The first date of a replaced promise of the same side whose day has passed."""
    ours = [old.first_due_on for old in gone if old.owed_by == decision.owed_by]
    return min((first for first in ours if first < today), default=None)


def fulfil(session: Session, actor: Any, now: datetime, follow_up: FollowUp, outcome: str = "") -> FollowUp:
    """Done, now, by the actor. Raises Refusal ``done`` when it is already, Invalid for a long outcome."""
    if len(outcome) > MAX_PROMISE:
        raise Invalid(N_("Aftalen er ikke ændret."), errors={"outcome": N_("Teksten er for lang")})
    _lock_open(session, follow_up)
    follow_up.state, follow_up.done_at, follow_up.outcome = "done", now, plain(outcome)
    follow_up.done_by = getattr(actor, "id", None)
    _note(session, actor, now, "followups.fulfil", follow_up, promise=follow_up.promise, outcome=follow_up.outcome)
    session.flush()
    return follow_up


def snooze(session: Session, actor: Any, now: datetime, follow_up: FollowUp, due_on: date, reason: str) -> FollowUp:
    """Put it off to a later working day, for a reason; the first date stays, a new ladder of nags begins.

    Raises Invalid naming ``due_on`` or ``reason``, Refusal ``done``.
    """
    today = danish_date(now)
    errors: dict[str, str] = {}
    if due_on <= today:
        errors["due_on"] = N_("Vælg en dag efter i dag")
    elif wrong := due_problem(due_on, today):
        errors["due_on"] = wrong
    if not reason.strip():
        errors["reason"] = N_("Skriv, hvorfor den udskydes")
    elif len(reason) > MAX_REASON:
        errors["reason"] = N_("Teksten er for lang")
    if errors:
        raise Invalid(
            N_("Aftalen er ikke udskudt. Ret felterne, og prøv igen."), errors=errors, next_working_day=day_text(due_on)
        )
    _lock_open(session, follow_up)
    was = follow_up.due_on
    follow_up.due_on, follow_up.snooze_reason = due_on, reason.strip()
    _note(session, actor, now, "followups.snooze", follow_up, was=was.isoformat(), reason=follow_up.snooze_reason)
    session.flush()
    return follow_up


def day_text(day: date | None) -> str:
    """The next working day for a refusal's text: ``24.12.2026``; empty far outside the calendar."""
    return f"{next_working_day(day):%d.%m.%Y}" if day and 1900 < day.year < 2200 else ""


def _lock_open(session: Session, follow_up: FollowUp) -> None:
    session.refresh(follow_up, with_for_update={"of": FollowUp})
    if follow_up.state == "done" or follow_up.voided_at is not None:
        raise Refusal("done", N_("Aftalen er allerede afsluttet."))


def _tell_company(session: Session, now: datetime, visit: Visit, follow_up: FollowUp, change: str) -> None:
    if not visit.contact_email or visit.state not in TOLD:
        return
    subject, text, html = render_mail(
        "follow_up_agreed",
        change=change,
        follow_up=follow_up,
        visit=visit,
        consultant=visit.consultant,
        jobcentre=session.get_one(Jobcentre, visit.jobcentre_id),
    )
    send(
        session,
        now,
        channel="mail",
        dedupe_key=f"follow_up:{change}:{follow_up.id}",
        to=visit.contact_email,
        text=text,
        subject=subject,
        html=html,
        workplace_id=visit.workplace_id,
    )


def _note(session: Session, actor: Any, now: datetime, verb: str, follow_up: FollowUp, **data: Any) -> None:
    activity.record(
        session,
        actor,
        now,
        verb,
        follow_up,
        workplace_id=follow_up.workplace_id,
        campaign_id=follow_up.campaign_id,
        kind=follow_up.kind,
        owed_by=follow_up.owed_by,
        due_on=follow_up.due_on.isoformat(),
        visit_id=follow_up.visit_id,
        **data,
    )
