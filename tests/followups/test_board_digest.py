"""The board's news in a user's one mail of the morning: each thing once, whoever fails, sleeps, races or is away."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at
from crm.followups.actions import nag
from crm.followups.actions.digests import announce_board, write_digest
from crm.followups.actions.reminders import set_wishes
from crm.followups.queries.board_digests import board_news
from crm.openings.actions.digests import mark_told
from crm.openings.actions.sharing import answer, withdraw
from crm.openings.models import OpeningShare
from crm.people.actions import set_active
from crm.people.models import Jobcentre, User
from crm.people.queries.leave import on_leave
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user, make_visit
from tests.factories.calendars import make_absence
from tests.factories.followups import make_follow_up
from tests.factories.leave import make_leave
from tests.factories.openings import make_opening
from tests.factories.people import make_role
from tests.factories.sharing import make_board_candidate, make_offer, make_share
from tests.followups.board_news import LATER, mentions, neighbour, proposed, wanted
from tests.followups.telling import DUE, digests, morning, subjects


def test_agreements_and_the_board_stand_in_one_mail(session: Session) -> None:
    visit = make_visit(session, state="held")
    who, mine = visit.consultant, make_opening(session, visit=visit, occupation="Smed")
    home = session.get_one(Jobcentre, mine.jobcentre_id)
    agreed = make_follow_up(session, visit=visit, due_on=DUE, promise="Ringe om job")
    proposed(session, mine)
    make_board_candidate(session, home, "E-1", owner_id=who.id)
    theirs = wanted(session, occupation="Kok")
    make_share(session, theirs, home)
    nag(session, morning(0))
    [mail] = digests(session, who)
    assert mail.subject == "1 aftale i dag, 1 forslag venter på svar, 1 ny åbning på tavlen"
    for body in (mail.body_text, mail.body_html or ""):
        for link in (f"/followups/{agreed.id}", f"/openings/{mine.id}", f"/board/{theirs.id}", "/reminders"):
            assert link in body
    for again in (morning(0) + LATER, morning(1), morning(2)):
        nag(session, again)
    assert [told for told in mentions(session, who).values() if told != 1] == []


def test_who_has_agreements_alone_reads_nothing_of_the_board(session: Session) -> None:
    agreed = make_follow_up(session, due_on=DUE)
    nag(session, morning(0))
    [mail] = digests(session, agreed.owner)
    assert mail.subject == "1 aftale i dag"
    assert "Åbn tavlen" not in mail.body_text + (mail.body_html or "")


def test_who_has_news_of_the_board_alone_gets_one_mail_by_the_ways_they_wish(session: Session) -> None:
    opening = wanted(session)
    place, lead = neighbour(session)
    other = make_jobcentre(session, code="479")
    make_role(session, lead, "jobcentre_lead", jobcentre_id=other.id)
    by_sms, silent = (make_user(session, "jobcentre_lead", jobcentre=place) for _ in range(2))
    by_sms.phone = "+4520304050"
    for who, sms in ((by_sms, True), (silent, False)):
        set_wishes(session, who, NOW, who, mail=False, sms=sms, calendar="none")
    bystander = make_user(session, "consultant", jobcentre=place)  # has no candidates
    for to in (place, other):
        make_share(session, opening, to)
    nag(session, morning(0))
    [mail] = digests(session, lead)
    assert mail.subject == "1 ny åbning på tavlen"
    assert mail.body_text.count(f"/board/{opening.id}") == 1, "shared with two of theirs, told once"
    assert "Åbn din opfølgning" not in mail.body_text + (mail.body_html or "")
    [sms] = digests(session, by_sms, "sms")
    assert re.fullmatch(r"Jobåbner: 1 ny åbning på tavlen\. \S+/board", sms.body_text)
    assert [digests(session, who) for who in (by_sms, silent, bystander)] == [[], [], []]
    nag(session, morning(1))
    assert len(digests(session, channel="mail") + digests(session, channel="sms")) == 2


def test_who_proposed_hears_what_became_of_it(session: Session) -> None:
    opening = wanted(session)
    place, lead = neighbour(session)
    made = make_offer(session, opening, make_board_candidate(session, place, "O-1"), offered_by=lead.id)
    nag(session, morning(0))
    assert subjects(session, opening.consultant) == ["1 forslag venter på svar"]
    assert digests(session, lead) == []
    made.state, made.ended_at, made.ended_because = "ended", morning(0) + LATER, "opening_closed"
    for count in (1, 2):
        nag(session, morning(count))
    [mail] = digests(session, lead)
    assert mail.subject == "1 svar på dine forslag"
    assert "Åbningen er lukket" in mail.body_text
    assert len(digests(session, opening.consultant)) == 1


def test_what_is_answered_while_the_mail_is_written_keeps_the_moment_of_the_answer(session: Session) -> None:
    opening = wanted(session)
    made = proposed(session, opening)
    found = board_news(session, opening.consultant_id, DUE)
    assert len(found.offers) == 1
    answer(session, opening.consultant, morning(0) + LATER, made, True)
    mark_told(session, morning(0), found)
    session.refresh(made)
    assert made.told_at == morning(0) + LATER


def test_days_off_and_nights_are_quiet_and_a_late_start_brings_one_mail(session: Session) -> None:
    opening = wanted(session, visit=make_visit(session, state="held"))
    place, lead = neighbour(session)
    for number in range(25):
        make_share(session, wanted(session, visit=opening.visit, occupation=f"Fag nummer {number}"), place)
    gone = wanted(session, visit=opening.visit, occupation="Lukket", state="closed", closed_at=NOW)
    make_share(session, gone, place)
    for quiet in (at(date(2026, 11, 28), 600), at(date(2026, 12, 24), 600), at(date(2026, 11, 26), 16 * 60)):
        nag(session, quiet)
    assert digests(session) == []
    nag(session, at(date(2026, 12, 7), 15 * 60))
    assert subjects(session, lead) == ["25 nye åbninger på tavlen"]
    [mail] = digests(session)
    assert len(re.findall(r"/board/\d+", mail.body_text)) == 20
    assert "og 5 flere på tavlen" in mail.body_text
    nag(session, at(date(2026, 12, 8), 450))
    assert len(digests(session)) == 1


def test_what_is_shared_after_half_past_seven_waits_for_the_next_morning(session: Session) -> None:
    opening = wanted(session)
    place, lead = neighbour(session)
    make_share(session, opening, place, shared_at=morning(0) + timedelta(minutes=1))
    proposed(session, opening, offered_at=morning(0) + timedelta(minutes=1))
    nag(session, morning(0) + LATER)
    assert digests(session) == []
    nag(session, morning(1))
    assert (len(subjects(session, lead)), len(subjects(session, opening.consultant))) == (1, 1)


def test_a_share_that_turns_up_between_two_mails_is_told_to_everybody_the_next_morning(session: Session) -> None:
    """Committed late, or its opening was reopened: one of two leads has had this morning's mail already."""
    place, first = neighbour(session)
    second = make_user(session, "jobcentre_lead", jobcentre=place)
    opening = wanted(session)
    make_share(session, opening, place)
    announce_board(session, morning(0))
    assert write_digest(session, morning(0), first.id)
    late = wanted(session, visit=opening.visit, occupation="Kok")
    make_share(session, late, place)
    nag(session, morning(0) + LATER)
    for count in (1, 2):
        nag(session, morning(count))
    for who in (first, second):
        assert mentions(session, who) == {f"/board/{opening.id}": 1, f"/board/{late.id}": 1}


