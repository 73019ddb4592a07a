"""The CalDAV client against a real server: finding calendars, reading changes, writing without overwriting."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm.integrations.caldav import Changed, HttpCalDav
from crm.integrations.caldav_wire import (
    ELSEWHERE,
    FORBIDDEN,
    MISSING,
    PLAIN,
    SILENT,
    TOO_LARGE,
    WRONG_PASSWORD,
    Account,
    CalDavFailed,
    Wire,
    completed,
)
from crm.integrations.fetch import PRIVATE
from tests.calendars.radicale import PASSWORD, Own, Server, free_port

OWN = "SUMMARY:Tandlæge\nDTSTART:20261125T090000Z\nDTEND:20261125T100000Z"
TEXT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//DA\r\nBEGIN:VEVENT\r\nUID:a@test\r\n"
    "DTSTAMP:20261101T120000Z\r\nDTSTART:20261125T120000Z\r\nDTEND:20261125T130000Z\r\nSUMMARY:{}\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def reach(own: Own, password: str = PASSWORD, address: str = "") -> HttpCalDav:
    return HttpCalDav(Account(address or own.server, own.user, password), allow_private=True)


def test_calendars_are_found_behind_the_servers_address_and_behind_their_own(radicale: Server) -> None:
    own = radicale.calendar("Mit arbejde")
    for address in (own.server, own.url, f"{own.server}{own.user}/", own.server.rstrip("/")):
        with reach(own, address=address) as dav:
            assert [(one.url, one.name, one.writable) for one in dav.calendars()] == [(own.url, "Mit arbejde", True)]


@pytest.mark.parametrize(
    ("password", "path", "sentence"),
    [("forkert", "", WRONG_PASSWORD), (PASSWORD, "{me}/ikke/", MISSING), (PASSWORD, "konsulent599/deres/", FORBIDDEN)],
)
def test_what_the_server_refuses_is_a_sentence(radicale: Server, password: str, path: str, sentence: str) -> None:
    own = radicale.calendar()
    with reach(own, password) as dav:
        ask = dav.calendars if not path else lambda: dav.changes(own.server + path.format(me=own.user), None)
        with pytest.raises(CalDavFailed) as failed:
            ask()
    assert failed.value.sentence == sentence
    assert PASSWORD not in str(failed.value)
    assert own.user not in str(failed.value)


def test_a_server_that_is_not_there_is_a_sentence() -> None:
    address = f"http://127.0.0.1:{free_port()}/"
    with HttpCalDav(Account(address, "x", "y"), allow_private=True) as dav, pytest.raises(CalDavFailed) as failed:
        dav.calendars()
    assert (failed.value.sentence, failed.value.status) == (SILENT, 0)


@pytest.mark.parametrize(
    ("address", "url", "sentence"),
    [
        ("http://kalender.eksempel.invalid/", "", PLAIN),
        ("https://127.0.0.1/", "", PRIVATE),
        ("https://[::1]/", "", PRIVATE),
        ("https://kalender.eksempel.invalid/", "https://anden.invalid/", ELSEWHERE),
        ("https://10.0.0.1/", "https://10.0.0.2/", ELSEWHERE),
        ("https://a.eksempel.invalid/", "http://a.eksempel.invalid/", PLAIN),
    ],
)
def test_the_password_goes_nowhere_else(address: str, url: str, sentence: str) -> None:
    wire = Wire(Account(address, "x", "y"), False, 1)
    with pytest.raises(CalDavFailed) as failed:
        wire.send("PROPFIND", url or address)
    assert failed.value.sentence == sentence


@pytest.mark.parametrize("typed", ["sky.kommune.dk/dav", " caldavs://sky.kommune.dk/dav", "https://sky.kommune.dk/dav"])
def test_addresses_are_taken_as_people_type_them(typed: str) -> None:
    assert completed(typed) == "https://sky.kommune.dk/dav"


@pytest.mark.parametrize("typed", ["https://jens:hemmelig@sky.kommune.dk/dav", "jens:hemmelig@sky.kommune.dk/dav"])
def test_a_password_in_the_address_is_left_out(typed: str) -> None:
    assert completed(typed) == "https://sky.kommune.dk/dav"
    assert completed("https://sky.kommune.dk/dav/jens@kommune.dk/") == "https://sky.kommune.dk/dav/jens@kommune.dk/"


def test_changes_since_a_token_deletions_too(radicale: Server) -> None:
    own = radicale.calendar()
    own.put("tand@laege", OWN)
    own.put("frisoer@salon", OWN)
    with reach(own) as dav:
        first = dav.changes(own.url, None)
        assert first.everything
        assert len(first.changed) == 2
        assert first.token
        texts = dav.fetch(own.url, list(first.changed))
        assert sorted("tand@laege" in one.text for one in texts.values() if one) == [False, True]
        assert {path: one.etag for path, one in texts.items() if one} == first.changed
        gone = next(path for path, one in texts.items() if one and "tand@laege" in one.text)
        own.delete("tand@laege")
        own.edit("frisoer@salon", start=datetime(2026, 11, 25, 13, tzinfo=UTC))
        second = dav.changes(own.url, first.token)
        assert not second.everything
        assert second.removed == {gone}
        assert set(second.changed) == set(first.changed) - {gone}
        assert dav.fetch(own.url, [gone]) == {gone: None}
        third = dav.changes(own.url, second.token)
        assert (third.changed, third.removed) == ({}, frozenset())


def test_a_token_that_the_server_does_not_know_gives_everything(radicale: Server) -> None:
    own = radicale.calendar()
    own.put("tand@laege", OWN)
    with reach(own) as dav:
        for token in ("http://radicale.org/ns/sync/" + "0" * 64, "vrøvl"):
            listing = dav.changes(own.url, token)
            assert listing.everything
            assert len(listing.changed) == 1
            assert listing.token


def test_a_first_write_never_overwrites_and_a_later_one_only_what_it_knows(radicale: Server) -> None:
    own = radicale.calendar()
    with reach(own) as dav:
        path = f"/{own.user}/{own.url.rstrip('/').rsplit('/', 1)[-1]}/a%40test.ics"
        etag = dav.put(own.url, path, TEXT.format("Første"), None)
        with pytest.raises(Changed):
            dav.put(own.url, path, TEXT.format("Anden"), None)
        own.edit("a@test", summary="Konsulentens egen")
        with pytest.raises(Changed):
            dav.put(own.url, path, TEXT.format("Tredje"), etag)
        with pytest.raises(Changed):
            dav.delete(own.url, path, etag)
        there = dav.read(own.url, path)
        assert there is not None
        assert "Konsulentens egen" in there.text
        assert [one.etag for one in dav.find(own.url, "a@test")] == [there.etag]
        dav.delete(own.url, path, there.etag)
        dav.delete(own.url, path, there.etag)
        assert dav.read(own.url, path) is None
        assert dav.find(own.url, "a@test") == []


def test_a_calendar_larger_than_any_is_left(radicale: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    own = radicale.calendar()
    own.put("tand@laege", OWN)
    monkeypatch.setattr("crm.integrations.caldav.LARGEST", 50)
    with reach(own) as dav, pytest.raises(CalDavFailed) as failed:
        dav.fetch(own.url, list(dav.changes(own.url, None).changed))
    assert failed.value.sentence == TOO_LARGE
