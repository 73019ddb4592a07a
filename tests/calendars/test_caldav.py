"""Reading a consultant's own calendar on a real server: what takes up time, what stops doing so, and what fails."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.db import Base
from crm.base.errors import Invalid, Refusal
from crm.calendars.actions.caldav import LASTS, Draft, connect, keep_draft, kept_draft
from crm.calendars.jobs import read_due
from crm.integrations.caldav_wire import SILENT, WRONG_PASSWORD, Account, CalDavFailed
from crm.integrations.caldav_xml import Found
from crm.visits.actions import move
from tests.calendars.own import HOUR, ONE, TEN, VAULT, uid, utc, world
from tests.calendars.radicale import PASSWORD, Own, Server, free_port
from tests.conftest import NOW


def test_an_appointment_of_their_own_blocks_a_time_until_it_is_deleted(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.put("tand@laege", "SUMMARY:Tandlæge\nDTSTART:20261126T120000Z\nDTEND:20261126T130000Z")
    assert here.read() == 1
    assert here.busy() == [(utc(26, 12), utc(26, 13), "BUSY")]
    verbs = session.scalars(sa.select(Activity.verb).where(Activity.verb == "calendars.busy")).all()
    assert len(verbs) == 1
    with pytest.raises(Refusal) as refused:
        move(session, here.consultant, here.now, visit, ONE, "Prøve")
    assert refused.value.code == "hours"
    assert refused.value.extra["alternatives"]
    here.own.delete("tand@laege")
    assert here.read() == 1
    assert here.busy() == []
    assert move(session, here.consultant, here.now, visit, ONE, "Prøve").starts_at == ONE


def test_recurring_all_day_transparent_and_tentative_ones(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    here.own.put("moede@hver", "DTSTART:20261124T080000Z\nDTEND:20261124T083000Z\nRRULE:FREQ=DAILY;COUNT=3")
    here.own.put("kursus@dag", "DTSTART;VALUE=DATE:20261130\nDTEND;VALUE=DATE:20261201")
    here.own.put("fri@tid", "DTSTART:20261127T080000Z\nDTEND:20261127T090000Z\nTRANSP:TRANSPARENT")
    here.own.put("maaske@tid", "DTSTART:20261127T100000Z\nDTEND:20261127T110000Z\nSTATUS:TENTATIVE")
    here.read()
    assert here.busy() == [
        *((utc(day, 8), utc(day, 8, 30), "BUSY") for day in (24, 25, 26)),
        (utc(27, 10), utc(27, 11), "BUSY-TENTATIVE"),
        (utc(29, 23), utc(30, 23), "BUSY"),
    ]


def test_our_own_events_are_not_counted_twice(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    here.written(TEN)
    here.book(ONE)
    here.deliver()
    here.read()
    assert here.busy() == []
    assert here.proposals() == []


@pytest.mark.parametrize("token", ["http://radicale.org/ns/sync/" + "0" * 64, "vrøvl", None])
def test_without_a_usable_token_everything_is_read_again(session: Session, radicale: Server, token: str | None) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.put("tand@laege", "DTSTART:20261126T120000Z\nDTEND:20261126T130000Z")
    here.own.put("laegen@x", "DTSTART:20261127T120000Z\nDTEND:20261127T130000Z")
    here.read()
    here.own.delete("tand@laege")
    here.own.delete(uid(visit))
    here.source.sync_token = token
    assert here.read() == 1
    assert here.busy() == [(utc(27, 12), utc(27, 13), "BUSY")]
    assert [one.starts_at for one in here.proposals()] == [None]
    assert here.source.sync_token not in (None, token)


def test_a_server_that_is_down_is_told_since_when_and_all_is_caught_up_later(
    session: Session, radicale: Server
) -> None:
    here = world(session, radicale)
    here.own.put("tand@laege", "DTSTART:20261126T120000Z\nDTEND:20261126T130000Z")
    here.read()
    real, down = here.open, free_port()

    def unplugged(account: Account) -> Any:
        return real(replace(account, address=f"http://127.0.0.1:{down}/"))

    here.open = lambda account: _Down(unplugged(account), f"http://127.0.0.1:{down}/")  # type: ignore[assignment, return-value]
    visit = here.book(TEN)
    assert here.deliver() == 0
    since = here.source.failing_since
    assert since == here.now
    assert here.source.last_error == SILENT
    assert here.read() == 0
    assert here.source.failing_since == since
    assert here.copy(visit).state == "failed"
    assert here.busy() == [(utc(26, 12), utc(26, 13), "BUSY")], "what was known still takes up time"
    here.open = real
    here.later(timedelta(days=1))
    assert here.read() == 1
    assert here.source.failing_since is None
    assert here.source.last_error is None
    here.deliver()
    assert uid(visit) in here.own.texts()
    assert here.copy(visit).state == "written"


class _Down:
    """Another address for every call: as if the server had been unplugged."""

    def __init__(self, dav: Any, address: str) -> None:
        self.dav, self.address = dav, address

    def __enter__(self) -> _Down:
        return self

    def __exit__(self, *_error: object) -> None:
        self.dav.__exit__(*_error)

    def __getattr__(self, name: str) -> Any:
        return lambda _collection, *rest: getattr(self.dav, name)(self.address, *rest)


def test_a_password_that_was_changed_there_is_told(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    here.source.password = VAULT.seal("gammel")
    assert here.read() == 0
    assert here.source.last_error == WRONG_PASSWORD
    assert here.source.failing_since == here.now


def test_a_lost_key_is_told_and_stops_nothing_else(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    here.source.password = "gAAAAA-not-ours"
    assert here.read() == 0
    assert here.source.last_error
    assert "nøglen" in here.source.last_error


def test_nobody_reads_a_calendar_twice_at_once(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    session.commit()
    others: list[int] = []
    real = here.open

    def meanwhile(account: Account) -> Any:
        others.append(read_due(here.sessions, VAULT, real, here.now))
        return real(account)

    assert read_due(here.sessions, VAULT, meanwhile, here.now) == 1
    assert others == [0]


def test_what_we_write_while_reading_is_not_taken_for_their_doing(session: Session, radicale: Server) -> None:
    """The listing was made before our write arrived, and is taken in after it."""
    here = world(session, radicale)
    visit = here.written()
    move(session, here.consultant, here.now, visit, ONE, "Mette kan ikke om formiddagen")
    session.commit()
    real = here.open

    def slow(account: Account) -> Any:
        dav = real(account)
        changes, fetch = dav.changes, dav.fetch
        listed: list[Any] = []

        def stale_listing(collection: str, token: str | None) -> Any:
            listing = changes(collection, None)
            listed.append(fetch(collection, list(listing.changed)))
            here.open = real
            here.deliver()
            return listing

        dav.changes = stale_listing  # type: ignore[method-assign]
        dav.fetch = lambda _collection, _paths: listed[0]  # type: ignore[method-assign]
        return dav

    here.later()
    here.open = slow
    here.read()
    assert here.own.start_of(uid(visit)) == ONE
    assert here.proposals() == []
    assert here.copy(visit).theirs_change is None
    here.read()
    assert here.proposals() == []
    assert here.own.start_of(uid(visit)) == ONE


def test_an_object_that_makes_no_sense_does_not_stop_the_rest(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    here.own.put("tand@laege", "DTSTART:20261126T120000Z\nDTEND:20261126T130000Z")
    real = here.open

    def garbled(account: Account) -> Any:
        dav = real(account)
        fetch = dav.fetch

        def bad(collection: str, paths: Any) -> Any:
            found = fetch(collection, paths)
            first = next(iter(found.values()))
            return {**found, "/x/bad.ics": replace(first, path="/x/bad.ics", text="ikke en kalender")}

        dav.fetch = bad  # type: ignore[method-assign]
        return dav

    here.open = garbled
    assert here.read() == 1
    assert here.busy() == [(utc(26, 12), utc(26, 13), "BUSY")]


def test_no_column_of_the_database_shows_what_opens_the_calendar(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.put("tand@laege", "SUMMARY:Hemmelig tandlæge\nDTSTART:20261126T120000Z\nDTEND:20261126T130000Z")
    here.source.password = VAULT.seal("gammel")
    here.read()
    assert here.source.last_error
    found = []
    for table in Base.metadata.sorted_tables:
        for row in session.execute(sa.select(table)).mappings():
            told = json.dumps({name: str(value) for name, value in row.items()}, ensure_ascii=False)
            found += [(table.name, word) for word in (PASSWORD, here.own.url, "Hemmelig tandlæge") if word in told]
            assert f'"{here.own.user}"' not in told
    assert found == []
    assert here.copy(visit).state == "written"
    assert VAULT.open(here.source.collection) == here.own.url, "the search above would find it unsealed"


def test_what_cannot_be_connected(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    account = Account(here.own.server, here.own.user, PASSWORD)
    draft = Draft(account, [Found(here.own.url, "Arbejde"), Found("http://x.invalid/ro/", "Delt", False)])
    for url, use, field in (
        ("http://fremmed.invalid/", {"writes": True, "reads": True}, "collection"),
        (here.own.url, {"writes": True, "reads": True}, "collection"),
        ("http://x.invalid/ro/", {"writes": True, "reads": True}, "writes"),
        ("http://x.invalid/ro/", {"writes": False, "reads": False}, "reads"),
    ):
        with pytest.raises(Invalid) as refused:
            connect(session, VAULT, here.consultant, NOW, here.consultant, draft, url, **use)
        assert list(refused.value.errors) == [field]


def test_a_draft_is_for_one_consultant_and_a_short_while() -> None:
    draft = Draft(Account("https://sky.invalid/", "jens", "ord"), [Found("https://sky.invalid/a/", "A")])
    text = keep_draft(VAULT, NOW, 7, draft)
    assert "ord" not in text
    assert kept_draft(VAULT, NOW + LASTS, 7, text) == draft
    for number, moment, told in ((8, NOW, text), (7, NOW + LASTS + HOUR, text), (7, NOW, text[:-4]), (7, NOW, "")):
        with pytest.raises(Refusal):
            kept_draft(VAULT, moment, number, told)


def test_the_password_is_not_shown_when_something_breaks(radicale: Server) -> None:
    own: Own = radicale.calendar()
    account = Account(own.server, own.user, PASSWORD)
    assert PASSWORD not in repr(account)
    assert PASSWORD not in repr(CalDavFailed(SILENT))
