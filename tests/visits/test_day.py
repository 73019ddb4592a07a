"""The judge of one time and the search through the gaps say the same of every half hour, and lunch is really left."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from crm.base.clock import at
from crm.travel.places import Place
from crm.visits.rules.day import Day, Stop, Wish, bookable, judge, line
from crm.visits.rules.lunch import Lunch, breaks
from tests.visits.days import BASE, DAYS, ENGINE, calendars, wishes

THURSDAY = DAYS[0]
NEAR = Place(56.0, 9.2)  # 18 minutes from the base, 12 back


def half_hours(day: Day) -> list[datetime]:
    """Every half hour of the Danish day and its night."""
    first = (day.hours[0][0] if day.hours else at(THURSDAY, 480)) - timedelta(hours=20)
    first = first.replace(minute=0)
    return [first + timedelta(minutes=30 * n) for n in range(96)]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_the_search_finds_exactly_the_half_hours_that_the_judge_accepts(data: st.DataObject) -> None:
    day = data.draw(calendars())
    wish = data.draw(wishes(day))
    found = list(bookable(day, wish, ENGINE))
    accepted = [v for start in half_hours(day) if (v := judge(day, wish, start, ENGINE)).reason is None]
    assert found == accepted


def eaten(day: Day, lunch: Lunch, visit: Stop | None) -> bool:
    """Minute by minute: driving as late as possible or as early as possible, is there a free stretch in the window?"""
    stops = line(day)
    if visit is not None:
        stops = sorted([*stops, visit], key=lambda s: (s.starts_at, s.kind == "base"))
    minute = timedelta(minutes=1)
    span = [lunch.opens + minute * n for n in range((lunch.closes - lunch.opens) // minute)]

    def free(late: bool) -> bool:
        taken = [(s.starts_at, s.ends_at) for s in stops]
        before = stops[0]
        for after in stops[1:]:
            leg = ENGINE.leg(before.place, after.place)
            if before.ends_at < after.starts_at:
                drive = timedelta(minutes=leg.minutes) if leg.reachable else after.starts_at - before.ends_at
                left = after.starts_at - drive if late else before.ends_at
                taken.append((left, left + drive))
            if after.freed >= before.freed:
                before = after
        run = best = 0
        for moment in span:
            run = 0 if any(a < moment + minute and moment < b for a, b in taken) else run + 1
            best = max(best, run)
        return best * minute >= lunch.length

    return free(True) or free(False)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_visit_never_takes_the_last_time_for_lunch(data: st.DataObject) -> None:
    day = data.draw(calendars())
    wish = data.draw(wishes(day))
    if day.lunch is None or not day.hours:
        return
    before = eaten(day, day.lunch, None)
    for start in half_hours(day):
        verdict = judge(day, wish, start, ENGINE)
        visit = Stop(start, start + wish.length, wish.place, "By")
        if verdict.reason is None and breaks(day.lunch, line(day), ENGINE.leg):
            assert eaten(day, day.lunch, visit)
        if verdict.reason == "lunch":
            assert before
            assert not eaten(day, day.lunch, visit)


def lunch(minutes: int = 30, opens: int = 660, closes: int = 750) -> Lunch:
    return Lunch(timedelta(minutes=minutes), at(THURSDAY, opens), at(THURSDAY, closes))


def day(*stops: Stop, eats: Lunch | None = None) -> Day:
    return Day([(at(THURSDAY, 480), at(THURSDAY, 960))], stops, BASE, "Base", 4, eats)


def wish(place: Place = BASE, postcode: str = "9500") -> Wish:
    return Wish(place, 0, 60, 0, at(THURSDAY, 0), at(THURSDAY, 1380), postcode)


def why(where: Day, minute: int, asked: Wish | None = None) -> str | None:
    return judge(where, asked or wish(), at(THURSDAY, minute), ENGINE).reason


def test_lunch_may_lie_before_or_after_but_not_nowhere() -> None:
    alone = day(eats=lunch())
    assert why(alone, 660) is None, "12.00 to 12.30 is left"
    assert why(alone, 690) is None, "11.00 to 11.30 is left"
    assert why(alone, 675) == "lunch", "a quarter of an hour on each side"
    taken = day(Stop(at(THURSDAY, 660), at(THURSDAY, 750), BASE, "Base", "busy"), eats=lunch())
    assert why(taken, 750) is None, "there was no lunch before either"


def test_the_drive_takes_from_lunch() -> None:
    visit = Stop(at(THURSDAY, 780), at(THURSDAY, 840), NEAR, "By")
    assert why(day(visit, eats=lunch(closes=780)), 660) is None, "12.00 to 12.42, then 18 minutes' drive"
    assert why(day(visit, eats=lunch(45, closes=780)), 660) == "lunch"


def test_a_gap_that_reaches_outside_is_cut_to_the_window() -> None:
    assert lunch().fits(at(THURSDAY, 480), at(THURSDAY, 690), 0)
    assert not lunch().fits(at(THURSDAY, 480), at(THURSDAY, 689), 0)
    assert lunch().fits(at(THURSDAY, 720), at(THURSDAY, 960), 200), "eaten before the drive"
    assert not lunch().fits(at(THURSDAY, 721), at(THURSDAY, 960), 0)


def test_own_appointments_areas_notice_and_horizon_refuse_with_their_reason() -> None:
    busy = Stop(at(THURSDAY, 600), at(THURSDAY, 660), BASE, "Base", "busy")
    assert why(day(busy), 630) == "busy"
    assert why(day(busy), 660, wish(NEAR)) == "travel_before", "it is spent at the base"
    assert why(Day(day().hours, (), BASE, "Base", 4, areas=(("9000", "9499"),)), 600) == "area"
    assert why(Day(day().hours, (), BASE, "Base", 4, earliest=at(THURSDAY, 601)), 600) == "notice"
    assert why(Day(day().hours, (), BASE, "Base", 4, latest=at(THURSDAY, 599)), 600) == "horizon"


def test_both_ways_of_a_drive_are_asked_for() -> None:
    verdict = judge(day(), wish(NEAR), at(THURSDAY, 600), ENGINE)
    assert (verdict.before_min, verdict.after_min, verdict.extra_min) == (18, 12, 30)
