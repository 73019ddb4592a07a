"""CVs wanted by a day are a promise: made, moved, kept and reminded of by itself, and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import is_working_day
from crm.followups.actions.agreements import agree, snooze
from crm.followups.actions.cvs import make_cvs
from crm.followups.jobs.cvs import cv_deadlines
from crm.followups.models import FollowUp
from crm.followups.rules import FollowUpDecision
from crm.followups.rules.making import cvs_due, cvs_words
from crm.openings.models import Opening
from tests.conftest import NOW
from tests.factories.candidates import make_candidacy
from tests.factories.openings import make_opening

FRIDAY = date(2026, 12, 4)
MONDAY = date(2026, 12, 7)


def opening(session: Session, **fields: object) -> Opening:
    return make_opening(session, **{"occupation": "Kok", "cvs_wanted": 2, "cvs_by": FRIDAY, **fields})  # type: ignore[arg-type]


def made(session: Session) -> list[FollowUp]:
    return list(session.scalars(select(FollowUp).where(FollowUp.voided_at.is_(None)).order_by(FollowUp.id)))


def run(session: Session, days: int = 0) -> int:
    @contextmanager
    def begin() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    return cv_deadlines(begin, NOW + timedelta(days=days))


def test_the_day_becomes_a_promise_of_ours_once(session: Session) -> None:
    wanted = opening(session)
    assert run(session) == 1
    assert run(session) == 0
    (promise,) = made(session)
    assert (promise.kind, promise.owed_by, promise.due_on) == ("we_owe", "jobcentre", FRIDAY)
    assert promise.promise == "Sende 2 CV'er: ordinært job, kok".replace("kok", "Kok")
    assert (promise.owner_id, promise.opening_id) == (wanted.consultant_id, wanted.id)
    assert promise.told_at is None


def test_sending_them_keeps_it(session: Session) -> None:
    wanted = opening(session)
    run(session)
    make_candidacy(session, wanted, state="sent")
    run(session, 1)
    (promise,) = made(session)
    assert promise.state == "open"
    assert promise.promise.startswith("Sende 1 CV: ")
    make_candidacy(session, wanted, state="interview")
    run(session, 2)
    assert (promise.state, promise.outcome_key) == ("done", "done")
    assert run(session, 3) == 0


def test_a_day_that_moves_moves_it_and_its_first_date_stays(session: Session) -> None:
    wanted = opening(session)
    run(session)
    wanted.cvs_by = MONDAY
    session.flush()
    run(session)
    (promise,) = made(session)
    assert (promise.due_on, promise.first_due_on) == (MONDAY, FRIDAY)


def test_what_was_put_off_is_not_pulled_back(session: Session) -> None:
    wanted = opening(session)
    run(session)
    (promise,) = made(session)
    snooze(session, wanted.consultant, NOW, promise, date(2026, 12, 9), "Kandidaten er syg")
    assert run(session) == 0
    assert promise.due_on == date(2026, 12, 9)


@pytest.mark.parametrize("fields", [{"cvs_wanted": 0}, {"cvs_by": None}, {"state": "closed"}])
def test_without_a_day_or_a_need_there_is_none(session: Session, fields: dict[str, object]) -> None:
    opening(session, **fields)
    assert run(session) == 0
    assert made(session) == []


def test_a_closed_or_voided_opening_lets_it_go(session: Session) -> None:
    closed, voided = opening(session), opening(session)
    assert run(session) == 2
    closed.state, voided.voided_at = "closed", NOW
    session.flush()
    assert run(session, 1) == 2
    (promise,) = made(session)
    assert (promise.opening_id, promise.outcome_key) == (closed.id, "no_need")


def test_a_promise_of_the_visit_about_the_same_day_covers_it(session: Session) -> None:
    wanted = opening(session)
    decision = FollowUpDecision("jobcentre", date(2026, 12, 2), "To ansøgere senest onsdag", "we_owe")
    agree(session, wanted.consultant, NOW, wanted.visit, decision)
    assert run(session) == 0
    assert len(made(session)) == 1


def test_a_late_start_does_not_bring_up_old_days(session: Session) -> None:
    opening(session, cvs_by=date(2026, 9, 1))
    assert run(session) == 0
    recent = opening(session, cvs_by=date(2026, 11, 23))
    assert make_cvs(session, NOW, recent.id) == 1
    assert made(session)[0].due_on == date(2026, 11, 24)


@given(by=st.dates(date(2026, 1, 1), date(2030, 12, 31)), ahead=st.integers(-40, 40))
def test_it_is_due_on_a_working_day_never_after_the_day_unless_that_has_passed(by: date, ahead: int) -> None:
    earliest = by + timedelta(days=ahead)
    due = cvs_due(by, earliest)
    assert is_working_day(due)
    assert due >= earliest
    assert due <= by or not any(is_working_day(earliest + timedelta(days=n)) for n in range((by - earliest).days + 1))


def test_words_of_one_and_of_several() -> None:
    assert cvs_words("wage_subsidy", "", 1) == "Sende 1 CV: løntilskud"
    assert cvs_words("ordinary", "Smed", 3) == "Sende 3 CV'er: ordinært job, Smed"
