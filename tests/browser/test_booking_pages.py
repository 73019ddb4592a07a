"""The lead's way out of conflicts and sick days, and what the phoner is told about a time: real clicks, then the rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish_date
from crm.calendars.actions import add_absence
from crm.visits.actions import book, check_day
from crm.visits.models import SlotWeights, Visit, VisitConflict, VisitEvent
from tests.browser.conftest import Watched
from tests.conftest import NOW, PASSWORD
from tests.factories import make_user
from tests.factories.visits import AARS, HADSUND, METTE, Scene, make_scene
from tests.visits.checker import wrong_pairs
from tests.visits.test_conflicts import DAY

pytestmark = pytest.mark.browser
HOBRO = (56.6380, 9.7950)
NAMES = ("Karen Mønster", "Lars Attrup", "Yusuf Skitse")
COMPANIES = ("Eksempel Blik & Rør ApS", "Prøvebageriet I/S", "Demo Tømrer & Snedker A/S")
Open = Callable[..., Watched]


class Made(NamedTuple):
    """What is told of the rows to a test: numbers and words, so that no session stays open."""

    visits: list[int]
    people: list[int]
    emails: list[str]
    lead: str
    jobcentre: int


def arrange(db: Session, *, sick: bool) -> Made:
    """Three visits of the first of three consultants on Thursday; ``sick``: the whole day away, and told so."""
    scene = make_scene(db, consultants=3)
    for person, name in zip(scene.consultants, NAMES, strict=True):
        person.name = name
    visits = [
        booked(scene, minute, place, name)
        for minute, place, name in zip((540, 690, 810), (HADSUND, AARS, HOBRO), COMPANIES, strict=True)
    ]
    lead = make_user(db, "jobcentre_lead", jobcentre=scene.jobcentre)
    away = (0, 1440) if sick else (500, 620)
    add_absence(db, lead, NOW, scene.consultant, at(DAY, away[0]), at(DAY, 0) + timedelta(minutes=away[1]), "Syg")
    check_day(db, NOW, scene.consultant.id, DAY)
    db.commit()
    made = Made(
        [visit.id for visit in visits],
        [person.id for person in scene.consultants],
        [person.email for person in scene.consultants],
        lead.email,
        scene.jobcentre.id,
    )
    db.rollback()
    return made


def booked(scene: Scene, minute: int, place: tuple[float, float], name: str) -> Visit:
    entry = scene.entry(held=False, at=place, name=name)
    return book(scene.session, scene.consultant, NOW, entry, scene.consultant.id, at(DAY, minute), METTE)


def rows(db: Session) -> dict[int, tuple[int, int, datetime, str]]:
    """Visit -> consultant, who answers for it, start, state. Closed at once: SQLite has one writer."""
    db.rollback()
    found = {
        visit.id: (visit.consultant_id, visit.responsible_id, visit.starts_at, visit.state)
        for visit in db.scalars(select(Visit)).unique()
    }
    assert wrong_pairs(db) == []
    db.rollback()
    db.expire_all()
    return found


def signed_in(window: Open, email: str, name: str = "lead", width: int = 1366) -> Watched:
    watched = window(name, width, 900)
    watched.sign_in(email, PASSWORD)
    return watched


def calendar(watched: Watched, day: date = DAY) -> str:
    """The consultant's own page of that week, in words."""
    year, week, _ = day.isocalendar()
    watched.go(f"/calendar?week={year}-W{week:02d}")
    return watched.page.locator("ol.week").inner_text()


def test_the_lead_hands_over_the_visit_of_a_conflict(db: Session, window: Open) -> None:
    made = arrange(db, sick=False)
    lead = signed_in(window, made.lead)
    lead.go("/jobcentre")
    lead.page.get_by_role("link", name="1 besøg passer ikke længere").click()
    expect(lead.page.get_by_role("heading", level=1)).to_have_text("Besøg, der ikke passer")
    expect(lead.page.get_by_text("Konsulenten er fraværende på det tidspunkt.")).to_have_count(1)
    lead.shot("booking-conflict")
    lead.page.get_by_role("link", name="Giv til en kollega").click()
    lead.shot("booking-hand-over")
    lead.page.get_by_label("Lars Attrup").check(force=True)
    lead.page.get_by_label("Grund").fill("Karen er til kursus")
    lead.page.get_by_role("button", name="Giv besøget videre").click()
    expect(lead.page.get_by_text("Lars Attrup har nu besøget.")).to_be_visible()
    expect(lead.page.get_by_text("Ansvarlig: Lars Attrup")).to_be_visible()
    lead.shot("booking-handed-over")
    first = made.visits[0]
    assert rows(db)[first] == (made.people[1], made.people[1], at(DAY, 540), "booked")
    assert db.scalars(select(VisitConflict.settled_how)).all() == ["changed"]
    assert db.scalars(select(VisitEvent.kind).where(VisitEvent.visit_id == first)).all() == ["book", "hand_over"]
    db.rollback()
    lead.go("/visits/conflicts")
    expect(lead.page.get_by_text("Alle besøg passer")).to_be_visible()
    lead.shot("booking-no-conflicts")


