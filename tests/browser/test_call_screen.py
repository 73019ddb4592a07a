"""The phoner's screen when things go wrong: the network is cut, the answer is lost, the page is reloaded; and what one
does beside the calls: the palette, the list of keys, keys switched off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Route, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.clock import Clock
from crm.calendars.actions import default_calendar
from crm.calling.models import Call, QueueEntry
from crm.companies.models import Contact
from crm.people.models import User
from crm.visits.models import Visit
from tests.browser.conftest import Watched
from tests.conftest import NOW, PASSWORD
from tests.factories import (
    make_campaign,
    make_firm,
    make_jobcentre,
    make_participation,
    make_queue_entry,
    make_user,
    make_workplace,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def phoner(db: Session) -> User:
    jobcentre, firm = make_jobcentre(db), make_firm(db)
    campaign = make_campaign(db, name="Luk op 2026", starts_on=NOW.date() - timedelta(days=20))
    part = make_participation(db, campaign=campaign, jobcentre=jobcentre, firm=firm)
    consultant = make_user(db, "consultant", jobcentre=jobcentre, name="Karen Mønster", phone="+4520111213")
    default_calendar(db, consultant, "Jobcenter Mariagerfjord", "9500")
    for number, name in enumerate(("Første ApS", "Anden ApS", "Tredje ApS")):
        workplace = make_workplace(db, name=name, phone=f"+4520000{number}01", lat=56.64, lon=9.79)
        db.add(Contact(workplace_id=workplace.id, name="Mette Prøvesen"))
        make_queue_entry(
            db, participation=part, workplace=workplace, behind=number,
            due_at=NOW - timedelta(hours=2) + timedelta(seconds=number),
        )  # fmt: skip
    made = make_user(db, "phoner", firm=firm, name="Sofie Testesen")
    db.commit()
    return made


@pytest.fixture
def desk(app: Flask, phoner: User, window: Callable[..., Watched]) -> Watched:
    app.extensions["crm.clock"] = Clock(NOW.isoformat())
    watched = window("phoner")
    watched.sign_in(phoner.email, PASSWORD)
    watched.go("/call")
    watched.keys("Control+Enter")
    shows(watched, "Første ApS")
    watched.page.wait_for_selector("#slots input[name=slot]:not(:disabled)")
    return watched


def shows(desk: Watched, name: str) -> None:
    desk.page.wait_for_function("name => document.querySelector('.call__name')?.innerText === name", arg=name)


def calls(db: Session) -> list[tuple[str, str]]:
    found = db.scalars(select(Call).where(Call.undone_at.is_(None)).order_by(Call.id)).all()
    told = [(call.outcome, call.note) for call in found]
    db.commit()
    return told


def write_note(desk: Watched, text: str) -> None:
    desk.keys("F3")
    desk.type(text)
    desk.keys("Escape")


def test_without_network_nothing_is_lost_and_it_is_saved_once_when_it_is_back(desk: Watched, db: Session) -> None:
    desk.page.context.set_offline(True)
    write_note(desk, "Ring på ved værkstedet")
    desk.keys("o", "Control+Enter")
    desk.page.wait_for_selector("[data-send-again]")
    desk.shot("call-offline")
    expect(desk.page.locator("#call-why")).to_contain_text("Venter på forbindelse")
    expect(desk.page.locator("#note")).to_have_value("Ring på ved værkstedet")
    assert calls(db) == []
    desk.page.context.set_offline(False)
    shows(desk, "Anden ApS")
    # what asks by itself every minute has found no network, and htmx says so in the console
    desk.trouble[:] = [line for line in desk.trouble if not line.startswith("console: htmx:")]
    assert calls(db) == [("busy", "Ring på ved værkstedet")]
    expect(desk.page.locator("#note")).to_have_value("")


def lose_answers(desk: Watched, path: str) -> None:
    """The server does what it is asked, and its answer never arrives."""

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    desk.page.route(path, lose)


def test_a_lost_answer_saves_once(desk: Watched, db: Session) -> None:
    lose_answers(desk, "**/outcome")
    desk.keys("i", "Control+Enter")
    desk.page.wait_for_selector("[data-send-again]")
    assert calls(db) == [("no_answer", "")], "the first try arrived"
    desk.page.unroute("**/outcome")
    desk.keys("Control+Enter")
    shows(desk, "Anden ApS")
    assert calls(db) == [("no_answer", "")], "and was not saved again"


def test_a_lost_answer_to_a_booking_books_once(desk: Watched, db: Session) -> None:
    lose_answers(desk, "**/visits/book")
    desk.keys("b", "Space")
    desk.page.wait_for_selector("#slots input[name=slot]:checked")
    desk.keys("Control+Enter")
    desk.page.wait_for_selector("[data-send-again]")
    desk.page.unroute("**/visits/book")
    desk.keys("Control+Enter")
    shows(desk, "Anden ApS")
    assert db.scalar(select(func.count()).select_from(Visit)) == 1
    assert calls(db) == [("booked", "")]


def test_a_lost_answer_is_found_again_after_a_reload(desk: Watched, db: Session) -> None:
    desk.page.route("**/outcome", lambda route: route.abort())
    write_note(desk, "Vigtig note")
    desk.keys("o", "Control+Enter")
    desk.page.wait_for_selector("[data-send-again]")
    desk.page.unroute("**/outcome")
    desk.page.reload()
    shows(desk, "Anden ApS")
    assert calls(db) == [("busy", "Vigtig note")]


def test_a_reload_keeps_everything_that_was_chosen_and_typed(desk: Watched, db: Session) -> None:
    desk.page.route("**/note", lambda route: route.abort())  # the server's own copy of the note never gets there
    write_note(desk, "Indgang fra gården")
    desk.keys("r")
    desk.type("i morgen 9")
    desk.keys("F8")
    desk.page.reload()
    shows(desk, "Første ApS")
    read = "name => document.querySelector(`[name=${name}]:checked`)?.value"
    assert desk.page.evaluate(read, "outcome") == "call_back"
    assert desk.page.evaluate(read, "mine") == "0"
    expect(desk.page.locator("#call_back_at")).to_have_value("i morgen 9")
    expect(desk.page.locator("#note")).to_have_value("Indgang fra gården")
    desk.page.unroute("**/note")
    desk.keys("Control+Enter")
    shows(desk, "Anden ApS")
    assert calls(db) == [("call_back", "Indgang fra gården")]


def test_a_chosen_time_stands_there_after_a_reload(desk: Watched, db: Session) -> None:
    desk.keys("b", "Space")
    desk.page.wait_for_selector("#slots input[name=slot]:checked")
    chosen = desk.page.evaluate("document.querySelector('#slots [name=slot]:checked').value")
    desk.page.reload()
    desk.page.wait_for_selector("#slots input[name=slot]:checked")
    assert desk.page.evaluate("document.querySelector('#slots [name=slot]:checked').value") == chosen
    desk.keys("Control+Enter")
    shows(desk, "Anden ApS")
    assert db.scalar(select(func.count()).select_from(Visit)) == 1


def test_the_next_company_is_mine_already_and_its_times_are_here(desk: Watched, db: Session, phoner: User) -> None:
    fetched = "() => performance.getEntriesByType('resource').filter(e => e.name.includes('/visits/slots')).length >= 2"
    desk.page.wait_for_function(fetched)
    following = db.scalars(
        select(QueueEntry).where(QueueEntry.claimed_at.is_(None), QueueEntry.claimed_by == phoner.id)
    )
    reserved = following.one()
    assert reserved.workplace.name == "Anden ApS"
    db.commit()
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.keys("i", "Control+Enter")
    shows(desk, "Anden ApS")
    desk.page.wait_for_selector("#slots input[name=slot]:not(:disabled)")
    assert not [url for url in asked if url.endswith(f"entry_id={reserved.id}")], "asked for again"


def first_hit(desk: Watched, words: str) -> None:
    chosen = "words => document.querySelector('#palette [aria-selected=true]')?.innerText.startsWith(words)"
    desk.page.wait_for_function(chosen, arg=words)


def test_the_palette_finds_companies_and_commands(desk: Watched) -> None:
    desk.keys("Control+k")
    desk.type("tredje")
    desk.page.wait_for_selector("#palette a[href^='/companies/']")
    desk.shot("call-palette")
    desk.keys("Escape", "Control+k")
    desk.type("optag")
    first_hit(desk, "Optaget")
    desk.keys("Enter")
    assert desk.page.evaluate("document.querySelector('[name=outcome]:checked').value") == "busy"
    desk.keys("Control+k")
    desk.type("pause")
    first_hit(desk, "Pause")
    desk.keys("Enter")
    desk.page.wait_for_selector(".call__clock")


def test_single_keys_can_be_switched_off_and_stay_off(desk: Watched) -> None:
    desk.keys("?")
    desk.page.wait_for_selector("#keys-dialog[open]")
    headings = desk.page.eval_on_selector_all("#keys-dialog h3", "all => all.map(one => one.innerText)")
    assert {"Udfald", "Samtale", "Ledige tider", "Overalt"} <= set(headings)
    desk.shot("call-keys")
    desk.keys("Escape", "Control+k")
    desk.type("enkelttaster")
    first_hit(desk, "Slå enkelttaster fra")
    desk.keys("Enter", "o")
    assert desk.page.query_selector("[name=outcome]:checked") is None
    desk.page.reload()
    shows(desk, "Første ApS")
    desk.keys("o")
    assert desk.page.query_selector("[name=outcome]:checked") is None
    desk.keys("F3")
    desk.type("F-taster virker")
    expect(desk.page.locator("#note")).to_have_value("F-taster virker")


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (683, 384)], ids=["1024 px", "200 % zoom"])
def test_narrow_windows_stay_usable(desk: Watched, db: Session, width: int, height: int) -> None:
    desk.page.set_viewport_size({"width": width, "height": height})
    wide = desk.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    desk.shot(f"call-{width}")
    desk.keys("n", "3")
    box = desk.page.evaluate("document.activeElement.closest('label').getBoundingClientRect().toJSON()")
    assert 0 <= box["top"] < height, "what one is at is in sight"
    desk.keys("Control+Enter")
    shows(desk, "Anden ApS")
    assert calls(db) == [("declined", "")]
