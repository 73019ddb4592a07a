"""Own calendars by a link: from the page to the busy time, against a real server on loopback; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import Invalid
from crm.base.seal import Vault
from crm.base.settings import Settings
from crm.calendars.actions import add_source, keep_objects, read_failed, read_ok, remove_source, respell
from crm.calendars.jobs.links import EVERY, read_links
from crm.calendars.models import BusyObject, BusySource, BusyTime
from crm.calendars.queries import due_sources
from crm.calendars.rules.busy import NotACalendar
from crm.integrations.fetch import Fetched, FetchFailed, HttpFetcher
from crm.integrations.models import OutboxMessage
from crm.people.models import User
from tests.calendars.texts import calendar, event
from tests.conftest import NOW
from tests.factories import make_user
from tests.factories.calendars import make_consultant
from tests.integrations.test_fetch import Server

SignIn = Callable[[FlaskClient, Any], FlaskClient]
VAULT = Vault.of(Settings(secret_key="test"))
MEETING = event("DTSTART:20261125T090000Z", "DTEND:20261125T100000Z")
WEEKLY = event("DTSTART:20261102T120000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY", uid="b@x")


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def source_of(
    session: Session, who: User | None = None, address: str = "https://kalender.example/hemmelig.ics"
) -> BusySource:
    who = who or make_consultant(session)
    return add_source(session, VAULT, who, NOW, who, kind="ics", name="Outlook", address=address)


def busy_news(session: Session) -> int:
    return len(session.scalars(select(Activity).where(Activity.verb == "calendars.busy")).all())


def times(session: Session, source: BusySource) -> list[Any]:
    return list(
        session.scalars(select(BusyTime.starts_at).where(BusyTime.source_id == source.id).order_by(BusyTime.starts_at))
    )


def test_the_address_is_sealed_and_named_nowhere(session: Session) -> None:
    source = source_of(session)
    assert "hemmelig" not in source.address
    assert VAULT.open(source.address).endswith("hemmelig.ics")
    logged = session.scalars(select(Activity).where(Activity.verb == "calendars.add_source")).one()
    assert "hemmelig" not in str(logged.data)
    assert due_sources(session, NOW, "ics") == [(source.id, NOW)]
    assert due_sources(session, NOW, "caldav") == []


@pytest.mark.parametrize(
    "address", ["", "kalender.ics", "ftp://a.dk/x.ics", "https://", "https://[x/", "https://a.dk/" + "x" * 3000]
)
def test_what_is_no_link_is_refused(session: Session, address: str) -> None:
    with pytest.raises(Invalid) as refused:
        source_of(session, address=address)
    assert "address" in refused.value.errors


def test_twice_the_same_and_too_many(session: Session) -> None:
    who = make_consultant(session)
    for number in range(10):
        source_of(session, who, f"https://a.dk/{number}")
    for address in ("https://a.dk/3", "https://a.dk/11"):
        with pytest.raises(Invalid):
            source_of(session, who, address)


def test_time_is_kept_told_once_and_goes_again(session: Session) -> None:
    source = source_of(session)
    text = calendar(MEETING, WEEKLY)
    assert keep_objects(session, NOW, source, {"a": ("1", text)}, (), everything=True)
    kept = session.scalars(select(BusyObject.text)).one()
    assert "Hemmeligt" not in kept
    assert len(times(session, source)) == 27
    assert not keep_objects(session, NOW, source, {"a": ("2", text)}, (), everything=True)
    renamed = text.replace("Hemmeligt", "Andet")
    assert not keep_objects(session, NOW, source, {"a": ("3", renamed)}, (), everything=True)
    assert busy_news(session) == 1
    assert keep_objects(session, NOW, source, {"b": (None, calendar(MEETING))}, (), everything=False)
    assert len(times(session, source)) == 28
    assert keep_objects(session, NOW, source, {}, ["a"], everything=False)
    assert len(times(session, source)) == 1
    assert keep_objects(session, NOW, source, {}, (), everything=True)
    assert times(session, source) == []
    assert busy_news(session) == 4


def test_what_has_passed_is_no_news(session: Session) -> None:
    source = source_of(session)
    keep_objects(session, NOW, source, {"a": (None, calendar(MEETING))}, (), everything=True)
    later = NOW + timedelta(days=3)
    assert not keep_objects(session, later, source, {"a": (None, calendar())}, (), everything=True)
    assert times(session, source) == []


def test_a_broken_calendar_keeps_the_former_time(session: Session) -> None:
    source = source_of(session)
    keep_objects(session, NOW, source, {"a": (None, calendar(MEETING))}, (), everything=True)
    with pytest.raises(NotACalendar):
        keep_objects(session, NOW, source, {"a": (None, "<html>")}, (), everything=True)
    both = {"a": (None, "<html>"), "b": (None, calendar(WEEKLY))}
    keep_objects(session, NOW, source, both, (), everything=True)
    assert len(times(session, source)) == 27


def test_the_horizon_moves_on(session: Session) -> None:
    source = source_of(session)
    keep_objects(session, NOW, source, {"a": (None, calendar(WEEKLY))}, (), everything=True)
    last = times(session, source)[-1]
    assert not respell(session, NOW + timedelta(days=7), source), "what appears at the edge is no news"
    assert times(session, source)[-1] == last + timedelta(days=7)
    assert respell(session, NOW + timedelta(days=60), source)
    assert times(session, source)[0] >= NOW + timedelta(days=58)


def test_failing_backs_off_and_is_told_by_mail_once(session: Session) -> None:
    source, moment, pauses = source_of(session), NOW, []
    while moment < NOW + timedelta(days=3):
        read_failed(session, moment, source, "Serveren svarer 404.")
        pauses.append(source.next_at - moment)
        moment = source.next_at
    minutes = [pause // timedelta(minutes=1) for pause in pauses]
    assert minutes[:6] == [15, 30, 60, 120, 240, 360]
    assert set(minutes[6:]) == {360}
    assert source.failing_since == NOW
    mails = session.scalars(select(OutboxMessage)).all()
    assert len(mails) == 1
    assert "Serveren svarer 404." in mails[0].body_text
    assert "hemmelig" not in mails[0].body_text
    read_ok(session, moment, source, next_in=EVERY)
    assert (source.failing_since, source.failures, source.last_error) == (None, 0, None)
    for hours in (0, 25):
        read_failed(session, moment + timedelta(hours=hours), source, "Serveren svarer ikke.")
    assert len(session.scalars(select(OutboxMessage)).all()) == 2, "the next spell is told as well"
    read_failed(session, moment, source, "x", retry_after=timedelta(hours=9))
    assert source.next_at == moment + timedelta(hours=9)


def test_removing_frees_the_time(session: Session) -> None:
    source = source_of(session)
    keep_objects(session, NOW, source, {"a": (None, calendar(MEETING))}, (), everything=True)
    remove_source(session, None, NOW, source)
    for table in (BusySource, BusyObject, BusyTime):
        assert session.scalars(select(table)).all() == []
    assert busy_news(session) == 2


def test_the_job_reads_what_is_due_and_asks_politely(app: Flask, db: Session, server: Server) -> None:
    server.answers["/a.ics"] = (200, {"ETag": '"one"'}, calendar(MEETING).encode())
    source, gone = source_of(db, address=server.url("/a.ics")), source_of(db, address=server.url("/b.ics"))
    source.address, gone.address = (app.extensions["crm.vault"].seal(server.url(p)) for p in ("/a.ics", "/b.ics"))
    db.commit()
    fetcher = HttpFetcher(5, allow_private=True)
    sessions, vault = app.extensions["crm.sessions"], app.extensions["crm.vault"]
    assert read_links(sessions, vault, fetcher, NOW) == 1
    db.expire_all()
    assert (source.etag, source.read_at, source.failures) == ('"one"', NOW, 0)
    assert timedelta(minutes=12) <= source.next_at - NOW <= timedelta(minutes=18)
    assert len(times(db, source)) == 1
    assert (gone.failing_since, "404" in (gone.last_error or "")) == (NOW, True)
    assert read_links(sessions, vault, fetcher, NOW) == 0, "nothing is due"
    db.rollback()
    later = NOW + timedelta(minutes=20)
    assert read_links(sessions, vault, fetcher, later) == 1
    assert [headers.get("if-none-match") for path, headers in server.seen if path == "/a.ics"] == [None, '"one"']
    assert len(times(db, source)) == 1


class Told:
    """A fetcher that answers as told."""

    def __init__(self, answer: Fetched | FetchFailed) -> None:
        self.answer = answer

    def get(self, address: str, **_: object) -> Fetched:
        if isinstance(self.answer, FetchFailed):
            raise self.answer
        return self.answer


def page(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_the_page_adds_reads_and_removes(app: Flask, db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    me = make_consultant(db, name="Karen Mønster")
    db.commit()
    sign_in(client, me)
    assert "Ingen endnu" in page(client.get("/calendar"))
    app.extensions["crm.fetcher"] = Told(Fetched(calendar(MEETING, WEEKLY, event("DTSTART:x", uid="c")), None, None))
    data = {"name": "Outlook", "address": "webcal://kalender.example/hemmelig.ics"}
    shown = page(client.post("/calendar/sources", data=data, follow_redirects=True))
    assert "26 optagne tider de næste 6 måneder" in shown
    assert "1 aftale kunne ikke læses" in shown
    assert "kalender.example" in shown
    assert "hemmelig.ics" not in shown
    source = db.scalars(select(BusySource)).one()
    number = source.id
    db.rollback()
    app.extensions["crm.fetcher"] = Told(FetchFailed("Serveren svarer 404."))
    shown = page(client.post(f"/calendar/sources/{number}/refresh", follow_redirects=True))
    assert "Kan ikke læses siden" in shown
    assert "Serveren svarer 404." in shown
    assert "spærrer stadig for booking" in shown
    assert len(db.scalars(select(BusyTime)).all()) == 27
    db.rollback()
    assert client.post(f"/calendar/sources/{number}/remove").status_code == 303
    assert db.scalars(select(BusyTime)).all() == []


@pytest.mark.parametrize("answer", [FetchFailed("Serveren svarer 404."), Fetched("<html>", None, None)])
def test_a_link_that_cannot_be_read_is_not_added(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn, answer: Any
) -> None:
    me = make_consultant(db)
    db.commit()
    app.extensions["crm.fetcher"] = Told(answer)
    refused = sign_in(client, me).post("/calendar/sources", data={"address": "https://a.dk/x.ics"})
    assert refused.status_code == 422
    assert "https://a.dk/x.ics" in page(refused), "what was typed is kept"
    assert client.post("/calendar/sources", data={}).status_code == 422
    assert db.scalars(select(BusySource)).all() == []


def test_the_real_fetcher_refuses_our_own_network(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn, server: Server
) -> None:
    server.answers["/a.ics"] = (200, {}, calendar(MEETING).encode())
    me = make_consultant(db)
    db.commit()
    answer = sign_in(client, me).post("/calendar/sources", data={"address": server.url("/a.ics")})
    assert answer.status_code == 422
    assert "lukket netværk" in page(answer)
    assert server.seen == []


def test_others_see_the_state_at_most(app: Flask, db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    owner, colleague, lead = make_consultant(db), make_consultant(db), make_user(db, "jobcentre_lead")
    source = source_of(db, owner)
    source.address = app.extensions["crm.vault"].seal("https://kalender.example/hemmelig.ics")
    number, whose = source.id, owner.id
    db.commit()
    sign_in(client, lead)
    shown = page(client.get(f"/calendar?consultant={whose}"))
    assert "Egen kalender 1" in shown
    assert "Outlook<" not in shown, "what people call their calendars is theirs"
    assert "kalender.example" not in shown
    for user in (lead, colleague):
        sign_in(client, user)
        for verb in ("refresh", "remove"):
            assert client.post(f"/calendar/sources/{number}/{verb}").status_code == 404
    assert client.post("/calendar/sources/99999/remove").status_code == 404
    sign_in(client, lead)
    assert client.post("/calendar/sources", data={"address": "https://a.dk/x"}).status_code == 404
