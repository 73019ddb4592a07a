"""Nags: each step once, to the right person, told in one digest a person, in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days
from crm.base.scope import Scope
from crm.campaigns.models import Campaign
from crm.followups.actions import close_visit, fulfil, nag, snooze
from crm.followups.actions.answers import correct, say_kept
from crm.followups.actions.settling import accept, decline
from crm.followups.jobs.nagging import run
from crm.followups.models import Answer, FollowUp, Nag, Notice
from crm.followups.queries import board, of_visit, open_count
from crm.followups.queries.answers import stamp_of
from crm.followups.queries.notices import notices
from crm.followups.rules import FollowUpDecision
from crm.people.actions import set_active
from crm.people.models import Jobcentre, User
from crm.visits.rules import VisitReport
from tests.factories import make_queue_entry, make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.followups.telling import DUE, digests, lead_of, morning, steps, subjects, told


def test_the_ladder_day_by_day_each_step_once(session: Session) -> None:
    lead = lead_of(session)
    regional = make_user(session, "regional_lead")
    agreed = make_follow_up(session, due_on=DUE)
    owner = session.get_one(User, agreed.owner_id)
    written = [nag(session, morning(count)) + nag(session, morning(count)) for count in range(-2, 12)]
    assert written == [0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0]
    assert steps(session) == [
        ("before", owner.id),
        ("due", owner.id),
        ("overdue", owner.id),
        ("escalated", lead.id),
        ("region", regional.id),
    ]
    assert subjects(session, owner) == ["1 aftale på vej", "1 aftale i dag", "1 aftale over fristen"]
    assert subjects(session, lead) == ["1 aftale til orientering", "1 aftale at tage op"]
    assert subjects(session, regional) == ["1 aftale langt over fristen i regionen"]


def test_each_campaign_has_its_own_ladder(session: Session) -> None:
    lead_of(session)
    eager, calm = make_follow_up(session, due_on=DUE), make_follow_up(session, due_on=DUE)
    own = session.get_one(Campaign, eager.campaign_id)
    if calm.campaign_id == own.id:
        other = Campaign(name="En anden", starts_on=own.starts_on, ends_on=own.ends_on, created_at=own.created_at)
        session.add(other)
        session.flush()
        calm.campaign_id = other.id
    own.nag_before_days, own.nag_overdue_days, own.nag_lead_days, own.nag_region_days = 0, 1, 2, 3
    session.flush()
    for count in range(-3, 7):
        nag(session, morning(count))
    rows = session.execute(select(Nag.follow_up_id, Nag.step, Nag.written_at).order_by(Nag.id)).all()
    assert [(step, at) for number, step, at in rows if number == eager.id] == [
        ("due", morning(0)),
        ("overdue", morning(1)),
        ("escalated", morning(2)),
        ("region", morning(3)),
    ]
    assert [(step, at) for number, step, at in rows if number == calm.id] == [
        ("before", morning(-1)),
        ("due", morning(0)),
        ("overdue", morning(2)),
        ("escalated", morning(5)),
    ]


def test_a_ladder_changed_on_the_way_never_steps_down(session: Session) -> None:
    lead_of(session)
    agreed = make_follow_up(session, due_on=DUE)
    nag(session, morning(5))
    session.get_one(Campaign, agreed.campaign_id).nag_lead_days = 8
    session.flush()
    assert [nag(session, morning(count)) for count in (6, 7, 8, 9)] == [0, 0, 0, 0]
    assert [step for step, _who in steps(session)] == ["escalated"]


def test_nothing_before_half_past_seven(session: Session) -> None:
    agreed = make_follow_up(session, due_on=DUE)
    nag(session, morning(-1))
    assert nag(session, morning(0) - timedelta(minutes=1)) == 0
    assert nag(session, morning(0)) == 1
    assert len(digests(session, session.get_one(User, agreed.owner_id))) == 2


def test_a_late_start_writes_the_step_that_fits_and_no_flood(session: Session) -> None:
    lead = lead_of(session)
    agreed = make_follow_up(session, due_on=DUE)
    owner = session.get_one(User, agreed.owner_id)
    assert nag(session, morning(9)) == 1
    assert steps(session) == [("escalated", lead.id)]
    assert told(session, lead) == [("escalated", "lead")]
    assert told(session, owner) == [("escalated", "owner")], "who was never told of the steps missed is told now"
    assert nag(session, morning(9) + timedelta(hours=3)) == 0


def test_after_a_week_without_the_clock_there_is_one_mail_a_person(session: Session) -> None:
    lead = lead_of(session)
    visit = make_visit(session, state="held")
    for days in range(7):
        make_follow_up(session, visit=visit, due_on=add_working_days(DUE, days), promise=f"Aftale {days}")
    assert nag(session, morning(6)) == 7
    assert subjects(session, visit.consultant) == ["1 aftale i dag, 6 over fristen"]
    assert subjects(session, lead) == ["2 aftaler at tage op, 3 til orientering"]


def test_a_weekend_brings_nothing_new(session: Session) -> None:
    friday = date(2026, 12, 4)
    make_follow_up(session, due_on=friday)
    assert nag(session, morning(0, friday)) == 1
    assert nag(session, datetime(2026, 12, 6, 12, tzinfo=UTC)) == 0


def test_what_was_missed_on_friday_is_no_mail_on_sunday(session: Session) -> None:
    friday = date(2026, 12, 4)
    make_follow_up(session, due_on=friday)
    assert nag(session, datetime(2026, 12, 6, 12, tzinfo=UTC)) == 1
    assert digests(session) == []
    assert nag(session, morning(1, friday)) == 0
    assert [mail.subject for mail in digests(session)] == ["1 aftale over fristen"]


def test_done_voided_and_snoozed_ones_are_left_in_peace(session: Session) -> None:
    done, moved = make_follow_up(session, due_on=DUE), make_follow_up(session, due_on=DUE)
    make_follow_up(session, due_on=DUE, voided_at=morning(-2))
    fulfil(session, None, morning(-2), done)
    snooze(session, None, morning(-2), moved, date(2026, 12, 10), "Kandidaten er syg")
    assert nag(session, morning(0)) == 0
    assert nag(session, morning(0, date(2026, 12, 10))) == 1


def test_a_snoozed_one_climbs_the_ladder_anew(session: Session) -> None:
    agreed = make_follow_up(session, due_on=DUE)
    nag(session, morning(0))
    nag(session, morning(2))
    snooze(session, None, morning(2), agreed, date(2026, 12, 10), "Kandidaten er syg")
    assert nag(session, morning(-1, date(2026, 12, 10))) == 1
    assert nag(session, morning(0, date(2026, 12, 10))) == 1
    assert [step for step, _who in steps(session)] == ["due", "overdue", "before", "due"]


def test_the_owner_who_left_is_stood_in_for_by_the_lead(session: Session) -> None:
    lead = lead_of(session)
    agreed = make_follow_up(session, due_on=DUE)
    owner = session.get_one(User, agreed.owner_id)
    set_active(session, None, morning(-1), owner, False)
    assert nag(session, morning(0)) == 1
    assert steps(session) == [("due", lead.id)]
    [mail] = digests(session, lead)
    assert "er her ikke længere. Find en anden til aftalerne." in mail.body_text
    assert digests(session, owner) == []


def test_without_a_lead_the_region_is_told_and_without_anyone_it_waits(session: Session) -> None:
    agreed = make_follow_up(session, due_on=DUE)
    set_active(session, None, morning(-1), session.get_one(User, agreed.owner_id), False)
    assert nag(session, morning(0)) == 0
    regional = make_user(session, "regional_lead", region_id=session.get_one(Jobcentre, agreed.jobcentre_id).region_id)
    assert nag(session, morning(0)) == 1
    assert steps(session) == [("due", regional.id)]


def test_who_is_owner_and_lead_is_told_once(session: Session) -> None:
    lead = lead_of(session)
    agreed = make_follow_up(session, due_on=DUE)
    agreed.owner_id = lead.id
    session.flush()
    for count in range(6):
        nag(session, morning(count))
    assert told(session, lead) == [("due", "owner"), ("overdue", "owner"), ("escalated", "owner")]
    assert len(digests(session, lead)) == 3


def test_the_company_that_owes_is_said_to(session: Session) -> None:
    make_follow_up(session, due_on=DUE, owed_by="company", promise="De melder tilbage")
    nag(session, morning(0))
    [mail] = digests(session)
    assert "Virksomheden skylder" in mail.body_text
    assert "De melder tilbage" in mail.body_text


def test_many_at_once_take_few_queries_and_two_mails(session: Session) -> None:
    lead = lead_of(session)
    visit = make_visit(session, state="held", entry=make_queue_entry(session))
    for number in range(450):
        make_follow_up(session, visit=visit, due_on=DUE, promise=f"Aftale {number}")
    seen: list[str] = []
    bind = session.connection()
    event.listen(bind, "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert nag(session, morning(2)) == 450
    assert len(seen) < 90
    assert session.scalar(select(func.count()).select_from(Notice)) == 900
    assert subjects(session, visit.consultant) == ["450 aftaler over fristen"]
    assert subjects(session, lead) == ["450 aftaler til orientering"]
    assert "og 438 flere" in digests(session, lead)[0].body_text


def test_from_no_opening_today_to_a_kept_promise_in_march(session: Session) -> None:
    """The story of the report's section 4.3: no opening now, perhaps in spring."""
    lead = lead_of(session)
    visit = make_visit(session, starts_at=datetime(2026, 11, 24, 9, tzinfo=UTC), contact_email="a@eksempel.invalid")
    who = visit.consultant
    close_visit(
        session,
        who,
        datetime(2026, 11, 24, 10, tzinfo=UTC),
        visit,
        VisitReport("held", pressed=False),
        [],
        FollowUpDecision("jobcentre", date(2027, 3, 1), "Ringe om sæsonjob", "future_need"),
    )
    [agreed] = of_visit(session, visit.id)
    march = date(2027, 3, 1)
    moments = [datetime(2026, 11, 25, 6, 30, tzinfo=UTC) + timedelta(days=day) for day in range(105)]
    by_day = {now.date(): written for now in moments if (written := nag(session, now))}
    assert by_day == {date(2027, 2, 26): 1, march: 1, date(2027, 3, 3): 1, date(2027, 3, 8): 1}
    assert steps(session)[-1] == ("escalated", lead.id)
    assert open_count(session, who.id, march) == 1
    assert open_count(session, who.id, march - timedelta(days=1)) == 0
    fulfil(session, who, moments[-1], agreed, "To sæsonjob meldt ind")
    assert open_count(session, who.id, date(2027, 3, 20)) == 0
    assert nag(session, moments[-1] + timedelta(days=30)) == 0


