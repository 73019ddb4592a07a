"""The page that connects a calendar, the proposals on the pages, and the jobs, on the whole product."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from crm.base.seal import Vault
from crm.base.settings import Settings
from crm.calendars.actions import add_source
from crm.calendars.jobs import write_copy
from crm.calendars.models import BusySource, CalendarCopy
from crm.integrations.caldav import opener
from crm.integrations.models import OutboxMessage
from crm.scheduler import run_job
from crm.visits.actions import book
from crm.visits.models import MoveProposal, Visit
from tests.calendars.own import HOUR, ONE, TEN, uid
from tests.calendars.radicale import PASSWORD, Own, Server, free_port
from tests.conftest import NOW, build_app
from tests.factories import make_user
from tests.factories.visits import METTE, Scene, make_scene

SignIn = Callable[[FlaskClient, Any], FlaskClient]


@pytest.fixture
def app(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    """As the ordinary one, but a server on this machine may be connected."""
    path = tmp_path / "crm.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    made = build_app(f"sqlite:///{path}", tmp_path, calendar_private_hosts=True)
    yield made
    made.extensions["crm.engine"].dispose()


def arrange(db: Session) -> tuple[Scene, Visit]:
    scene = make_scene(db)
    visit = book(db, scene.consultant, NOW, scene.entry(held=False), scene.consultant.id, TEN, METTE, "Ring på")
    db.commit()
    return scene, visit


def find(client: FlaskClient, own: Own, password: str = PASSWORD, address: str = "") -> Any:
    told = {"address": address or own.server, "username": own.user, "password": password}
    return client.post("/calendar/caldav/find", data=told)


def kept(page: str) -> str:
    match = re.search(r'name="kept" value="([^"]+)"', page)
    assert match
    return html.unescape(match[1])


def connect(client: FlaskClient, own: Own, **use: str) -> Any:
    page = find(client, own).get_data(as_text=True)
    told = {"kept": kept(page), "collection": own.url, **(use or {"writes": "y", "reads": "y"})}
    return client.post("/calendar/caldav/connect", data=told)


def run(app: Flask, db: Session, *jobs: str) -> None:
    """The jobs, with everything due now."""
    db.commit()
    db.execute(update(OutboxMessage).values(not_before=NOW - HOUR))
    db.execute(update(BusySource).values(next_at=NOW - HOUR))
    db.commit()
    for job in jobs:
        run_job(app, job)
    db.expire_all()


def read(db: Session, statement: Any) -> Any:
    """One value, and SQLite's writer is let go again."""
    found = db.scalars(statement).one()
    db.commit()
    return found


def test_from_the_password_to_the_visit_in_the_calendar(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn, radicale: Server
) -> None:
    scene, visit = arrange(db)
    own, name, number = radicale.calendar("Mit arbejde"), uid(visit), visit.id
    sign_in(client, scene.consultant)
    assert "Ingen endnu" in client.get("/calendar/caldav").get_data(as_text=True)
    answer = find(client, own)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Mit arbejde" in page
    assert PASSWORD not in page
    assert db.scalars(select(BusySource)).all() == [], "nothing is kept before a calendar is chosen"
    db.commit()
    assert connect(client, own).status_code == 303
    page = client.get("/calendar/caldav").get_data(as_text=True)
    assert "1 besøg skrives i den nu" in page
    assert "Læses første gang om lidt" in page
    run(app, db, "calendars", "caldav")
    assert list(own.texts()) == [name]
    page = client.get("/calendar/caldav").get_data(as_text=True)
    assert "Virker. Sidst læst" in page
    assert PASSWORD not in page
    own.edit(name, start=ONE, end=ONE + HOUR)
    run(app, db, "caldav")
    for url in ("/today", f"/visits/{number}"):
        page = client.get(url).get_data(as_text=True)
        assert "I din kalender ligger besøget hos" in page
        assert "Flyt besøget dertil" in page
        assert "Det kan lade sig gøre" in page
    number = read(db, select(MoveProposal.id))
    assert client.post(f"/visits/proposals/{number}/accept").status_code == 303
    db.expire_all()
    assert read(db, select(Visit.starts_at)) == ONE
    assert "I din kalender ligger" not in client.get("/today").get_data(as_text=True)
    assert client.post(f"/visits/proposals/{number}/accept").status_code == 409
    run(app, db, "calendars", "caldav")
    source = read(db, select(BusySource.id))
    assert client.post(f"/calendar/caldav/{source}/disconnect", data={"take_out": "1"}).status_code == 303
    assert "Afbrydes: 1 besøg" in client.get("/calendar/caldav").get_data(as_text=True)
    run(app, db, "calendars", "caldav")
    assert own.texts() == {}
    assert db.scalars(select(BusySource)).all() == []


