"""What of a consultant's own calendar takes up time, what is kept of it, and what cannot hurt."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm.calendars.rules.busy import MOST, NotACalendar, expand, expanded, stripped, uids
from tests.calendars.texts import OUTLOOK_ZONE, calendar, event

LOW, HIGH = datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC)
TEN = ("DTSTART:20261125T090000Z", "DTEND:20261125T100000Z")


def spans(*parts: str) -> list[tuple[str, str]]:
    found = expand(calendar(*parts), LOW, HIGH)
    assert expand(stripped(calendar(*parts)), LOW, HIGH) == found
    return [(f"{one.starts_at:%d%m %H%M}", f"{one.ends_at:%d%m %H%M}") for one in found]


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ((), "BUSY"),
        (("STATUS:CONFIRMED", "TRANSP:OPAQUE"), "BUSY"),
        (("STATUS:TENTATIVE",), "BUSY-TENTATIVE"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",), "BUSY-TENTATIVE"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:OOF",), "BUSY-UNAVAILABLE"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:BUSY",), "BUSY"),
        (("TRANSP:TRANSPARENT",), None),
        (("STATUS:CANCELLED",), None),
        (("TRANSP:OPAQUE", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"), None),
        (("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",), None),
    ],
)
def test_what_takes_up_time(lines: tuple[str, ...], kind: str | None) -> None:
    found = expand(calendar(event(*TEN, *lines)), LOW, HIGH)
    assert [one.kind for one in found] == ([kind] if kind else [])


def test_our_own_events_and_those_without_length_take_none() -> None:
    assert spans(event(*TEN, uid="visit-7@jobaabner"), event("DTSTART:20261125T090000Z", uid="b")) == []
    assert spans(event("DTSTART:20261125T090000Z", "DTEND:20261125T090000Z")) == []
    assert spans(event("DTSTART;VALUE=DATE:20261125")) == [("2411 2300", "2511 2300")]
    assert spans(event("DTSTART;VALUE=DATE:20261125", "DTEND;VALUE=DATE:20261125")) == [("2411 2300", "2511 2300")]


WEEKLY = event("DTSTART;TZID=Europe/Copenhagen:20261102T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=4")


def test_exceptions_of_a_series() -> None:
    moved = event(
        "RECURRENCE-ID;TZID=Europe/Copenhagen:20261109T100000",
        "DTSTART;TZID=Europe/Copenhagen:20261110T140000",
        "DURATION:PT2H",
    )
    assert spans(WEEKLY, moved) == [
        ("0211 0900", "0211 1000"),
        ("1011 1300", "1011 1500"),
        ("1611 0900", "1611 1000"),
        ("2311 0900", "2311 1000"),
    ]
    cancelled = event("RECURRENCE-ID:20261109T090000Z", "DTSTART:20261109T090000Z", "DURATION:PT1H", "STATUS:CANCELLED")
    assert [start for start, _ in spans(WEEKLY, cancelled)] == ["0211 0900", "1611 0900", "2311 0900"]
    broken = event("RECURRENCE-ID:20261109T090000Z", "DTSTART:i morgen")
    assert len(spans(WEEKLY, broken)) == 4
    onwards = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Copenhagen:20261116T100000",
        "DTSTART;TZID=Europe/Copenhagen:20261116T120000",
        "DTEND;TZID=Europe/Copenhagen:20261116T133000",
    )
    assert spans(WEEKLY, onwards)[2:] == [("1611 1100", "1611 1230"), ("2311 1100", "2311 1230")]


def test_an_instance_moved_into_sight_from_beyond_the_horizon() -> None:
    far = event("DTSTART:20200106T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=5")
    moved = event("RECURRENCE-ID:20200113T090000Z", "DTSTART:20261201T090000Z", "DURATION:PT1H")
    assert spans(far, moved) == [("0112 0900", "0112 1000")]


def test_dates_given_one_by_one() -> None:
    dates = event(
        *TEN,
        "RDATE:20261127T120000Z,20261128T120000Z",
        "RDATE;VALUE=PERIOD:20261201T080000Z/PT3H",
        "EXDATE:20261128T120000Z",
    )
    assert spans(dates) == [("2511 0900", "2511 1000"), ("2711 1200", "2711 1300"), ("0112 0800", "0112 1100")]
    by_day = event(
        "DTSTART:20261123T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20261124"
    )
    assert [start for start, _ in spans(by_day)] == ["2311 0900", "2511 0900"]


def test_until_in_every_way_that_calendars_write_it() -> None:
    def starts(begins: str, until: str) -> int:
        return len(spans(event(f"DTSTART{begins}", "DURATION:P1D", f"RRULE:FREQ=DAILY;UNTIL={until}")))

    assert starts(";TZID=Europe/Copenhagen:20261101T100000", "20261103T090000Z") == 3
    assert starts(";TZID=Europe/Copenhagen:20261101T100000", "20261103T085959Z") == 2
    assert starts(";TZID=Europe/Copenhagen:20261101T100000", "20261103T100000") == 3
    assert starts(";TZID=Europe/Copenhagen:20261101T100000", "20261103") == 3
    assert starts(";VALUE=DATE:20261101", "20261103") == 3
    assert starts(";VALUE=DATE:20261101", "20261102T230000Z") == 3


def test_free_busy_periods() -> None:
    text = calendar(
        "BEGIN:VFREEBUSY",
        "FREEBUSY;FBTYPE=FREE:20261125T080000Z/20261125T180000Z",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261125T090000Z/PT1H,20261125T120000Z/PT30M",
        "FREEBUSY;FBTYPE=X-SOMETHING:20261126T090000Z/20261126T100000Z",
        "FREEBUSY:i morgen/PT1H",
        "END:VFREEBUSY",
    )
    found, broken = expanded(text, LOW, HIGH)
    assert [one.kind for one in found] == ["BUSY-TENTATIVE", "BUSY-TENTATIVE", "BUSY"]
    assert broken == 1


def test_nothing_of_what_it_is_about_is_kept() -> None:
    secret = event(
        'DTSTART;TZID="Romance Standard Time";X-NOTE=Hemmeligt:20261125T100000',
        "DTEND;TZID=Romance Standard Time:20261125T110000",
        "LOCATION:Hemmeligt sted",
        "DESCRIPTION:Hemmeligt\\, meget",
        "ORGANIZER;CN=Hemmeligt:mailto:chef@hemmeligt.dk",
        "ATTENDEE:mailto:en@hemmeligt.dk",
        "COMMENT:Hemmeligt",
        "CONTACT:Hemmeligt",
        "X-ALT-DESC:Hemmeligt",
        "CATEGORIES:Hemmeligt",
        "RRULE:FREQ=WEEKLY;COUNT=2;X-NAME=hemmeligt møde",
        "EXDATE:hemmeligt",
        "BEGIN:VALARM",
        "DESCRIPTION:Hemmeligt",
        "END:VALARM",
    )
    kept = stripped(calendar("X-WR-CALNAME:Hemmeligt", OUTLOOK_ZONE.format(name="Romance Standard Time"), secret))
    assert "hemmelig" not in kept.lower()
    names = set(re.findall(r"^([A-Z-]+)[;:]", kept, re.M))
    assert names <= {
        "BEGIN",
        "END",
        "VERSION",
        "UID",
        "DTSTART",
        "DTEND",
        "TZID",
        "TZOFFSETFROM",
        "TZOFFSETTO",
        "RRULE",
    }
    assert uids(kept) == {"a@x"}
    assert expand(kept, LOW, HIGH)


def test_one_broken_event_does_not_hide_the_others() -> None:
    broken = [
        event("DTSTART:20261125", "DTEND:20261125T100000Z", uid="1"),
        event("DTEND:20261125T100000Z", uid="2"),
        event("DTSTART:20261125T090000Z", "DTEND:20261125T080000Z", uid="3"),
        event(*TEN, "RRULE:FREQ=SOMETIMES", uid="4"),
        event(*TEN, "RRULE:FREQ=DAILY;INTERVAL=0", uid="5"),
        event("DTSTART:20261325T090000Z", "DURATION:PT1H", uid="6"),
        event("DTSTART:20261125T090000Z", "DURATION:P999999999999W", uid="7"),
        event("DTSTART:20261125T090000Z", "DURATION:-PT1H", uid="8"),
    ]
    found, skipped = expanded(calendar(*broken, event(*TEN, uid="good")), LOW, HIGH)
    assert (len(found), skipped) == (1, len(broken))


@pytest.mark.parametrize(
    "text", ["", "<html></html>", "BEGIN:VCARD\nEND:VCARD", calendar(event(*TEN))[:-20], "\x00" * 50]
)
def test_what_is_no_calendar(text: str) -> None:
    for read in (stripped, uids, lambda t: expand(t, LOW, HIGH)):
        with pytest.raises(NotACalendar):
            read(text)


def test_an_empty_calendar_and_odd_line_ends_are_right() -> None:
    assert expand(calendar(), LOW, HIGH) == []
    text = calendar(event(*TEN))
    for odd in (text.replace("\r\n", "\n"), "\ufeff" + text, text.replace("T090000Z", "T09\r\n 0000Z"), text.lower()):
        assert len(expand(odd, LOW, HIGH)) == 1, odd


BOMBS = [
    "FREQ=SECONDLY",
    "FREQ=MINUTELY;INTERVAL=1",
    "FREQ=HOURLY",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;INTERVAL=7;BYDAY=TU;COUNT=1000000",
    "FREQ=DAILY;COUNT=1000000",
    "FREQ=YEARLY;BYDAY=53MO;BYSETPOS=366",
    "FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2;COUNT=5",
    "FREQ=WEEKLY;INTERVAL=999999999",
    "FREQ=YEARLY;INTERVAL=99999999999999999999",
    "FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))),
]


@pytest.mark.parametrize("rule", BOMBS)
def test_no_rule_can_hang_us(rule: str) -> None:
    """A dozen of them at once, begun long ago, within the steps that one calendar may take."""
    many = calendar(
        *(event("DTSTART:19700101T090000Z", "DURATION:P18000D", f"RRULE:{rule}", uid=f"{n}@x") for n in range(12))
    )
    found, _ = expanded(many, LOW, HIGH)
    assert len(found) <= MOST


def test_a_zone_cannot_hang_us_either() -> None:
    zone = OUTLOOK_ZONE.format(name="Bombe").replace("FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "FREQ=SECONDLY")
    found = expand(calendar(zone, event("DTSTART;TZID=Bombe:20261125T100000", "DURATION:PT1H")), LOW, HIGH)
    assert len(found) == 1


def test_a_long_calendar_is_cut_and_one_beyond_all_measure_refused() -> None:
    lines = [event(*(line.replace("1125", f"12{n % 28 + 1:02}") for line in TEN), uid=f"{n}") for n in range(8_000)]
    assert len(expand(calendar(*lines), LOW, HIGH)) == 28
    with pytest.raises(NotACalendar):
        expand(calendar("X-A:" + "x" * 20_000_000), LOW, HIGH)
    deep = "BEGIN:VEVENT\n" * 100
    with pytest.raises(NotACalendar):
        expand(calendar(deep), LOW, HIGH)


def test_random_dirt_is_refused_or_read_never_anything_else(tmp_path: Path) -> None:
    from random import Random

    random = Random(4)
    whole = calendar(
        OUTLOOK_ZONE.format(name="Min"), WEEKLY, event(*TEN, "RDATE;VALUE=PERIOD:20261201T080000Z/PT3H", uid="z")
    )
    read = 0
    for _ in range(400):
        letters = list(whole)
        for _ in range(random.randint(1, 6)):
            letters[random.randrange(len(letters))] = random.choice(":;=,-0ZTÅ\n\r\x00 PW9")
        try:
            found, _ = expanded("".join(letters), LOW, HIGH)
            read += 1
        except NotACalendar:
            continue
        assert all(one.starts_at < one.ends_at and one.starts_at < HIGH for one in found)
    assert read > 100


def test_a_stretch_over_the_edge_is_kept_whole() -> None:
    long = event(
        f"DTSTART:{LOW - timedelta(days=400):%Y%m%dT%H%M%SZ}", f"DTEND:{LOW + timedelta(days=1):%Y%m%dT%H%M%SZ}"
    )
    assert [one.starts_at for one in expand(calendar(long), LOW, HIGH)] == [LOW - timedelta(days=400)]