def test_the_board_of_the_one_who_owes(session: Session) -> None:
    agreed = make_follow_up(session, due_on=DUE)
    make_follow_up(session, due_on=DUE)
    found = board(session, Scope(own=agreed.owner_id), DUE)
    assert [f.id for f in found.today] == [agreed.id]


def corrected(session: Session) -> tuple[FollowUp, Answer, User]:
    """An agreement far ahead that the company corrected on DUE, with its lead."""
    lead = lead_of(session)
    visit = make_visit(session, state="held", contact_email="mette@eksempel.invalid")
    agreed = make_follow_up(session, visit=visit, due_on=add_working_days(DUE, 40), told_at=morning(-3))
    said = correct(session, morning(0), agreed, stamp_of(agreed, None), "Det var tre")
    return agreed, said, lead


def test_a_correction_nobody_answers_is_reminded_of_and_reaches_the_lead(session: Session) -> None:
    agreed, said, lead = corrected(session)
    written = [nag(session, morning(count)) + nag(session, morning(count)) for count in range(8)]
    assert written == [0, 0, 1, 0, 0, 1, 0, 0]
    assert steps(session) == [("unanswered", agreed.owner_id), ("unanswered_lead", lead.id)]
    owner = session.get_one(User, agreed.owner_id)
    assert told(session, owner) == [("answer", "owner"), ("unanswered", "owner")]
    assert told(session, lead) == [("unanswered", "copy"), ("unanswered_lead", "lead")]
    assert [mail.created_at for mail in digests(session, owner)] == [morning(0), morning(2)]
    assert [mail.created_at for mail in digests(session, lead)] == [morning(2), morning(5)]
    last = digests(session, lead)[-1]
    assert "Virksomheden har rettet aftalen" in last.body_text
    assert f"Tal med {owner.name}" in last.body_text
    assert notices(session, lead.id).total == 2
    decline(session, owner, morning(6), said, "Vi aftalte to")
    assert notices(session, lead.id).total == 0, "what is answered waits for nobody"


