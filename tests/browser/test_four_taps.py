"""The plain case of an opening on a telephone: four taps from the day or the visit to the saved opening, by finger and
by keyboard; and the field that suggests occupations, by both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Locator, expect
from sqlalchemy import select

from crm.openings.models import Opening
from crm.visits.models import Visit
from tests.browser.conftest import Watched
from tests.conftest import NOW, PASSWORD
from tests.factories import make_visit

pytestmark = pytest.mark.browser
TALL = 812


class Finger:
    """Taps and counts them. What is not on the screen is brought there by rolling, which is no tap."""

    def __init__(self, seen: Watched) -> None:
        self.seen, self.taps = seen, 0

    def tap(self, what: Locator) -> None:
        what.scroll_into_view_if_needed()
        box = what.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, f"{what} is smaller than a finger: {box}"
        self.taps += 1
        what.click()


@pytest.fixture
def visit(app: Flask) -> Visit:
    """Held this morning and reported without an opening."""
    with app.extensions["crm.sessions"]() as db:
        made = make_visit(db, state="held", starts_at=NOW - timedelta(hours=2), reported_at=NOW, pressed=False)
        assert made.consultant.email
        db.commit()
        return made


@pytest.fixture
def phone(visit: Visit, window: Callable[..., Watched]) -> Watched:
    seen = window("consultant", 375, TALL)
    seen.sign_in(visit.consultant.email, PASSWORD)
    return seen


def saved(app: Flask) -> Opening:
    with app.extensions["crm.sessions"]() as db:
        return db.scalars(select(Opening)).one()


def narrow(seen: Watched) -> bool:
    return bool(seen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def tell(finger: Finger, shots: bool) -> None:
    """From the visit's page."""
    page = finger.seen.page
    finger.tap(page.get_by_role("link", name="Tilføj åbning"))
    page.wait_for_url("**/openings")
    if shots:
        finger.seen.shot("four-taps-add")
    finger.tap(page.locator("label.chip", has_text="Løntilskud"))
    finger.tap(page.get_by_role("button", name="Gem åbningen").first)
    page.wait_for_url("**/openings/*")
    expect(page.locator("body")).to_contain_text("Åbningen er gemt.")


def test_from_the_visits_page(app: Flask, phone: Watched, visit: Visit) -> None:
    phone.go(f"/visits/{visit.id}")
    phone.shot("four-taps-visit")
    finger = Finger(phone)
    tell(finger, shots=True)
    assert finger.taps <= 4
    assert narrow(phone)
    phone.shot("four-taps-saved")
    assert (saved(app).type, saved(app).positions, saved(app).visit_id) == ("wage_subsidy", 1, visit.id)


def test_from_the_day(app: Flask, phone: Watched, visit: Visit) -> None:
    phone.go("/today")
    finger = Finger(phone)
    finger.tap(phone.page.locator(f'main a[href$="/visits/{visit.id}"]').first)
    phone.page.wait_for_url(f"**/visits/{visit.id}")
    tell(finger, shots=False)
    assert finger.taps <= 4
    assert saved(app).visit_id == visit.id


def test_by_keyboard_alone(app: Flask, phone: Watched, visit: Visit) -> None:
    phone.go(f"/visits/{visit.id}")
    page = phone.page
    focused = "document.activeElement.textContent.trim() || document.activeElement.value"

    def go_to(words: str, most: int = 40) -> None:
        for _ in range(most):
            phone.keys("Tab")
            if words in page.evaluate(focused):
                return
        raise AssertionError(f"the keyboard does not reach {words}")

    go_to("Tilføj åbning")
    phone.keys("Enter")
    page.wait_for_url("**/openings")
    go_to("ordinary")  # the first of the types; the arrows choose
    phone.keys("Space", "ArrowRight")
    assert page.locator("input[name=type]:checked").get_attribute("value") == "wage_subsidy"
    phone.keys("Control+Enter")
    page.wait_for_url("**/openings/*")
    assert saved(app).type == "wage_subsidy"


@pytest.fixture
def field(app: Flask, phone: Watched, visit: Visit) -> Locator:
    """The occupation's field on the page of an opening's details."""
    with app.extensions["crm.sessions"]() as db:
        kept = db.get_one(Visit, visit.id)
        made = Opening(
            visit_id=kept.id,
            campaign_id=kept.campaign_id,
            jobcentre_id=kept.jobcentre_id,
            workplace_id=kept.workplace_id,
            consultant_id=kept.consultant_id,
            type="ordinary",
            positions=1,
            created_at=NOW,
        )
        db.add(made)
        db.commit()
        opening_id = made.id
    phone.go(f"/openings/{opening_id}/details")
    return phone.page.get_by_role("combobox", name="Stilling")


def suggested(seen: Watched) -> list[str]:
    seen.page.wait_for_selector('[role="listbox"]:not([hidden]) [role="option"]')
    return seen.page.locator('[role="listbox"] [role="option"]').all_inner_texts()


def test_suggestions_are_found_without_accents_and_taken_by_keyboard(
    app: Flask, phone: Watched, field: Locator
) -> None:
    page = phone.page
    field.focus()
    phone.type("toemr")
    found = suggested(phone)
    assert found[0] == "Tømrer"
    assert field.get_attribute("aria-expanded") == "true"
    assert field.get_attribute("aria-activedescendant") is None
    expect(page.locator("#occupation-list-status")).to_contain_text(f"{len(found)} forslag")
    phone.keys("ArrowDown", "ArrowDown", "ArrowUp")
    first = page.locator('[role="option"]').first
    assert field.get_attribute("aria-activedescendant") == first.get_attribute("id")
    assert first.get_attribute("aria-selected") == "true"
    assert narrow(phone)
    phone.shot("combobox-375")
    phone.keys("Enter")
    assert (field.input_value(), field.get_attribute("aria-expanded")) == ("Tømrer", "false")
    assert page.url.endswith("/details")
    phone.keys("Enter")  # with the list closed the form is sent
    page.wait_for_url(lambda url: not url.endswith("/details"))
    assert (saved(app).occupation, saved(app).occupation_code) == ("Tømrer", "7115")


def test_escape_closes_and_what_was_typed_stays(app: Flask, phone: Watched, field: Locator) -> None:
    field.focus()
    phone.type("kok")
    suggested(phone)
    phone.keys("ArrowUp", "Escape")
    assert (field.input_value(), field.get_attribute("aria-expanded")) == ("kok", "false")
    phone.keys("Alt+ArrowDown")
    assert field.get_attribute("aria-expanded") == "true"
    phone.type(" på færge")
    phone.page.wait_for_selector("#occupation-list[hidden]", state="attached")
    phone.keys("Enter")
    phone.page.wait_for_url(lambda url: not url.endswith("/details"))
    assert saved(app).occupation == "kok på færge"


def test_a_suggestion_is_taken_by_finger_and_leaving_the_field_closes_the_list(phone: Watched, field: Locator) -> None:
    finger = Finger(phone)
    field.focus()
    phone.type("sygepl")
    suggested(phone)
    finger.tap(phone.page.locator('[role="option"]', has_text="Sygeplejerske").first)
    expect(field).to_have_value("Sygeplejerske")
    expect(phone.page.locator("#occupation-list")).not_to_be_visible()
    field.fill("kok")
    suggested(phone)
    phone.keys("Tab")
    expect(phone.page.locator("#occupation-list")).not_to_be_visible()
    expect(field).to_have_value("kok")
