"""A call as the phoner sees it: rings, is answered, ends; what the line tells is proposed and nothing is saved."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import func, select

from crm.calling.models import Call, PhoneCall
from crm.companies.models import Workplace
from crm.integrations.telephony.fake_post import over_http
from tests.browser.conftest import Watched
from tests.conftest import NOW, PASSWORD, build_app
from tests.factories.telephony import Line, make_held, the_call


@pytest.fixture
def app(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    """With the fake telephone, or another that the test names."""
    path = tmp_path / "crm.sqlite3"
    shutil.copy(sqlite_template, path)
    made = build_app(f"sqlite:///{path}", tmp_path, telephony=getattr(request, "param", "fake"))
    yield made
    made.extensions["crm.engine"].dispose()


@pytest.fixture
def phoner(app: Flask, address: str, window: Callable[..., Watched]) -> Callable[[str], tuple[Watched, Line | None]]:
    """A phoner at the screen with a company that has this number, and the telephone whose time the test turns."""

    def at_work(phone: str) -> tuple[Watched, Line | None]:
        with app.extensions["crm.sessions"]() as db:
            user, _entry = make_held(db, phone)
            db.commit()
            email = user.email
        line = Line(app, app.test_client()) if app.extensions["crm.telephony"].name == "fake" else None
        if line:
            line.fake.post.sender = over_http(address)
        seen = window("phoner")
        seen.sign_in(email, PASSWORD)
        seen.go("/call")
        return seen, line

    return at_work


def state(seen: Watched, wanted: str) -> str:
    seen.page.wait_for_selector(f'[data-phone-line][data-state="{wanted}"]')
    return seen.page.inner_text(".phone-call__state").replace("\n", " ")


def ring(seen: Watched, line: Line) -> None:
    seen.page.wait_for_selector("[data-phone-button]")
    seen.keys("F2")
    state(seen, "dialling")
    line.after(1)


def test_a_call_from_the_key_to_its_end(app, phoner):
    seen, line = phoner("+4520000000")
    ring(seen, line)
    assert state(seen, "ringing").startswith("Ringer … ·")
    line.after(5)
    assert state(seen, "in-progress").startswith("Ringet op 10.0")
    seen.page.click(".phone-call__keys summary")
    seen.page.click('[data-phone-digit="4"]')
    seen.shot("phone-talking")
    seen.keys("Escape")
    seen.page.click("[data-phone-mute]")
    assert seen.page.get_attribute("[data-phone-mute]", "aria-pressed") == "true"
    line.after(128)
    with seen.page.expect_response(lambda answer: answer.url.endswith("/hangup")):
        seen.keys("F2")
    line.after(1)
    assert state(seen, "completed").startswith("Afsluttet efter 2.")
    seen.shot("phone-ended")
    with app.extensions["crm.sessions"]() as db:
        assert the_call(db).hangup_by == "phoner"


def test_a_busy_line_chooses_its_key_and_saves_nothing(app, phoner):
    seen, line = phoner("+4520000007")
    ring(seen, line)
    line.after(5)
    assert state(seen, "busy") == "Optaget"
    seen.page.wait_for_selector('[name="outcome"][value="busy"]:checked', state="attached")
    with app.extensions["crm.sessions"]() as db:
        assert db.scalar(select(func.count()).select_from(Call)) == 0


def test_going_on_hangs_up(app, phoner):
    seen, line = phoner("+4520000000")
    ring(seen, line)
    line.after(6)
    state(seen, "in-progress")
    with seen.page.expect_response(lambda answer: answer.url.endswith("/hangup")):
        seen.keys("i", "Control+Enter")
    line.after(1)
    with app.extensions["crm.sessions"]() as db:
        phone = the_call(db)
        assert (phone.state, phone.hangup_by) == ("completed", "phoner")
        assert phone.call_id is not None


@pytest.mark.parametrize("app", ["twilio"], indirect=True)
def test_without_a_microphone_nothing_is_dialled_and_the_person_is_told_what_to_do(app, phoner):
    """And the provider's SDK is neither loaded nor reached before a call is placed (the window watches)."""
    seen, _line = phoner("+4520000000")
    seen.page.wait_for_selector("[data-phone-button]")
    seen.keys("F2")
    seen.page.wait_for_selector("[data-phone-error]:not([hidden])")
    told = seen.page.inner_text("[data-phone-error]")  # none, or not allowed: that is the machine's
    assert "mikrofon" in told
    assert told.endswith("ring op igen.")
    seen.shot("phone-no-microphone")
    with app.extensions["crm.sessions"]() as db:
        assert db.scalar(select(func.count()).select_from(PhoneCall)) == 0


def test_a_rule_that_says_no_is_shown_by_the_button(app, phoner):
    seen, _line = phoner("+4520000000")
    with app.extensions["crm.sessions"]() as db:
        db.scalars(select(Workplace)).one().do_not_call_at = NOW
        db.commit()
    seen.page.wait_for_selector("[data-phone-button]")
    seen.keys("F2")
    seen.page.wait_for_selector(".phone-call__refusal:not([hidden])")
    expect(seen.page.locator(".phone-call__refusal:not([hidden])")).to_contain_text("bedt om ikke at blive ringet op")
    seen.shot("phone-refused")
