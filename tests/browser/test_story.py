"""The whole story in the browser, with a moved clock: a visit without an opening, contact in March, the nag of the
morning, overdue, escalated to the lead, fulfilled in two taps, and seen as late in the figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.followups.models import FollowUp
from crm.integrations.models import OutboxMessage
from tests.browser.conftest import Watched
from tests.conftest import PASSWORD
from tests.factories import make_participation, make_queue_entry, make_user, make_visit
from tests.followups.test_story import MARCH, PROMISE, VISIT, morning, move_clock

pytestmark = pytest.mark.browser
EMAIL = "ejer@vinteren.invalid"


def arrange(app: Flask, db: Session) -> tuple[str, str, int]:
    """The consultant's and the lead's addresses, and the visit's number."""
    joined = make_participation(db)
    consultant = make_user(db, "consultant", jobcentre=joined.jobcentre, name="Mette Holm")
    lead = make_user(db, "jobcentre_lead", jobcentre=joined.jobcentre, name="Lise Leder")
    entry = make_queue_entry(db, participation=joined, state="done", final_outcome="booked", final_at=VISIT)
    visit = make_visit(
        db, entry=entry, consultant=consultant, starts_at=VISIT, contact_email=EMAIL, contact_phone="+4520000001"
    )
    visit.workplace.name = "Vinterens Campingplads ApS"
    db.commit()
    move_clock(app, VISIT + timedelta(hours=1, minutes=10))
    return consultant.email, lead.email, visit.id


def chip(watched: Watched, name: str, value: str) -> None:
    """Tap a choice: its label, as a thumb would."""
    watched.page.locator(f"label:has(input[name='{name}'][value='{value}'])").click()


def fits(watched: Watched) -> None:
    width = watched.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1], watched.page.url


def reported(consultant: Watched, visit_id: int) -> None:
    page = consultant.page
    consultant.go(f"/visits/{visit_id}/report")
    consultant.shot("story-report-empty")
    fits(consultant)
    chip(consultant, "result", "held")
    chip(consultant, "pressed", "no")
    chip(consultant, "owed_by", "jobcentre")
    page.locator("#promise").fill(PROMISE)
    page.get_by_role("button", name="Luk besøg og send aftalen").click()
    expect(page.get_by_text("Vælg en dato, før du lukker besøget.").first).to_be_visible()
    consultant.shot("story-report-without-date")
    chip(consultant, "due", MARCH.isoformat())
    consultant.shot("story-report")
    fits(consultant)
    page.get_by_role("button", name="Luk besøg og send aftalen").click()
    page.wait_for_url("**/today")
    expect(page.get_by_text(f"aftalen er sendt til {EMAIL}")).to_be_visible()


def test_nothing_promised_is_forgotten_in_the_browser(app: Flask, db: Session, window: Callable[..., Watched]) -> None:
    mail, lead_mail, visit_id = arrange(app, db)
    consultant = window("consultant", 375, 740)
    page = consultant.page
    consultant.sign_in(mail, PASSWORD)
    reported(consultant, visit_id)
    letter = db.scalars(select(OutboxMessage).where(OutboxMessage.recipient == EMAIL)).one()
    assert PROMISE in letter.body_text
    assert "1. marts 2027" in letter.body_text
    agreed = db.scalars(select(FollowUp)).one()
    number, kind = agreed.id, agreed.kind
    db.rollback()
    assert kind == "future_need"
    consultant.go("/followups")
    expect(page.get_by_text("om 3 måneder")).to_be_visible()

    morning(app, MARCH)
    consultant.go("/followups")
    task = page.locator("article.task", has_text=PROMISE)
    expect(task.locator(".task__due")).to_have_text("I dag")
    assert page.locator(".room-links .count").inner_text().startswith("1")
    consultant.shot("story-today")
    page.locator(".room-links a", has_text="Beskeder").click()
    consultant.shot("story-notices")
    expect(page.locator("main")).to_contain_text(PROMISE)

    morning(app, date(2027, 3, 3))
    consultant.go("/followups")
    late = task.locator(".task__due--late")
    expect(late).to_have_text("2 arbejdsdage over")
    red = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--bad').trim()")
    shown = late.evaluate(
        "(el, red) => { const probe = document.createElement('i'); probe.style.color = red; el.append(probe);"
        " const same = getComputedStyle(probe).color === getComputedStyle(el).color; probe.remove(); return same }",
        red,
    )
    assert shown, "what is overdue is red"
    consultant.shot("story-overdue")
    fits(consultant)

    morning(app, date(2027, 3, 8))
    lead = window("lead", 1366)
    lead.sign_in(lead_mail, PASSWORD)
    lead.go("/followups")
    row = lead.page.locator("tr", has_text=PROMISE)
    expect(row).to_contain_text("5 arbejdsdage over")
    expect(row).to_contain_text("Mette Holm")
    lead.shot("story-lead")
    fits(lead)
    lead.page.locator(".room-links a", has_text="Beskeder").click()
    lead.shot("story-lead-notices")
    expect(lead.page.locator("main")).to_contain_text(PROMISE)

    move_clock(app, at(date(2027, 3, 8), 600))
    consultant.go("/followups")
    task.get_by_role("link", name="Talt sammen").click()
    consultant.shot("story-done")
    fits(consultant)
    chip(consultant, "then", "skip")  # the company's last agreement: nothing is chosen beforehand
    page.get_by_role("button", name="Vi har talt sammen").click()
    page.wait_for_url(f"**/followups?done={number}")
    expect(page.get_by_text("Gjort: ")).to_be_visible()
    expect(page.get_by_role("button", name="Fortryd")).to_be_visible()
    consultant.shot("story-undo")
    consultant.go("/followups")
    expect(page.get_by_text(PROMISE)).to_have_count(0)
    expect(page.get_by_text("Intet at følge op på i dag")).to_be_visible()
    lead.go("/followups")
    expect(lead.page.get_by_text(PROMISE)).to_have_count(0)
    consultant.go("/followups?show=done")
    expect(page.get_by_text(PROMISE)).to_be_visible()

    lead.page.get_by_role("link", name="Holdte aftaler i tal").click()
    lead.page.wait_for_url("**/reports/followups*")
    lead.shot("story-figures")
    expect(lead.page.locator("main"), "kept late is not kept on time").to_contain_text("0 af 1")
