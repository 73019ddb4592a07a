"""What every change of an agreement shares: its lock, its line in the log, and the company's mail."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.clock import next_working_day
from crm.base.errors import N_, Refusal
from crm.followups.actions.calendar import show
from crm.followups.models import Answer, FollowUp
from crm.followups.rules import AGREED, link
from crm.integrations.actions import send, withdraw
from crm.integrations.models import OutboxMessage
from crm.integrations.render import render_mail
from crm.people.models import Jobcentre, User
from crm.visits.models import Visit

HOLD = timedelta(minutes=10)
"""So long the mail of a next contact waits, in which a "Gjort" is taken back without the company hearing of it."""
TOLD = ("held", "cancelled_by_company", "cancelled_by_jobcentre")  # somebody spoke with the company


def day_text(day: date | None) -> str:
    """The next working day for a refusal's text: ``24.12.2026``; empty far outside the calendar."""
    return f"{next_working_day(day):%d.%m.%Y}" if day and 1900 < day.year < 2200 else ""


def lock(session: Session, follow_up: FollowUp) -> None:
    """Read it anew and let nobody else change it meanwhile. (A refresh throws away what is not flushed.)"""
    session.flush()
    session.refresh(follow_up, with_for_update={"of": FollowUp})


def lock_open(session: Session, follow_up: FollowUp) -> None:
    """Raises Refusal ``done`` where it is done, or was taken back."""
    lock(session, follow_up)
    if follow_up.state == "done" or follow_up.voided_at is not None:
        raise Refusal("done", N_("Aftalen er allerede afsluttet."))


def tell_company(
    session: Session, now: datetime, visit: Visit, follow_up: FollowUp, change: str, hold: bool = False
) -> None:
    """In writing, to the visit's contact. ``change``: agreed, replaced, withdrawn or moved. ``hold``: after ``HOLD``.
    An agreement is told when somebody spoke with the company; what becomes of it only where it was told. What the
    system made for ourselves is never told.
    """
    news = change in ("agreed", "replaced")
    if not visit.contact_email or not _is_told(visit, follow_up, news):
        return
    if not news and _held_back(session, follow_up):  # the company hears of it as it is by now, or not at all
        follow_up.told_at = None
        if change == "withdrawn":
            return
        change, hold = "agreed", True
    owner = session.get_one(User, follow_up.owner_id)
    subject, text, html = render_mail(
        "follow_up_agreed",
        change=change,
        follow_up=follow_up,
        visit=visit,
        consultant=owner,
        jobcentre=session.get_one(Jobcentre, visit.jobcentre_id),
        link=None if change == "withdrawn" else link.url(follow_up.id, visit.contact_email, now),
    )
    again = f":{follow_up.snoozes}" if change == "moved" else ""
    send(
        session,
        now,
        channel="mail",
        dedupe_key=f"follow_up:{change}:{follow_up.id}{again}",
        to=visit.contact_email,
        text=text,
        subject=subject,
        html=html,
        not_before=now + HOLD if hold else None,
        workplace_id=visit.workplace_id,
        reply_to=owner.email,
    )
    follow_up.told_at = now


def _is_told(visit: Visit, follow_up: FollowUp, news: bool) -> bool:
    if follow_up.kind not in AGREED:
        return False
    if news:
        return not follow_up.from_report or visit.state in TOLD
    return follow_up.told_at is not None


def _held_back(session: Session, follow_up: FollowUp) -> bool:
    """Whether the mail of a next contact was still waiting; it is taken back."""
    key = f"follow_up:agreed:{follow_up.id}"
    waited = (OutboxMessage.dedupe_key == key, OutboxMessage.not_before > OutboxMessage.created_at)
    return session.scalar(select(OutboxMessage.id).where(*waited)) is not None and withdraw(session, key)


def tell_new_owner(session: Session, now: datetime, visit: Visit, passed: Sequence[FollowUp], key: str) -> None:
    """One mail to the visit's contact for all agreements that got the same new owner: who it is now, with a link for
    each visit they are of, which opens them all."""
    told = sorted((f for f in passed if f.told_at is not None and f.kind in AGREED), key=lambda f: (f.due_on, f.id))
    if not told or not visit.contact_email:
        return
    owner = session.get_one(User, told[0].owner_id)
    of_visits: dict[int, list[FollowUp]] = {}
    for follow_up in told:
        of_visits.setdefault(follow_up.visit_id, []).append(follow_up)
    subject, text, html = render_mail(
        "follow_ups_handed_over",
        visits=[(rows, link.url(rows[0].id, visit.contact_email, now)) for rows in of_visits.values()],
        visit=visit,
        consultant=owner,
        jobcentre=session.get_one(Jobcentre, visit.jobcentre_id),
    )
    send(
        session,
        now,
        channel="mail",
        dedupe_key=f"follow_ups:handed_over:{key}",
        to=visit.contact_email,
        text=text,
        subject=subject,
        html=html,
        workplace_id=visit.workplace_id,
        reply_to=owner.email,
    )


def settle_open(
    session: Session,
    actor: Any,
    now: datetime,
    follow_up: FollowUp,
    how: str | None,
    kinds: Collection[str] = ("corrected", "not_kept"),
) -> None:
    """The company's open answers to an agreement that is no longer one: nobody has to answer them any more. ``how``
    None: a correction of what was done meanwhile, neither accepted nor declined."""
    waiting = select(Answer).where(
        Answer.follow_up_id == follow_up.id, Answer.kind.in_(kinds), Answer.settled_at.is_(None)
    )
    for answer in session.scalars(waiting):
        answer.settled_at, answer.settled_by = now, getattr(actor, "id", None)
        answer.settled_as = how if answer.kind == "corrected" else "accepted"


def void(session: Session, actor: Any, now: datetime, follow_up: FollowUp, answers: str = "declined") -> None:
    """Take it back: it leaves its owner's list and the figures; its line in the log stays."""
    follow_up.voided_at = now
    settle_open(session, actor, now, follow_up, answers)
    note(session, actor, now, "followups.void", follow_up, promise=follow_up.promise)


def note(session: Session, actor: Any, now: datetime, verb: str, follow_up: FollowUp, **data: Any) -> None:
    """After every change of an agreement: one line of the log, and its owner's calendar in step."""
    show(session, now, follow_up)
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
