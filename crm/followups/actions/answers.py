"""What a company answers by its link: it is right, it was otherwise, it has happened or not. Nobody is signed in.

Doing it twice does it once; what it said is kept as it said it, and the owner settles it.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, Refusal
from crm.followups.actions.notices import notify
from crm.followups.actions.telling import day_text, lock, note
from crm.followups.models import Answer, FollowUp
from crm.followups.queries.answers import correction_of, stamp_of
from crm.followups.rules import plain
from crm.followups.rules.answers import MAX_WORDS, correction_problems, may_say_kept, same_agreement

CHANGED = N_("Aftalen er ændret, siden I åbnede siden. Intet er gemt: se den, som den er nu, og svar igen.")
OVER = N_("Aftalen er afsluttet og kan ikke rettes her. Ring eller skriv til konsulenten.")
WRITTEN = N_("I har selv skrevet til aftalen, siden I åbnede siden. Intet er gemt nu: se, hvad der står, og svar igen.")
TOO_EARLY = N_("Aftalen er ændret, siden I åbnede siden. Jeres svar er ikke gemt.")


def confirm(session: Session, now: datetime, follow_up: FollowUp, seen: str) -> Answer:
    """It is right, as it was shown (``seen``). A correction that waits is thereby taken back.

    Raises Refusal ``stale`` when it has changed since, or is over, ``written`` when the company has corrected it since.
    """
    waiting = _alive(session, follow_up)
    there = _last(session, follow_up, "confirmed")
    if follow_up.confirmed_at is not None and there is not None and waiting is None:
        _as_seen(follow_up, seen, None, whole=False)
        return there
    _as_seen(follow_up, seen, waiting)
    if waiting is not None:
        waiting.settled_at, waiting.settled_as = now, "declined"
    said = Answer(follow_up_id=follow_up.id, at=now, kind="confirmed", words="")
    session.add(said)
    follow_up.confirmed_at = now
    note(session, None, now, "followups.confirm", follow_up)
    session.flush()
    return said


def correct(
    session: Session,
    now: datetime,
    follow_up: FollowUp,
    seen: str,
    words: str,
    due_on: date | None = None,
    owed_by: str | None = None,
) -> Answer:
    """It was otherwise: ``words``, perhaps another day, perhaps the other side owed it. It waits for the owner, who is
    told once; until then the company may write it anew.

    What is as it was anyway is no correction. Raises Invalid naming the fields, Refusal ``stale`` or ``written`` as
    ``confirm``: nobody's words are written over unseen.
    """
    due_on = None if due_on == follow_up.due_on else due_on
    owed_by = None if owed_by == follow_up.owed_by else owed_by
    errors = correction_problems(words, due_on, owed_by, danish_date(now))
    if errors:
        raise Invalid(
            N_("Rettelsen er ikke sendt. Ret felterne, og prøv igen."),
            errors=errors,
            next_working_day=day_text(due_on),
        )
    said = _alive(session, follow_up)
    if said is not None and (said.words, said.due_on, said.owed_by) == (plain(words), due_on, owed_by):
        _as_seen(follow_up, seen, said, whole=False)
        return said
    _as_seen(follow_up, seen, said)
    if said is None:
        said = Answer(follow_up_id=follow_up.id, kind="corrected", at=now)
        notify(session, now, follow_up.owner_id, follow_up, "answer")
        session.add(said)
    said.at, said.words, said.due_on, said.owed_by = now, plain(words), due_on, owed_by
    follow_up.confirmed_at = None
    session.flush()
    wanted = due_on.isoformat() if due_on else None
    note(session, None, now, "followups.correct", follow_up, words=said.words, wanted=wanted, wanted_of=owed_by)
    session.flush()
    return said


def say_kept(session: Session, now: datetime, follow_up: FollowUp, kept: bool, words: str = "") -> Answer:
    """Whether it has happened, in the company's eyes; the last word counts. A no tells the owner, and changes nothing
    about the agreement itself; with a yes a correction that waits is taken back.

    Raises Invalid for too many words, Refusal ``stale`` when it is not to be asked (any more).
    """
    if len(words) > MAX_WORDS:
        raise Invalid(N_("Jeres svar er ikke gemt."), errors={"words": N_("Teksten er for lang")})
    lock(session, follow_up)
    if not may_say_kept(
        state=follow_up.state,
        voided=follow_up.voided_at is not None,
        owed_by=follow_up.owed_by,
        due_on=follow_up.due_on,
        asked=follow_up.asked_at is not None,
        today=danish_date(now),
    ):
        raise Refusal("stale", TOO_EARLY)
    kind = "kept" if kept else "not_kept"
    there = _last(session, follow_up, "kept", "not_kept")
    if there is not None and there.kind == kind and (not words.strip() or there.words == plain(words)):
        return there
    said = there or Answer(follow_up_id=follow_up.id)
    if said.kind != kind:
        said.settled_at = said.settled_by = said.settled_as = None
        if not kept:
            notify(session, now, follow_up.owner_id, follow_up, "not_kept")
    said.at, said.kind, said.words = now, kind, plain(words)
    session.add(said)
    follow_up.company_kept = kept
    if (
        kept and (waiting := correction_of(session, follow_up)) is not None
    ):  # what it wanted otherwise is settled thereby
        waiting.settled_at, waiting.settled_as = now, "declined"
    session.flush()
    note(session, None, now, "followups.kept" if kept else "followups.not_kept", follow_up, words=said.words)
    session.flush()
    return said


def _alive(session: Session, follow_up: FollowUp) -> Answer | None:
    """Lock it; the correction that waits. Raises Refusal ``stale`` where it is over."""
    lock(session, follow_up)
    if follow_up.voided_at is not None or follow_up.state == "done":
        raise Refusal("stale", OVER)
    return correction_of(session, follow_up)


def _as_seen(follow_up: FollowUp, seen: str, waiting: Answer | None, *, whole: bool = True) -> None:
    """``whole=False``: the same was written already, so that only the agreement itself must be as it was shown."""
    current = stamp_of(follow_up, waiting)
    if not same_agreement(seen, current):
        raise Refusal("stale", CHANGED)
    if whole and seen != current:
        raise Refusal("written", WRITTEN)


def _last(session: Session, follow_up: FollowUp, *kinds: str) -> Answer | None:
    return session.scalar(
        select(Answer)
        .where(Answer.follow_up_id == follow_up.id, Answer.kind.in_(kinds))
        .order_by(Answer.at.desc(), Answer.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