def test_a_move_that_cannot_be_driven_says_so_and_can_be_refused(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn, radicale: Server
) -> None:
    scene, visit = arrange(db)
    own, name, page_of = radicale.calendar(), uid(visit), f"/visits/{visit.id}"
    sign_in(client, scene.consultant)
    connect(client, own)
    run(app, db, "calendars", "caldav")
    night = TEN + 12 * HOUR
    own.edit(name, start=night, end=night + HOUR)
    run(app, db, "caldav")
    page = client.get(page_of).get_data(as_text=True)
    assert "Besøget kan ikke flyttes dertil" in page
    assert "uden for konsulentens arbejdstid" in page
    assert "Flyt besøget dertil" not in page
    assert "Find en anden tid" in page
    number = read(db, select(MoveProposal.id))
    answer = client.post(f"/visits/proposals/{number}/accept")
    assert answer.status_code == 409
    assert "Besøget og din kalender er, som de var" in answer.get_data(as_text=True)
    stranger = make_user(db, "consultant", jobcentre=scene.jobcentre)
    db.commit()
    other = sign_in(app.test_client(), stranger)
    assert other.post(f"/visits/proposals/{number}/refuse").status_code == 404
    assert client.post(f"/visits/proposals/{number}/refuse").status_code == 303
    run(app, db, "calendars")
    assert own.start_of(name) == TEN


def test_errors_keep_what_was_typed_but_never_the_password(
    db: Session, client: FlaskClient, sign_in: SignIn, radicale: Server
) -> None:
    scene, _visit = arrange(db)
    own = radicale.calendar()
    sign_in(client, scene.consultant)
    for password, address, sentence in (
        ("forkert-ord-99", "", "Brugernavnet eller adgangskoden passer ikke"),
        (PASSWORD, f"http://127.0.0.1:{free_port()}/", "Serveren svarer ikke"),
        (PASSWORD, "ftp://sky.invalid/", "Adressen"),
        ("", "", "Adgangskode"),
    ):
        answer = find(client, own, password, address)
        page = html.unescape(answer.get_data(as_text=True))
        assert answer.status_code == 422
        assert sentence in page
        assert own.user in page
        assert (address or own.server) in page
        assert not password or password not in page
    assert client.post("/calendar/caldav/connect", data={"kept": "x", "collection": own.url}).status_code == 409
    assert connect(client, own, writes="", reads="").status_code == 422


def test_only_the_consultant_connects_and_disconnects(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn, radicale: Server
) -> None:
    scene, _visit = arrange(db)
    own = radicale.calendar()
    sign_in(client, scene.consultant)
    connect(client, own)
    number = db.scalars(select(BusySource.id)).one()
    for role in ("jobcentre_lead", "consultant"):
        person = make_user(db, role, jobcentre=scene.jobcentre)
        db.commit()
        other = sign_in(app.test_client(), person)
        assert other.post(f"/calendar/caldav/{number}/disconnect").status_code == 404
        if role == "jobcentre_lead":
            assert other.get("/calendar/caldav").status_code == 404
        sealed = kept(find(client, own).get_data(as_text=True))
        stolen = other.post("/calendar/caldav/connect", data={"kept": sealed, "collection": own.url, "reads": "y"})
        assert stolen.status_code in (404, 409)
    assert len(db.scalars(select(BusySource)).all()) == 1


def test_the_outbox_shows_calendar_rows_as_what_they_are(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn, radicale: Server
) -> None:
    scene, visit = arrange(db)
    sign_in(client, scene.consultant)
    connect(client, radicale.calendar())
    row = db.scalars(select(OutboxMessage).where(OutboxMessage.channel == "calendar")).one()
    admin = make_user(db, "admin")
    db.commit()
    desk = sign_in(app.test_client(), admin)
    for url in ("/outbox", f"/outbox/{row.id}"):
        page = desk.get(url).get_data(as_text=True)
        assert "Kalender" in page
        assert "Besøg i konsulentens egen kalender" in page
    assert visit.workplace.name not in desk.get(f"/outbox/{row.id}").get_data(as_text=True)
    for job, state in (("deliver", "pending"), ("calendars", "sent")):
        run(app, db, job)
        assert row.state == state, "mail does not wait for calendars, nor they for mail"


@pytest.mark.parametrize("kind", ["app", "pg_app"])
def test_two_workers_with_the_same_row_write_it_once(
    request: pytest.FixtureRequest, kind: str, radicale: Server
) -> None:
    """A worker that was thought dead wakes up: both have read that nothing is there, and both write."""
    app: Flask = request.getfixturevalue(kind)
    sessions, vault = app.extensions["crm.sessions"], app.extensions["crm.vault"]
    own = radicale.calendar()
    with sessions() as db:
        scene, visit = arrange(db)
        db.add(_source(vault, own, scene.consultant.id))
        db.flush()
        db.add(CalendarCopy(source_id=db.scalars(select(BusySource.id)).one(), uid=uid(visit), version=1))
        db.commit()
        number = db.scalars(select(CalendarCopy.id)).one()
    both, puts = threading.Barrier(2, timeout=30), []

    def together(account: Any) -> Any:
        dav = opener(True)(account)
        put, first = dav.put, [True]

        def at_once(*args: Any) -> Any:
            if first:
                first.pop()
                both.wait()
            puts.append(args)
            return put(*args)

        dav.put = at_once  # type: ignore[method-assign]
        return dav

    failed: list[BaseException] = []

    def work() -> None:
        try:
            write_copy(sessions, vault, together, NOW + timedelta(minutes=1), number)
        except BaseException as exc:
            failed.append(exc)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert failed == []
    assert len(puts) == 2
    assert list(own.texts()) == [uid(visit)]
    with sessions() as db:
        copy = db.scalars(select(CalendarCopy)).one()
        assert (copy.state, copy.theirs_change) == ("written", None)
        assert copy.etag