def test_the_lead_reassigns_a_sick_day(db: Session, window: Open) -> None:
    made = arrange(db, sick=True)
    lead = signed_in(window, made.lead)
    lead.go(f"/calendar?consultant={made.people[0]}")
    lead.page.get_by_role("link", name="Omfordel besøg i fraværet").first.click()
    plan = lead.page.locator("select[name^='choice-']")
    expect(plan).to_have_count(3)
    proposed = [plan.nth(number).input_value() for number in range(3)]
    assert all(value.split("|")[0] in map(str, made.people[1:]) for value in proposed)
    lead.shot("booking-reassign")
    last = plan.nth(2)
    other = next(
        value
        for value in last.locator("option").evaluate_all("all => all.map(one => one.value)")
        if "|" in value and value != proposed[2]
    )
    last.select_option(other)
    lead.page.get_by_label("Grund").fill("Karen er syg")
    lead.page.get_by_role("button", name="Udfør planen").click()
    expect(lead.page.get_by_text("3 besøg er ændret.")).to_be_visible()
    lead.shot("booking-reassigned")
    wanted = [*proposed[:2], other]
    now = rows(db)
    for number, value in zip(made.visits, wanted, strict=True):
        who, start = value.split("|")
        assert now[number] == (int(who), int(who), datetime.fromisoformat(start), "booked")
    assert all(db.scalars(select(VisitConflict.settled_at)).all())
    db.rollback()
    for person, email in zip(made.people, made.emails, strict=True):
        own = window(f"consultant {person}", 375, 812)
        own.sign_in(email, PASSWORD)
        week = calendar(own)
        if person == made.people[0]:
            assert week.count("Aflyst:") == 3, "what was given away stands as cancelled with the former"
            own.shot("booking-calendar-former")
        for company, value in zip(COMPANIES, wanted, strict=True):
            who, start = value.split("|")
            if who == str(person) and danish_date(datetime.fromisoformat(start)) == DAY:
                assert f"Besøg: {company}" in week
                own.shot("booking-calendar-new")


def test_the_weights_are_tried_before_they_are_saved(db: Session, window: Open) -> None:
    made = arrange(db, sick=False)
    lead = signed_in(window, made.lead)
    lead.go("/jobcentre")
    lead.page.get_by_role("link", name="Sådan sorteres ledige tider").click()
    expect(lead.page.get_by_text("Kun kørslen tæller, så tid A står først.")).to_be_visible()
    lead.shot("booking-weights")
    lead.page.locator("[name=fairness_min]").fill("10")
    lead.page.locator("[name=earliness_min]").fill("2")
    lead.page.get_by_role("button", name="Prøv i eksemplet").click()
    expect(lead.page.get_by_text("Tid B står først.")).to_be_visible()
    expect(lead.page.get_by_text("Intet er gemt endnu.")).to_be_visible()
    expect(lead.page.get_by_role("row", name="Tid A")).to_contain_text("80")
    lead.shot("booking-weights-tried")
    assert db.scalars(select(SlotWeights)).all() == []
    db.rollback()
    lead.page.locator("[name=earliness_min]").focus()
    lead.keys("Control+Enter")
    expect(lead.page.get_by_text("Vægtene er gemt.")).to_be_visible()
    saved = db.scalars(select(SlotWeights)).one()
    assert (saved.jobcentre_id, saved.fairness_min, saved.earliness_min) == (made.jobcentre, 10, 2)
    db.rollback()


def test_the_phoner_sees_why_a_time_is_refused_and_why_one_is_best(db: Session, window: Open) -> None:
    scene = make_scene(db, consultants=1)
    scene.consultant.initials = "KMØ"
    booked(scene, 600, HADSUND, "Nabo ApS")
    scene.entry(at=HOBRO, name="Eksempel Blik & Rør ApS", postcode="9500", city="Hobro")
    db.commit()
    phoner = window("phoner")
    phoner.sign_in(scene.phoner.email, PASSWORD)
    db.rollback()
    phoner.go("/call")
    refused = phoner.page.locator(".slot.is-off").first
    expect(refused).to_contain_text("kan ikke nå")
    expect(refused.locator("input")).to_be_disabled()
    best = phoner.page.locator(".slot:not(.is-off)").filter(has_text="Bedste tid")
    expect(best).to_have_count(1)
    with phoner.page.expect_response("**/visits/hold"):
        best.locator("input").check(force=True)
    why = phoner.page.locator(".slot-more summary:visible")
    expect(why).to_have_count(1)
    why.focus()
    phoner.keys("Enter")
    lines = phoner.page.locator(".slot-more[open] li")
    expect(lines.first).to_be_visible()
    assert "min" in " ".join(lines.all_inner_texts())
    phoner.shot("booking-explained")
