"""A report's agreement, corrected: what the company has in writing, which first date stays, and what does not take an
agreement off its owner's list."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import danish_date
from crm.base.scope import Scope
from crm.campaigns.models import Campaign
from crm.followups.actions import close_visit, fulfil, nag, reopen
from crm.followups.models import Answer, FollowUp, Nag
from crm.followups.queries import board, kept_rate
from crm.followups.rules import FollowUpDecision, NoFollowUp
from crm.integrations.models import OutboxMessage
from crm.openings.actions.life import close
from crm.people.permissions import scope_of
from crm.reports.queries import behind_promises, promises
from crm.visits.models import Visit
from crm.visits.rules import VisitReport
from tests.factories import make_visit
from tests.factories.followups import make_follow_up
from tests.factories.openings import make_opening

HELD, NOBODY = VisitReport("held", pressed=False), VisitReport("nobody_there")
SEND = FollowUpDecision("jobcentre", date(2026, 12, 1), "Sende to CV'er", "we_owe")
OTHER = FollowUpDecision("jobcentre", date(2026, 12, 8), "Sende tre CV'er", "we_owe")
NONE = NoFollowUp("De lukker")


@pytest.fixture
def visit(session: Session, now: datetime) -> Visit:
    return make_visit(session, starts_at=now - timedelta(hours=1), contact_email="mette@eksempel.invalid")


def report(
    session: Session,
    visit: Visit,
    now: datetime,
    decision: FollowUpDecision | NoFollowUp,
    result: VisitReport = HELD,
) -> None:
    close_visit(session, visit.consultant, now, visit, result, [], decision)


def told(session: Session) -> list[str]:
    """What kinds of letters the company got, in order."""
    keys = session.scalars(select(OutboxMessage.dedupe_key).order_by(OutboxMessage.id))
    return [key.split(":")[1] for key in keys if key.startswith("follow_up:")]


def alive(session: Session) -> list[FollowUp]:
    return list(session.scalars(select(FollowUp).where(FollowUp.voided_at.is_(None)).order_by(FollowUp.id)))


def test_what_was_kept_back_because_nobody_was_there_is_told_when_they_were(
    session: Session, visit: Visit, now: datetime
) -> None:
    report(session, visit, now, SEND, NOBODY)
    assert told(session) == []
    report(session, visit, now, SEND)
    assert told(session) == ["agreed"]
    [agreed] = alive(session)
    assert agreed.told_at == now
    report(session, visit, now, SEND)
    assert told(session) == ["agreed"]


def test_what_the_company_never_saw_is_not_called_replaced(session: Session, visit: Visit, now: datetime) -> None:
    report(session, visit, now, SEND, NOBODY)
    report(session, visit, now, OTHER)
    assert told(session) == ["agreed"]


def test_what_the_company_has_in_writing_is_taken_back_when_nobody_was_there(
    session: Session, visit: Visit, now: datetime
) -> None:
    report(session, visit, now, SEND)
    report(session, visit, now, OTHER, NOBODY)
    assert told(session) == ["agreed", "withdrawn"]


def test_an_agreement_beside_the_one_that_stays_is_taken_back_in_writing(
    session: Session, visit: Visit, now: datetime
) -> None:
    report(session, visit, now, SEND)
    [first] = alive(session)
    fulfil(session, visit.consultant, now, first)
    report(session, visit, now, OTHER)
    reopen(session, visit.consultant, now, first)
    report(session, visit, now, SEND)
    assert alive(session) == [first]
    assert told(session) == ["agreed", "agreed", "withdrawn"]


def test_a_broken_promise_is_not_mended_by_taking_it_back_first(session: Session, visit: Visit, now: datetime) -> None:
    report(session, visit, now, SEND)
    late = now + timedelta(days=13)
    report(session, visit, late, NONE)
    assert alive(session) == []
    report(session, visit, late, FollowUpDecision("jobcentre", date(2026, 12, 21), "Sende CV'er", "we_owe"))
    [again] = alive(session)
    assert (again.first_due_on, again.due_on) == (date(2026, 12, 1), date(2026, 12, 21))


def test_one_taken_back_in_time_was_not_broken(session: Session, visit: Visit, now: datetime) -> None:
    report(session, visit, now, SEND)
    report(session, visit, now, NONE)
    report(session, visit, now + timedelta(days=13), OTHER)
    [again] = alive(session)
    assert again.first_due_on == OTHER.due_on


def test_a_no_to_what_is_taken_back_waits_for_nobody(session: Session, visit: Visit, now: datetime) -> None:
    report(session, visit, now, SEND)
    said = Answer(follow_up_id=alive(session)[0].id, at=now, kind="not_kept", words="Intet er sendt")
    session.add(said)
    session.flush()
    report(session, visit, now, NONE)
    session.refresh(said)
    assert (said.settled_at, said.settled_as) == (now, "accepted")
    verbs = select(Activity.verb).where(Activity.subject_type == "follow_ups").order_by(Activity.id)
    assert session.scalars(verbs).all() == ["followups.agree", "followups.void"]


def test_a_closed_opening_and_a_campaign_that_is_over_leave_the_promise_on_the_list(
    session: Session, visit: Visit, now: datetime
) -> None:
    visit.state, visit.reported_at = "held", now
    opening = make_opening(session, visit=visit)
    agreed = make_follow_up(session, visit=visit, opening_id=opening.id, due_on=date(2026, 12, 1))
    close(session, visit.consultant, now, opening, "withdrawn")
    campaign = session.get_one(Campaign, visit.campaign_id)
    campaign.ends_on = danish_date(now) - timedelta(days=1)
    session.flush()
    due = now + timedelta(days=7)
    found = board(session, scope_of(session, visit.consultant, "followups.read"), danish_date(due))
    assert [f.id for f in found.today] == [agreed.id]
    nag(session, due)
    assert session.scalars(select(Nag.follow_up_id)).all() == [agreed.id]


def ours(session: Session, now: datetime) -> tuple[int, int, int]:
    """(due, kept, late) of ours as the figures say on the day."""
    found = kept_rate(session, Scope(everything=True), danish_date(now))["jobcentre"]
    return found.due, found.kept, found.late


LATE = timedelta(days=13)
THEIRS = FollowUpDecision("company", date(2026, 12, 21), "De sender opslaget", "company_owes")
AGAIN = FollowUpDecision("jobcentre", date(2026, 12, 21), "Sende CV'er", "we_owe")


@pytest.mark.parametrize("instead", [NONE, THEIRS])
def test_a_broken_promise_stays_in_the_figures_when_the_report_takes_it_back(
    session: Session, visit: Visit, now: datetime, instead: FollowUpDecision | NoFollowUp
) -> None:
    report(session, visit, now, SEND)
    assert ours(session, now + timedelta(days=7)) == (0, 0, 0), "on its day it is not decided"
    late = now + LATE
    assert ours(session, late) == (1, 0, 0)
    report(session, visit, late, instead)
    assert ours(session, late) == (1, 0, 0)
    counted = promises(session, Scope(everything=True), None, now=late).total["jobcentre"]
    assert (counted["never"], counted.due) == (1, 1)
    found, total, _page = behind_promises(session, Scope(everything=True), None, "never", now=late, side="jobcentre")
    assert (total, [one.voided_at for one in found]) == (1, [late])


def test_the_one_in_its_place_carries_it_on_and_counts_once(session: Session, visit: Visit, now: datetime) -> None:
    report(session, visit, now, SEND)
    late = now + LATE
    for decision in (AGAIN, NONE, THEIRS, SEND, AGAIN):
        report(session, visit, late, decision)
        assert ours(session, late) == (1, 0, 0), decision
    [alive_now] = alive(session)
    fulfil(session, visit.consultant, late, alive_now)
    assert ours(session, late) == (1, 0, 1), "done, and late"


def test_two_broken_ones_are_not_carried_by_one(session: Session, visit: Visit, now: datetime) -> None:
    report(session, visit, now, SEND)
    [first] = alive(session)
    fulfil(session, visit.consultant, now, first)
    report(session, visit, now, OTHER)
    reopen(session, visit.consultant, now, first)
    late = now + timedelta(days=20)
    assert ours(session, late) == (2, 0, 0)
    report(session, visit, late, AGAIN)
    assert ours(session, late) == (2, 0, 0)


def test_what_is_taken_back_in_time_or_on_its_day_counts_nowhere(session: Session, visit: Visit, now: datetime) -> None:
    report(session, visit, now, SEND)
    report(session, visit, now + timedelta(days=7), NONE)
    assert ours(session, now + LATE) == (0, 0, 0)


def test_a_report_that_gives_in_to_the_companys_word_takes_it_out(
    session: Session, visit: Visit, now: datetime
) -> None:
    report(session, visit, now, SEND)
    late = now + LATE
    [agreed] = alive(session)
    said = Answer(follow_up_id=agreed.id, at=late, kind="corrected", words="Det var os", owed_by="company")
    session.add(said)
    session.flush()
    report(session, visit, late, THEIRS)
    assert (said.settled_as, ours(session, late)) == ("accepted", (0, 0, 0))
