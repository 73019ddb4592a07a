"""The checker of calendar files is believed because it fails on files that are wrong."""

from __future__ import annotations

import pytest

from tests.calendars.libical import by_us, problems

GOOD = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//DA
BEGIN:VEVENT
UID:a@x
SEQUENCE:0
DTSTAMP:20261124T090000Z
DTSTART:20261125T090000Z
DTEND:20261125T100000Z
SUMMARY:Møde\\, hos os
STATUS:CONFIRMED
END:VEVENT
END:VCALENDAR
"""


def wire(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def test_a_right_file_has_no_problems() -> None:
    assert problems(wire(GOOD)) == []


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("VERSION:2.0\n", ""),
        ("PRODID:-//x//y//DA\n", ""),
        ("UID:a@x\n", ""),
        ("DTSTAMP:20261124T090000Z\n", ""),
        ("DTSTAMP:20261124T090000Z", "DTSTAMP:20261124T090000"),
        ("DTSTART:20261125T090000Z", "DTSTART:20261325T090000Z"),
        ("DTEND:20261125T100000Z", "DTEND:20261125T080000Z"),
        ("DTEND:20261125T100000Z", "DTEND:20261125T100000Z\nDURATION:PT1H"),
        ("SEQUENCE:0", "SEQUENCE:0\nSEQUENCE:1"),
        ("STATUS:CONFIRMED", "STATUS:PERHAPS"),
        ("STATUS:CONFIRMED", "TRANSP:GLASS"),
        ("Møde\\, hos os", "Møde, hos os"),
        ("Møde\\, hos os", "Møde; hos os"),
        ("Møde\\, hos os", "Møde " * 30),
        ("SUMMARY:", "SUMMARY;"),
        ("STATUS:CONFIRMED", "ATTENDEE:mailto:a@x.dk"),
        ("VERSION:2.0", "VERSION:2.0\nMETHOD:REQUEST"),
    ],
)
def test_each_sabotaged_file_has_problems(was: str, becomes: str) -> None:
    assert was in GOOD
    assert problems(wire(GOOD.replace(was, becomes, 1)))


def test_a_letter_torn_by_a_fold_and_bare_line_feeds_are_found() -> None:
    whole = wire(GOOD)
    assert problems(whole.replace("ø".encode(), b"\xc3\r\n \xb8"))
    assert problems(whole.replace(b"\r\n", b"\n"))
    assert problems(whole.replace(b"END:VEVENT\r\n", b""))
    event = whole[whole.index(b"BEGIN:VEVENT") : whole.index(b"END:VCALENDAR")]
    assert problems(whole.replace(event, event + event)) == ["a UID stands twice"]


def test_libical_finds_what_we_do_not() -> None:
    """Both halves work: a due date belongs to a task, not to an appointment."""
    twice = wire(GOOD.replace("STATUS:CONFIRMED", "STATUS:CONFIRMED\nDUE:20261125T100000Z"))
    assert by_us(twice) == []
    assert [one for one in problems(twice) if one.startswith("libical")]
