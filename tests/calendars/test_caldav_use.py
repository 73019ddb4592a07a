"""A connected calendar put to another use, and servers that say less than they should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from crm.base.errors import Invalid, Refusal
from crm.calendars.actions.caldav import change, disconnect
from crm.integrations.caldav_wire import WRONG_PASSWORD, Account
from crm.visits.actions import move
from tests.calendars.own import ONE, TEN, VAULT, uid, utc, world
from tests.calendars.radicale import PASSWORD, Server


def test_what_the_server_fails_to_tell_is_not_gone(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.put("tand@laege", "DTSTART:20261126T120000Z\nDTEND:20261126T130000Z")
    here.read()
    token = here.source.sync_token
    here.own.edit(uid(visit), description="Spørg efter Lars")
    here.own.edit("tand@laege", start=utc(26, 14), end=utc(26, 15))
    real = here.open

    def forgetful(account: Account) -> Any:
        dav = real(account)
        dav.fetch = lambda _collection, _paths: {}  # type: ignore[method-assign]
        return dav

    here.open = forgetful
    assert here.read() == 1
    assert here.proposals() == []
    assert here.busy() == [(utc(26, 12), utc(26, 13), "BUSY")]
    assert here.source.sync_token == token, "it is asked for once more"
    here.open = real
    here.read()
    assert here.busy() == [(utc(26, 14), utc(26, 15), "BUSY")]
    assert here.proposals() == []


def test_nothing_is_written_over_what_has_no_etag(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    before = here.own.texts()[uid(visit)]
    move(session, here.consultant, here.now, visit, ONE, "Mette kan ikke om formiddagen")
    real = here.open

    def silent(account: Account) -> Any:
        dav = real(account)
        read = dav.read
        dav.read = lambda *where: replace(read(*where), etag=None)  # type: ignore[method-assign, type-var]
        return dav

    here.open = silent
    assert here.deliver() == 0
    assert here.own.texts()[uid(visit)] == before
    assert here.copy(visit).state == "failed"


def test_another_use_of_a_connected_calendar(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.put("tand@laege", "DTSTART:20261127T120000Z\nDTEND:20261127T130000Z")
    here.read()

    def use(**new: Any) -> None:
        change(session, VAULT, here.consultant, here.now, here.source, **new)
        here.deliver()
        here.read()

    use(writes=False, reads=True)
    assert list(here.own.texts()) == ["tand@laege"]
    assert len(here.busy()) == 1
    use(writes=True, reads=False)
    assert here.own.start_of(uid(visit)) == TEN
    assert here.busy() == []
    use(writes=True, reads=True)
    assert len(here.busy()) == 1
    assert here.proposals() == []
    use(writes=True, reads=True, password="ny-hemmelig")
    assert here.source.last_error == WRONG_PASSWORD
    assert "ny-hemmelig" not in here.source.password
    use(writes=True, reads=True, password=PASSWORD)
    assert here.source.failing_since is None
    with pytest.raises(Invalid):
        use(writes=False, reads=False)
    disconnect(session, here.consultant, here.now, here.source, take_out=True)
    with pytest.raises(Refusal):
        use(writes=True, reads=True)
