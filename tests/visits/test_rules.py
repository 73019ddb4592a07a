"""What fits into a day, proved against a judge written the other way round: from the pairs."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm.base.clock import at, day_bounds
from crm.calendars.rules import Stretch, hours_between
from crm.travel.places import Place
from crm.visits.rules.day import Day, Stop, Wish, bookable, judge, turned_down
from crm.visits.rules.panel import apart, chosen
from crm.visits.rules.places import BLUR
from crm.visits.rules.route import Halt, route
from crm.visits.rules.slots import Slot, alternatives, rank
from tests.calendars.test_rules import CHANGES
from tests.visits.grid import BASE, DAY, ENGINE, SEA

places = st.one_of(st.builds(Place, st.floats(55.5, 56.5), st.floats(8.5, 9.5)), st.just(SEA))
blurs = st.sampled_from(sorted(set(BLUR.values())))
margins = st.sampled_from([0, 5, 20])
minutes = st.integers(0, 47).map(lambda n: n * 15 + 6 * 60)


@st.composite
def stops(draw: st.DrawFn) -> list[Stop]:
    """Visits that do not overlap each other, and absences that may overlap anything."""
    result: list[Stop] = []
    free_from = 0
    for minute in sorted(draw(st.lists(minutes, max_size=5, unique=True))):
        if minute >= free_from:
            result.append(
                Stop(
                    at(DAY, minute), at(DAY, minute + 60), draw(places), "By", "visit", draw(blurs), None, draw(margins)
                )
            )
            free_from = minute + 60
    for minute in draw(st.lists(minutes, max_size=2)):
        length = draw(st.sampled_from([30, 60, 180]))
        result.append(Stop(at(DAY, minute), at(DAY, min(minute + length, 1439)), BASE, "Base", "away"))
    return sorted(result, key=lambda s: s.starts_at)


hours = st.sampled_from([[(480, 960)], [(480, 720), (750, 960)], [(600, 660)], []]).map(
    lambda rows: [(at(DAY, a), at(DAY, b)) for a, b in rows]
)
wishes = st.builds(
    Wish,
    places,
    blurs,
    st.sampled_from([30, 60, 90]),
    st.sampled_from([0, 5, 15]),
    minutes.map(lambda m: at(DAY, m - 120)),
    minutes.map(lambda m: at(DAY, m + 240)),
)


def can_be_driven(day: Day, wish: Wish, start: datetime) -> bool:
    """Written from the pairs: put the visit in, and look at every two neighbours and at the day's ends."""
    end = start + wish.length
    if not wish.earliest <= start <= wish.latest or day.visits >= day.max_visits:
        return False
    if not any(a <= start and end <= b for a, b in day.hours):
        return False
    if any(s.starts_at < end and start < s.ends_at for s in day.stops):
        return False

    def working(frm: datetime, to: datetime) -> float:
        inside = sum((max(timedelta(), min(b, to) - max(a, frm)) for a, b in day.hours), timedelta())
        outside = max(timedelta(), min(day.hours[0][0], to) - frm) + max(timedelta(), to - max(day.hours[-1][1], frm))
        return (inside + outside).total_seconds() / 60

    opens, closes = day.hours[0][0], day.hours[-1][1]
    before = [s for s in day.stops if opens <= s.ends_at <= start]
    after = [s for s in day.stops if end <= s.starts_at <= closes]
    last = max(reversed(before), key=lambda s: s.ends_at, default=Stop(opens, opens, BASE, "Base", "base"))
    coming = min(after, key=lambda s: s.starts_at, default=Stop(closes, closes, BASE, "Base", "base"))
    for stop, there, left, here, due in (
        (last, last.place, last.ends_at, wish.place, start),
        (coming, wish.place, end, coming.place, coming.starts_at),
    ):
        leg, margin = ENGINE.leg(there, here), max(wish.margin, stop.margin) + max(stop.blur, wish.blur)
        if not leg.reachable or leg.minutes + margin > working(left, due):
            return False
    return True


@settings(max_examples=400, deadline=None)
@given(stops(), hours, wishes, st.integers(1, 6))
@example([], [(at(DAY, 480), at(DAY, 960))], Wish(BASE, 0, 60, 5, at(DAY, 0), at(DAY, 1380)), 4)
def test_every_offered_time_can_be_driven_and_no_other_is_left_out(
    engaged: list[Stop], working: list[tuple[datetime, datetime]], wish: Wish, most: int
) -> None:
    day = Day(working, engaged, BASE, "Base", most)
    offered = {v.starts_at for v in bookable(day, wish, ENGINE)}
    for half_hour in range(48):
        start = at(DAY, half_hour * 30)
        assert (start in offered) == can_be_driven(day, wish, start), start
        assert (judge(day, wish, start, ENGINE).reason is None) == (start in offered)


