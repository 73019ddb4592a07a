"""The company moves its visit by the link in its mail; the consultant sees it in the feed and in an own calendar.

The calendar is a real CalDAV server, connected in the browser as a consultant would; the mail is read from the file
that the mail adapter writes, and the jobs are the scheduler's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from icalendar import Calendar
from playwright.sync_api import expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.base.clock import at, danish_date
from crm.calendars.models import BusySource
from crm.integrations.models import OutboxMessage
from crm.scheduler import run_job
from crm.visits.actions import book
from crm.visits.models import Visit, VisitEvent
from tests.browser.conftest import Watched
from tests.calendars.radicale import PASSWORD as CALENDAR_PASSWORD
from tests.calendars.radicale import Own, Server
from tests.calendars.radicale import radicale as radicale
from tests.conftest import NOW, PASSWORD, build_app
from tests.factories.visits import METTE, make_scene

pytestmark = pytest.mark.browser
FRIDAY = at(danish_date(NOW) + timedelta(days=3), 600)


@pytest.fixture
def app(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    """As the ordinary one, but a server on this machine may be connected."""
    path = tmp_path / "crm.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    made = build_app(f"sqlite:///{path}", tmp_path, calendar_private_hosts=True)
    yield made
    made.extensions["crm.engine"].dispose()


def connect(window: Watched, own: Own) -> None:
    """The consultant connects the calendar."""
    window.go("/calendar/caldav")
    window.page.locator("[name=address]").fill(own.server)
    window.page.locator("[name=username]").fill(own.user)
    window.page.locator("[name=password]").fill(CALENDAR_PASSWORD)
    window.page.locator("main form:has([name=password]) button").click()
    window.page.get_by_text("Arbejde").first.wait_for()
    window.page.locator(
        "main form:has([name=collection]) button[type=submit], main form:has([name=collection]) button"
    ).last.click()
    window.page.get_by_text("besøg skrives i den nu").wait_for()


def feed_link(window: Watched) -> str:
    """A new link to the feed, from the page that shows it once."""
    window.go("/calendar")
    window.page.locator("form[action$='/calendar/feed'] button").first.click()
    found = re.search(r"/calendar/[\w-]+\.ics", window.page.content())
    assert found
    return found[0]


def letters(app: Flask) -> list[tuple[str, str]]:
    """(to, text) of the mails written so far, the oldest first."""
    folder = app.extensions["crm.settings"].data_dir / "outbox"
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]
    return [(str(mail["To"]), mail.get_body(("plain",)).get_content()) for mail in mails]  # type: ignore[union-attr]


def run(app: Flask, db: Session) -> None:
    """The scheduler's jobs, with everything due now."""
    db.commit()
    db.execute(update(OutboxMessage).where(OutboxMessage.channel == "calendar").values(not_before=NOW))
    db.execute(update(BusySource).values(next_at=NOW))
    db.commit()
    for job in ("deliver", "calendars", "caldav"):
        run_job(app, job)


def shown(window: Watched, path: str) -> list[tuple[object, str, int]]:
    """(start, status, sequence) of the feed's events."""
    answer = window.page.request.get(window.address + path)
    assert answer.ok
    return [
        (event["dtstart"].dt, str(event["status"]), int(event["sequence"]))
        for event in Calendar.from_ical(answer.body()).walk("VEVENT")
    ]


def starts(own: Own) -> list[object]:
    return [Calendar.from_ical(text).walk("VEVENT")[0]["dtstart"].dt for text in own.texts().values()]


def now_at(app: Flask) -> tuple[datetime, str, list[tuple[int | None, str]]]:
    """When the visit is, with whom, and who moved it with which words. Closed at once: SQLite has one writer."""
    with app.extensions["crm.sessions"]() as session:
        visit = session.scalars(select(Visit)).unique().one()
        moves = session.scalars(select(VisitEvent).where(VisitEvent.kind == "move"))
        return visit.starts_at, visit.workplace.name, [(one.actor_id, one.data["reason"]) for one in moves]


def arrange(db: Session) -> str:
    """A visit on Friday at ten; the consultant's address."""
    scene = make_scene(db)
    book(db, scene.consultant, NOW, scene.entry(held=False), scene.consultant.id, FRIDAY, METTE, "Ring på")
    email = scene.consultant.email
    db.commit()
    return email


def test_the_company_moves_its_visit_and_the_consultant_sees_it_everywhere(
    app: Flask, db: Session, window: Callable[..., Watched], radicale: Server
) -> None:
    email = arrange(db)
    own = radicale.calendar()
    consultant = window("consultant", 375, 740)
    consultant.sign_in(email, PASSWORD)
    connect(consultant, own)
    consultant.shot("caldav-connected")
    feed = feed_link(consultant)
    run(app, db)
    assert starts(own) == [FRIDAY]
    assert shown(consultant, feed) == [(FRIDAY, "CONFIRMED", 0)]

    company = window("company", 375, 740)
    company.go(link(app, METTE.email or ""))
    company.shot("company-visit")
    assert company.page.locator("h1").inner_text().startswith("Besøg fra")
    company.page.get_by_role("link", name="Flyt besøget").click()
    company.shot("company-move")
    choice = company.page.locator("input[name=slot]").nth(1)
    choice.check()
    wanted = choice.get_attribute("value") or ""
    company.page.locator("textarea").fill("Vi har lager den dag")
    company.page.get_by_role("button", name="Fortsæt").click()
    company.shot("company-confirm")
    assert now_at(app)[0] == FRIDAY, "nothing has changed before the last click"
    company.page.get_by_role("button", name="Ja, flyt besøget").click()
    expect(company.page.locator("h1")).to_have_text("Besøget er flyttet")
    company.shot("company-moved")

    moved_to, name, told_by = now_at(app)
    assert moved_to.isoformat() in wanted
    assert moved_to != FRIDAY
    assert told_by == [(None, "Virksomheden har selv flyttet besøget: Vi har lager den dag")]
    run(app, db)
    assert starts(own) == [moved_to], "the consultant's own calendar"
    [(start, status, sequence)] = shown(consultant, feed)
    assert (start, status) == (moved_to, "CONFIRMED"), "the feed"
    assert sequence >= 1
    consultant.go(f"/calendar?week={moved_to.isocalendar()[0]}-W{moved_to.isocalendar()[1]:02d}")
    expect(consultant.page.get_by_text(name).first, "the product's own calendar").to_be_visible()
    consultant.shot("calendar-after-move")
    told = [text for to, text in letters(app) if email in to]
    assert "Vi har lager den dag" in told[-1], "a mail at once"

    company.page.get_by_role("link", name="Aflys besøget").click()
    company.page.locator("input[name=reason]").first.check()
    company.page.get_by_role("button", name="Fortsæt").click()
    company.page.get_by_role("button", name="Ja, aflys besøget").click()
    expect(company.page.locator("h1")).to_have_text("Besøget er aflyst")
    company.shot("company-cancelled")
    run(app, db)
    assert shown(consultant, feed)[0][1] == "CANCELLED"
    assert moved_to not in starts(own) or "CANCELLED" in "".join(own.texts().values())


def link(app: Flask, to: str) -> str:
    """The path of the link in the newest mail to the company."""
    text = [text for receiver, text in letters(app) if to in receiver][-1]
    found = re.search(r"https?://\S+/besoeg/\S+", text)
    assert found, text
    return urlsplit(found[0].rstrip(".")).path
