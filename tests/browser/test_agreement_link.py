"""A company answers what was agreed by the link in its mail, on a telephone: it confirms, it corrects, and says whether
it happened; our consultant sees it and takes the correction over."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from crm.followups.actions.agreements import agree
from crm.followups.rules import FollowUpDecision
from crm.integrations.actions import deliver_due
from tests.browser.conftest import Watched
from tests.browser.test_company_link import letters
from tests.conftest import NOW, PASSWORD
from tests.factories import make_visit

pytestmark = pytest.mark.browser
EMAIL = "mette@eksempel.invalid"


def link(app: Flask) -> str:
    """The path of the link in the newest mail to the company."""
    text = [text for receiver, text in letters(app) if EMAIL in receiver][-1]
    found = re.search(r"https?://\S+/aftale/\S+", text)
    assert found, text
    return urlsplit(found[0]).path


def arrange(app: Flask, db: Session) -> tuple[str, int]:
    """Two agreements from one visit, told; the owner's address and the first agreement's number."""
    visit = make_visit(db, state="held", starts_at=NOW - timedelta(hours=2), reported_at=NOW, contact_email=EMAIL)
    visit.workplace.name = "Hadsund Blik & Rør ApS"
    made = [
        agree(db, visit.consultant, NOW, visit, FollowUpDecision(*decision), from_report=True)
        for decision in (
            ("company", date(2026, 11, 30), "I sender os jobopslaget", "company_owes"),
            ("jobcentre", date(2026, 12, 1), "Sende to CV'er på tømrersvende", "we_owe"),
        )
    ]
    email, number = visit.consultant.email, made[1].id
    db.commit()
    deliver_due(app.extensions["crm.sessions"], app.extensions["crm.adapters"], NOW)
    return email, number


def test_a_company_confirms_and_corrects_and_the_consultant_takes_it_over(
    app: Flask, db: Session, window: Callable[..., Watched]
) -> None:
    email, number = arrange(app, db)
    company = window("company", 375, 740)
    page = company.page
    company.go(link(app))
    expect(page.locator("h1")).to_have_text("Vores 2 aftaler")
    company.shot("agreement-open")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    ours, theirs = (page.locator("article.agreement").nth(n) for n in (0, 1))
    expect(ours, "the link's own agreement first").to_contain_text("Sende to CV'er")

    theirs.get_by_role("button", name="Det er rigtigt").click()
    expect(theirs).to_contain_text("I har sagt, at det er rigtigt")
    ours.get_by_role("link", name="Det var ikke helt sådan").click()
    company.shot("agreement-correct")
    page.get_by_role("button", name="Send rettelsen").click()
    expect(page.get_by_text("Skriv, hvad I aftalte, eller vælg en anden dato").first).to_be_visible()
    company.shot("agreement-correct-refused")
    page.locator("textarea").fill("Det var tre CV'er, og kun på tømrere")
    page.locator("input[type=date]").fill("2026-12-03")
    page.get_by_role("button", name="Send rettelsen").click()
    expect(ours).to_contain_text("Det var tre CV'er")
    expect(ours).to_contain_text("har fået besked og svarer jer")
    company.shot("agreement-corrected")

    consultant = window("consultant", 375, 740)
    consultant.sign_in(email, PASSWORD)
    consultant.go(f"/followups/{number}")
    consultant.shot("agreement-answers")
    consultant.page.get_by_role("link", name="Svar på rettelsen").click()
    consultant.shot("agreement-settle")
    consultant.page.locator("#promise").fill("Sende tre CV'er på tømrere")
    consultant.page.get_by_role("button", name="Godkend og send").click()
    expect(consultant.page.get_by_text("virksomheden har fået den på mail")).to_be_visible()
    expect(consultant.page.locator("#svar")).to_contain_text("Godkendt")
    consultant.shot("agreement-settled")

    deliver_due(app.extensions["crm.sessions"], app.extensions["crm.adapters"], NOW)
    told = [text for receiver, text in letters(app) if EMAIL in receiver][-1]
    assert "Sende tre CV'er på tømrere" in told
    assert "torsdag den 3. december 2026" in told
    company.go(link(app))
    expect(ours).to_contain_text("Aftalen er rettet, som den står her.")
    ours.get_by_role("button", name="Det er rigtigt").click()
    expect(ours).to_contain_text("Bekræftet")
    company.shot("agreement-confirmed")

    consultant.go(f"/followups/{number}")
    consultant.page.locator("form[action$='/fulfil'] button.btn--primary, form[action$='/fulfil'] .btn").first.click()
    consultant.page.wait_for_url(lambda url: f"/followups/{number}" not in url or "?" in url)
    page.reload()
    expect(ours).to_contain_text("Er det sket?")
    ours.get_by_role("button", name="Nej").click()
    page.locator("article.agreement textarea").fill("Vi har kun fået ét")
    ours.get_by_role("button", name="Send").click()
    expect(ours).to_contain_text("I har svaret nej")
    company.shot("agreement-not-kept")
    consultant.go(f"/followups/{number}")
    expect(consultant.page.locator("#svar")).to_contain_text("Vi har kun fået ét")
    consultant.shot("agreement-answers-no")
    consultant.page.get_by_role("button", name="Jeg har taget hånd om det").click()
    expect(consultant.page.locator("#svar")).to_contain_text("Set")
