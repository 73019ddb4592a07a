"""The feed: what stands in it, for whom, and that no change of it is ever missed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from crm.calendars import actions, queries
from crm.calendars.models import CalendarEvent
from crm.calendars.rules import Entry, busy_only, feed_text
from crm.calendars.rules.ical import event_of, new_calendar
from crm.calendars.views.feed import Bodies
from crm.people.models import User
from tests.calendars.libical import problems
from tests.conftest import NOW
from tests.factories.calendars import make_consultant, make_event

TEXTS = [
    "Møde, hos os; i baghuset",
    "C:\\temp\\ny, \\; og \\n",
    "Linje et\nLinje to\r\nLinje tre\rLinje fire",
    "æøåÆØÅ" * 30,
    "👩‍👩‍👧‍👦🏳️‍🌈" * 20,
    "x" * 2000,
    "a" * 66 + "ø",
    'BEGIN:VEVENT\nUID:snyd\n"citat": ;=,',
    "styretegn \x00\x07\x1b\x7f her",
    " mellemrum foran",
]


def entry(number: int, text: str, **more: Any) -> Entry:
    start = NOW + timedelta(hours=number)
    values = {"status": "CONFIRMED", "sequence": 0, "updated_at": NOW, **more}
    return Entry(f"visit-{number}@jobaabner", start, start + timedelta(hours=1), text, text, text, **values)


def plain(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        letter for letter in text if letter == "\n" or letter == "\t" or (letter >= " " and letter != "\x7f")
    )


def test_every_kind_of_text_is_right_by_libical_and_comes_back_whole() -> None:
    entries = [entry(n, text) for n, text in enumerate(TEXTS)]
    entries += [entry(n + 50, text, status="CANCELLED", sequence=2) for n, text in enumerate(TEXTS)]
    raw = feed_text("Jobåbner – Karen, Mønster; æøå", entries)
    assert problems(raw) == []
    read = icalendar.Calendar.from_ical(raw).walk("VEVENT")
    assert [str(one["DESCRIPTION"]) for one in read] == [plain(text) for text in TEXTS] * 2
    assert all(str(one["SUMMARY"]).startswith("AFLYST: ") for one in read[len(TEXTS) :])
    assert {str(one["TRANSP"]) for one in read[len(TEXTS) :]} == {"TRANSPARENT"}
    assert b"METHOD" not in raw
    assert b"ATTENDEE" not in raw


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=300))
def test_any_text_is_right(text: str) -> None:
    raw = feed_text("x" + text, [entry(1, "x" + text)])
    assert problems(raw) == []
    event = icalendar.Calendar.from_ical(raw).walk("VEVENT")[0]
    assert str(event["SUMMARY"]) == plain("x" + text)


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n;,\\:"), max_size=200)
MOMENTS = st.integers(0, 10**6).map(lambda hours: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(hours=hours))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS, WORDS, MOMENTS, st.booleans(), st.integers(0, 99)), max_size=4))
def test_our_text_is_icalendars_own(told: list[Any]) -> None:
    """Line by line what the library writes of the same events; only the order of an event's lines is ours."""
    entries = [
        Entry(
            f"visit-{n}@jobaabner",
            start,
            start + timedelta(hours=1),
            a,
            b,
            c,
            "CANCELLED" if gone else "CONFIRMED",
            sequence,
            start,
        )
        for n, (a, b, c, start, gone, sequence) in enumerate(told)
    ]
    calendar = new_calendar()
    for one in entries:
        calendar.add_component(event_of(one))
    assert events_in(feed_text("Navn", entries)) == events_in(bytes(calendar.to_ical()))


def events_in(raw: bytes) -> list[list[str]]:
    """The lines of each event, unfolded and sorted."""
    text = raw.decode().replace("\r\n ", "")
    return [sorted(part.split("END:VEVENT")[0].split("\r\n")) for part in text.split("BEGIN:VEVENT")[1:]]


def test_colleagues_see_when_and_nothing_else() -> None:
    raw = feed_text(
        "Karen – optaget", [busy_only(entry(1, "Hemmeligt")), busy_only(entry(2, "Hemmeligt", status="CANCELLED"))]
    )
    assert problems(raw) == []
    assert b"Hemmeligt" not in raw
    assert raw.count(b"SUMMARY:Optaget") == 1
    assert raw.count(b"DTSTART") == 2


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    said: list[str] = []
    connection = session.connection()

    def note(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    sa.event.listen(connection, "before_cursor_execute", note)
    yield said
    sa.event.remove(connection, "before_cursor_execute", note)


def version(session: Session, token: str, at: datetime = NOW) -> str:
    return queries.feed(session, token, at).version


def publish(
    session: Session, who: User, at: datetime = NOW, uid: str = "visit-1@jobaabner", **more: Any
) -> CalendarEvent:
    values = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=1), "summary": "Besøg: A", **more}
    return actions.publish(session, at, uid=uid, consultant_id=who.id, **values)


def test_no_change_is_missed_by_the_version(session: Session) -> None:
    """In one and the same microsecond, by deletion and insertion, by age: the version is another one each time."""
    who = make_consultant(session)
    token = actions.new_feed_link(session, who, NOW, who)
    seen = [version(session, token)]

    def changed() -> bool:
        seen.append(version(session, token))
        return seen[-1] not in seen[:-1]

    publish(session, who)
    assert changed()
    publish(session, who, summary="Besøg: B")
    assert changed(), "same microsecond"
    publish(session, who, summary="Besøg: A")
    assert changed(), "and back again"
    actions.unpublish(session, NOW, "visit-1@jobaabner")
    publish(session, who, uid="visit-2@jobaabner")
    assert changed(), "one gone, one new: as many, as old"
    publish(session, who, uid="visit-2@jobaabner", status="CANCELLED")
    assert changed()
    session.execute(sa.update(CalendarEvent).values(summary="Besøg: C"))
    assert changed(), "by a statement that passes the actions by"
    publish(session, who, uid="visit-2@jobaabner", summary="Besøg: C", status="CANCELLED")
    assert not changed(), "nothing changed"
    who.name = "Et andet navn"
    session.flush()
    assert changed()


