"""What a calendar takes up, spelled out by a model of our own that walks the days: an independent second opinion."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm.calendars.rules.busy import expand, expanded, stripped
from crm.calendars.rules.recurrence import Budget, Rule
from tests.calendars.texts import OUTLOOK_ZONE, calendar, event

DANISH = ZoneInfo("Europe/Copenhagen")
CHANGES = [
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2027, 3, 28),
    date(2027, 10, 31),
    date(2028, 3, 26),
    date(2028, 10, 29),
    date(2029, 3, 25),
    date(2029, 10, 28),
    date(2030, 3, 31),
    date(2030, 10, 27),
]
ZONES = {
    "floating": DANISH,
    "Europe/Copenhagen": DANISH,
    "Romance Standard Time": ZoneInfo("Europe/Paris"),
    "W. Europe Standard Time": ZoneInfo("Europe/Berlin"),
    "/freeassociation.sourceforge.net/Europe/Copenhagen": DANISH,
    "Min egen zone": DANISH,
    "Nobody knows": DANISH,
    "America/New_York": ZoneInfo("America/New_York"),
    "Asia/Kolkata": ZoneInfo("Asia/Kolkata"),
    "Atlantic/Reykjavik": ZoneInfo("Atlantic/Reykjavik"),
    "UTC": UTC,
}
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def instant(day: date, minute: int, zone: object) -> datetime:
    """The wall clock of a day in a zone, as UTC; what is skipped or doubled as RFC 5545, 3.3.5 says (fold 0)."""
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    return wall.replace(tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type]


@st.composite
def timed(draw: st.DrawFn) -> dict[str, object]:
    change = draw(st.sampled_from(CHANGES))
    return {
        "zone": draw(st.sampled_from(sorted(ZONES))),
        "start": change - timedelta(days=draw(st.integers(0, 40))),
        "minute": draw(st.one_of(st.integers(0, 95).map(lambda n: n * 15), st.sampled_from([60, 120, 150, 180]))),
        "minutes": draw(st.sampled_from([15, 30, 60, 90, 240, 600, 1440, 2000])),
        "way": draw(st.sampled_from(["DTEND", "DURATION"])),
        "step": draw(st.integers(1, 4)),
        "days": draw(st.sets(st.integers(0, 6), max_size=4)),
        "count": draw(st.one_of(st.none(), st.integers(1, 30))),
        "without": draw(st.sets(st.integers(0, 12), max_size=3)),
    }


def starts(asked: dict[str, object], last: date) -> list[date]:
    """The days of a daily or weekly rule, walked one by one."""
    start, step, days = asked["start"], asked["step"], asked["days"] or None
    assert isinstance(start, date)
    found: list[date] = []
    day = start
    while day <= last and (asked["count"] is None or len(found) < asked["count"]):  # type: ignore[operator]
        monday, first = day - timedelta(days=day.weekday()), start - timedelta(days=start.weekday())
        if days is None:
            hit = (day - start).days % step == 0  # type: ignore[operator]
        else:
            hit = day.weekday() in days and (monday - first).days // 7 % step == 0  # type: ignore[operator]
        if hit:
            found.append(day)
        day += timedelta(days=1)
    return found


def text_of(asked: dict[str, object]) -> str:
    start, minute, minutes = asked["start"], asked["minute"], asked["minutes"]
    zone = "" if asked["zone"] == "floating" else f";TZID={asked['zone']}"
    begins = datetime.combine(start, time()) + timedelta(minutes=minute)  # type: ignore[arg-type]
    rule = f"FREQ=DAILY;INTERVAL={asked['step']}"
    if asked["days"]:
        names = ",".join(DAYS[n] for n in sorted(asked["days"]))  # type: ignore[call-overload]
        rule = f"FREQ=WEEKLY;INTERVAL={asked['step']};BYDAY={names}"
    if asked["count"]:
        rule += f";COUNT={asked['count']}"
    lines = [f"DTSTART{zone}:{begins:%Y%m%dT%H%M%S}", f"RRULE:{rule}"]
    if asked["way"] == "DTEND":
        lines.append(f"DTEND{zone}:{begins + timedelta(minutes=minutes):%Y%m%dT%H%M%S}")  # type: ignore[arg-type]
    else:
        lines.append(f"DURATION:PT{minutes}M")
    for number in asked["without"]:  # type: ignore[attr-defined]
        lines.append(f"EXDATE{zone}:{begins + timedelta(days=number):%Y%m%dT%H%M%S}")
    return calendar(OUTLOOK_ZONE.format(name="Min egen zone"), event(*lines))


@settings(max_examples=100, deadline=None)
@given(timed())
def test_recurring_times_across_the_clock_changes(asked: dict[str, object]) -> None:
    start, minute, minutes = asked["start"], asked["minute"], asked["minutes"]
    zone = ZONES[asked["zone"]]  # type: ignore[index]
    assert isinstance(start, date)
    assert isinstance(minute, int)
    assert isinstance(minutes, int)
    low = datetime.combine(start, time(), UTC) - timedelta(days=2)
    high = low + timedelta(days=80)
    if asked["days"] and start.weekday() not in asked["days"]:  # type: ignore[operator]
        return  # DTSTART outside of its own rule means nothing certain
    gone = {start + timedelta(days=n) for n in asked["without"]}  # type: ignore[attr-defined]
    expected = []
    for day in starts(asked, start + timedelta(days=90)):
        if day in gone:
            continue
        first = instant(day, minute, zone)
        if asked["way"] == "DTEND":
            later = datetime.combine(day, time()) + timedelta(minutes=minute + minutes)
            last = instant(later.date(), later.hour * 60 + later.minute, zone)
        elif minutes >= 1440:
            later_day = day + timedelta(days=minutes // 1440)
            last = instant(later_day, minute, zone) + timedelta(minutes=minutes % 1440)
        else:
            last = first + timedelta(minutes=minutes)
        if first < high and last > low and first < last:
            expected.append((first, last))
    text = text_of(asked)
    found = expand(text, low, high)
    assert [(one.starts_at, one.ends_at) for one in found] == sorted(expected)
    assert expanded(stripped(text), low, high) == expanded(text, low, high)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CHANGES), st.integers(0, 30), st.integers(1, 5), st.integers(1, 3), st.integers(1, 12))
def test_whole_days_are_danish_days(change: date, before: int, length: int, step: int, count: int) -> None:
    start = change - timedelta(days=before)
    text = calendar(
        event(
            f"DTSTART;VALUE=DATE:{start:%Y%m%d}",
            f"DTEND;VALUE=DATE:{start + timedelta(days=length):%Y%m%d}",
            f"RRULE:FREQ=DAILY;INTERVAL={step};COUNT={count}",
        )
    )
    low = datetime.combine(start, time(), UTC) - timedelta(days=9)
    expected = []
    for number in range(count):
        day = start + timedelta(days=number * step)
        expected.append((instant(day, 0, DANISH), instant(day + timedelta(days=length), 0, DANISH)))
    found = expand(text, low, low + timedelta(days=120))
    assert [(one.starts_at, one.ends_at) for one in found] == expected
    assert all(one.all_day for one in found)


RULES = st.builds(
    lambda freq, more, end: ";".join(filter(None, [f"FREQ={freq}", *more, end])),
    st.sampled_from(["YEARLY", "MONTHLY"]),
    st.lists(
        st.sampled_from(
            [
                "INTERVAL=2",
                "BYMONTH=1,3,10",
                "BYMONTHDAY=1,15,-1,31",
                "BYDAY=1MO,-1FR,3WE",
                "BYSETPOS=-1",
                "BYHOUR=9,14",
            ]
        ),
        unique=True,
        max_size=4,
    ),
    st.sampled_from(["", "COUNT=7", "UNTIL=20280401T000000Z"]),
)


@settings(max_examples=100, deadline=None)
@given(RULES, st.dates(date(2025, 1, 1), date(2026, 12, 31)), st.integers(1, 500))
@example("FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU", date(2025, 1, 5), 800)
def test_monthly_and_yearly_rules_against_dateutil(rule: str, start: date, span: int) -> None:
    from dateutil.rrule import rrulestr

    begins = datetime.combine(start, time(9), UTC)
    low = begins + timedelta(days=100)
    high = low + timedelta(days=span)
    bounded = rule if "COUNT" in rule or "UNTIL" in rule else rule + ";UNTIL=20300101T000000Z"
    if rule.startswith("FREQ=MONTHLY;BYSETPOS") or rule == "FREQ=YEARLY;BYSETPOS=-1":
        return  # a position among nothing: dateutil refuses it
    try:
        wanted = rrulestr(bounded, dtstart=begins).between(low, high, inc=True)
    except ValueError:
        return
    found = [one for one in Rule(rule, begins, Budget()).between(low, high) if low <= one <= high]
    assert found == list(dict.fromkeys(wanted))


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        ("20260329T015959", "20260329T005959"),
        ("20260329T020000", "20260329T010000"),  # skipped: an hour on (RFC 5545, 3.3.5)
        ("20260329T023000", "20260329T013000"),
        ("20260329T030000", "20260329T010000"),
        ("20261025T015959", "20261024T235959"),
        ("20261025T023000", "20261025T003000"),  # there are two: the first is meant
        ("20261025T030000", "20261025T020000"),
    ],
)
@pytest.mark.parametrize("name", ["Min egen zone", "Europe/Copenhagen"])
def test_the_hours_of_the_clock_changes_in_a_zone_the_file_describes(name: str, wall: str, utc: str) -> None:
    text = calendar(OUTLOOK_ZONE.format(name=name), event(f"DTSTART;TZID={name}:{wall}", "DURATION:PT15M"))
    at = datetime.strptime(utc + "+0000", "%Y%m%dT%H%M%S%z")
    [found] = expand(text, at - timedelta(days=2), at + timedelta(days=2))
    assert (found.starts_at, found.ends_at) == (at, at + timedelta(minutes=15))


@given(st.integers(0, 3 * 24 * 60), st.sampled_from([date(2026, 3, 28), date(2026, 10, 24)]), st.integers(1, 600))
def test_hours_are_hours_in_a_zone_the_file_describes(minute: int, day: date, minutes: int) -> None:
    """From any wall time around a change, a length in hours is that long, and begins where it does in Denmark."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    told = [
        calendar(
            OUTLOOK_ZONE.format(name="Min egen zone"),
            event(f"DTSTART;TZID={name}:{wall:%Y%m%dT%H%M%S}", f"DURATION:PT{minutes}M"),
        )
        for name in ("Min egen zone", "Europe/Copenhagen")
    ]
    low = datetime.combine(day, time(), UTC) - timedelta(days=2)
    ours, known = (expand(text, low, low + timedelta(days=9)) for text in told)
    assert ours == known
    assert ours[0].ends_at - ours[0].starts_at == timedelta(minutes=minutes)