@pytest.mark.parametrize("how", ["answered", "done", "kept"])
def test_what_is_settled_in_time_reaches_no_lead(session: Session, how: str) -> None:
    agreed, said, lead = corrected(session)
    nag(session, morning(2))
    if how == "answered":
        accept(session, agreed.owner, morning(3), said)
    elif how == "done":
        fulfil(session, agreed.owner, morning(3), agreed, "Sendt")
    else:
        agreed.asked_at = morning(3)
        say_kept(session, morning(3), agreed, True)
    assert [nag(session, morning(count)) for count in range(3, 12)] == [0] * 9
    assert told(session, lead) == [("unanswered", "copy")]


def test_the_campaigns_own_days_count_and_a_late_scheduler_writes_the_highest_alone(session: Session) -> None:
    agreed, _said, lead = corrected(session)
    campaign = session.get_one(Campaign, agreed.campaign_id)
    campaign.nag_overdue_days, campaign.nag_lead_days = 3, 4
    session.flush()
    assert [nag(session, morning(count)) for count in (2, 3)] == [0, 1]
    campaign.nag_overdue_days, campaign.nag_lead_days = 4, 6
    session.flush()
    session.execute(delete(Notice))
    session.execute(delete(Nag))
    assert nag(session, morning(9)) == 1
    assert steps(session) == [("unanswered_lead", lead.id)]
    assert [role for _step, role in told(session, agreed.owner)] == ["owner"]


def test_two_schedulers_remind_of_a_correction_once(session: Session) -> None:
    corrected(session)

    @contextmanager
    def begin() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    assert [run(begin, morning(2)), run(begin, morning(2))] == [1, 0]
    assert session.scalar(select(func.count(Nag.id))) == 1