@settings(max_examples=200, deadline=None)
@given(stops(), hours, wishes)
def test_every_refused_time_fails_and_says_why(
    engaged: list[Stop], working: list[tuple[datetime, datetime]], wish: Wish
) -> None:
    day = Day(working, engaged, BASE, "Base", 3)
    for verdict in turned_down(day, wish, ENGINE):
        assert not can_be_driven(day, wish, verdict.starts_at)
        if verdict.reason in ("travel_before", "travel_after"):
            assert verdict.needed_min is not None
            assert verdict.available_min is not None
            assert verdict.needed_min > verdict.available_min


def test_nothing_is_driven_in_the_break() -> None:
    far = Place(56.0, 9.75)  # 45 minutes
    day = Day([(at(DAY, 480), at(DAY, 720)), (at(DAY, 750), at(DAY, 960))], [], BASE, "Base", 4)
    wish = Wish(far, 0, 60, 5, at(DAY, 0), at(DAY, 1380))
    starts = {v.starts_at for v in bookable(day, wish, ENGINE)}
    assert at(DAY, 660) in starts
    assert at(DAY, 750) in starts, "the drive was made before the break"
    assert at(DAY, 870) not in starts, "home by 16 needs 50 minutes"


@pytest.mark.parametrize("sunday", CHANGES, ids=str)
def test_on_clock_change_days_no_time_is_offered_twice_or_at_a_wrong_hour(sunday: date) -> None:
    working = hours_between([Stretch(6, 0, 1440)], *day_bounds(sunday))
    day = Day(working, [], BASE, "Base", 4)
    first, last = day_bounds(sunday)
    found = [v.starts_at for v in bookable(day, Wish(BASE, 0, 60, 0, first, last), ENGINE)]
    assert found == sorted(set(found))
    assert len(found) == (46 if sunday.month == 3 else 50) - 1
    assert {b - a for a, b in zip(found, found[1:], strict=False)} == {timedelta(minutes=30)}


def slot(consultant: int, minute: int, extra: int = 10, day: date = DAY, **more: object) -> Slot:
    start = at(day, minute)
    values: dict[str, object] = {
        "consultant_id": consultant,
        "consultant": f"K{consultant}",
        "initials": f"K{consultant}",
        "starts_at": start,
        "ends_at": start + timedelta(hours=1),
        "travel_before_min": 5,
        "travel_after_min": 5,
        "extra_driving_min": extra,
        "ferry": None,
        "visits_that_week": 0,
        "beside": "first",
        "town": "",
        "at": None,
        **more,
    }
    return Slot(**values)  # type: ignore[arg-type]


def test_alternatives_are_three_different_times_near_to_the_wish() -> None:
    found = sorted(
        [
            slot(2, 600),
            slot(1, 660),
            slot(1, 600, day=DAY + timedelta(days=1)),
            slot(3, 900, extra=1),
            slot(3, 600, day=DAY + timedelta(days=4)),
        ],
        key=rank,
    )
    told = alternatives(found, at(DAY, 600), 1)
    assert [(s.consultant_id, why) for s, why in told] == [
        (2, "same_time"),
        (1, "same_consultant"),
        (3, "least_driving"),
    ]
    assert alternatives([], at(DAY, 600), 1) == []
    assert len(alternatives(found[:2], at(DAY, 600), 1)) == 2


def test_the_panel_shows_few_times_well_apart() -> None:
    many = sorted((slot(who, minute, extra=who) for who in range(1, 8) for minute in range(480, 900, 30)), key=rank)
    refused = [slot(1, 450, reason="travel_before", by_visit=True), slot(1, 930, reason="travel_after")]
    [day] = chosen(many, refused)
    assert len(day.groups) == 4
    assert [s.reason for s in day.groups[0].slots] == ["travel_before", None, None]
    first, second = apart([s for s in many if s.consultant_id == 1])
    assert second.starts_at - first.starts_at >= timedelta(hours=2)
    whole = [s for g in chosen(many, refused, every=True)[0].groups for s in g.slots]
    assert [s.reason for s in whole if s.reason] == ["travel_before", "travel_after"], "and one of each reason for not"
    assert len(whole) == len(many) + 2


def test_the_route_says_when_to_leave() -> None:
    a, b = Place(56.0, 9.5), Place(56.0, 9.25)
    day = route(
        BASE,
        [Halt("visit", a, at(DAY, 600), at(DAY, 660), ref="a"), Halt("visit", b, at(DAY, 780), at(DAY, 840), ref="b")],
        ENGINE,
        5,
    )
    out, between, home = day.legs
    assert (out.leg.minutes, out.leave_by) == (30, at(DAY, 565))
    assert (between.slack_min, between.spare_min, between.leave_by) == (105, 100, at(DAY, 760))
    assert (home.slack_min, day.home_at) == (None, at(DAY, 855))
    assert (day.driving_min, round(day.km)) == (60, 60)
    assert day.leg_to("b") is between
    assert route(BASE, [], ENGINE, 5).legs == []