@pytest.mark.parametrize("way", ["leave", "absence"])
def test_away_is_quiet_the_substitute_hears_and_the_return_is_one_mail(session: Session, way: str) -> None:
    opening, last = wanted(session), add_working_days(DUE, 3)
    who, home = opening.consultant, session.get_one(Jobcentre, opening.jobcentre_id)
    make_board_candidate(session, home, "E-1", owner_id=who.id)
    lead = make_user(session, "jobcentre_lead", jobcentre=home)
    vera = make_user(session, "consultant", jobcentre=home)
    if way == "leave":
        make_leave(session, who, DUE, last, vera)
    else:
        make_absence(session, who, at(DUE, 0), hours=4 * 24)
    proposed(session, opening)
    theirs = wanted(session, occupation="Kok")
    make_share(session, theirs, home)
    for count in range(4):
        nag(session, morning(count))
    assert digests(session, who) == []
    answers = vera if way == "leave" else lead
    assert mentions(session, answers)["K-1"] == 1
    assert mentions(session, lead if way == "leave" else vera)["K-1"] == 0
    nag(session, morning(4))
    assert subjects(session, who) == ["1 forslag venter på svar, 1 ny åbning på tavlen"], "it still waits"
    assert mentions(session, answers)["K-1"] == 1


def test_a_proposal_nobody_at_work_can_answer_waits_for_somebody(session: Session) -> None:
    """The substitute had a mail that morning, but not of this; who has left for good has no say."""
    opening = wanted(session)
    who, home = opening.consultant, session.get_one(Jobcentre, opening.jobcentre_id)
    vera = make_user(session, "consultant", jobcentre=home)
    leave = make_leave(session, who, DUE, add_working_days(DUE, 9), None)
    proposed(session, opening)
    make_follow_up(session, visit=make_visit(session, state="held", consultant=vera), due_on=DUE)
    nag(session, morning(0))
    assert mentions(session, vera) == {}
    leave.substitute_id = vera.id
    nag(session, morning(1))
    assert mentions(session, vera)["K-1"] == 1
    proposed(session, opening, "K-2")
    set_active(session, None, morning(1), who, False)
    lead = make_user(session, "jobcentre_lead", jobcentre=home)
    for count in (2, 3):
        nag(session, morning(count))
    assert (mentions(session, lead)["K-2"], mentions(session, vera)["K-2"]) == (1, 0)


