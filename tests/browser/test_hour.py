"""An hour at the phone with keys alone: a whole list worked to its end, without one page being loaded on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.clock import Clock
from crm.calendars.actions import default_calendar
from crm.calling.models import Call, QueueEntry
from crm.companies.models import Contact, Workplace
from crm.people.models import User
from crm.visits.models import SlotHold, Visit
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
FIRST_FOCUS = "() => document.activeElement?.matches('[data-phone-button]')"


@dataclass(frozen=True)
class Step:
    """What is pressed for one company, and what the database must say of it in the end."""

    keys: tuple[str, ...]
    outcome: str
    reason: str | None = None
    back_at: datetime | None = None
    mine: bool = True
    note: str = ""


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    """Danish winter time in November and December 2026."""
    return NOW.replace(day=day, hour=hour - 1, minute=minute)


HOUR = [
    Step(("i",), "no_answer"),
    Step(("o",), "busy"),
    Step(
        ("F3", "text:Besked til Kim i receptionen.", "Escape", "t"), "voicemail", note="Besked til Kim i receptionen."
    ),
    Step(("n", "2"), "declined", "no_time"),
    Step(("r", "text:14"), "call_back", back_at=_at(24, 14)),
    Step(("i",), "no_answer"),
    Step(("book:Mette Prøvesen",), "booked", note="Mangler en lærling til april."),
    Step(("i",), "no_answer"),
    Step(("undo:o",), "busy"),
    Step(("t",), "voicemail"),
    Step(("n", "1"), "declined", "no_need"),
    Step(("r", "text:i morgen 9", "F8"), "call_back", back_at=_at(25, 9), mine=False),
    Step(("f",), "wrong_number"),
    Step(("i",), "no_answer"),
    Step(("pause:2", "i"), "no_answer"),
    Step(("l",), "closed_down"),
    Step(("o",), "busy"),
    Step(("n", "4"), "declined", "already_partner"),
    Step(("book:Lone Prøvesen",), "booked", note="Mangler en lærling til april."),
    Step(("u",), "outside_target"),
    Step(("r", "text:mandag 13.30"), "call_back", back_at=_at(30, 13, 30)),
    Step(("t",), "voicemail"),
    Step(("x",), "do_not_call"),
    Step(("n", "6"), "declined", "other"),
    Step(("i",), "no_answer"),
]


@pytest.fixture
def phoner(db: Session) -> User:
    """Twenty-five companies in Hobro, in the order in which they are called, and two consultants who can visit."""
    jobcentre, firm = make_jobcentre(db), make_firm(db)
    campaign = make_campaign(db, name="Luk op 2026", starts_on=NOW.date() - timedelta(days=20))
    part = make_participation(db, campaign=campaign, jobcentre=jobcentre, firm=firm)
    for name in ("Karen Mønster", "Lars Afprøvet"):
        consultant = make_user(db, "consultant", jobcentre=jobcentre, name=name, phone="+4520111213")
        default_calendar(db, consultant, "Jobcenter Mariagerfjord", "9500")
    for number in range(len(HOUR)):
        workplace = make_workplace(
            db, name=f"Prøve {number + 1:02d} ApS", phone=f"+45200001{number:02d}", lat=56.64, lon=9.79
        )
        db.add(Contact(workplace_id=workplace.id, name="Mette Prøvesen", email="mette@eksempel.example"))
        make_queue_entry(
            db, participation=part, workplace=workplace, turn=1 - number / 100, behind=number,
            due_at=NOW - timedelta(hours=2) + timedelta(seconds=number),
        )  # fmt: skip
    made = make_user(db, "phoner", firm=firm, name="Sofie Testesen")
    db.commit()
    return made


@pytest.fixture
def desk(app: Flask, phoner: User, window: Callable[..., Watched]) -> Watched:
    """Signed in with the first company on the screen; the clock runs from 10.00 on a Tuesday."""
    app.extensions["crm.clock"] = Clock(NOW.isoformat())
    watched = window("phoner")
    watched.sign_in(phoner.email, PASSWORD)
    watched.go("/call")
    watched.page.evaluate("window.sameDocument = true")
    watched.keys("Control+Enter")
    arrive(watched, "Prøve 01 ApS")
    return watched


def arrive(desk: Watched, name: str) -> None:
    """The company is on the screen, its times are there, and the focus stands on the telephone."""
    desk.page.wait_for_function("name => document.querySelector('.call__name')?.innerText === name", arg=name)
    desk.page.wait_for_selector("#slots input[name=slot]:not(:disabled)")
    desk.page.wait_for_function(FIRST_FOCUS)
    assert desk.page.title().startswith(name)
    assert desk.page.evaluate("location.pathname + location.search") == "/call"


def saved(desk: Watched, word: str) -> None:
    desk.page.wait_for_function(
        "word => document.querySelector('[data-saved-text]')?.innerText.includes(word)", arg=word
    )


def book(desk: Watched, contact: str) -> None:
    """B stands on the first time, space takes it, and it is held; whom they meet; the note."""
    desk.keys("b")
    desk.page.wait_for_function("() => document.activeElement?.name === 'slot'")
    desk.keys("Space")
    desk.page.wait_for_selector("[data-hold-some]:not([hidden])")
    desk.keys("F3")
    desk.type("Mangler en lærling til april.")
    desk.keys("Escape")
    for _ in range(80):
        if desk.page.evaluate("document.activeElement?.id") == "contact_name":
            break
        desk.keys("Tab")
    desk.keys("Control+a")
    desk.type(contact)


def press(desk: Watched, key: str, here: str) -> None:
    kind, _colon, rest = key.partition(":")
    if not rest:
        desk.keys(key)
    elif kind == "text":
        desk.type(rest)
        if desk.page.evaluate("document.activeElement.id") == "call_back_at":
            desk.page.wait_for_selector("#when-answer b")
    elif kind == "book":
        book(desk, rest)
    elif kind == "undo":
        undo(desk, here, rest)
    elif kind == "pause":
        pause(desk, here, rest)


def undo(desk: Watched, here: str, key: str) -> None:
    """First the wrong key, saved; taken back; everything stands there again, and the right key is given."""
    desk.keys("i", "Control+Enter")
    desk.page.wait_for_function("name => document.querySelector('.call__name').innerText !== name", arg=here)
    saved(desk, here)
    desk.page.wait_for_function(FIRST_FOCUS)
    desk.keys("Control+z")
    arrive(desk, here)
    assert desk.page.evaluate("document.querySelector('[name=outcome]:checked').value") == "no_answer"
    desk.keys(key)


def pause(desk: Watched, here: str, reason: str) -> None:
    desk.keys("p")
    desk.page.wait_for_selector(".call__clock")
    desk.shot("hour-pause")
    desk.keys(reason)
    desk.page.wait_for_selector(".call__pauses [aria-pressed=true][value=lunch]")
    desk.keys("Control+Enter")
    arrive(desk, here)


def test_a_whole_list_with_keys_alone(desk: Watched, db: Session, phoner: User) -> None:
    for number, step in enumerate(HOUR):
        here = f"Prøve {number + 1:02d} ApS"
        for key in step.keys:
            press(desk, key, here)
        if number in (3, 4, 6):
            desk.shot(f"hour-{number + 1:02d}")
        desk.keys("Control+Enter")
        if number + 1 < len(HOUR):
            arrive(desk, f"Prøve {number + 2:02d} ApS")
        if number == 6:
            desk.shot("hour-booked")
    desk.page.wait_for_selector(".call__reasons")
    desk.shot("hour-dry")
    said = desk.page.inner_text(".call__reasons")
    assert "Prøves igen senere" in said
    assert "Genopkald er aftalt til senere" in said
    expect(desk.page.locator(".call__dry")).to_contain_text("Den næste kommer i dag kl. 1")
    assert desk.page.evaluate("window.sameDocument"), "a page was loaded on the way"
    _as_keyed(db, phoner)


def _as_keyed(db: Session, phoner: User) -> None:
    """The database says what was keyed, company by company, and nothing more."""
    rows = db.execute(
        select(Workplace.name, QueueEntry, Call)
        .join(QueueEntry, QueueEntry.workplace_id == Workplace.id)
        .join(Call, Call.entry_id == QueueEntry.id)
        .where(Call.undone_at.is_(None))
        .order_by(Workplace.name)
    ).all()
    got = [
        (name, call.outcome, call.reason, call.call_back_at, entry.call_back_by, call.note, entry.attempts)
        for name, entry, call in rows
    ]
    wanted = [
        (
            f"Prøve {number + 1:02d} ApS", step.outcome, step.reason, step.back_at,
            phoner.id if step.back_at and step.mine else None, step.note, 1,
        )
        for number, step in enumerate(HOUR)
    ]  # fmt: skip
    assert got == wanted
    assert {call.user_id for _name, _entry, call in rows} == {phoner.id}
    taken_back = db.scalars(select(Call).where(Call.undone_at.is_not(None))).one()
    assert (taken_back.outcome, taken_back.entry_id) == ("no_answer", rows[8][1].id)
    visits = db.scalars(select(Visit).order_by(Visit.id)).all()
    assert [(visit.workplace.name, visit.contact_name) for visit in visits] == [
        ("Prøve 07 ApS", "Mette Prøvesen"),
        ("Prøve 19 ApS", "Lone Prøvesen"),
    ]
    assert db.scalar(select(func.count()).select_from(SlotHold)) == 0, "a booked time is held no longer"
    left = db.scalar(select(func.count()).select_from(QueueEntry).where(QueueEntry.claimed_by.is_not(None)))
    assert left == 0, "nothing stays locked"
    db.commit()
