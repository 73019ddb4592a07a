"""The whole chain by keyboard, as its people would: import, approve, claim, book, next company; report; both rates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import Clock
from crm.calendars.actions import default_calendar
from crm.campaigns.models import Campaign
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
    make_visit,
    valid_cvr,
)

pytestmark = pytest.mark.browser
BOOKING, OPENING = "Booket af kontaktede", "Åbninger pr. 100 besøg"
HEADER = "CVR-nr;P-nr;Navn;Adresse;Postnr;By;Kommunekode;Branchekode;Antal ansatte;Telefon;E-mail;lat;lon;Kontaktperson"


class Cast(NamedTuple):
    campaign: Campaign
    jobcentre_id: int
    manager: User
    lead: User
    phoner: User
    consultant: User
    region: User


@pytest.fixture
def cast(db: Session) -> Cast:
    """A campaign with one workplace declined and one booked, visited and without an opening: 1 of 2, 0 of 1."""
    jobcentre, firm = make_jobcentre(db), make_firm(db)
    campaign = make_campaign(db, name="Luk op 2026", starts_on=NOW.date() - timedelta(days=20))
    participation = make_participation(db, campaign=campaign, jobcentre=jobcentre, firm=firm)
    consultant = make_user(db, "consultant", jobcentre=jobcentre, name="Karen Mønster", phone="+4520111213")
    default_calendar(db, consultant, "Jobcenter Mariagerfjord", "9500")
    phoner = make_user(db, "phoner", firm=firm, name="Sofie Testesen")
    final = {"state": "done", "final_at": NOW, "final_by": phoner.id, "final_firm_id": firm.id}
    make_queue_entry(db, participation=participation, final_outcome="declined", **final)
    booked = make_queue_entry(db, participation=participation, final_outcome="booked", **final)
    make_visit(
        db, entry=booked, consultant=consultant, starts_at=NOW - timedelta(days=7), state="held", reported_at=NOW,
        pressed=False, booked_by=phoner.id, booked_firm_id=firm.id,
    )  # fmt: skip
    made = Cast(
        campaign, jobcentre.id, make_user(db, "campaign_manager"), make_user(db, "jobcentre_lead", jobcentre=jobcentre),
        phoner, consultant, make_user(db, "regional_lead", region_id=jobcentre.region_id),
    )  # fmt: skip
    db.commit()
    return made


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """Two workplaces in Hobro, and one row with a wrong check digit."""
    rows = [
        f"{valid_cvr(5000 + n)};{1_900_000_000 + n};{name};Prøvevej {n};9500;Hobro;846;432200;14;9852300{n};post@{n}.example;56,643;9,79{n};{contact}"
        for n, name, contact in (
            (1, "Eksempel Blik & Rør ApS", "Mette Prøvesen"),
            (2, "Prøvebageriet I/S", "Lone Prøvesen"),
        )
    ]
    wrong = "12345678;1900000009;Opdigtet A/S;Prøvevej 9;9500;Hobro;846;432200;3;;;;;"
    path = tmp_path / "udtræk.csv"
    path.write_text("\n".join([HEADER, *rows, wrong]) + "\n", encoding="windows-1252")
    return path


def tab_to(window: Watched, selector: str, limit: int = 80) -> None:
    """Press Tab until the element has the focus: what cannot be reached by keyboard fails here."""
    for _ in range(limit):
        if window.page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        window.keys("Tab")
    pytest.fail(f"{selector} is not reached by {limit} presses of Tab on {window.page.url}")


def figures(window: Watched) -> dict[str, tuple[int, int]]:
    """Label -> numerator and denominator of the page's first figures."""
    found = {}
    for stat in window.page.query_selector_all(".stat"):
        label = stat.query_selector(".stat__label")
        stands_on = stat.query_selector(".stat__of")
        assert label
        assert stands_on
        numbers = re.findall(r"\d+", stands_on.inner_text().replace(".", ""))
        found[label.inner_text()] = (int(numbers[0]), int(numbers[1]))
    return found


def import_register(window: Watched, register: Path) -> None:
    window.go("/register")
    window.page.set_input_files("input[type=file]", register)
    tab_to(window, "button[name=action][value=import]")
    window.keys("Enter")
    window.page.wait_for_url(re.compile(r"/register/\d+"))
    text = window.page.inner_text("main")
    assert "kontrolciffer" in text
    window.shot("1-import")


