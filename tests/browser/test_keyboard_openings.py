"""From the visit's report to the kept promise without a mouse, on a screen at 200 % zoom. Every stop of Tab on the way
must show where it is: a ring around it, and no bar that stays over it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Locator, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.followups.models import FollowUp
from crm.openings.models import Candidacy, Opening, Placement
from crm.visits.models import Visit
from tests.browser.conftest import Watched
from tests.conftest import NOW, PASSWORD
from tests.factories import make_visit
from tests.factories.candidates import make_candidate

pytestmark = pytest.mark.browser
PROMISE = "Sende en kok til køkkenet"

# What is wrong with the element that has the focus, or nothing. A radio button or checkbox may be drawn by what follows it.
TROUBLE = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return "";
  const ring = (one) => one && getComputedStyle(one).outlineStyle !== "none" && parseFloat(getComputedStyle(one).outlineWidth) > 0;
  const box = element.getBoundingClientRect();
  const name = `${element.tagName} ${element.id || element.name || element.textContent.trim().slice(0, 40)}`;
  if (!ring(element) && !ring(element.nextElementSibling)) return `${name}: no ring`;
  if (box.bottom <= 0 || box.top >= innerHeight) return `${name}: outside the window`;
  const middle = [box.left + box.width / 2, (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2];
  const top = document.elementFromPoint(...middle);
  const own = top && (element.contains(top) || top.contains(element) || element.closest("label")?.contains(top));
  return own ? "" : `${name}: covered by ${top?.tagName} ${top?.className}`;
}"""


class Keys:
    """A consultant's keyboard. ``trouble`` holds what could not be seen of what had the focus."""

    def __init__(self, seen: Watched) -> None:
        self.seen, self.page, self.trouble = seen, seen.page, list[str]()

    def to(self, what: Locator, most: int = 90) -> None:
        expect(what).to_be_attached()
        handle = what.element_handle()
        for _press in range(most):
            self.seen.keys("Tab")
            if found := self.page.evaluate(TROUBLE):
                self.trouble.append(f"{self.page.url} {found}")
            if self.page.evaluate("element => element === document.activeElement", handle):
                return
        raise AssertionError(f"{what} is not reached by {most} presses of Tab on {self.page.url}")

    def press(self, what: Locator) -> None:
        self.to(what)
        self.seen.keys("Enter")

    def tick(self, selector: str) -> None:
        """A checkbox, or the first radio button of its group."""
        self.to(self.page.locator(selector))
        self.seen.keys("Space")
        expect(self.page.locator(selector)).to_be_checked()

    def write(self, selector: str, words: str) -> None:
        self.to(self.page.locator(selector))
        self.seen.type(words)
        expect(self.page.locator(selector)).to_have_value(words)

    def day(self, selector: str, twice: str) -> None:
        """``twice``: a number that is both day and month, as the parts of a date stand in the browser's own order."""
        self.to(self.page.locator(selector))
        self.seen.type(f"{twice}{twice}2026")
        expect(self.page.locator(selector)).to_have_value(f"2026-{twice}-{twice}")


@pytest.fixture
def visit(db: Session) -> Visit:
    """Held this morning; one cook with consent waits."""
    made = make_visit(
        db, starts_at=NOW - timedelta(hours=2), contact_name="Bodil Mønster", contact_email="bodil@eksempel.invalid"
    )
    assert made.consultant.email
    make_candidate(db, jobcentre_id=made.jobcentre_id, reference="K-7001")
    db.commit()
    return made


@pytest.fixture
def keys(visit: Visit, db: Session, window: Callable[..., Watched]) -> Keys:
    email = visit.consultant.email
    db.rollback()
    seen = window("consultant", 640, 360)  # 1280 x 720 at 200 %
    seen.sign_in(email, PASSWORD)
    return Keys(seen)


