"""A calendar whose reading breaks us: set aside on the page of jobs and told to its owner, beside those that are merely
not answered, which are not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.calendars.jobs.reading import OURS, read_each
from crm.calendars.models import BusySource
from crm.integrations.fetch import Fetched, FetchFailed
from crm.people.models import User
from crm.recurring.actions import release
from crm.recurring.models import SetAside
from crm.recurring.rules import AGAIN
from crm.scheduler import run_job
from tests.calendars.texts import calendar, event
from tests.conftest import NOW
from tests.factories.calendars import make_consultant
from tests.factories.core import make_user


@pytest.fixture(params=["app", pytest.param("pg_app", marks=pytest.mark.postgres)])
def made(request: pytest.FixtureRequest) -> Flask:
    return request.getfixturevalue(request.param)


@pytest.fixture
def base(made: Flask) -> Iterator[Session]:
    with made.extensions["crm.sessions"]() as session:
        yield session


@pytest.fixture
def links(made: Flask, base: Session) -> list[int]:
    """Of which the second breaks whoever reads it, and the third's server is down."""
    owner, vault = make_consultant(base), made.extensions["crm.vault"]
    rows = [
        BusySource(
            consultant_id=owner.id,
            kind="ics",
            name=f"Privat {number}",
            address=vault.seal(f"https://kalender.example/{number}.ics"),
            created_at=NOW,
            next_at=NOW,
        )
        for number in range(3)
    ]
    base.add_all(rows)
    base.commit()
    made.extensions["crm.fetcher"] = Fetcher()
    return [row.id for row in rows]


class Fetcher:
    broken = True

    def get(self, address: str, **_given: Any) -> Fetched:
        if "/1.ics" in address and self.broken:
            raise KeyError("Hemmelig aftale")
        if "/2.ics" in address:
            raise FetchFailed("Serveren svarer ikke.")
        return Fetched(calendar(event("DTSTART:20261125T090000Z", "DTEND:20261125T100000Z")), None, None)


def read(made: Flask, base: Session, moment: datetime) -> list[tuple[str, str, int]]:
    """What is set aside after a run at that moment."""
    base.commit()
    made.extensions["crm.clock"] = SimpleNamespace(now=lambda: moment)
    run_job(made, "links")
    base.expire_all()
    return [tuple(row) for row in base.execute(select(SetAside.job, SetAside.item, SetAside.tries))]


def test_a_bug_is_set_aside_and_a_server_that_is_down_is_not(made: Flask, base: Session, links: list[int]) -> None:
    good, broken, down = links
    assert read(made, base, NOW) == [("links", str(broken), 1)]
    assert "Hemmelig" not in base.scalars(select(SetAside.error)).one()
    said = {number: base.get_one(BusySource, number).last_error for number in links}
    assert said == {good: None, broken: OURS, down: "Serveren svarer ikke."}
    base.get_one(BusySource, broken).next_at = NOW + timedelta(hours=6)
    assert read(made, base, NOW + AGAIN[0] - timedelta(seconds=1))[0][2] == 1, "it waits for its next try"
    assert read(made, base, NOW + AGAIN[0])[0][2] == 2, "which the job says, not the calendar"
    made.extensions["crm.fetcher"].broken = False
    assert read(made, base, NOW + AGAIN[0] + AGAIN[1]) == []
    assert base.get_one(BusySource, broken).failing_since is None


def test_it_is_tried_again_at_once_when_somebody_says_so(made: Flask, base: Session, links: list[int]) -> None:
    read(made, base, NOW)
    release(base, make_user(base), NOW, base.scalars(select(SetAside)).one())
    made.extensions["crm.fetcher"].broken = False
    assert read(made, base, NOW + timedelta(seconds=5)) == []


@pytest.mark.parametrize("how", ["removed", "left"])
def test_one_that_is_no_longer_read_is_forgotten(made: Flask, base: Session, links: list[int], how: str) -> None:
    read(made, base, NOW)
    if how == "removed":
        base.execute(delete(BusySource).where(BusySource.id == links[1]))
    else:
        base.get_one(User, base.get_one(BusySource, links[1]).consultant_id).active = False
    assert read(made, base, NOW + AGAIN[0]) == []


def test_a_row_that_breaks_the_telling_too_is_set_aside_all_the_same(
    made: Flask, base: Session, links: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: Any) -> bool:
        raise NotFound

    monkeypatch.setattr("crm.calendars.jobs.reading.failed", broken)

    def one(number: int) -> bool:
        return number != links[1] or 1 // 0 > 0

    sessions, hour = made.extensions["crm.sessions"], timedelta(hours=1)
    assert read_each(sessions, "ics", one, NOW, job="links", claim=hour, workers=4) == 2
    assert base.scalars(select(SetAside.error)).one().startswith("ZeroDivisionError")
