"""The company is asked once whether what we promised has happened: whom, when, and never more than that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at
from crm.campaigns.models import Campaign
from crm.followups.actions.agreements import agree, fulfil, snooze
from crm.followups.actions.answers import say_kept
from crm.followups.actions.asking import ask_company
from crm.followups.jobs.asking import ask_companies
from crm.followups.models import FollowUp
from crm.followups.queries.asking import TOO_LATE, to_ask
from crm.followups.rules import FollowUpDecision
from crm.integrations.models import OutboxMessage
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_visit

DUE = date(2026, 12, 1)
ASKED = date(2026, 12, 8)  # five working days on


def on(day: date) -> datetime:
    return at(day, 8 * 60 + 30)


@pytest.fixture
def visit(session: Session) -> Visit:
    return make_visit(
        session, state="held", starts_at=NOW - timedelta(hours=2), reported_at=NOW, contact_email="m@eksempel.invalid"
    )


@pytest.fixture
def agreed(session: Session, visit: Visit) -> FollowUp:
    return promise(session, visit)


def promise(session: Session, visit: Visit, **fields: str) -> FollowUp:
    owed_by = fields.get("owed_by", "jobcentre")
    kind = fields.get("kind", "we_owe" if owed_by == "jobcentre" else "company_owes")
    return agree(
        session, visit.consultant, NOW, visit, FollowUpDecision(owed_by, DUE, "To CV'er", kind), from_report=True
    )


def run(session: Session, day: date) -> int:
    @contextmanager
    def begin() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    return ask_companies(begin, on(day))


def questions(session: Session) -> list[OutboxMessage]:
    wanted = select(OutboxMessage).where(OutboxMessage.dedupe_key.like("follow_up:asked:%"))
    return list(session.scalars(wanted))


def test_an_open_promise_is_asked_about_once_five_working_days_after_it_was_due(
    session: Session, agreed: FollowUp
) -> None:
    asked = {day: run(session, day) for day in (DUE + timedelta(days=n) for n in range(40))}
    assert {day: count for day, count in asked.items() if count} == {ASKED: 1}
    [mail] = questions(session)
    assert mail.recipient == "m@eksempel.invalid"
    assert mail.subject.startswith("Er det sket, som vi aftalte?")
    assert "To CV'er" in mail.body_text
    assert "/aftale/" in mail.body_text
    assert agreed.asked_at == on(ASKED)
    assert agreed.state == "open"


def test_a_late_start_asks_of_what_is_remembered_and_not_of_what_is_long_gone(
    session: Session, agreed: FollowUp
) -> None:
    last = add_working_days(ASKED, TOO_LATE)
    assert list(to_ask(session, last)) == [agreed.id]
    assert list(to_ask(session, add_working_days(last, 1))) == []


def test_nobody_is_asked_on_a_day_off(session: Session, visit: Visit) -> None:
    made = promise(session, visit)
    made.due_on = date(2026, 12, 17)
    session.flush()
    assert run(session, date(2026, 12, 25)) == 0
    assert run(session, date(2026, 12, 26)) == 0
    assert run(session, date(2026, 12, 28)) == 1


def test_what_we_did_is_told_and_asked_about_the_next_working_morning(session: Session, agreed: FollowUp) -> None:
    fulfil(session, agreed.owner, NOW + timedelta(days=1), agreed, "Sendt begge CV'er, internt notat")
    assert run(session, date(2026, 11, 25)) == 0, "not the day it was done: a mistake can still be taken back"
    assert run(session, date(2026, 11, 26)) == 1
    assert run(session, date(2026, 11, 27)) == 0
    assert run(session, ASKED) == 0
    [mail] = questions(session)
    assert mail.subject.startswith("Vi har gjort det, vi lovede")
    assert "internt notat" not in mail.body_text + (mail.body_html or "")


def test_not_two_mails_about_one_agreement_on_one_day(session: Session, agreed: FollowUp) -> None:
    agreed.told_at = at(ASKED, 7 * 60)
    session.flush()
    assert run(session, ASKED) == 0
    assert run(session, add_working_days(ASKED, 1)) == 1


def test_a_promise_put_off_is_asked_about_after_its_new_day(session: Session, agreed: FollowUp) -> None:
    snooze(session, agreed.owner, NOW, agreed, date(2026, 12, 8), "Kandidaten er syg")
    assert run(session, ASKED) == 0
    assert run(session, date(2026, 12, 15)) == 1


@pytest.mark.parametrize("why", ["theirs", "answered", "never", "no address", "left alone", "voided", "untold", "moot"])
def test_who_is_not_asked(session: Session, visit: Visit, why: str) -> None:
    made = promise(session, visit, owed_by="company" if why == "theirs" else "jobcentre")
    if why == "answered":
        say_kept(session, on(date(2026, 12, 2)), made, True)
    if why == "never":
        session.get_one(Campaign, visit.campaign_id).ask_company_days = 0
    if why == "no address":
        visit.contact_email = None
    if why == "left alone":
        visit.workplace.do_not_call_at = NOW
    if why == "voided":
        made.voided_at = NOW
    if why == "untold":
        made.told_at = None
    if why == "moot":
        fulfil(session, made.owner, NOW, made, "", outcome_key="no_need")
    session.flush()
    for day in (date(2026, 11, 25), ASKED, add_working_days(ASKED, 1)):
        assert run(session, day) == 0
    assert ask_company(session, on(ASKED), made.id) == 0
    assert questions(session) == []


def test_a_campaigns_own_number_of_days(session: Session, agreed: FollowUp, visit: Visit) -> None:
    session.get_one(Campaign, visit.campaign_id).ask_company_days = 2
    session.flush()
    assert list(to_ask(session, date(2026, 12, 2))) == []
    assert list(to_ask(session, date(2026, 12, 3))) == [agreed.id]