def report(keys: Keys, number: int) -> None:
    """Refused first: the summary has the focus, and its first link leads to its field."""
    keys.seen.go(f"/visits/{number}/report")
    send = keys.page.locator("button[form=report]")
    keys.press(send)
    expect(keys.page.locator(".error-summary")).to_be_focused()
    keys.seen.keys("Tab", "Enter", "Space")
    expect(keys.page.locator("#result-0"), "where the summary leads").to_be_checked()
    keys.to(keys.page.locator("[name=pressed]").first)
    keys.seen.keys("ArrowRight")
    expect(keys.page.locator("[name=pressed][value=no]")).to_be_checked()
    keys.tick("[name=types][value=ordinary]")
    keys.tick("[name=owed_by][value=jobcentre]")
    keys.write("#promise", PROMISE)
    keys.tick("#due-0")
    keys.press(send)
    keys.page.wait_for_url(lambda url: "/report" not in url)


def specify(keys: Keys, number: int) -> None:
    """The opening's details; the field that suggests closes by Escape and leaves what was typed."""
    keys.seen.go(f"/openings/{number}")
    keys.press(keys.page.get_by_role("link", name="Skriv det, der mangler"))
    field = keys.page.get_by_role("combobox", name="Stilling")
    keys.to(field)
    keys.seen.type("kok")
    expect(field).to_have_attribute("aria-expanded", "true")
    keys.seen.keys("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_be_focused()
    keys.seen.keys("ArrowDown", "Enter")
    expect(field).to_have_value("Kok")
    keys.write("#tasks", "Frokost til 40")
    keys.seen.keys("Control+Enter")
    expect(keys.page.get_by_role("heading", level=1)).to_have_text("Kok")


def fill(keys: Keys) -> None:
    """Candidate, presentation, placement: each from the opening's page."""
    page = keys.page
    keys.press(page.get_by_role("button", name="Foreslå K-7001"))
    expect(page.locator("#flashes")).to_contain_text("K-7001 er foreslået til åbningen.")
    keys.press(page.get_by_role("button", name="K-7001 er vist jobbet"))
    expect(page.locator("#flashes")).to_contain_text("K-7001 er præsenteret for jobbet.")
    keys.press(page.locator("#candidates a.person__body", has_text="K-7001"))
    expect(page.get_by_role("heading", level=1)).to_have_text("K-7001")
    keys.press(page.locator("#hire summary"))
    keys.day("#hire [name=ends_on]", "12")
    keys.press(page.get_by_role("button", name="Gem ansættelsen"))
    expect(page.locator("#flashes")).to_contain_text("K-7001 er ansat")


def fulfil(keys: Keys) -> None:
    """From the day's list to done; it is the company's last agreement, so a person says that nothing follows."""
    page = keys.page
    keys.seen.go("/followups")
    keys.press(page.get_by_role("link", name=PROMISE, exact=True))
    expect(page.get_by_role("heading", level=1)).to_have_text(PROMISE)
    keys.tick("#outcome_key-0")
    keys.to(page.locator("[name=then]").first)
    keys.seen.keys("ArrowUp")
    expect(page.locator("[name=then][value=skip]")).to_be_checked()
    keys.press(page.locator("#done .form-actions button"))


def test_from_the_report_to_the_kept_promise(app: Flask, visit: Visit, keys: Keys) -> None:
    sessions = app.extensions["crm.sessions"]
    report(keys, visit.id)
    with sessions() as db:
        opening = db.scalars(select(Opening)).one()
    specify(keys, opening.id)
    fill(keys)
    fulfil(keys)
    expect(keys.page.locator(".undo")).to_contain_text(f"Gjort: {PROMISE}")
    with sessions() as db:
        assert db.scalars(select(Candidacy.state)).all() == ["hired"]
        assert db.scalars(select(Placement.type)).all() == ["ordinary"]
        assert db.scalars(select(FollowUp.state).where(FollowUp.promise == PROMISE)).all() == ["done"]
    assert keys.trouble == []