def approve_list(window: Watched, cast: Cast) -> None:
    window.go(f"/campaigns/{cast.campaign.id}/jobcentres/{cast.jobcentre_id}")
    tab_to(window, "a[href$='/lists/new']")
    window.keys("Enter")
    window.page.wait_for_selector("#segment")
    window.shot("2-segment")
    window.keys("Control+Enter")
    window.page.wait_for_url(re.compile(r"/lists/\d+$"))
    window.shot("3-list")
    tab_to(window, "button[form=approve-list]")
    window.keys("Enter")
    window.page.wait_for_selector("dialog[open]")
    window.page.keyboard.press("Tab")
    tab_to(window, "dialog[open] .btn--primary, dialog[open] .btn--danger", 5)
    with window.page.expect_navigation():
        window.keys("Enter")
    expect(window.page.locator("main")).to_contain_text("Godkendt")
    window.shot("4-approved")


def book(window: Watched) -> str:
    """Book the best time for the first company; the name of the next."""
    window.go("/call")
    window.keys("Control+Enter")
    window.page.wait_for_selector("#slots input[name=slot]:not(:disabled)")
    first = window.page.inner_text(".call__name")
    window.shot("5-call")
    window.keys("F3")
    window.type("Mangler en lærling til april. Indgang fra gården.")
    window.keys("Escape", "b")
    window.keys("Space")
    window.page.wait_for_selector("#slots input[name=slot]:checked")
    tab_to(window, "#contact_name")
    window.keys("Control+a")
    window.type("Mette Prøvesen")
    tab_to(window, "#contact_email")
    window.keys("Control+a")
    window.type("mette@eksempel.example")
    window.shot("6-chosen")
    window.keys("Control+Enter")
    window.page.wait_for_function("name => document.querySelector('.call__name')?.innerText !== name", arg=first)
    window.shot("7-next")
    return first


def report_visit(window: Watched, visit: Visit) -> None:
    """First without an answer, which is refused field by field; then held, two openings, and a follow-up we owe."""
    window.go(f"/visits/{visit.id}/report")
    window.shot("9-report")
    window.page.locator("button[form=report]").focus()
    window.keys("Enter")
    window.page.wait_for_selector(".form-error-message")
    window.shot("10-report-error")
    for selector in ("input[name=result][value=held]", "input[name=pressed][value=no]"):
        window.page.focus(selector)
        window.keys("Space")
    for selector in ("input[name=types][value=ordinary]", "input[name=types][value=wage_subsidy]"):
        window.page.focus(selector)
        window.keys("Space")
    window.page.focus("input[name=owed_by][value=jobcentre]")
    window.keys("Space")
    window.page.focus("#promise")
    window.type("Vi sender to kandidater til løntilskud.")
    window.page.locator("input[name=due]").first.focus()
    window.keys("Space")
    window.shot("11-report-filled")
    window.page.locator("button[form=report]").focus()
    with window.page.expect_navigation():
        window.keys("Enter")
    window.shot("12-reported")


def test_from_register_to_rates_by_keyboard(
    app: Flask, db: Session, cast: Cast, register: Path, window: Callable[..., Watched]
) -> None:
    region = window("regional lead")
    region.sign_in(cast.region.email, PASSWORD)
    region.go("/reports")
    before = figures(region)
    assert (before[BOOKING], before[OPENING]) == ((1, 2), (0, 1))

    manager = window("manager")
    manager.sign_in(cast.manager.email, PASSWORD)
    import_register(manager, register)

    lead = window("lead")
    lead.sign_in(cast.lead.email, PASSWORD)
    approve_list(lead, cast)

    phoner = window("phoner")
    phoner.sign_in(cast.phoner.email, PASSWORD)
    first = book(phoner)

    visit = db.scalars(select(Visit).where(Visit.state == "booked")).one()
    assert visit.workplace.name == first
    assert "Indgang fra gården" in visit.note
    assert visit.responsible_id == cast.consultant.id
    db.commit()  # let go of SQLite's writer

    app.extensions["crm.clock"] = Clock((visit.starts_at - timedelta(minutes=50)).isoformat())
    consultant = window("consultant", 375, 812)
    consultant.sign_in(cast.consultant.email, PASSWORD)
    consultant.go("/today")
    expect(consultant.page.locator("main")).to_contain_text(first)
    consultant.shot("8-today")

    app.extensions["crm.clock"] = Clock((visit.ends_at + timedelta(minutes=5)).isoformat())
    report_visit(consultant, visit)
    consultant.go("/followups")
    expect(consultant.page.locator("main")).to_contain_text("Vi sender to kandidater")
    consultant.shot("13-followups")

    region.page.reload()
    region.shot("14-reports")
    after = figures(region)
    assert (after[BOOKING], after[OPENING]) == ((2, 3), (2, 2))
