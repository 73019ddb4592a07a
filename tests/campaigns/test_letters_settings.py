"""The campaign's settings in its form, and what the company page tells of letters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.campaigns.actions import mark_returned
from crm.campaigns.models import CallList, Campaign
from crm.companies.models import Workplace
from tests.conftest import NOW
from tests.factories.core import make_firm, make_user
from tests.factories.letters import make_batch, make_mailing_list


@pytest.fixture
def listed(db: Session) -> CallList:
    made = make_mailing_list(db, 3)
    db.commit()
    return made


@pytest.fixture
def lead(db: Session, client: FlaskClient, sign_in: Callable, listed: CallList) -> FlaskClient:
    user = make_user(db, "jobcentre_lead")
    db.commit()
    return sign_in(client, user)


def test_the_company_page_tells_of_returned_mail(db: Session, lead: FlaskClient, listed: CallList) -> None:
    batch = make_batch(db, listed, now=NOW - timedelta(days=5), mailed_on=NOW.date() - timedelta(days=5))
    workplace = db.scalars(select(Workplace).order_by(Workplace.id).limit(1)).one()
    mark_returned(db, None, NOW, batch, {workplace.p_number: None}, "unknown")
    db.commit()
    page = lead.get(f"/companies/{workplace.id}").get_data(as_text=True)
    assert "Post kommer retur" in page
    assert f"/letters/{batch.id}?view=returned" in page
    assert "Brev sendt" in page
    assert "Brev kommet retur" in page


def test_the_campaigns_settings_are_saved_and_shown(
    app: Flask, db: Session, sign_in: Callable, listed: CallList
) -> None:
    user = make_user(db, "campaign_manager")
    campaign = db.get_one(Campaign, listed.participation.campaign_id)
    make_firm(db)
    db.commit()
    manager = sign_in(app.test_client(), user)
    url = f"/campaigns/{campaign.id}/edit"
    page = manager.get(url).get_data(as_text=True)
    assert 'name="fit_weight" type="number" value="50"' in page
    values = {
        "name": campaign.name, "starts_on": "2026-09-01", "ends_on": "2027-03-01", "calls_from": "480",
        "calls_to": "1020", "visit_minutes": "60", "margin_minutes": "5", "max_attempts": "6", "horizon_days": "21",
        "notice_hours": "24", "state": "open", "joins": str(listed.participation.jobcentre_id),
        "max_attempts_a_day": "3", "max_number_attempts": "12", "call_backs_each": "25", "quarantine_months": "6",
        "fit_weight": "35", "letter_days": "7", "nag_before_days": "0", "nag_overdue_days": "3", "nag_lead_days": "6",
        "nag_region_days": "12", "ending_days": "15", "ask_company_days": "0",
    }  # fmt: skip
    for field, wrong in (
        ("fit_weight", "101"),
        ("letter_days", "-1"),
        ("max_attempts_a_day", "0"),
        ("call_backs_each", ""),
    ):
        assert manager.post(url, data={**values, field: wrong}).status_code == 422, field
    assert manager.post(url, data=values).status_code == 302
    db.refresh(campaign)
    assert (campaign.fit_weight, campaign.letter_days, campaign.quarantine_months) == (0.35, 7, 6)
    assert (campaign.max_attempts_a_day, campaign.max_number_attempts, campaign.call_backs_each) == (3, 12, 25)
    db.commit()
    shown = manager.get(f"/campaigns/{campaign.id}").get_data(as_text=True)
    assert "35 % efter ledig, kørbar tid" in shown
    assert "6 måneder efter et svar" in shown
    assert "tidligst 7 dage efter" in shown
