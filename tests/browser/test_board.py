"""A consultant without a candidate shares an opening; a partner proposes somebody by its link, and is answered.

The partner's link is read from the mail that the scheduler's own job writes; nothing of the company may reach its pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.openings.models import Candidacy
from crm.people.models import User
from crm.scheduler import run_job
from tests.browser.conftest import Watched
from tests.conftest import NOW, PASSWORD
from tests.factories import make_jobcentre, make_user, make_visit, make_workplace
from tests.factories.openings import make_opening
from tests.factories.sharing import make_partner

pytestmark = pytest.mark.browser
COMPANY = "Nordstål Maskinfabrik ApS"
SECRETS = ("Nordstål", "Bodil", "Mønster", "98 52 11 22", "98521122", "bodil@nordstaal.example")
PARTNER = "job@fonden.example"


def arrange(db: Session) -> tuple[User, User, int]:
    """An opening in Hobro, a jobcentre an hour away, a partner of the whole country; owner, neighbour's lead, opening."""
    workplace = make_workplace(db, name=COMPANY, phone="+4598521122", email="bodil@nordstaal.example")
    visit = make_visit(
        db, workplace=workplace, state="held", starts_at=NOW - timedelta(days=1), reported_at=NOW,
        contact_name="Bodil Mønster", contact_email="bodil@nordstaal.example",
    )  # fmt: skip
    opening = make_opening(
        db,
        visit=visit,
        occupation="Svejser",
        weekly_hours=37.0,
        tasks="Svejse rammer. Arbejdstid 07.00-15.00. Ring til Bodil på 98 52 11 22.",
    )
    lead = make_user(db, "jobcentre_lead", jobcentre=make_jobcentre(db, code="851", postcode="9000"))
    make_partner(db, "Fonden", email=PARTNER, contact_name="Lis")
    db.commit()
    return opening.consultant, lead, opening.id


def letters(app: Flask, to: str) -> list[str]:
    """Texts of the mails that went to an address, the oldest first."""
    run_job(app, "deliver")
    folder = app.extensions["crm.settings"].data_dir / "outbox"
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]
    return [mail.get_body(("plain",)).get_content() for mail in mails if to in str(mail["To"])]  # type: ignore[union-attr]


def link_in(text: str) -> str:
    found = re.search(r"https?://\S+/tavle/[^/\s]+(?=\s)", text)  # the board itself; each opening has a link of its own
    assert found, text
    return urlsplit(found[0]).path


def looked_at(window: Watched, name: str) -> None:
    """A picture, the accessibility check, and nothing of the company in what the server sent."""
    answer = window.page.request.get(window.page.url)
    assert [secret for secret in SECRETS if secret.lower() in answer.text().lower()] == [], name
    assert answer.headers["referrer-policy"] == "no-referrer"
    window.shot(name)


def shared(consultant: Watched, opening_id: int) -> None:
    consultant.go(f"/openings/{opening_id}")
    consultant.page.get_by_role("link", name="Del åbningen").click()
    consultant.page.get_by_label("Jobcenter Aalborg").check()
    consultant.page.get_by_label("Fonden").check()
    consultant.shot("board-share")
    consultant.page.get_by_role("button", name="Del åbningen").click()
    consultant.page.get_by_text("delt med 2 modtagere").wait_for()


def proposed(partner: Watched) -> None:
    """First with a mistake, which keeps what was typed."""
    partner.page.get_by_role("link", name="Svejser").click()
    expect(partner.page.get_by_text("07.00-15.00"), "working hours are no telephone number").to_be_visible()
    looked_at(partner, "board-partner-opening")
    partner.page.locator("[name=reference]").fill("120588-1234")
    partner.page.locator("[name=occupation]").fill("svejs")
    partner.page.locator("[name=postcode]").fill("9500")
    partner.page.locator("[name=words]").fill("Har certifikat og egen bil")
    partner.page.locator("[name=agreed]").check()
    partner.page.locator("[name=consent_on]").fill("2026-11-20")
    partner.page.get_by_role("button", name="Send forslaget").click()
    partner.page.get_by_text("ligner et CPR-nummer").first.wait_for()
    looked_at(partner, "board-partner-refused")
    expect(partner.page.locator("[name=words]")).to_have_value("Har certifikat og egen bil")
    partner.page.locator("[name=reference]").fill("F-204")
    partner.page.locator("[name=occupation]").clear()
    partner.page.locator("[name=occupation]").press_sequentially("svejs")
    partner.page.get_by_role("option", name="Svejser", exact=True).click()
    expect(partner.page.locator("[name=occupation]"), "suggested without signing in").to_have_value("Svejser")
    partner.page.get_by_role("button", name="Send forslaget").click()
    partner.page.get_by_text("Jobcentret har fået forslaget").wait_for()
    looked_at(partner, "board-partner-proposed")


def test_a_partner_proposes_by_its_link_and_the_owner_accepts(
    app: Flask, db: Session, window: Callable[..., Watched]
) -> None:
    owner, _lead, opening_id = arrange(db)
    email = owner.email
    db.rollback()
    consultant = window("consultant", 375, 740)
    consultant.sign_in(email, PASSWORD)
    shared(consultant, opening_id)
    consultant.shot("board-shared")

    assert run_job(app, "board") == 1, "users have one mail of the morning, which this job does not write"
    [mail] = letters(app, PARTNER)
    assert [secret for secret in SECRETS if secret in mail] == []
    partner = window("partner", 375, 740)
    partner.go(link_in(mail))
    looked_at(partner, "board-partner")
    proposed(partner)

    consultant.go("/openings")
    consultant.page.get_by_role("link", name="Tavle (1)").click()
    consultant.page.get_by_role("link", name="1 forslag venter på jeres svar").click()
    consultant.page.get_by_role("link", name="Svejser").click()
    consultant.page.get_by_role("link", name="Se og svar").click()
    expect(consultant.page.get_by_text("Har certifikat og egen bil")).to_be_visible()
    consultant.shot("board-answer")
    consultant.page.locator("[name=words]").fill("Tak, vi ringer i morgen")
    consultant.page.get_by_role("button", name="Ja tak").click()
    consultant.page.get_by_text("F-204 er nu kandidat til åbningen").wait_for()
    consultant.shot("board-accepted")
    expect(consultant.page.get_by_text("venter på jeres svar")).to_have_count(0)

    answered = letters(app, PARTNER)[-1]
    assert "Tak, vi ringer i morgen" in answered
    assert [secret for secret in SECRETS if secret in answered] == []
    partner.go(link_in(answered))
    expect(partner.page.get_by_text("Ja tak, er kandidat")).to_be_visible()
    expect(partner.page.get_by_text("Tak, vi ringer i morgen")).to_be_visible()
    looked_at(partner, "board-partner-answered")
    with app.extensions["crm.sessions"]() as session:
        assert session.scalars(select(Candidacy.state)).all() == ["proposed"]
