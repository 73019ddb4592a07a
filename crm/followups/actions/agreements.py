"""Agree, fulfil, reopen, snooze; the company is told in writing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, Refusal
from crm.followups.actions.endings import end_placement, hold_placement, resume_placement
from crm.followups.actions.telling import day_text, lock, lock_open, note, settle_open, tell_company, void
from crm.followups.models import Answer, FollowUp
from crm.followups.queries.hand_over import colleagues
from crm.followups.queries.owning import answers
from crm.followups.rules import (
    AGREED,
    KINDS,
    MAX_PROMISE,
    MAX_REASON,
    OUTCOMES,
    SPOKEN,
    FollowUpDecision,
    NoFollowUp,
    due_problem,
    needs_next,
    plain,
    problems,
)
from crm.openings.rules import DETAILS, missing
from crm.people.models import User
from crm.visits.models import Visit

REOPEN_FOR = timedelta(days=7)
"""So long a mistaken "Gjort" can be taken back."""
NOT_CHANGED = N_("Aftalen er ikke ændret. Ret felterne, og prøv igen.")


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
    owner_id: int | None = None,
    opening_id: int | None = None,
    placement_id: int | None = None,
    follows_id: int | None = None,
    tell: bool = True,
    hold: bool = False,
) -> FollowUp:
    """Write down an agreement and send it to the contact in writing. Raises Invalid naming the fields.
    first_due_on: the first date of a broken promise that this one replaces. owner_id: else the visit's consultant.
    follows_id: the one it continues or replaces. ``tell=False``: the company gets no mail; ``hold``: only later."""
    _check(now, visit, decision, from_report, AGREED if tell else KINDS)
    follow_up = FollowUp(
        **_of_visit(visit),
        owner_id=_answering(session, actor, owner_id or visit.consultant_id, visit.jobcentre_id),
        kind=decision.kind,
        owed_by=decision.owed_by,
        promise=plain(decision.promise),
        due_on=decision.due_on,
        first_due_on=first_due_on or decision.due_on,
        from_report=from_report,
        created_at=now,
        created_by=getattr(actor, "id", None),
    )
    follow_up.opening_id, follow_up.placement_id, follow_up.follows_id = opening_id, placement_id, follows_id
    session.add(follow_up)
    session.flush()
    note(session, actor, now, "followups.agree", follow_up, promise=follow_up.promise)
    if tell:
        tell_company(session, now, visit, follow_up, "replaced" if replaces else "agreed", hold)
    return follow_up


def _answering(session: Session, actor: Any, owner_id: int, jobcentre_id: int) -> int:
    """The owner, or where they are here no longer the actor who could be: an agreement is not born without one."""
    if answers(session.get_one(User, owner_id)):
        return owner_id
    able = {user.id for user in colleagues(session, [jobcentre_id])[jobcentre_id]}
    mine = getattr(actor, "id", None)
    return mine if mine in able else owner_id


def _of_visit(visit: Visit) -> dict[str, int]:
    return {
        "visit_id": visit.id,
        "campaign_id": visit.campaign_id,
        "jobcentre_id": visit.jobcentre_id,
        "workplace_id": visit.workplace_id,
    }


def _check(now: datetime, visit: Visit, decision: FollowUpDecision, from_report: bool, kinds: Collection[str]) -> None:
    """The report may speak of the day of the visit; what is agreed beside it lies ahead."""
    earliest = danish_date(visit.starts_at)
    if not from_report:
        earliest = max(earliest, danish_date(now))
    if errors := problems(decision, earliest, kinds=kinds):
        raise Invalid(
            N_("Aftalen er ikke gemt. Ret felterne, og prøv igen."),
            errors=errors,
            next_working_day=day_text(decision.due_on),
        )


def fulfil(
    session: Session,
    actor: Any,
    now: datetime,
    follow_up: FollowUp,
    outcome: str = "",
    *,
    outcome_key: str = "done",
    then: FollowUpDecision | NoFollowUp | None = None,
) -> FollowUp:
    """Done, now, by the actor, with what came of it; ``then``: the next contact, or why there is none.

    A company we keep warm, and one nobody could reach, is never left without one of the two. The next contact is told
    to the company where somebody spoke with it. A correction of the company's waits no longer. Raises Refusal ``done``
    when it is done already, Invalid naming ``outcome``, ``outcome_key``, ``then`` or its parts (``then.due_on``,
    ``no_next_because`` …).
    """
    errors = _outcome_problems(now, follow_up, outcome, outcome_key, then)
    lacking = _lacking(session, follow_up) if outcome_key == "details_in" else ""
    if lacking:
        errors["outcome_key"] = N_("Åbningen mangler stadig: {lacking}. Skriv det på den, eller vælg et andet udfald")
    if errors:
        due_on = then.due_on if isinstance(then, FollowUpDecision) else None
        raise Invalid(NOT_CHANGED, errors=errors, next_working_day=day_text(due_on), lacking=lacking)
    hold_placement(session, follow_up)
    lock_open(session, follow_up)
    follow_up.state, follow_up.done_at, follow_up.outcome = "done", now, plain(outcome)
    follow_up.done_by, follow_up.outcome_key = getattr(actor, "id", None), outcome_key
    follow_up.no_next_because = plain(then.because) if isinstance(then, NoFollowUp) else None
    settle_open(session, actor, now, follow_up, None, ("corrected",))
    session.flush()
    what = {"promise": follow_up.promise, "outcome": follow_up.outcome, "outcome_key": outcome_key}
    note(session, actor, now, "followups.fulfil", follow_up, no_next_because=follow_up.no_next_because, **what)
    end_placement(session, actor, now, follow_up)
    if isinstance(then, FollowUpDecision):
        _go_on(session, actor, now, follow_up, then, tell=outcome_key in SPOKEN)
    session.flush()
    return follow_up


def _lacking(session: Session, follow_up: FollowUp) -> str:
    """What is not written on its opening yet, in Danish: nobody is to be told that it has come."""
    if follow_up.opening is None or follow_up.opening.voided_at is not None:
        return ""
    session.refresh(follow_up.opening)
    return ", ".join(DETAILS[key] for key in missing(follow_up.opening))


def _go_on(
    session: Session, actor: Any, now: datetime, follow_up: FollowUp, then: FollowUpDecision, *, tell: bool
) -> None:
    agree(
        session,
        actor,
        now,
        follow_up.visit,
        then,
        owner_id=follow_up.owner_id,
        opening_id=follow_up.opening_id,
        placement_id=follow_up.placement_id,
        follows_id=follow_up.id,
        tell=tell,
        hold=True,
    )


def _outcome_problems(
    now: datetime,
    follow_up: FollowUp,
    outcome: str,
    outcome_key: str,
    then: FollowUpDecision | NoFollowUp | None,
) -> dict[str, str]:
    errors: dict[str, str] = {}
    if len(outcome) > MAX_PROMISE:
        errors["outcome"] = N_("Teksten er for lang")
    if outcome_key not in OUTCOMES:
        errors["outcome_key"] = N_("Vælg, hvad der kom ud af det")
    if then is None and needs_next(follow_up.kind, outcome_key):
        errors["then"] = N_("Aftal den næste kontakt, eller skriv, hvorfor der ikke skal være nogen")
    elif then is not None:
        earliest = max(danish_date(follow_up.visit.starts_at), danish_date(now))
        names = {"no_follow_up_because": "no_next_because"}
        for name, text in problems(then, earliest).items():
            errors[names.get(name, name.replace("follow_up.", "then."))] = text
    return errors


def reopen(session: Session, actor: Any, now: datetime, follow_up: FollowUp) -> FollowUp:
    """Take a mistaken "Gjort" back; the next contact agreed with it goes too, and the company is told where the mail
    of it has left.

    Raises Refusal ``open`` when it is not done, ``late`` after a week, ``followed`` when the next contact is done
    already, or another of its kind has taken its place.
    """
    hold_placement(session, follow_up)
    lock(session, follow_up)
    if follow_up.state != "done" or follow_up.voided_at is not None or follow_up.done_at is None:
        raise Refusal("open", N_("Aftalen er ikke afsluttet."))
    if now - follow_up.done_at > REOPEN_FOR:
        raise Refusal("late", N_("Det er for længe siden. Tilføj en ny aftale i stedet."))
    _take_back_next(session, actor, now, follow_up)
    resume_placement(session, actor, now, follow_up)
    _wait_again(session, follow_up)
    outcome, outcome_key = follow_up.outcome, follow_up.outcome_key
    follow_up.state, follow_up.done_at, follow_up.done_by = "open", None, None
    follow_up.outcome, follow_up.outcome_key, follow_up.no_next_because = "", None, None
    note(session, actor, now, "followups.reopen", follow_up, outcome=outcome, outcome_key=outcome_key)
    session.flush()
    return follow_up


def _wait_again(session: Session, follow_up: FollowUp) -> None:
    """The correction that "Gjort" alone had settled."""
    session.execute(
        update(Answer)
        .where(
            Answer.follow_up_id == follow_up.id,
            Answer.settled_at == follow_up.done_at,
            Answer.kind == "corrected",
            Answer.settled_as.is_(None),
        )
        .values(settled_at=None, settled_by=None)
    )


def _take_back_next(session: Session, actor: Any, now: datetime, follow_up: FollowUp) -> None:
    alive = select(FollowUp).where(FollowUp.voided_at.is_(None), FollowUp.id != follow_up.id)
    after = session.scalars(
        alive.where(FollowUp.follows_id == follow_up.id)
        .order_by(FollowUp.id)
        .with_for_update(of=FollowUp)
        .execution_options(populate_existing=True)
    ).all()
    rivals = alive.where(FollowUp.kind == follow_up.kind, FollowUp.state == "open")
    if follow_up.kind == "data_missing":
        taken = session.scalar(rivals.where(FollowUp.opening_id == follow_up.opening_id).limit(1))
    elif follow_up.kind == "placement_ending":
        taken = session.scalar(rivals.where(FollowUp.placement_id == follow_up.placement_id).limit(1))
    else:
        taken = None
    if taken is not None or any(other.state == "done" for other in after):
        raise Refusal("followed", N_("Det er gået videre siden. Tilføj en ny aftale i stedet."))
    for other in after:
        void(session, actor, now, other)
        tell_company(session, now, other.visit, other, "withdrawn")


def snooze(session: Session, actor: Any, now: datetime, follow_up: FollowUp, due_on: date, reason: str) -> FollowUp:
    """Put it off to a later working day, for a reason; the first date stays, a new ladder of nags begins.

    The company is told of the new date of what we promised it. Raises Invalid naming ``due_on`` or ``reason``,
    Refusal ``done``.
    """
    today = danish_date(now)
    errors: dict[str, str] = {}
    if due_on <= today:
        errors["due_on"] = N_("Vælg en dag efter i dag")
    elif wrong := due_problem(due_on, today):
        errors["due_on"] = wrong
    elif due_on == follow_up.due_on:
        errors["due_on"] = N_("Det er den dag, der står i forvejen. Vælg en anden")
    if not reason.strip():
        errors["reason"] = N_("Skriv, hvorfor den udskydes")
    elif len(reason) > MAX_REASON:
        errors["reason"] = N_("Teksten er for lang")
    if errors:
        raise Invalid(
            N_("Aftalen er ikke udskudt. Ret felterne, og prøv igen."), errors=errors, next_working_day=day_text(due_on)
        )
    lock_open(session, follow_up)
    was = follow_up.due_on
    follow_up.due_on, follow_up.snooze_reason = due_on, reason.strip()
    follow_up.snoozes += 1
    note(session, actor, now, "followups.snooze", follow_up, was=was.isoformat(), reason=follow_up.snooze_reason)
    if follow_up.owed_by == "jobcentre":
        tell_company(session, now, follow_up.visit, follow_up, "moved")
    session.flush()
    return follow_up
