"""Follow-ups that make themselves: once, moved with what they are about, closed when it is settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, is_working_day, next_working_day
from crm.base.errors import Invalid
from crm.followups.actions import fulfil, reopen
from crm.followups.actions.hand_over import hand_over
from crm.followups.jobs.making import follow_visits, missing_details, placement_endings
from crm.followups.models import FollowUp
from crm.followups.rules.making import details_due, ending_due, is_near, reaches
from crm.integrations.models import OutboxMessage
from crm.openings.actions.placements import resume
from crm.openings.models import Candidacy, Candidate, Opening, Placement
from crm.people.models import Jobcentre
from crm.visits.models import Visit, VisitEvent
from tests.conftest import NOW
from tests.factories import make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.factories.openings import make_opening

Begin = Callable[[], AbstractContextManager[Session]]
DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


@pytest.fixture
def begin(session: Session) -> Begin:
    """Each item in the test's own session, inside a savepoint."""

    @contextmanager
    def one() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    return one


def placed(session: Session, ends_on: date | None, *, type: str = "wage_subsidy") -> Placement:
    opening = make_opening(session, type=type, stage="hired")
    candidate = Candidate(
        jobcentre_id=opening.jobcentre_id,
        reference=f"AB-{opening.id}",
        occupation="Kok",
        postcode="9500",
        created_at=NOW,
        reach_minutes=45,
        languages=[],
        types=[],
    )
    session.add(candidate)
    session.flush()
    candidacy = Candidacy(opening_id=opening.id, candidate_id=candidate.id, state="hired", hired_at=NOW)
    session.add(candidacy)
    session.flush()
    made = Placement(
        opening_id=opening.id,
        candidacy_id=candidacy.id,
        campaign_id=opening.campaign_id,
        jobcentre_id=opening.jobcentre_id,
        workplace_id=opening.workplace_id,
        type=type,
        starts_on=min(date(2026, 11, 2), ends_on - timedelta(days=30)),
        ends_on=ends_on,
        created_at=NOW,
    )
    session.add(made)
    session.flush()
    return made


def made(session: Session, kind: str) -> list[FollowUp]:
    wanted = select(FollowUp).where(FollowUp.kind == kind).order_by(FollowUp.id)
    return list(session.scalars(wanted.execution_options(populate_existing=True)))


