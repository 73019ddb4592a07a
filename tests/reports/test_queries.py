"""What the rates count, and for whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calling.models import QueueEntry
from crm.campaigns.models import Campaign
from crm.openings.actions import replace_from_report
from crm.openings.queries import of_visit
from crm.openings.rules import NewOpening
from crm.people.models import Jobcentre
from crm.reports import queries
from crm.reports.queries import Within
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import (
    make_campaign,
    make_jobcentre,
    make_participation,
    make_queue_entry,
    make_user,
    make_visit,
    make_workplace,
)
from tests.factories.followups import make_follow_up
from tests.factories.openings import make_opening

ALL = Scope(everything=True)


def answered(
    session: Session, campaign: Campaign, outcome: str | None, code: str = "846", **fields: object
) -> QueueEntry:
    joined = make_participation(session, campaign=campaign, jobcentre=make_jobcentre(session, code=code))
    return make_queue_entry(
        session,
        participation=joined,
        workplace=make_workplace(session, municipality_code=code),
        state="done" if outcome else "waiting",
        final_outcome=outcome,
        final_at=fields.pop("final_at", NOW) if outcome else None,
        **fields,
    )


def held(session: Session, campaign: Campaign, code: str = "846", hours: int = 0, **fields: object) -> Visit:
    return make_visit(
        session,
        entry=answered(session, campaign, "booked", code),
        state="held",
        starts_at=NOW - timedelta(days=3, hours=-hours),
        **fields,
    )


def test_booked_of_those_who_answered(session: Session) -> None:
    campaign = make_campaign(session)
    for outcome in ("booked", "declined", "declined", "wrong_number", "outside_target", None):
        answered(session, campaign, outcome)
    total = queries.booking(session, ALL, campaign.id, now=NOW).total
    assert (total.numerator, total.denominator) == (1, 3)


@pytest.mark.parametrize("state", ["cancelled_by_company", "cancelled_by_jobcentre", "nobody_there", "booked"])
def test_a_visit_that_came_to_nothing_was_still_booked_but_is_not_held(session: Session, state: str) -> None:
    campaign = make_campaign(session)
    make_visit(session, entry=answered(session, campaign, "booked"), state=state)
    assert queries.booking(session, ALL, campaign.id, now=NOW).total.numerator == 1
    assert queries.opening(session, ALL, campaign.id, now=NOW).total.denominator == 0


def test_positions_count_and_voided_openings_do_not(session: Session) -> None:
    campaign = make_campaign(session)
    visit, other = held(session, campaign), held(session, campaign, hours=2)
    make_opening(session, visit=visit, positions=3, akutjob=False)
    make_opening(session, visit=visit, type="wage_subsidy", positions=1, akutjob=False)
    make_opening(session, visit=other, positions=5, akutjob=False, voided_at=NOW)
    rate = queries.opening(session, ALL, campaign.id, now=NOW).total
    assert (rate.numerator, rate.denominator, rate.rate) == (4, 2, 2.0)
    assert rate.low is not None
    assert rate.low < 2.0
    share = queries.opening_share(session, ALL, campaign.id, now=NOW).total
    assert (share.numerator, share.denominator) == (1, 2)
    types = queries.opening_types(session, ALL, campaign.id, now=NOW)
    assert {row.key: row.numerator for row in types.table.rows if row.numerator} == {"ordinary": 3, "wage_subsidy": 1}
    assert types.table.total.numerator == 4


def test_a_corrected_report_counts_once(session: Session) -> None:
    campaign = make_campaign(session)
    visit = held(session, campaign)
    for told in (
        [NewOpening("ordinary", 2)],
        [NewOpening("ordinary", 3), NewOpening("other", 1)],
        [NewOpening("other", 1)],
    ):
        there = [opening.id for opening in of_visit(session, visit.id)]
        replace_from_report(session, None, NOW, visit, told, may_go=there)
        rate = queries.opening(session, ALL, campaign.id, now=NOW).total
        assert rate.numerator == sum(one.positions for one in told)


def test_by_whom_the_rows_are_grouped_and_the_total_is_theirs(session: Session) -> None:
    campaign = make_campaign(session)
    joined = make_participation(session, campaign=campaign)
    firm_id = joined.calling_firm_id
    phoner = make_user(session, "phoner")
    for outcome in ("booked", "booked", "declined"):
        answered(session, campaign, outcome, final_by=phoner.id, final_firm_id=firm_id)
    answered(session, campaign, "declined")
    by_phoner = queries.booking(session, ALL, campaign.id, "phoner", now=NOW)
    assert [(row.group, row.numerator, row.denominator) for row in by_phoner.rows] == [
        (phoner.name, 2, 3),
        ("Uden phoner", 0, 1),
    ]
    assert (by_phoner.total.numerator, by_phoner.total.denominator) == (2, 4)
    by_firm = queries.booking(session, ALL, campaign.id, "firm", now=NOW)
    assert {row.key: row.denominator for row in by_firm.rows} == {firm_id: 3, None: 1}
    by_industry = queries.booking(session, ALL, campaign.id, "industry", now=NOW)
    assert sum(row.denominator or 0 for row in by_industry.rows) == 4


def test_a_consultant_has_booked_visits_but_no_rate(session: Session) -> None:
    campaign = make_campaign(session)
    visit = make_visit(session, entry=answered(session, campaign, "booked"))
    answered(session, campaign, "declined")
    table = queries.booking(session, ALL, campaign.id, "consultant", now=NOW)
    assert [(row.group, row.numerator, row.denominator, row.rate) for row in table.rows] == [
        (visit.consultant.name, 1, None, None)
    ]
    assert (table.total.numerator, table.total.denominator) == (1, 2)


def test_weeks_follow_the_danish_clock(session: Session) -> None:
    campaign = make_campaign(session)
    sunday_night, monday_morning = datetime(2026, 11, 15, 22, 59, tzinfo=UTC), datetime(2026, 11, 15, 23, 0, tzinfo=UTC)
    for moment in (sunday_night, monday_morning, monday_morning + timedelta(weeks=2)):
        answered(session, campaign, "booked", final_at=moment)
    rows = queries.booking(session, ALL, campaign.id, "week", now=NOW).rows
    assert [(row.group, row.denominator) for row in rows] == [("2026-W46", 1), ("2026-W47", 1), ("2026-W49", 1)]


def test_each_reader_sees_their_own_area(session: Session) -> None:
    campaign = make_campaign(session)
    here, there = answered(session, campaign, "booked", "846"), answered(session, campaign, "declined", "101")
    region = session.get_one(Jobcentre, here.jobcentre_id).region_id
    assert region != session.get_one(Jobcentre, there.jobcentre_id).region_id
    mine = Scope(jobcentres=frozenset({here.jobcentre_id}))
    total = queries.booking(session, mine, campaign.id, "jobcentre", now=NOW).total
    assert (total.numerator, total.denominator) == (1, 1)
    inside = queries.booking(session, ALL, campaign.id, now=NOW, within=Within(region_id=region)).total
    assert (inside.numerator, inside.denominator) == (1, 1)
    beyond = Within(jobcentre_id=there.jobcentre_id)
    assert queries.booking(session, mine, campaign.id, now=NOW, within=beyond).total.denominator == 0
    other = make_campaign(session)
    answered(session, other, "booked", "101")
    assert [one.id for one in queries.campaigns(session, mine)] == [campaign.id]
    with pytest.raises(NotFound):
        queries.campaign(session, mine, other.id)


def test_pressed_counts_where_it_is_noted(session: Session) -> None:
    campaign = make_campaign(session)
    for hours, told in enumerate((True, False, False, None)):
        held(session, campaign, hours=hours * 2, pressed=told)
    total = queries.pressed(session, ALL, campaign.id, now=NOW).total
    assert (total.numerator, total.denominator) == (1, 3)


def test_promises_are_kept_by_their_first_date_each_side_apart(session: Session) -> None:
    campaign = make_campaign(session)
    visit = held(session, campaign)
    due = date(2026, 11, 20)
    just, after = (
        datetime(2026, 11, 20, 22, 59, tzinfo=UTC),
        datetime(2026, 11, 20, 23, 0, tzinfo=UTC),
    )  # midnight in DK
    for owed_by, done_at, due_on in (
        ("jobcentre", just, due),
        ("jobcentre", after, due),
        ("jobcentre", None, due),
        ("jobcentre", just, due + timedelta(days=60)),
        ("company", just, due),
    ):
        make_follow_up(
            session,
            visit=visit,
            owed_by=owed_by,
            due_on=due_on,
            first_due_on=due_on,
            done_at=done_at,
            state="done" if done_at else "open",
        )
    sides = queries.kept(session, ALL, campaign.id, now=NOW)
    assert {side: (table.total.numerator, table.total.denominator) for side, table in sides.items()} == {
        "jobcentre": (1, 3),
        "company": (1, 1),
    }


def test_the_rows_behind_a_figure_are_those_it_counts(session: Session) -> None:
    campaign = make_campaign(session)
    visit = held(session, campaign)
    make_opening(session, visit=visit, positions=3, akutjob=False)
    answered(session, campaign, "declined", "101")
    within, whole = Within(), campaign.id
    for of, figure in (
        ("contacted", 2),
        ("booked", 1),
        ("declined", 1),
        ("held", 1),
        ("with_opening", 1),
        ("openings", 3),
    ):
        assert queries.behind(session, ALL, whole, of, within=within).figure == figure, of
    centre = str(visit.jobcentre_id)
    assert queries.behind(session, ALL, whole, "contacted", within=within, by="jobcentre", key=centre).total == 1
    for by in ("region", "firm", "phoner", "consultant", "industry", "week"):
        table = queries.booking(session, ALL, whole, by, now=NOW)
        for row in table.rows:
            key = "none" if row.key is None else str(row.key)
            found = queries.behind(session, ALL, whole, "booked", within=within, by=by, key=key)
            assert found.figure == row.numerator, (by, row)


def test_how_far_the_lists_have_come(session: Session) -> None:
    campaign = make_campaign(session)
    held(session, campaign)
    for outcome in ("booked", "declined", "wrong_number", None):
        answered(session, campaign, outcome)
    found = queries.reach(session, ALL, campaign.id, Within())
    assert (found.contacted.numerator, found.contacted.denominator) == (3, 5)
    assert (found.held.numerator, found.held.denominator) == (1, 2)
