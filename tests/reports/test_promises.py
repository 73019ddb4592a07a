"""How agreements were kept, against a count by hand over random data, on both databases."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, literal, select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish_date
from crm.base.days import danish_day, days_between
from crm.base.db import UTCDateTime
from crm.base.scope import Scope
from crm.followups.models import FollowUp, Nag
from crm.followups.queries import kept_rate
from crm.reports.queries import Within, behind_promises, kept, promises
from crm.reports.queries.promises import COUNTS, SIDES
from crm.reports.rules import week_bounds, week_key
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_campaign, make_jobcentre, make_participation, make_queue_entry, make_visit
from tests.factories.followups import make_follow_up

ALL = Scope(everything=True)
TODAY = danish_date(NOW)
BYS = (None, "jobcentre", "region", "campaign", "firm", "consultant", "kind", "week")


@dataclass(frozen=True)
class Made:
    visit: int
    kind: str
    due: int
    done: int | None  # minutes after midnight of the first date; None: open
    written: int
    snoozed: int
    nags: frozenset[str]
    asked: bool
    said: bool | None
    outcome: str | None
    voided: bool


mades = st.builds(
    Made,
    visit=st.integers(0, 3),
    kind=st.sampled_from(["we_owe", "company_owes", "care", "placement_ending"]),
    due=st.integers(-60, 20),
    done=st.one_of(st.none(), st.integers(-20, 30).map(lambda d: d * 1440 + 60), st.sampled_from([-1, 0, 1439, 1440])),
    written=st.integers(1, 40),
    snoozed=st.integers(0, 2),
    nags=st.frozensets(st.sampled_from(["due", "overdue", "escalated", "region"])),
    asked=st.booleans(),
    said=st.sampled_from([None, True, False]),
    outcome=st.sampled_from([None, "done", "done", "not_reached"]),
    voided=st.sampled_from([False, False, False, True]),
)


@pytest.fixture
def visits(session: Session) -> list[Visit]:
    """Four held visits in two regions, three of one campaign and one of another."""
    campaigns = [make_campaign(session, name="Luk op 2026"), make_campaign(session, name="Vejen frem")]
    made = []
    for number, code in enumerate(("846", "851", "101", "846")):
        joined = make_participation(
            session, campaign=campaigns[number == 3], jobcentre=make_jobcentre(session, code=code)
        )
        entry = make_queue_entry(session, participation=joined, state="done", final_outcome="booked", final_at=NOW)
        visit = make_visit(session, entry=entry, state="held", starts_at=NOW - timedelta(days=3, hours=number))
        visit.booked_firm_id = joined.calling_firm_id if number else None
        made.append(visit)
    session.flush()
    return made


def write(session: Session, visits: list[Visit], plans: list[Made]) -> list[FollowUp]:
    rows = []
    for plan in plans:
        first = TODAY + timedelta(days=plan.due)
        done = at(first, 0) + timedelta(minutes=plan.done) if plan.done is not None else None
        row = make_follow_up(
            session,
            visit=visits[plan.visit],
            due_on=first + timedelta(days=7 * plan.snoozed),
            first_due_on=first,
            owed_by="company" if plan.kind == "company_owes" else "jobcentre",
            kind=plan.kind,
            state="done" if done else "open",
            done_at=done,
            outcome_key=plan.outcome if done else None,
            created_at=at(first - timedelta(days=plan.written + 20), 600),
            snoozes=plan.snoozed,
            asked_at=NOW if plan.asked else None,
            company_kept=plan.said if plan.asked else None,
            voided_at=NOW if plan.voided and not done else None,  # what is done is never taken back
        )
        for step in plan.nags:
            session.add(Nag(follow_up_id=row.id, step=step, due_on=first, written_at=NOW, recipient_id=row.owner_id))
        rows.append(row)
    session.flush()
    return rows


def side_of(row: FollowUp) -> str:
    return row.owed_by if row.kind in ("we_owe", "company_owes", "future_need", "care") else "tasks"


def reached(row: FollowUp) -> bool:
    """Done, and not only tried."""
    return row.done_at is not None and row.outcome_key != "not_reached"


def by_hand(row: FollowUp, nags: frozenset[str]) -> dict[str, bool]:
    day = danish_date(row.done_at) if row.done_at and reached(row) else None
    due = row.first_due_on < TODAY or (row.first_due_on == TODAY and day is not None)
    return {
        "on_time": due and day is not None and day <= row.first_due_on,
        "late": due and day is not None and day > row.first_due_on,
        "never": due and day is None,
        "ahead": not due,
        "put_off": row.snoozes > 0,
        "escalated": bool(nags & {"escalated", "region"}),
        "region": "region" in nags,
        "asked": row.asked_at is not None,
        "answered": row.company_kept is not None,
        "says_kept": row.company_kept is True,
        "answered_done": row.company_kept is not None and day is not None,
    }


def _has_a_place(row: FollowUp) -> bool:
    """What was taken back has none, but for what we owed and had broken by then."""
    broken = side_of(row) == "jobcentre" and not row.done_at
    return row.voided_at is None or (broken and row.first_due_on < danish_date(row.voided_at))


def group_of(row: FollowUp, by: str | None) -> Any:
    return {
        None: lambda: None,
        "jobcentre": lambda: row.jobcentre_id,
        "region": lambda: row.jobcentre_id,  # each region here has one jobcentre; compared by size alone
        "campaign": lambda: row.campaign_id,
        "firm": lambda: row.visit.booked_firm_id,
        "consultant": lambda: row.owner_id,
        "kind": lambda: row.kind,
        "week": lambda: week_key(row.first_due_on),
    }[by]()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans=st.lists(mades, max_size=14), by=st.sampled_from(BYS), everywhere=st.booleans())
def test_the_database_counts_as_one_would_by_hand(
    session: Session, visits: list[Visit], plans: list[Made], by: str | None, everywhere: bool
) -> None:
    session.execute(delete(FollowUp))
    rows = write(session, visits, plans)
    campaign = None if everywhere else visits[0].campaign_id
    counted = [
        (row, plan)
        for row, plan in zip(rows, plans, strict=True)
        if _has_a_place(row) and (everywhere or row.campaign_id == campaign)
    ]
    table = promises(session, ALL, campaign, by, now=NOW)
    for side in SIDES:
        own = [(row, plan) for row, plan in counted if side_of(row) == side]
        _compare(table.total[side], own)
        if by is None:
            assert table.rows[side] == []
            continue
        groups = {group_of(row, by) for row, _plan in own}
        assert sum(one.all for one in table.rows[side]) == len(own)
        if by == "region":
            continue
        assert {one.key for one in table.rows[side]} == groups
        for one in table.rows[side]:
            _compare(one, [(row, plan) for row, plan in own if group_of(row, by) == one.key])
            _opens_its_rows(session, campaign, side, by, one)


def _compare(found: Any, own: list[tuple[FollowUp, Made]]) -> None:
    for name in COUNTS:
        expected = sum(by_hand(row, plan.nags)[name] for row, plan in own)
        assert found[name] == expected, (name, found)
    assert found.times == sum(plan.snoozed for _row, plan in own)
    taken = [(danish_date(row.done_at) - danish_date(row.created_at)).days for row, _plan in own if reached(row)]
    late = [
        (danish_date(row.done_at) - row.first_due_on).days
        for row, plan in own
        if row.done_at and by_hand(row, plan.nags)["late"]
    ]
    assert found.taken == (statistics.median(taken) if taken else None)
    assert found.behind == (statistics.median(late) if late else None)


def _opens_its_rows(session: Session, campaign: int | None, side: str, by: str, one: Any) -> None:
    for name in ("due", "on_time", "says_kept"):
        key = "none" if one.key is None else str(one.key)
        shown, total, _page = behind_promises(session, ALL, campaign, name, now=NOW, side=side, by=by, key=key)
        assert (total, len(shown)) == (one[name], min(one[name], 50)), (name, by, key)


def test_weeks_are_those_of_the_promise_and_the_report_agrees(session: Session, visits: list[Visit]) -> None:
    monday = date(2026, 11, 16)
    for day in (date(2026, 11, 13), monday, date(2026, 11, 20), date(2026, 11, 23)):
        make_follow_up(session, visit=visits[0], due_on=day, state="done", done_at=at(day, 1439))
    within = Within(None, None, *week_bounds(monday, monday))
    table = promises(session, ALL, visits[0].campaign_id, "week", now=NOW, within=within)
    assert [(one.key, one.due) for one in table.rows["jobcentre"]] == [("2026-W47", 2)]
    whole = promises(session, ALL, visits[0].campaign_id, now=NOW).total["jobcentre"]
    report = kept(session, ALL, visits[0].campaign_id, now=NOW)["jobcentre"].total
    rate = kept_rate(session, ALL, TODAY, campaign_id=visits[0].campaign_id)["jobcentre"]
    assert (report.numerator, report.denominator) == (rate.kept, rate.due) == (whole["on_time"], whole.due) == (4, 4)


def test_nobody_reads_beyond_their_own_area(session: Session, visits: list[Visit]) -> None:
    for visit in visits:
        make_follow_up(session, visit=visit, due_on=TODAY - timedelta(days=1))
    mine = Scope(jobcentres=frozenset({visits[2].jobcentre_id}))
    assert promises(session, mine, None, now=NOW).total["jobcentre"].due == 1
    assert behind_promises(session, mine, None, "due", now=NOW)[1] == 1
    with pytest.raises(ValueError):
        behind_promises(session, ALL, None, "due", now=NOW, by="week", key="moon")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.integers(0, 42 * 366 * 1440))
def test_the_databases_know_the_danish_day(session: Session, minutes: int) -> None:
    aware = datetime(1996, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    day = danish_date(aware)
    stored = literal(aware, UTCDateTime())
    assert session.scalar(select(danish_day(session, stored))) == day


@pytest.mark.parametrize("text", ["2026-03-29T00:59:59", "2026-03-29T01:00:00", "2026-03-28T22:59:59.999999"])
@pytest.mark.parametrize("hours", [0, 21, 22, 23])
def test_also_where_the_clock_changes(session: Session, text: str, hours: int) -> None:
    for moment in (datetime.fromisoformat(text), datetime.fromisoformat(text.replace("03-29", "10-25"))):
        aware = moment.replace(tzinfo=UTC) + timedelta(hours=hours)
        assert session.scalar(select(danish_day(session, literal(aware, UTCDateTime())))) == danish_date(aware)


def test_days_between_dates(session: Session, visits: list[Visit]) -> None:
    make_follow_up(session, visit=visits[0], first_due_on=date(2026, 3, 20), due_on=date(2026, 11, 2))
    expression: Callable[..., Any] = days_between
    assert session.scalar(select(expression(session, FollowUp.first_due_on, FollowUp.due_on))) == 227