def _source(vault: Any, own: Own, consultant_id: int) -> BusySource:
    sealed = {"address": own.server, "username": own.user, "password": PASSWORD, "collection": own.url}
    return BusySource(
        consultant_id=consultant_id,
        kind="caldav",
        name="Arbejde",
        writes=True,
        created_at=NOW,
        next_at=NOW,
        **{name: vault.seal(value) for name, value in sealed.items()},
    )


def test_uses_and_password_are_changed_without_disconnecting(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn, radicale: Server
) -> None:
    scene, visit = arrange(db)
    own, name = radicale.calendar("Mit arbejde"), uid(visit)
    sign_in(client, scene.consultant)
    connect(client, own)
    number = read(db, select(BusySource.id))
    run(app, db, "calendars", "caldav")
    path = f"/calendar/caldav/{number}/change"
    page = client.get(path).get_data(as_text=True)
    assert "Ret Mit arbejde" in page
    assert page.count("checked") == 2
    wrong = client.post(path, data={"writes": "y", "password": "forkert"})
    assert wrong.status_code == 422
    assert "adgangskoden passer ikke" in wrong.get_data(as_text=True)
    assert "forkert" not in wrong.get_data(as_text=True)
    neither = client.post(path, data={"password": PASSWORD})
    assert neither.status_code == 422
    assert "mindst én af delene" in neither.get_data(as_text=True)
    assert read(db, select(BusySource)).reads
    done = client.post(path, data={"reads": "y", "password": PASSWORD}, follow_redirects=True)
    assert "Mit arbejde er ændret" in done.get_data(as_text=True)
    run(app, db, "calendars")
    assert name not in own.texts()
    assert client.post("/calendar/caldav/999/change", data={"reads": "y"}).status_code == 404
    lead = make_user(db, "jobcentre_lead", jobcentre=scene.jobcentre)
    db.commit()
    assert sign_in(client, lead).get(path).status_code == 404


def test_a_key_that_is_lost_is_told_and_breaks_no_page(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    """Sealed with a key that is no longer known, of both kinds: every page and click works, and says what to do."""
    scene, _visit = arrange(db)
    other = Vault.of(Settings(secret_key="en anden"))
    for kind in ("ics", "caldav"):
        where = {"address": f"https://sky.invalid/{kind}", "collection": "https://sky.invalid/a/"}
        add_source(db, other, scene.consultant, NOW, scene.consultant, kind=kind, name=kind, username="u", **where)
    db.commit()
    number = {kind: read(db, select(BusySource.id).where(BusySource.kind == kind)) for kind in ("ics", "caldav")}
    sign_in(client, scene.consultant)
    assert client.get("/calendar").status_code == client.get("/calendar/caldav").status_code == 200
    run(app, db, "links", "caldav", "respell")
    page = client.get("/calendar").get_data(as_text=True)
    assert "Adressen kan ikke åbnes mere, fordi nøglen på serveren er skiftet. Tilføj kalenderen igen." in page
    page = client.get("/calendar/caldav").get_data(as_text=True)
    assert "Adgangskoden kan ikke læses mere, fordi nøglen på serveren er skiftet. Forbind kalenderen igen." in page
    change = client.post(f"/calendar/caldav/{number['caldav']}/change", data={"reads": "y", "password": "ny"})
    assert change.status_code == 422
    assert "nøglen på serveren er skiftet" in change.get_data(as_text=True)
    refreshed = client.post(f"/calendar/sources/{number['ics']}/refresh", follow_redirects=True)
    assert "ics kunne ikke læses" in refreshed.get_data(as_text=True)
    assert client.post(f"/calendar/caldav/{number['caldav']}/disconnect", data={"take_out": "1"}).status_code == 303
    assert client.post(f"/calendar/sources/{number['ics']}/remove").status_code == 303
    assert db.scalars(select(BusySource)).all() == []


def test_the_page_asks_no_more_for_many_calendars_than_for_one(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    scene, _visit = arrange(db)
    sign_in(client, scene.consultant)
    asked: list[int] = []
    said: list[str] = []
    event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *about: said.append(about[2]))
    for number in range(4):
        where = {"address": f"https://sky.invalid/{number}", "collection": f"https://sky.invalid/{number}/"}
        vault = app.extensions["crm.vault"]
        add_source(db, vault, scene.consultant, NOW, scene.consultant, kind="caldav", name="x", **where)
        db.commit()
        for path in ("/calendar/caldav", "/calendar"):
            said.clear()
            assert client.get(path).status_code == 200
            asked.append(len([statement for statement in said if statement.startswith("SELECT")]))
    assert asked[:2] == asked[2:4] == asked[6:8]
    assert max(asked) <= 12, said
