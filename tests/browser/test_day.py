"""The consultant's day on a telephone: route and drawing, spare time, being late, calendar settings; looked at and
checked for accessibility."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import expect

from crm.base.clock import at, danish_date
from crm.calendars.actions import set_bases, set_wishes
from crm.integrations.models import OutboxMessage
from tests.browser.conftest import Watched
from tests.conftest import NOW, PASSWORD
from tests.factories.calendars import make_absence
from tests.factories.visits import AARS, HADSUND, make_scene
from tests.visits.driven import MARIAGER, RANDERS, SKOERPING, visit_at

TODAY = danish_date(NOW)
SIZES = {375: 812, 768: 1024}


def consultant(app: Flask, visits: int) -> str:
    """A consultant with so many visits today, an own appointment, wishes and companies near the way; their mail."""
    places = (HADSUND, MARIAGER, AARS, SKOERPING, RANDERS, HADSUND, AARS, MARIAGER)
    names = ("Eksempel Blik & Rør ApS", "Prøvebageriet I/S", "Demo Tømrer & Snedker A/S", "Fiktiv El-teknik A/S")
    with app.extensions["crm.sessions"]() as db:
        scene = make_scene(db, max_visits=12)
        person = scene.consultant
        starts = (645, 800, 915) if visits <= 3 else (620, 690, 770, 850, 920, 980, 1040, 1100)
        for number in range(visits):
            visit_at(
                scene,
                starts[number],
                at_place=places[number],
                minutes=45 if visits <= 3 else 30,
                name=names[number % len(names)],
                booked_by=scene.phoner.id,
                note="Vil høre om løntilskud;\ntravlt efter kl. 11" if number == 0 else "",
                contact_phone="+4520123456",
                contact_title="Værkstedsleder",
            )
        for number in range(4):
            scene.entry(
                at=(MARIAGER[0] + 0.01 * number, MARIAGER[1] - 0.02 * number), held=False, name=f"Nabo {number} ApS"
            )
        make_absence(db, person, at(TODAY + timedelta(days=2), 480), title="Kursus i Aalborg")
        wishes = {"lunch_minutes": 30, "lunch_from": 660, "lunch_to": 900, "notice_hours": 24, "horizon_days": 30}
        set_wishes(db, person, NOW, person, areas=[("7700", "7700"), ("9000", "9999")], **wishes)
        set_bases(db, person, NOW, person, {4: ("Hjemme", "8900")})
        db.commit()
        return str(person.email)


@pytest.mark.parametrize("width", SIZES)
def test_the_day_the_spare_time_and_being_late(app: Flask, window: Callable[..., Watched], width: int) -> None:
    email = consultant(app, 3)
    seen = window("consultant", width, SIZES[width])
    seen.sign_in(email, PASSWORD)
    seen.go("/today")
    expect(seen.page.locator("svg.route-map")).to_have_count(1)
    assert seen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    seen.shot(f"day-{width}")
    seen.page.click(".near__all a")
    expect(seen.page.locator("main")).to_contain_text("Ring først")
    assert seen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    seen.shot(f"day-spare-{width}")
    seen.page.locator("a[href^='/today/spare/']").first.click()
    seen.page.wait_for_selector("input[name=slot]")
    seen.shot(f"day-spare-book-{width}")
    seen.go("/today/late?min=45")
    seen.shot(f"day-late-{width}")
    seen.page.click("button:has-text('Send besked')")
    seen.page.wait_for_url("**/today")
    with app.extensions["crm.sessions"]() as db:
        assert db.query(OutboxMessage).filter(OutboxMessage.dedupe_key.like("visit:%:late:%")).count() >= 1


@pytest.mark.parametrize("width", SIZES)
def test_eight_visits_none_and_the_settings(app: Flask, window: Callable[..., Watched], width: int) -> None:
    email = consultant(app, 8)
    seen = window("consultant", width, SIZES[width])
    seen.sign_in(email, PASSWORD)
    seen.go("/today")
    expect(seen.page.locator(".route-map__stop")).to_have_count(8)
    seen.shot(f"day-eight-{width}")
    seen.go("/today?day=2026-11-25")
    seen.shot(f"day-empty-{width}")
    seen.go("/calendar")
    assert seen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    seen.shot(f"day-calendar-{width}")
    for fold in seen.page.locator("details.fold > summary").all():
        fold.click()
    seen.shot(f"day-calendar-open-{width}")
