"""The script as it is walked and written in a browser: the same ways as the rules, keys, reload, chosen times."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from crm.calling.models import QueueEntry
from crm.campaigns.rules import DEFAULT_SCRIPT, GO_ON, fill, walk
from crm.companies.models import Contact
from crm.people.models import User
from tests.browser.conftest import Watched
from tests.conftest import PASSWORD
from tests.factories import make_campaign, make_participation, make_queue_entry, make_user, make_workplace
from tests.factories.calendars import make_consultant
from tests.factories.calling import make_phoner

STEPS = """() => [...document.querySelectorAll("[data-script-step]")].map((step) => [
  step.dataset.scriptStep, step.className.replace("is-", ""), step.querySelector("[data-step-note]").textContent])"""
OUTCOME = "() => document.querySelector('input[name=outcome]:checked')?.value ?? null"


@pytest.fixture
def entry(db: Session) -> QueueEntry:
    workplace = make_workplace(db, name="Eksempel Blik & Rør ApS", street="Eksempelvej 12")
    db.add(Contact(workplace_id=workplace.id, name="Mette Prøvesen", title="daglig leder"))
    made = make_queue_entry(
        db, participation=make_participation(db, campaign=make_campaign(db, script=[])), workplace=workplace
    )
    make_consultant(db, jobcentre=made.jobcentre, name="Karen Mønster")
    db.commit()
    return made


@pytest.fixture
def manager(db: Session, entry: QueueEntry) -> User:
    made = make_user(db, "campaign_manager")
    db.commit()
    return made


@pytest.fixture
def phoner(db: Session, entry: QueueEntry) -> User:
    made = make_phoner(db, make_participation(db, campaign=entry.campaign, jobcentre=entry.jobcentre))
    db.commit()
    return made


def shown(window: Watched) -> list[tuple[str, str, str]]:
    """Key, state and note of the steps on the screen, in their order."""
    return [(key, state, note) for key, state, note in window.page.evaluate(STEPS) if state != "away"]


def expected(choices: list[int], values: dict[str, str]) -> list[tuple[str, str, str]]:
    way = walk(DEFAULT_SCRIPT, choices)
    answers = {step["key"]: step["answers"] for step in DEFAULT_SCRIPT}
    notes = [
        (key, "done", fill(answers[key][n]["note"] or answers[key][n]["label"], values) if n != GO_ON else "")
        for key, n in way.done
    ]
    return [
        *notes,
        *([(way.current, "current", "")] if way.current else []),
        *((key, "later", "") for key in way.later),
    ]


def test_the_browser_walks_by_the_same_rules(window: Callable[..., Watched], entry: QueueEntry, manager: User) -> None:
    desk = window("the manager")
    desk.sign_in(manager.email, PASSWORD)
    desk.go(f"/campaigns/{entry.campaign_id}/script")
    chance = random.Random(7)
    for _call in range(25):
        choices: list[int] = []
        while (way := walk(DEFAULT_SCRIPT, choices)).current and len(choices) < 10:
            answers = next(step for step in DEFAULT_SCRIPT if step["key"] == way.current)["answers"]
            choices.append(chance.choice([*range(len(answers)), GO_ON]))
            if walk(DEFAULT_SCRIPT, choices) == way:
                choices.pop()  # the end is chosen, never slipped into
                continue
            press = "[data-step-on]" if choices[-1] == GO_ON else f".is-current [data-answer] >> nth={choices[-1]}"
            desk.page.locator(press).click()
            assert shown(desk) == expected(choices, {"contact_first": "Mette"}), choices
        while desk.page.locator(".script-preview .is-done").count():
            desk.keys("Shift+V")


def test_keys_answer_and_go_back_and_the_path_survives_a_reload(
    window: Callable[..., Watched], entry: QueueEntry, phoner: User
) -> None:
    desk = window("the phoner")
    desk.sign_in(phoner.email, PASSWORD)
    desk.go("/call")
    desk.page.get_by_role("button", name="Hent næste").first.click()
    desk.page.wait_for_selector('input[name="slot"]')
    desk.keys("1", "1")
    assert desk.page.locator(".is-current [data-step-open]").evaluate("(e) => e === document.activeElement")
    said = desk.page.locator("#say-forslag")
    expect(said).to_contain_text("Skal vi sige et tidspunkt, der passer dig, Mette?")
    desk.page.locator('input[name="slot"]:not(:disabled)').first.check()
    desk.page.wait_for_selector("#say-forslag [data-live=when].is-filled")
    expect(said).to_contain_text("Så vil Karen Mønster fra jobcentret")
    desk.keys("1")
    assert desk.page.evaluate(OUTCOME) == "booked"
    before = shown(desk)
    desk.page.reload()
    desk.page.wait_for_selector(".is-current")
    assert shown(desk) == before
    desk.keys("Shift+V")
    assert shown(desk)[-2:] == [("forslag", "current", ""), ("bekraeft", "later", "")]
    assert desk.page.evaluate(OUTCOME) is None, "the outcome goes with the answer that proposed it"
    desk.accessible("script")


def test_digits_are_the_reasons_while_those_stand_open(
    window: Callable[..., Watched], entry: QueueEntry, phoner: User
) -> None:
    desk = window("the phoner")
    desk.sign_in(phoner.email, PASSWORD)
    desk.go("/call")
    desk.page.get_by_role("button", name="Hent næste").first.click()
    desk.page.wait_for_selector(".is-current")
    chosen = "() => document.querySelector('input[name=reason]:checked')?.value ?? null"
    desk.keys("n", "2")
    assert desk.page.evaluate(chosen) is not None
    assert shown(desk)[0] == ("indledning", "current", "")
    desk.keys("i", "2")
    assert shown(desk)[0] == ("indledning", "done", "Har ikke tid nu")
    desk.page.locator("#note").focus()
    desk.type("12")
    assert shown(desk)[1][:2] == ("ring-igen", "current"), "digits in a note are a note"
    desk.page.locator("#note").blur()
    desk.keys("1")
    assert desk.page.evaluate(OUTCOME) == "call_back"


def test_a_script_is_written_with_its_preview_beside_it(
    window: Callable[..., Watched], entry: QueueEntry, manager: User
) -> None:
    desk = window("the manager")
    desk.sign_in(manager.email, PASSWORD)
    desk.go(f"/campaigns/{entry.campaign_id}/script")
    page: Any = desk.page
    page.locator("#step-2 summary").click()
    page.wait_for_selector(".script-preview .is-current[data-script-step=forslag]")
    page.locator("#text-2").fill("Kan vi komme forbi? ")
    page.locator('[data-insert="{contact_first}"]').click()
    page.wait_for_selector("#say-forslag:has-text('Kan vi komme forbi? Mette')")
    page.locator("#step-2").get_by_role("button", name="Tilføj svar").click()
    page.wait_for_selector("#label-2-4")
    assert page.evaluate("document.activeElement.id") == "label-2-4"
    expect(page.locator("#text-2")).to_have_value("Kan vi komme forbi? {contact_first}")
    desk.type("Spørger om prisen")
    page.wait_for_selector("[data-answer]:has-text('Spørger om prisen')")
    desk.keys("Control+Enter")
    page.wait_for_selector("text=Version 1 er udgivet")
    desk.shot("script-editor")
