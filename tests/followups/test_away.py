"""Who is told while people are away: leads too, accounts that are closed, half days, and the length of an SMS."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at
from crm.calendars.models import Absence
from crm.followups.actions import nag
from crm.followups.queries.away import substitutes
from crm.followups.queries.owning import stood_in_for
from crm.followups.rules.digest import WORDS, Figure, Morning, Section
from crm.integrations.render import render_mail
from crm.integrations.sms_words import segments
from crm.people.actions import set_active
from tests.factories import make_jobcentre, make_user, make_visit
from tests.factories.core import make_firm
from tests.factories.followups import make_follow_up
from tests.factories.leave import make_leave
from tests.factories.people import make_role
from tests.followups.telling import DUE, digests, lead_of, morning, told

WEEK = add_working_days(DUE, 6)


def test_a_lead_on_leave_is_stood_in_for_and_told_on_coming_back(session: Session) -> None:
    lead, regional = lead_of(session), make_user(session, "regional_lead")
    other = make_user(session, "consultant", jobcentre=make_jobcentre(session))
    make_leave(session, lead, DUE, WEEK, other)
    agreed = make_follow_up(session, due_on=add_working_days(DUE, -5))
    nag(session, morning(0))
    assert told(session, other) == [("escalated", "lead")]
    assert told(session, regional) == []
    assert digests(session, lead) == []
    agreed.due_on = add_working_days(agreed.due_on, 1)
    session.flush()
    for count in range(1, 9):
        nag(session, morning(count))
    [back] = digests(session, lead)
    assert back.created_at == morning(7)


def test_a_substitute_who_lost_the_role_gets_nothing_and_the_lead_does(session: Session) -> None:
    lead, home = lead_of(session), make_jobcentre(session)
    visit = make_visit(session, state="held")
    other, next_one = (make_user(session, "consultant", jobcentre=home) for _n in range(2))
    make_leave(session, visit.consultant, DUE, WEEK, other)
    make_follow_up(session, visit=visit, due_on=DUE)
    assert set(stood_in_for(session, other.id, DUE)) == {visit.consultant_id}
    other.roles.clear()
    make_role(session, other, "phoner", calling_firm_id=make_firm(session).id)
    assert stood_in_for(session, other.id, DUE) == {}
    assert substitutes(session, [visit.consultant_id], DUE) == {visit.consultant_id: None}
    nag(session, morning(0))
    assert told(session, other) == []
    assert told(session, lead) == [("due", "lead")]
    make_leave(session, other, DUE, WEEK, next_one)
    assert substitutes(session, [visit.consultant_id], DUE) == {visit.consultant_id: next_one.id}


def test_a_lead_on_leave_without_a_substitute_leaves_it_to_the_region(session: Session) -> None:
    lead, regional = lead_of(session), make_user(session, "regional_lead")
    make_leave(session, lead, DUE, WEEK)
    make_follow_up(session, due_on=add_working_days(DUE, -5))
    nag(session, morning(0))
    assert told(session, regional) == [("escalated", "lead")]


def test_on_leave_with_a_closed_account_the_lead_is_told_and_not_the_substitute(session: Session) -> None:
    lead = lead_of(session)
    visit = make_visit(session, state="held")
    other = make_user(session, "consultant")
    make_leave(session, visit.consultant, DUE, WEEK, other)
    make_follow_up(session, visit=visit, due_on=DUE)
    set_active(session, None, morning(-1), visit.consultant, False)
    nag(session, morning(0))
    assert told(session, lead) == [("due", "lead")]
    assert told(session, other) == told(session, visit.consultant) == []
    assert "er her ikke længere" in digests(session, lead)[0].body_text


def test_a_substitute_whose_account_was_closed_stands_in_for_nobody(session: Session) -> None:
    lead = lead_of(session)
    visit = make_visit(session, state="held")
    other = make_user(session, "consultant")
    make_leave(session, visit.consultant, DUE, WEEK, other)
    make_follow_up(session, visit=visit, due_on=DUE)
    set_active(session, None, morning(-1), other, False)
    nag(session, morning(0))
    assert told(session, other) == []
    assert told(session, lead) == [("due", "lead")]


def test_a_morning_away_is_a_day_at_work(session: Session) -> None:
    visit = make_visit(session, state="held")
    make_follow_up(session, visit=visit, due_on=DUE)
    away = Absence(consultant_id=visit.consultant_id, starts_at=at(DUE, 0), ends_at=at(DUE, 12 * 60), title="Læge")
    session.add(away)
    session.flush()
    nag(session, morning(0))
    assert len(digests(session, visit.consultant)) == 1
    away.ends_at = at(DUE, 0) + timedelta(days=2)
    session.flush()
    nag(session, morning(1))
    assert len(digests(session, visit.consultant)) == 1, "the whole of the next day"


@given(st.lists(st.sampled_from(list(WORDS)), unique=True), st.integers(1, 9999), st.integers(0, 99_999))
def test_a_digest_s_sms_is_one_part_whatever_waits(keys: list[str], count: int, over: int) -> None:
    figures = [Figure("Jobcenter Mariagerfjord", over, 10, 200, 1)] if over or not keys else []
    morning = Morning(DUE, [Section(key, "", (), count, 0) for key in keys], figures)
    _subject, words, html = render_mail("digest_sms", headline=morning.headline, page="/followups")
    assert html is None
    assert words.startswith("Jobåbner: ")
    assert segments(words.strip() + "x" * 20) == 1, "also at an address longer by twenty letters"
