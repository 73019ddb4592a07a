"""The morning's second run, and a scheduler that comes back at any hour: told in the working day, or next morning."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from apscheduler.triggers.base import BaseTrigger
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at, danish, danish_date
from crm.followups.actions import digests as digest_actions
from crm.followups.actions import fulfil, nag
from crm.followups.actions.answers import correct, say_kept
from crm.followups.actions.notices import notify
from crm.followups.actions.settling import decline
from crm.followups.jobs.nagging import run
from crm.followups.models import FollowUp, Nag
from crm.followups.queries.answers import correction_of
from crm.followups.rules import may_tell, nag_day
from crm.followups.rules.answers import stamp
from crm.recurring.models import SetAside
from crm.recurring.rules import next_after
from crm.scheduler.jobs import JOBS
from crm.web.edge import transaction
from tests.factories import make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.followups.telling import DUE, digests, morning, subjects

TEN_DAYS = st.integers(0, 10 * 1440)
STARTS = st.sampled_from([date(2026, 12, 21), date(2027, 3, 23), date(2027, 3, 26), date(2028, 10, 25)])
TRIGGER: BaseTrigger = next(job.trigger for job in JOBS if job.key == "nag")


def test_the_job_runs_twice_a_working_morning_and_at_no_other_hour() -> None:
    times, now = [], at(date(2026, 12, 4), 0)  # a Friday
    for _run in range(4):
        now = next_after(TRIGGER, now)
        times.append(f"{danish(now):%a %H.%M}")
    assert times == ["Fri 07.30", "Fri 07.50", "Mon 07.30", "Mon 07.50"]


def test_who_was_set_aside_is_told_the_same_morning_and_nobody_twice(app: Flask, monkeypatch: Any) -> None:
    with app.extensions["crm.sessions"]() as db:
        visits = [make_visit(db, state="held") for _person in range(3)]
        owners = [visit.consultant.id for visit in visits]
        for visit in visits:
            make_follow_up(db, visit=visit, due_on=DUE)
        db.commit()
    real = digest_actions.render_mail

    def torn(name: str, **values: Any) -> Any:
        if values["person"].id == owners[0]:
            raise ValueError("torn")
        return real(name, **values)

    monkeypatch.setattr(digest_actions, "render_mail", torn)
    first = next_after(TRIGGER, morning(-1) + timedelta(hours=1))
    run(lambda: transaction(app), first)
    monkeypatch.undo()
    with app.extensions["crm.sessions"]() as db:
        assert len(digests(db)) == 2
    second = next_after(TRIGGER, first)
    assert second - first == timedelta(minutes=20)
    run(lambda: transaction(app), second)
    run(lambda: transaction(app), second)
    with app.extensions["crm.sessions"]() as db:
        assert sorted(mail.recipient for mail in digests(db)) == sorted({mail.recipient for mail in digests(db)})
        assert len(digests(db)) == 3
        assert db.scalars(select(SetAside)).all() == []


def test_what_comes_after_the_morning_brings_no_mail_before_the_next(session: Session) -> None:
    agreed = make_follow_up(session, due_on=add_working_days(DUE, 9))
    notify(session, morning(0) + timedelta(minutes=10), agreed.owner_id, agreed, "handed_over")
    nag(session, morning(0) + timedelta(minutes=20))
    nag(session, morning(0) + timedelta(hours=7))
    assert digests(session) == []
    nag(session, morning(1))
    assert subjects(session, agreed.owner) == ["1 aftale med nyt"]


@given(STARTS, TEN_DAYS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_scheduler_back_at_any_minute_tells_once_and_in_the_working_day(
    session: Session, start: date, minutes: int
) -> None:
    """Ten days over Christmas, Easter and a clock change: the nag is written at once, and told now or next morning."""
    session.expunge_all()
    point = session.begin_nested()
    try:
        due = add_working_days(start, -1)
        agreed = make_follow_up(session, due_on=due)
        now = at(start, 0) + timedelta(minutes=minutes)
        assert nag(session, now) == 1, "whatever the hour, it is in the product"
        assert len(digests(session)) == int(may_tell(now))
        assert nag(session, now) == 0
        following = at(add_working_days(nag_day(now), 1), 450)
        nag(session, following)
        mails = digests(session)
        assert mails
        assert len({danish_date(mail.created_at) for mail in mails}) == len(mails) <= 2
        assert session.scalar(select(func.count()).where(Nag.follow_up_id == agreed.id)) <= 2
    finally:
        point.rollback()


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2026-12-01T15:00:00+01:00", 1),
        ("2026-12-01T15:59:00+01:00", 1),
        ("2026-12-01T16:00:00+01:00", 0),
        ("2026-12-01T23:00:00+01:00", 0),
        ("2026-12-02T07:29:00+01:00", 0),
        ("2026-12-05T11:00:00+01:00", 0),  # a Saturday
        ("2026-12-24T11:00:00+01:00", 0),
    ],
)
def test_the_hours_of_catching_up(session: Session, moment: str, told: int) -> None:
    make_follow_up(session, due_on=DUE)
    nag(session, datetime.fromisoformat(moment))
    assert len(digests(session)) == told


def test_a_company_that_says_no_to_what_we_hold_for_done_is_told_of(session: Session) -> None:
    """The no comes when the owner has long ticked it off: it is news all the same, until somebody takes note of it."""
    agreed = make_follow_up(session, due_on=DUE)
    fulfil(session, agreed.owner, morning(0), agreed, "Sendt")
    say_kept(session, morning(1), agreed, False, "Vi har intet fået")
    nag(session, morning(2))
    [mail] = digests(session, agreed.owner)
    assert mail.subject == "1 aftale med nyt"
    for body in (mail.body_text, mail.body_html or ""):
        assert "Virksomheden siger, at det ikke er sket" in body
        assert "rettet" not in body


def test_a_correction_that_was_settled_or_whose_owner_is_another_is_no_news(session: Session) -> None:
    visit = make_visit(session, state="held")
    settled, passed = make_follow_up(session, visit=visit, due_on=DUE), make_follow_up(session, visit=visit, due_on=DUE)
    owner = visit.consultant
    for one in (settled, passed):
        one.due_on = add_working_days(DUE, 20)
        correct(session, morning(0), one, stamp(one.promise, one.due_on, one.owed_by), "Det var tre")
    said = correction_of(session, settled)
    assert said is not None
    decline(session, owner, morning(0), said, "Vi aftalte to")
    passed.owner_id = make_user(session, "consultant").id
    session.flush()
    nag(session, morning(1))
    assert digests(session, owner) == []
    assert session.get_one(FollowUp, passed.id).state == "open"
