"""The outbox pages: only for administrators, a mail's HTML behind bars, attachments as downloads, retry."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.integrations.models import OutboxMessage
from tests.conftest import NOW
from tests.factories.core import make_user
from tests.factories.integrations import make_message

ICS = {"name": "besøg.ics", "mime": "text/calendar; method=REQUEST", "text": "BEGIN:VCALENDAR"}
HTML = '<p style="color:red">Kære Mette</p><script>alert(1)</script>'


@pytest.fixture
def admin(client: FlaskClient, db: Session, sign_in: Callable) -> FlaskClient:
    user = make_user(db)
    db.commit()
    return sign_in(client, user)


def test_the_list_filters_and_pages(admin, db):
    assert "Udbakken er tom" in admin.get("/outbox").text
    made = [make_message(db, subject=f"Besøg nummer {n}") for n in range(52)]
    made[0].state = "failed"
    db.commit()
    page = admin.get("/outbox").text
    assert "Besøg nummer 51" in page
    assert "Noget er ikke nået frem" in page
    assert f"before={made[2].id}" in page
    assert "Besøg nummer 0<" in admin.get(f"/outbox?before={made[2].id}").text
    failed = admin.get("/outbox?state=failed").text
    assert "Besøg nummer 0<" in failed
    assert "Besøg nummer 1<" not in failed
    assert "Ingen beskeder i den tilstand" in admin.get("/outbox?state=unknown").text
    assert admin.get("/outbox?before=99999999999999999999&state=x").status_code == 200


def test_the_html_version_stands_behind_bars(admin, db):
    message = make_message(db, body_html=HTML, attachments=[ICS])
    db.commit()
    page = admin.get(f"/outbox/{message.id}")
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<iframe" in page.text
    assert "sandbox" in page.text
    assert "alert(1)" not in page.text
    inner = admin.get(f"/outbox/{message.id}/html")
    policy = inner.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; sandbox")
    assert "script-src" not in policy
    assert inner.text == HTML
    assert "frame-src" not in admin.get("/outbox").headers["Content-Security-Policy"]


def test_attachments_are_downloads_whatever_their_type(admin, db):
    message = make_message(db, attachments=[ICS])
    db.commit()
    answer = admin.get(f"/outbox/{message.id}/attachments/0")
    assert answer.text == "BEGIN:VCALENDAR"
    assert answer.mimetype == "application/octet-stream"
    assert "attachment" in answer.headers["Content-Disposition"]
    for path in (f"/outbox/{message.id}/attachments/1", f"/outbox/{message.id}/html", "/outbox/999999"):
        assert admin.get(path).status_code == 404


def test_a_failed_one_is_tried_again_at_once(admin, db, app):
    failed = make_message(db, state="failed", attempts=7, last_error="Connection refused")
    sent = make_message(db, state="sent", sent_at=NOW)
    db.commit()
    page = admin.get(f"/outbox/{failed.id}").text
    assert "Connection refused" in page
    assert f"/outbox/{failed.id}/retry" in page
    assert "/retry" not in admin.get(f"/outbox/{sent.id}").text
    assert admin.post(f"/outbox/{failed.id}/retry").location == f"/outbox/{failed.id}"
    assert admin.post(f"/outbox/{sent.id}/retry").status_code == 409
    db.expire_all()
    assert db.scalar(select(OutboxMessage.state).where(OutboxMessage.id == failed.id)) == "sent"


def test_nobody_else_reads_the_mail(app, db, sign_in):
    message = make_message(db, body_html=HTML)
    for role in ("phoner", "consultant", "jobcentre_lead", "regional_lead", "campaign_manager"):
        user = make_user(db, role)
        db.commit()
        client = sign_in(app.test_client(), user)
        for path in ("/outbox", f"/outbox/{message.id}", f"/outbox/{message.id}/html"):
            assert client.get(path).status_code == 403
