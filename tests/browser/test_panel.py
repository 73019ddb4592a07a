"""The times on the phoner's screen in a browser: held by choosing, counted down, lost to another, by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.people.models import User
from crm.visits.actions import book
from crm.visits.models import SlotHold
from tests.browser.conftest import Watched
from tests.conftest import NOW, PASSWORD
from tests.factories import make_visit
from tests.factories.calling import make_phoner
from tests.factories.core import make_workplace
from tests.factories.visits import HADSUND, METTE, Scene, make_scene

pytestmark = pytest.mark.browser
TUESDAY = date(2026, 12, 1)
Open = Callable[..., Watched]


@pytest.fixture
def scene(db: Session) -> Scene:
    made = make_scene(db, consultants=2)
    for person, name, initials in zip(made.consultants, ("Karen Mønster", "Lars Attrup"), ("KMØ", "LAT"), strict=True):
        person.name, person.initials = name, initials
    made.phoner.name = "Sofie Testesen"
    town = make_workplace(db, lat=HADSUND[0], lon=HADSUND[1], postcode="9560", city="Hadsund")
    for day, minute, who in ((0, 720, 0), (0, 840, 1), (1, 600, 0), (1, 570, 1)):
        make_visit(
            db, consultant=made.consultants[who], starts_at=at(TUESDAY + timedelta(days=day), minute),
            lat=town.lat, lon=town.lon,
        )  # fmt: skip
    made.entry(at=(56.6505, 9.9805), name="Eksempel Blik & Rør ApS", postcode="9550", city="Mariager")
    db.commit()
    return made


def at_work(scene: Scene, window: Open) -> Watched:
    watched = window("phoner")
    watched.sign_in(scene.phoner.email, PASSWORD)
    watched.go("/call")
    watched.page.wait_for_selector('input[name="slot"]')
    return watched


def held(db: Session) -> SlotHold | None:
    """What is held now; the session gives the writer's place back at once."""
    db.rollback()
    found = db.scalars(select(SlotHold)).one_or_none()
    if found is not None:
        db.expunge(found)
    db.rollback()
    return found


def test_a_chosen_time_is_held_counted_down_and_moved_with_the_arrows(db: Session, scene: Scene, window: Open) -> None:
    phoner = at_work(scene, window)
    expect(phoner.page.get_by_text("Ingen tid holdt")).to_be_visible()
    phoner.shot("slots-free")
    phoner.keys("F4", "Space")
    left = phoner.page.locator("[data-hold-left]")
    expect(left).to_have_text("2.59", timeout=8000)
    first = held(db)
    assert first is not None
    assert phoner.page.evaluate("document.activeElement.name") == "slot", "the focus stays where it was"
    phoner.shot("slots-held")
    value = phoner.page.locator('input[name="slot"]:checked').get_attribute("value")
    with phoner.page.expect_response("**/visits/hold"):
        phoner.keys("ArrowDown", "ArrowDown")
    moved = held(db)
    assert moved is not None
    assert f"{moved.consultant_id}|{moved.starts_at.isoformat()}" != value
    phoner.page.reload()
    expect(phoner.page.locator('input[name="slot"]:checked')).to_have_count(1)
    expect(phoner.page.get_by_text("Holdt til dig")).to_be_visible()
    phoner.page.locator('input[name="slot"]:checked').focus()
    with phoner.page.expect_response("**/visits/hold/release"):
        phoner.keys("Escape")
    expect(phoner.page.get_by_text("Ingen tid holdt")).to_be_visible()
    assert held(db) is None


def test_a_time_another_holds_is_shown_and_one_that_was_taken_brings_three_others(
    db: Session, scene: Scene, window: Open
) -> None:
    phoner = at_work(scene, window)
    phoner.page.locator("#note").fill("Mangler 1–2 voksenlærlinge til april.")
    phoner.keys("F4", "Space")
    expect(phoner.page.get_by_text("Holdt til dig")).to_be_visible()
    taken = held(db)
    assert taken is not None
    colleague = make_phoner(db, scene.participation)
    theirs = scene.entry(held=False, at=(56.6505, 9.9805))
    theirs.claimed_by, theirs.claimed_at, theirs.claimed_until = colleague.id, NOW, NOW + timedelta(hours=1)
    db.get_one(SlotHold, taken.entry_id).until = NOW - timedelta(seconds=5)
    consultant = db.get_one(User, taken.consultant_id)
    db.flush()
    book(db, colleague, NOW, theirs, consultant.id, taken.starts_at, METTE)
    db.commit()
    phoner.page.locator('[name="outcome"][value="booked"]').check(force=True)
    phoner.page.locator('[name="contact_name"]').fill("Mette Prøvesen")
    phoner.keys("Control+Enter")
    expect(phoner.page.get_by_text("Tiden er taget af en anden")).to_be_visible()
    expect(phoner.page.get_by_text("Din reservation af")).to_be_visible()
    expect(phoner.page.get_by_text("Tre nærmeste tider")).to_be_visible()
    expect(phoner.page.locator(".slot.is-taken")).to_contain_text("taget af en anden")
    assert phoner.page.locator("#note").input_value().startswith("Mangler 1–2")
    expect(phoner.page.locator('[name="contact_name"]')).to_have_value("Mette Prøvesen")
    assert phoner.page.evaluate("document.activeElement.closest('[data-nearest]') !== null"), "focus on the first one"
    phoner.shot("slots-lost")
    phoner.keys("Space")
    expect(phoner.page.get_by_text("Holdt til dig")).to_be_visible()
