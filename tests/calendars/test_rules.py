"""Hours on the Danish clock, spans, iCalendar texts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.base.clock import at, danish, danish_holidays, day_bounds, is_working_day
from crm.calendars.rules import (
    DEFAULT_HOURS,
    Entry,
    Party,
    Stretch,
    feed_text,
    hours_between,
    invitation_text,
    merged,
    stretch_problem,
    week_name,
    week_of,
    without,
)
from tests.calendars.libical import problems

HOURS = [Stretch(*row) for row in DEFAULT_HOURS]
ENTRY = Entry(
    "visit-7@jobaabner",
    datetime(2026, 11, 26, 9, tzinfo=UTC),
    datetime(2026, 11, 26, 10, tzinfo=UTC),
    "Besøg: Ærø Blik; Rør, ApS",
    "Prøvevej 1, 9500 Hobro",
    "Kontakt: Mette\nRing på " + "æ" * 200,
    "CONFIRMED",
    2,
    datetime(2026, 11, 24, 9, tzinfo=UTC),
)
CHANGES = [
    date(year, month, day)
    for year in range(2026, 2031)
    for month in (3, 10)
    for day in range(25, 32)
    if date(year, month, day).weekday() == 6 and date(year, month, day) not in danish_holidays(year)
]


@pytest.mark.parametrize("sunday", CHANGES, ids=str)
def test_eight_is_eight_on_both_sides_of_a_clock_change(sunday: date) -> None:
    frm, to = day_bounds(sunday - timedelta(days=3))[0], day_bounds(sunday + timedelta(days=3))[1]
    spans = hours_between(HOURS, frm, to)
    assert {danish(start).hour for start, _ in spans} == {8}
    assert {(danish(end).hour, end - start) for start, end in spans} <= {
        (16, timedelta(hours=8)),
        (14, timedelta(hours=6)),
    }


@pytest.mark.parametrize("sunday", CHANGES, ids=str)
def test_a_night_over_the_change_is_an_hour_shorter_or_longer(sunday: date) -> None:
    [(start, end)] = hours_between([Stretch(6, 0, 1440)], *day_bounds(sunday))
    assert end - start == timedelta(hours=23 if sunday.month == 3 else 25)


def test_public_holidays_are_not_working_time() -> None:
    spans = hours_between(HOURS, at(date(2026, 12, 21), 0), at(date(2027, 1, 4), 0))
    days = {danish(start).date() for start, _ in spans}
    assert days == {d for d in (date(2026, 12, 21) + timedelta(days=n) for n in range(14)) if is_working_day(d)}


moments = st.integers(0, 500).map(lambda n: datetime(2026, 3, 27, tzinfo=UTC) + timedelta(minutes=15 * n))
spans = st.lists(st.tuples(moments, moments), max_size=8)


@given(spans, spans)
def test_without_leaves_exactly_what_is_not_taken(
    have: list[tuple[datetime, datetime]], taken: list[tuple[datetime, datetime]]
) -> None:
    left = without(merged(have), [span for span in taken if span[0] < span[1]])

    def covers(some: list[tuple[datetime, datetime]], moment: datetime) -> bool:
        return any(a <= moment < b for a, b in some)

    for n in range(0, 501, 3):
        moment = datetime(2026, 3, 27, tzinfo=UTC) + timedelta(minutes=15 * n)
        assert covers(left, moment) == (covers(have, moment) and not covers(taken, moment))


def test_hours_that_cannot_be() -> None:
    assert stretch_problem(HOURS) is None
    assert stretch_problem([Stretch(0, 600, 600)])
    assert stretch_problem([Stretch(0, 480, 720), Stretch(0, 700, 900)])
    assert stretch_problem([Stretch(0, 480, 720), Stretch(0, 750, 900)]) is None


def test_the_feed_is_what_rfc_5545_and_the_calendars_ask_for() -> None:
    raw = feed_text(
        "Jobåbner – Karen Mønster",
        [ENTRY, Entry(**{**_fields(ENTRY), "uid": "visit-8@jobaabner", "status": "CANCELLED", "sequence": 3})],
    )
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in raw
    assert b"X-PUBLISHED-TTL:PT1H" in raw
    assert b"METHOD" not in raw
    assert b"ATTENDEE" not in raw
    assert b"VTIMEZONE" not in raw
    calendar = icalendar.Calendar.from_ical(raw)
    live, gone = calendar.walk("VEVENT")
    assert str(live["SUMMARY"]) == ENTRY.summary
    assert live["DTSTART"].dt == ENTRY.starts_at
    assert raw.count(b"DTSTART:20261126T090000Z") == 2
    assert (int(live["SEQUENCE"]), str(live["TRANSP"]), str(live["STATUS"])) == (2, "OPAQUE", "CONFIRMED")
    assert (str(gone["STATUS"]), str(gone["TRANSP"])) == ("CANCELLED", "TRANSPARENT")
    assert str(gone["SUMMARY"]).startswith("AFLYST: ")


def _fields(entry: Entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in Entry.__dataclass_fields__}


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_an_invitation_names_host_and_guest(method: str) -> None:
    text = invitation_text(
        method,
        ENTRY,
        Party("Karen Mønster", "karen@jobcenter.invalid"),  # type: ignore[arg-type]
        Party("Mette Prøvesen", "mette@eksempel.invalid"),
    )
    calendar = icalendar.Calendar.from_ical(text)
    assert str(calendar["METHOD"]) == method
    [event] = calendar.walk("VEVENT")
    assert str(event["ORGANIZER"]) == "mailto:karen@jobcenter.invalid"
    assert event["ORGANIZER"].params["CN"] == "Karen Mønster"
    assert str(event["ATTENDEE"]) == "mailto:mette@eksempel.invalid"


def test_weeks() -> None:
    assert week_of("2026-W48") == date(2026, 11, 23)
    assert week_name(date(2026, 11, 23)) == "2026-W48"
    assert [week_of(text) for text in (None, "", "2026-W54", "1999-W01", "2026-48", "²026-W01")] == [None] * 6


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ('Jens "Bob" Ærø, A/S: afd. 2;', "Jens 'Bob' Ærø, A/S: afd. 2;"),
        ("Mette\r\nATTENDEE:mailto:x@y.dk", "Mette ATTENDEE:mailto:x@y.dk"),
        ("nul\x00\ttabulator", "nul tabulator"),
        ("Æ" * 200, "Æ" * 200),
        ("", None),
    ],
)
def test_any_name_stands_in_an_invitation_as_every_program_reads_it(name: str, written: str | None) -> None:
    text = invitation_text("REQUEST", ENTRY, Party(name, "host@jobaabner.invalid"), Party(name, "guest@firma.invalid"))
    assert problems(text.encode()) == []
    assert "^" not in text
    event = icalendar.Calendar.from_ical(text).walk("VEVENT")[0]
    for role, address in (("ORGANIZER", "host@jobaabner.invalid"), ("ATTENDEE", "guest@firma.invalid")):
        assert str(event[role]) == f"mailto:{address}"
        assert event[role].params.get("CN") == written
