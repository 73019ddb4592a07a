"""Calendars are understood before anything is written: on SQLite nobody waits for the writer meanwhile. Every way in."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.base.seal import Vault
from crm.base.settings import Settings
from crm.calendars.actions import add_source
from crm.calendars.models import BusySource, BusyTime
from crm.calendars.rules import ahead
from crm.calendars.rules.ahead import read_ahead
from crm.integrations.caldav import Stored
from crm.integrations.caldav_xml import Listing
from crm.integrations.fetch import Fetched
from crm.people.models import User
from crm.recurring.models import SetAside
from crm.scheduler import run_job
from tests.calendars.texts import calendar, event
from tests.conftest import NOW
from tests.factories.calendars import make_consultant

SignIn = Callable[[FlaskClient, Any], FlaskClient]
WEEKLY = calendar(event("DTSTART:20261102T120000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY", uid="b@x"))


@dataclass
class Watch:
    """Whether the writer was free each time a calendar was understood, or a server asked."""

    path: str
    seen: list[bool] = field(default_factory=list)

    def look(self) -> None:
        other = sqlite3.connect(self.path, timeout=0, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
            self.seen.append(True)
        except sqlite3.OperationalError:
            self.seen.append(False)
        finally:
            other.close()


@pytest.fixture
def watch(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Watch:
    made = Watch(str(app.extensions["crm.engine"].url.database))
    for name in ("stripped", "expanded"):
        real = getattr(ahead, name)

        def looking(*args: Any, real: Any = real) -> Any:
            made.look()
            return real(*args)

        monkeypatch.setattr(ahead, name, looking)
    return made


@dataclass
class Server:
    """Both kinds of calendar server, always with the weekly appointment."""

    watch: Watch

    def get(self, _address: str, **_: object) -> Fetched:
        self.watch.look()
        return Fetched(WEEKLY, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def changes(self, _collection: str, _token: str | None) -> Listing:
        self.watch.look()
        return Listing({"/a.ics": '"1"'}, frozenset(), None, True)

    def fetch(self, _collection: str, paths: Any) -> dict[str, Stored | None]:
        return {path: Stored(path, '"1"', WEEKLY) for path in paths}


@pytest.fixture
def source(app: Flask, db: Session, watch: Watch) -> BusySource:
    app.extensions["crm.fetcher"] = Server(watch)
    app.extensions["crm.caldav"] = lambda _account: Server(watch)
    who = make_consultant(db)
    vault = app.extensions["crm.vault"]
    made = add_source(db, vault, who, NOW, who, kind="ics", name="Outlook", address="https://kalender.example/x.ics")
    add_source(
        db,
        vault,
        who,
        NOW,
        who,
        kind="caldav",
        name="Sky",
        address="https://sky.example/",
        collection="https://sky.example/a/",
    )
    db.commit()
    return made


def owner(db: Session, source: BusySource) -> User:
    return db.get_one(User, source.consultant_id)


def test_the_watch_sees_a_writer(app: Flask, watch: Watch, db: Session) -> None:
    watch.look()
    db.scalars(select(BusyTime)).all()  # a session that may write takes the writer with its first word
    watch.look()
    db.rollback()
    assert watch.seen == [True, False]


@pytest.mark.parametrize("job", ["links", "caldav", "respell"])
def test_no_job_holds_the_writer(app: Flask, db: Session, watch: Watch, source: BusySource, job: str) -> None:
    if job == "respell":
        run_job(app, "links")
        watch.seen.clear()
    run_job(app, job)
    assert watch.seen
    assert all(watch.seen)
    assert len(db.scalars(select(BusyTime)).all()) == 26


def test_no_click_holds_the_writer(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn, watch: Watch, source: BusySource
) -> None:
    number, who = source.id, owner(db, source)
    db.commit()
    sign_in(client, who)
    assert client.post(f"/calendar/sources/{number}/refresh").status_code == 303
    assert client.post("/calendar/sources", data={"address": "https://kalender.example/y.ics"}).status_code == 303
    assert len(watch.seen) >= 5
    assert all(watch.seen)
    assert len(db.scalars(select(BusyTime)).all()) == 52


def test_what_is_kept_already_is_not_spelled_out_again(watch: Watch) -> None:
    first = read_ahead(NOW, [WEEKLY])
    kept = first.kept[WEEKLY]
    assert kept is not None
    assert len(first.taken[kept]) == 26
    assert read_ahead(NOW, [WEEKLY], [kept]).taken == {}
    assert read_ahead(NOW, ["<html>"]).kept == {"<html>": None}


def test_more_clicks_than_anybody_needs_are_stopped(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn, source: BusySource, watch: Watch
) -> None:
    """All that ask a server count together, for each person; looking is free."""
    number, who, other = source.id, owner(db, source), make_consultant(db)
    db.commit()
    sign_in(client, who)
    for _ in range(5):
        assert client.post(f"/calendar/sources/{number}/refresh").status_code == 303
        assert client.post("/calendar/caldav/find", data={}).status_code == 422
    asked = len(watch.seen)
    for path in (f"/calendar/sources/{number}/refresh", "/calendar/sources", "/calendar/caldav/find"):
        stopped = client.post(path, data={"address": "https://kalender.example/z.ics"})
        assert stopped.status_code == 429
        assert "For mange forsøg" in stopped.get_data(as_text=True)
    assert len(watch.seen) == asked
    assert client.get("/calendar/caldav").status_code == 200
    sign_in(client, other)
    assert client.post("/calendar/caldav/find", data={}).status_code == 422


def test_calendars_of_people_who_have_left_are_let_go(app: Flask, db: Session, source: BusySource) -> None:
    run_job(app, "links")
    assert db.scalars(select(BusyTime)).all()
    db.rollback()
    assert run_job(app, "respell") == 0
    user = owner(db, source)
    user.active = False
    db.commit()
    assert run_job(app, "respell") == 2
    db.expire_all()
    assert db.scalars(select(BusyTime)).all() == []
    assert db.scalars(select(BusySource)).all() == [], "nothing of ours was in it, so the password goes at once"


def test_one_that_is_being_given_up_comes_to_its_end_though_its_owner_has_left(
    app: Flask, db: Session, source: BusySource
) -> None:
    db.execute(update(BusySource).where(BusySource.kind == "caldav").values(ending_at=NOW - timedelta(hours=1)))
    owner(db, source).active = False
    db.commit()
    run_job(app, "caldav")
    assert [one.kind for one in db.scalars(select(BusySource))] == ["ics"]


def test_a_calendar_that_breaks_in_a_new_way_stops_no_other_and_tells_no_text(
    app: Flask, db: Session, source: BusySource, caplog: pytest.LogCaptureFixture
) -> None:
    class Odd(Server):
        def fetch(self, _collection: str, _paths: Any) -> dict[str, Stored | None]:
            raise KeyError("Hemmelig aftale hos https://sky.example/hemmelig")

    app.extensions["crm.caldav"] = lambda _account: Odd(Watch(str(app.extensions["crm.engine"].url.database)))
    run_job(app, "caldav")
    found = db.scalars(select(BusySource).where(BusySource.kind == "caldav")).one()
    assert found.failing_since is not None
    assert found.last_error
    aside = db.scalars(select(SetAside)).one()
    assert (aside.job, aside.item) == ("caldav", str(found.id))
    assert aside.error.startswith("KeyError\n")
    assert "KeyError" in caplog.text
    assert "emmelig" not in caplog.text + aside.error


def test_a_key_is_replaced_in_a_night(app: Flask, db: Session, source: BusySource) -> None:
    app.extensions["crm.vault"] = Vault.of(Settings(secret_key="test", credentials_key="den-gamle-noegle-er-her"))
    vault = app.extensions["crm.vault"]
    source.address, lost = vault.seal("https://kalender.example/x.ics"), "gAAAAA-not-ours"
    db.execute(update(BusySource).where(BusySource.kind == "caldav").values(address=lost))
    db.commit()
    both = Settings(secret_key="test", credentials_key="den-nye-noegle-er-her,den-gamle-noegle-er-her")
    app.extensions["crm.vault"] = Vault.of(both)
    run_job(app, "respell")
    db.expire_all()
    alone = Vault.of(Settings(secret_key="test", credentials_key="den-nye-noegle-er-her"))
    assert alone.open(source.address) == "https://kalender.example/x.ics"
    assert db.scalars(select(BusySource.address).where(BusySource.kind == "caldav")).one() == lost
