"""Any life of agreements beside the mails about them: never two on one day, nobody asked twice, nobody on a day off."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at, danish_date, is_working_day
from crm.base.errors import Invalid, Refusal
from crm.followups.actions.agreements import agree, fulfil, reopen, snooze
from crm.followups.actions.answers import confirm, correct, say_kept
from crm.followups.actions.settling import accept, decline
from crm.followups.jobs.asking import ask_companies
from crm.followups.models import Answer, FollowUp
from crm.followups.queries.answers import correction_of, stamp_of
from crm.followups.rules import FollowUpDecision
from crm.integrations.models import OutboxMessage
from tests.factories import make_visit

STARTS = st.sampled_from([date(2026, 11, 24), date(2026, 12, 14), date(2027, 3, 15), date(2028, 5, 2)])
WHAT = [
    "ask",
    "ask",
    "later",
    "done",
    "not reached",
    "again",
    "void",
    "yes",
    "no",
    "right",
    "wrong",
    "accept",
    "decline",
]
LIFE = st.lists(st.tuples(st.integers(0, 8), st.sampled_from(WHAT), st.integers(0, 2)), min_size=3, max_size=25)
ABOUT = re.compile(r"follow_up:(?:asked|agreed|moved|replaced|withdrawn):(\d+)")


@given(STARTS, LIFE)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_company_is_written_to_more_than_it_should_be(
    session: Session, start: date, life: list[tuple[int, str, int]]
) -> None:
    session.expunge_all()
    point = session.begin_nested()
    try:
        _play(session, start, life)
    finally:
        point.rollback()


def _play(session: Session, start: date, life: list[tuple[int, str, int]]) -> None:
    now = at(start, 600)
    visit = make_visit(
        session, state="held", starts_at=now - timedelta(hours=2), reported_at=now, contact_email="m@eksempel.invalid"
    )
    due = add_working_days(start, 3)
    ours = FollowUpDecision("jobcentre", due, "To CV'er", "we_owe")
    theirs = FollowUpDecision("company", due, "De vender tilbage", "company_owes")
    agreed = [agree(session, None, now, visit, one, from_report=True) for one in (ours, ours, theirs)]
    session.flush()
    day = start
    for days, what, which in life:
        day += timedelta(days=days)
        now = at(day, 510 if what == "ask" else 600)
        before = {one.id: (one.voided_at, one.owed_by, one.asked_at) for one in agreed}
        with _refusing(session):
            _do(session, now, agreed[which], what)
        session.flush()
        for one in agreed:
            voided_at, owed_by, asked_at = before[one.id]
            if one.asked_at != asked_at:
                assert asked_at is None, "nobody is asked twice"
                assert voided_at is None
                assert owed_by == "jobcentre"
                assert is_working_day(danish_date(one.asked_at))
    mails = session.scalars(select(OutboxMessage).where(OutboxMessage.dedupe_key.like("follow_up:%"))).all()
    asked = Counter(mail.dedupe_key for mail in mails if ":asked:" in mail.dedupe_key)
    assert set(asked.values()) <= {1}
    for mail in mails:
        if ":asked:" in mail.dedupe_key:
            number = ABOUT.match(mail.dedupe_key)[1]  # type: ignore[index]
            same_day = [
                other.dedupe_key
                for other in mails
                if (found := ABOUT.match(other.dedupe_key))
                and found[1] == number
                and other.created_at < mail.created_at
                and danish_date(other.created_at) == danish_date(mail.created_at)
            ]
            assert same_day == [], "asked on a day on which it had a mail about it"


@contextmanager
def _refusing(session: Session) -> Iterator[None]:
    try:
        with session.begin_nested():
            yield
    except (Refusal, Invalid):
        session.expire_all()


def _do(session: Session, now, one: FollowUp, what: str) -> None:  # type: ignore[no-untyped-def]
    @contextmanager
    def begin() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    seen = stamp_of(one, correction_of(session, one))
    if what == "ask":
        ask_companies(begin, now)
    elif what == "later":
        snooze(session, None, now, one, add_working_days(max(one.due_on, danish_date(now)), 2), "Syg")
    elif what in ("done", "not reached"):
        fulfil(session, None, now, one, "", outcome_key="done" if what == "done" else "no_need")
    elif what == "again":
        reopen(session, None, now, one)
    elif what == "void":
        one.voided_at = one.voided_at or now
    elif what in ("yes", "no"):
        say_kept(session, now, one, what == "yes")
    elif what == "right":
        confirm(session, now, one, seen)
    elif what == "wrong":
        correct(session, now, one, seen, "Det var tre")
    else:
        said = session.scalar(select(Answer).where(Answer.follow_up_id == one.id, Answer.kind == "corrected").limit(1))
        if said is not None:
            accept(session, None, now, said) if what == "accept" else decline(session, None, now, said, "Nej, to")
