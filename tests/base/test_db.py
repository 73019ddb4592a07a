"""The database refuses overlap itself, on both engines; times are aware; the read-only edge refuses writes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from crm.base.db import is_overlap_error
from tests.factories import make_user, make_visit


def test_the_database_refuses_two_visits_on_top_of_each_other(session: Session, now: datetime) -> None:
    first = make_visit(session, starts_at=now)
    with pytest.raises(DBAPIError) as refused:
        make_visit(session, consultant=first.consultant, starts_at=now + timedelta(minutes=59))
    assert is_overlap_error(refused.value)


def test_visits_may_touch_and_cancelled_ones_take_no_time(session: Session, now: datetime) -> None:
    first = make_visit(session, starts_at=now)
    make_visit(session, consultant=first.consultant, starts_at=now + timedelta(minutes=60))
    first.state = "cancelled_by_company"
    session.flush()
    make_visit(session, consultant=first.consultant, starts_at=now)


def test_moving_onto_another_visit_is_refused_too(session: Session, now: datetime) -> None:
    first = make_visit(session, starts_at=now)
    second = make_visit(session, consultant=first.consultant, starts_at=now + timedelta(hours=2))
    second.starts_at = now + timedelta(minutes=30)
    with pytest.raises(DBAPIError) as refused:
        session.flush()
    assert is_overlap_error(refused.value)


def test_a_naive_time_raises(session: Session, now: datetime) -> None:
    visit = make_visit(session)
    visit.arrived_at = now.replace(tzinfo=None)
    with pytest.raises(Exception, match="naive"):
        session.flush()


def test_times_come_back_as_they_went_in(session: Session, now: datetime) -> None:
    visit = make_visit(session, starts_at=now)
    session.expire(visit)
    assert visit.starts_at == now
    assert visit.starts_at.utcoffset() == timedelta(0)


def test_different_people_may_be_busy_at_once(session: Session, now: datetime) -> None:
    make_visit(session, starts_at=now)
    make_visit(session, starts_at=now, consultant=make_user(session, "consultant"))