STEPS = st.lists(
    st.tuples(st.sampled_from(["share", "offer", "withdraw", "leave", "run", "run", "twice"]), st.integers(0, 2)),
    min_size=4,
    max_size=20,
)


@given(STEPS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_any_life_of_the_board_nobody_reads_a_thing_twice_and_nothing_is_forgotten(
    session: Session, life: list[tuple[str, int]]
) -> None:
    session.expunge_all()
    nested = session.begin_nested()
    try:
        _live_through(session, life)
    finally:
        nested.rollback()


def _live_through(session: Session, life: list[tuple[str, int]]) -> None:
    place, one = neighbour(session)
    people = [one, make_user(session, "jobcentre_lead", jobcentre=place)]
    mine = wanted(session)
    shares: list[OpeningShare] = []
    references: list[str] = []
    day = DUE
    for number, (what, which) in enumerate(life):
        if what == "share":
            theirs = wanted(session, visit=mine.visit)
            shares.append(make_share(session, theirs, place, shared_at=at(day, which * 480)))
        elif what == "offer":
            references.append(f"R-{number}")
            proposed(session, mine, references[-1], offered_at=at(day, which * 480))
        elif what == "withdraw" and shares and shares[-1].withdrawn_at is None:
            withdraw(session, None, at(day, 600), shares[-1].opening, shares[-1])
        elif what == "leave" and which < 2 and not people_away(session, people[which], day):
            make_leave(session, people[which], day, add_working_days(day, which + 1), None)
        elif what in ("run", "twice"):
            for moment in [morning(0, day)] + [morning(0, day) + LATER] * (what == "twice"):
                nag(session, moment)
            day = add_working_days(day, 1)
    for count in range(4):
        nag(session, morning(count, day))
    for lead in people:
        told = mentions(session, lead)
        assert max(told.values(), default=1) == 1
        assert {f"/board/{share.opening_id}" for share in shares if share.withdrawn_at is None} <= set(told)
    assert mentions(session, mine.consultant) == dict.fromkeys(references, 1)


def people_away(session: Session, user: User, day: date) -> bool:
    return any(on_leave(session, [user.id], day + timedelta(days=count)) for count in range(7))