def test_a_cancelled_one_leaves_after_thirty_days_and_the_version_with_it(session: Session) -> None:
    who = make_consultant(session)
    token = actions.new_feed_link(session, who, NOW, who)
    publish(session, who, starts_at=NOW + timedelta(days=50), ends_at=NOW + timedelta(days=50, hours=1))
    publish(session, who, status="CANCELLED", starts_at=NOW + timedelta(days=50), ends_at=NOW + timedelta(days=51))
    before, after = NOW + timedelta(days=30, seconds=-1), NOW + timedelta(days=30)
    assert len(queries.feed_events(session, who.id, before)) == 1
    assert queries.feed_events(session, who.id, after) == []
    assert version(session, token, before) != version(session, token, after)


def test_the_time_of_the_last_change_counts_what_has_left(session: Session) -> None:
    who = make_consultant(session)
    token = actions.new_feed_link(session, who, NOW - timedelta(days=1), who)

    def at(moment: datetime) -> datetime | None:
        return queries.feed(session, token, moment).changed_at

    publish(session, who, starts_at=NOW + timedelta(days=90), ends_at=NOW + timedelta(days=91))
    assert at(NOW + timedelta(seconds=30)) is None, "others may still come of that moment"
    assert at(NOW + timedelta(hours=1)) == NOW
    publish(session, who, NOW + timedelta(hours=2), status="CANCELLED")
    assert at(NOW + timedelta(days=2)) == NOW + timedelta(hours=2)
    left = NOW + timedelta(days=30, hours=2)
    assert at(left + timedelta(hours=1)) == left
    publish(session, who, left + timedelta(days=1), uid="visit-2@jobaabner")
    actions.unpublish(session, left + timedelta(days=2), "visit-2@jobaabner")
    assert at(left + timedelta(days=3)) == left + timedelta(days=2)


def test_two_links_of_two_kinds_live_side_by_side(session: Session) -> None:
    who = make_consultant(session)
    own = actions.new_feed_link(session, who, NOW, who)
    busy = actions.new_feed_link(session, who, NOW, who, "busy")
    assert (queries.feed(session, own, NOW).kind, queries.feed(session, busy, NOW).kind) == ("own", "busy")
    assert version(session, own) != version(session, busy)
    actions.revoke_feed_link(session, who, NOW, who, "busy")
    assert not queries.feed(session, own, NOW).revoked
    assert queries.feed(session, busy, NOW).revoked


def test_an_unchanged_feed_is_answered_from_a_few_short_questions(session: Session) -> None:
    who = make_consultant(session)
    token = actions.new_feed_link(session, who, NOW, who)
    for number in range(20):
        make_event(session, who, uid=f"visit-{number}@jobaabner")
    with counted(session) as said:
        version(session, token)
    assert len(said) <= 4
    assert not any("summary" in statement for statement in said)


@pytest.fixture
def feed_of(app: Flask, db: Session) -> dict[str, Any]:
    who = make_consultant(db, name="Karen Mønster")
    make_event(
        db, who, updated_at=NOW - timedelta(days=1), summary="Besøg: Hemmelig ApS", description="Telefon: 20 12 34 56"
    )
    made = {kind: actions.new_feed_link(db, who, NOW - timedelta(days=2), who, kind) for kind in ("own", "busy")}
    db.commit()
    return {**made, "who": who}


def test_over_http(app: Flask, db: Session, feed_of: dict[str, Any]) -> None:
    client, url = app.test_client(), f"/calendar/{feed_of['own']}.ics"
    answer = client.get(url)
    assert problems(answer.data) == []
    assert "Besøg: Hemmelig ApS" in answer.get_data(as_text=True)
    etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
    assert icalendar.Calendar.from_ical(answer.data)
    for headers in ({"If-None-Match": etag}, {"If-None-Match": "W/" + etag}, {"If-Modified-Since": modified}):
        again = client.get(url, headers=headers)
        assert (again.status_code, again.data) == (304, b""), headers
        assert again.headers["ETag"] == etag
    other = {"If-None-Match": '"other"', "If-Modified-Since": modified}
    assert client.get(url, headers=other).status_code == 200, "the version goes before the time"
    head = client.head(url)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", etag)
    publish(db, feed_of["who"], summary="Besøg: Ny ApS")
    db.commit()
    for headers in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        new = client.get(url, headers=headers)
        assert new.status_code == 200, headers
        assert "Ny ApS" in new.get_data(as_text=True)
    assert "Last-Modified" not in new.headers


def test_colleagues_over_http(app: Flask, feed_of: dict[str, Any]) -> None:
    text = app.test_client().get(f"/calendar/{feed_of['busy']}.ics").get_data(as_text=True)
    assert "SUMMARY:Optaget" in text
    for secret in ("Hemmelig", "20 12 34 56", "Prøvevej", "LOCATION", "DESCRIPTION"):
        assert secret not in text


def test_bodies_are_kept_within_their_room() -> None:
    bodies = Bodies(room=100)
    for number in range(10):
        bodies.keep(str(number), secrets.token_bytes(30))
    assert [bodies.get(str(number)) is not None for number in range(10)] == [False] * 7 + [True] * 3
    bodies.keep("large", b"x" * 101)
    assert bodies.get("large") is None
