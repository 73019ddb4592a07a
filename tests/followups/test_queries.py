"""Kept promises, the work list, counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from crm.base.scope import Scope
from crm.followups.queries import board, kept_rate, of_workplace, open_count, overdue_count
from crm.people.models import Jobcentre
from tests.factories import make_jobcentre, make_participation, make_queue_entry, make_visit
from tests.factories.followups import make_follow_up

TODAY = date(2026, 12, 1)
EVERYTHING = Scope(everything=True)


def test_kept_by_side_by_the_first_date_on_the_danish_calendar(session: Session) -> None:
    visit = make_visit(session, state="held")
    just_before_midnight = datetime(2026, 11, 20, 22, 59, tzinfo=UTC)  # 23.59 in Denmark
    just_after = datetime(2026, 11, 20, 23, 1, tzinfo=UTC)
    for done_at, owed_by in ((just_before_midnight, "jobcentre"), (just_after, "jobcentre"), (None, "company")):
        make_follow_up(
            session,
            visit=visit,
            due_on=date(2026, 11, 20),
            owed_by=owed_by,
            state="done" if done_at else "open",
            done_at=done_at,
        )
    make_follow_up(
        session,
        visit=visit,
        due_on=date(2026, 11, 27),
        first_due_on=date(2026, 11, 20),
        state="done",
        done_at=datetime(2026, 11, 26, 9, tzinfo=UTC),
    )
    make_follow_up(session, visit=visit, due_on=date(2027, 3, 1))
    make_follow_up(session, visit=visit, due_on=date(2026, 11, 20), voided_at=just_after)  # taken back too late
    make_follow_up(session, visit=visit, due_on=date(2026, 11, 20), voided_at=just_before_midnight)
    make_follow_up(session, visit=visit, due_on=date(2026, 11, 20), owed_by="company", voided_at=just_after)
    found = kept_rate(session, EVERYTHING, TODAY)
    assert {side: (k.due, k.kept, k.late) for side, k in found.items()} == {
        "jobcentre": (4, 1, 2),
        "company": (1, 0, 0),
        "all": (5, 1, 2),
    }
    assert kept_rate(session, EVERYTHING, TODAY, campaign_id=visit.campaign_id)["all"].due == 5
    assert kept_rate(session, Scope(own=visit.consultant_id + 1), TODAY)["all"].due == 0


def test_what_is_due_today_is_decided_when_it_is_done_or_the_day_has_passed(session: Session) -> None:
    visit = make_visit(session, state="held")
    for done_at in (None, datetime(2026, 12, 1, 8, tzinfo=UTC)):
        make_follow_up(session, visit=visit, due_on=TODAY, state="done" if done_at else "open", done_at=done_at)
    for day, expected in ((TODAY - timedelta(days=1), 0), (TODAY, 1), (TODAY + timedelta(days=1), 2)):
        assert kept_rate(session, EVERYTHING, day)["jobcentre"].due == expected


def test_the_board_keeps_to_the_scope_and_counts_all(session: Session) -> None:
    ours = make_visit(session, state="held")
    elsewhere = make_participation(session, jobcentre=make_jobcentre(session, code="101", postcode="1550"))
    theirs = make_visit(session, state="held", entry=make_queue_entry(session, participation=elsewhere))
    for number in range(60):
        make_follow_up(session, visit=ours, due_on=date(2026, 11, 30), promise=f"{number}")
    today = make_follow_up(session, visit=ours, due_on=TODAY)
    ahead = make_follow_up(session, visit=ours, due_on=date(2026, 12, 8))
    make_follow_up(session, visit=theirs, due_on=TODAY)
    scope = Scope(jobcentres=frozenset({session.get_one(Jobcentre, ours.jobcentre_id).id}))
    found = board(session, scope, TODAY)
    assert (len(found.overdue), found.today, found.coming) == (50, [], [])
    assert (found.due_count, found.overdue_count, found.coming_count, found.pages) == (61, 60, 1, 2)
    rest = board(session, scope, TODAY, page=2)
    assert len(rest.overdue) == 10
    assert ([f.id for f in rest.today], [f.id for f in rest.coming]) == ([today.id], [ahead.id])
    assert board(session, scope, TODAY, page=99).page == 2
    late = board(session, scope, TODAY, overdue=True, page=2)
    assert (late.due_count, len(late.overdue), late.today, late.coming) == (60, 10, [], [])
    assert overdue_count(session, scope, TODAY) == 60
    assert open_count(session, ours.consultant_id, TODAY) == 61
    assert len(of_workplace(session, theirs.workplace_id, EVERYTHING)) == 1