@settings(deadline=None)
@given(DAYS, DAYS, st.integers(1, 40), st.integers(0, 500))
def test_due_dates_are_working_days_that_have_not_passed(ends_on: date, today: date, days: int, length: int) -> None:
    starts_on = ends_on - timedelta(days=length)
    due = ending_due(starts_on, ends_on, days, today)
    assert is_working_day(due)
    assert due >= today
    if add_working_days(ends_on, -days) >= today:
        assert due <= ends_on
    half = next_working_day(starts_on + timedelta(days=length // 2))
    assert due >= min(half, ends_on) or half > ends_on
    if is_near(due, today) and ends_on >= today:
        assert ends_on <= reaches(today, days)
    assert is_working_day(details_due(ends_on, today))
    assert details_due(ends_on, today) >= today


def test_an_ending_placement_gets_one_follow_up_near_its_end(session: Session, begin: Begin, now: datetime) -> None:
    far, near = placed(session, date(2027, 6, 30)), placed(session, date(2026, 12, 18))
    assert placement_endings(begin, now) == 1
    assert placement_endings(begin, now) == 0
    [one] = made(session, "placement_ending")
    assert (one.placement_id, one.due_on, one.owner_id) == (near.id, date(2026, 12, 4), near.opening.consultant_id)
    assert one.promise == "Evaluering og fast job? Løntilskud slutter 18. december 2026"
    assert session.scalars(select(OutboxMessage)).all() == []
    assert placement_endings(begin, now + timedelta(days=195)) == 1
    assert {f.placement_id for f in made(session, "placement_ending")} == {near.id, far.id}


def test_a_late_start_gives_the_next_working_day_and_leaves_what_is_long_past(
    session: Session, begin: Begin, now: datetime
) -> None:
    placed(session, date(2026, 11, 26))
    placed(session, date(2026, 11, 5) - timedelta(days=60))
    saturday = now + timedelta(days=4)
    assert placement_endings(begin, saturday) == 1
    [one] = made(session, "placement_ending")
    assert one.due_on == date(2026, 11, 30)


def test_it_moves_with_an_extension_and_comes_again_after_one_was_done(
    session: Session, begin: Begin, now: datetime
) -> None:
    placement = placed(session, date(2026, 12, 18))
    placement_endings(begin, now)
    placement.ends_on = date(2026, 12, 23)
    session.flush()
    assert placement_endings(begin, now) == 1
    [one] = made(session, "placement_ending")
    assert (one.due_on, one.first_due_on) == (date(2026, 12, 9), date(2026, 12, 9))
    fulfil(session, one.owner, now, one, outcome_key="extended")
    assert placement_endings(begin, now) == 0
    placement.ends_on = date(2027, 1, 15)
    session.flush()
    assert placement_endings(begin, now + timedelta(days=20)) == 1
    assert [f.state for f in made(session, "placement_ending")] == ["done", "open"]


def test_it_is_done_when_the_placement_is_over_and_taken_back_with_it(
    session: Session, begin: Begin, now: datetime
) -> None:
    over, void = placed(session, date(2026, 12, 18)), placed(session, date(2026, 12, 18))
    placement_endings(begin, now)
    over.state, over.ended_on, over.permanent = "ended", date(2026, 12, 1), True
    void.voided_at = now
    session.flush()
    assert placement_endings(begin, now) == 2
    assert placement_endings(begin, now) == 0
    by_placement = {f.placement_id: f for f in made(session, "placement_ending")}
    assert (by_placement[over.id].state, by_placement[over.id].outcome_key) == ("done", "permanent")
    assert by_placement[void.id].voided_at is not None


def test_missing_details_are_asked_for_until_they_are_there(session: Session, begin: Begin, now: datetime) -> None:
    opening = make_opening(session, occupation="Kok")
    assert missing_details(begin, now) == 1
    assert missing_details(begin, now) == 0
    [one] = made(session, "data_missing")
    assert (one.due_on, one.owner_id, one.opening_id) == (date(2026, 11, 27), opening.consultant_id, opening.id)
    assert "opgaver" in one.promise
    opening.tasks = "Koge"
    session.flush()
    missing_details(begin, now)
    [one] = made(session, "data_missing")
    assert "opgaver" not in one.promise
    fill(opening)
    session.flush()
    assert missing_details(begin, now) == 1
    [one] = made(session, "data_missing")
    assert (one.state, one.outcome_key, one.done_by) == ("done", "details_in", None)


def test_they_are_asked_for_again_unless_nobody_needs_them(session: Session, begin: Begin, now: datetime) -> None:
    for_later, unneeded = make_opening(session), make_opening(session)
    missing_details(begin, now)
    for f in made(session, "data_missing"):
        fulfil(session, f.owner, now, f, outcome_key="no_need" if f.opening_id == unneeded.id else "not_reached")
    assert missing_details(begin, now + timedelta(days=6)) == 0
    assert missing_details(begin, now + timedelta(days=7)) == 1
    assert [f.opening_id for f in made(session, "data_missing") if f.state == "open"] == [for_later.id]


def test_a_closed_opening_asks_no_more_and_an_old_one_never(session: Session, begin: Begin, now: datetime) -> None:
    make_opening(session, created_at=now - timedelta(days=40))
    opening = make_opening(session)
    assert missing_details(begin, now) == 1
    opening.state, opening.closed_reason, opening.closed_at = "closed", "withdrawn", now
    session.flush()
    assert missing_details(begin, now) == 1
    assert [(f.state, f.outcome_key) for f in made(session, "data_missing")] == [("done", "no_need")]


def fill(opening: Opening) -> None:
    opening.occupation, opening.tasks, opening.weekly_hours = "Kok", "Koge", 37.0
    opening.starts_note, opening.contact_name, opening.cvs_wanted = "snarest", "Mette", 0


def test_agreements_follow_a_visit_that_went_to_another(session: Session, begin: Begin, now: datetime) -> None:
    visit = make_visit(session, starts_at=now + timedelta(days=3), contact_email="mette@eksempel.invalid")
    here = session.get_one(Jobcentre, visit.jobcentre_id)
    anna, bo = (make_user(session, "consultant", jobcentre=here, name=name) for name in ("Anna", "Bo"))
    follows = make_follow_up(session, visit=visit, created_at=now)
    kept = make_follow_up(session, visit=visit, created_at=now)
    was = visit.consultant_id
    passed(session, visit, anna.id, now + timedelta(hours=1))
    hand_over(session, None, now + timedelta(hours=2), kept, bo.id)
    kept.owner_id = was  # handed back by hand since: it stays
    session.flush()
    assert follow_visits(begin, now + timedelta(hours=3)) == 1
    assert follow_visits(begin, now + timedelta(hours=3)) == 0
    assert (follows.owner_id, kept.owner_id) == (anna.id, was)


def passed(session: Session, visit: Visit, to: int, at: datetime) -> None:
    """As visits.hand_over leaves it."""
    data = {"former_id": visit.consultant_id, "consultant_id": to}
    session.add(VisitEvent(visit_id=visit.id, at=at, kind="hand_over", data=data))
    visit.consultant_id = visit.responsible_id = to
    session.flush()


def ending(session: Session, begin: Begin, now: datetime, ends_on: date) -> tuple[Placement, FollowUp]:
    placement = placed(session, ends_on)
    assert placement_endings(begin, now) == 1
    return placement, made(session, "placement_ending")[0]


@pytest.mark.parametrize(("came", "permanent"), [("permanent", True), ("ended", False)])
def test_what_came_of_the_talk_ends_the_placement_on_its_last_day(
    session: Session, begin: Begin, now: datetime, came: str, permanent: bool
) -> None:
    placement, talk = ending(session, begin, now, date(2026, 12, 18))
    fulfil(session, talk.owner, now, talk, outcome_key=came)
    assert (placement.state, placement.permanent) == ("agreed", None), "it still runs"
    assert placement_endings(begin, now + timedelta(days=23)) == 0
    assert placement_endings(begin, now + timedelta(days=25)) == 1
    session.refresh(placement)
    assert (placement.state, placement.ended_on, placement.permanent) == ("ended", date(2026, 12, 18), permanent)
    assert placement_endings(begin, now + timedelta(days=26)) == 0


def test_a_talk_after_the_last_day_ends_the_placement_at_once_and_undo_takes_both_back(
    session: Session, begin: Begin, now: datetime
) -> None:
    placement, talk = ending(session, begin, now, date(2026, 12, 18))
    late = now + timedelta(days=26)
    fulfil(session, talk.owner, late, talk, outcome_key="permanent")
    assert (placement.state, placement.permanent, placement.ended_because) == ("ended", True, "as_agreed")
    reopen(session, talk.owner, late + timedelta(minutes=1), talk)
    session.refresh(placement)
    assert (placement.state, placement.ended_on, placement.permanent, talk.state) == ("agreed", None, None, "open")


def test_nothing_is_ended_that_goes_on(session: Session, begin: Begin, now: datetime) -> None:
    placement, talk = ending(session, begin, now, date(2026, 12, 18))
    late = now + timedelta(days=26)
    fulfil(session, talk.owner, now, talk, outcome_key="ended")
    placement.ends_on = date(2027, 6, 30)
    session.flush()
    assert placement_endings(begin, late) == 0
    assert placement.state == "agreed", "another last day than the one that was talked about"
    placement.ends_on = date(2026, 12, 18)
    session.flush()
    assert placement_endings(begin, late) == 1
    resume(session, talk.owner, late, placement)
    assert placement_endings(begin, late + timedelta(days=1)) == 0
    assert placement.state == "agreed", "somebody has written that it goes on"


def test_the_talk_of_a_short_placement_comes_when_half_of_it_has_passed() -> None:
    assert ending_due(date(2026, 11, 17), date(2026, 12, 2), 10, date(2026, 11, 17)) == date(2026, 11, 24)
    assert ending_due(date(2026, 6, 1), date(2026, 12, 18), 10, date(2026, 11, 17)) == date(2026, 12, 4)


def test_details_have_not_come_while_some_lack(session: Session, begin: Begin, now: datetime) -> None:
    opening = make_opening(session, occupation="Kok", tasks="Koge")
    missing_details(begin, now)
    [one] = made(session, "data_missing")
    with pytest.raises(Invalid) as refused:
        fulfil(session, one.owner, now, one, outcome_key="details_in")
    assert list(refused.value.errors) == ["outcome_key"]
    assert refused.value.fields["lacking"] == "timer, start, CV'er"
    assert one.state == "open"
    fill(opening)
    session.flush()
    assert fulfil(session, one.owner, now, one, outcome_key="details_in").state == "done"


def test_without_the_details_another_outcome_closes_it(session: Session, begin: Begin, now: datetime) -> None:
    make_opening(session)
    missing_details(begin, now)
    [one] = made(session, "data_missing")
    assert fulfil(session, one.owner, now, one, outcome_key="no_need").state == "done"
