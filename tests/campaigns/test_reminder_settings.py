"""The campaign's ladder of reminders: each step after the one before, on the form and in the action."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.base.errors import Invalid
from crm.campaigns.actions import update_campaign
from crm.campaigns.actions.campaigns import Join
from crm.campaigns.models import Campaign
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_campaign, make_jobcentre, make_participation, make_user

SignIn = Callable[[FlaskClient, User], FlaskClient]
DAYS = {
    "nag_before_days": "0",
    "nag_overdue_days": "3",
    "nag_lead_days": "6",
    "nag_region_days": "12",
    "ending_days": "15",
    "ask_company_days": "0",
}


def values(campaign: Campaign, jobcentre_id: int) -> dict[str, str]:
    plain = ("visit_minutes", "margin_minutes", "max_attempts", "max_attempts_a_day", "max_number_attempts")
    more = ("call_backs_each", "quarantine_months", "letter_days", "horizon_days", "notice_hours", "state")
    return {
        **{name: str(getattr(campaign, name)) for name in (*plain, *more)},
        "name": campaign.name,
        "starts_on": campaign.starts_on.isoformat(),
        "ends_on": campaign.ends_on.isoformat(),
        "calls_from": str(campaign.calls_from),
        "calls_to": str(campaign.calls_to),
        "fit_weight": "50",
        "joins": str(jobcentre_id),
        **DAYS,
    }


def test_the_page_keeps_the_ladder(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    campaign = make_participation(db).campaign
    jobcentre = make_jobcentre(db)
    manager = make_user(db, "campaign_manager")
    typed = values(campaign, jobcentre.id)
    number = campaign.id
    db.commit()
    sign_in(client, manager)
    page = client.get(f"/campaigns/{number}/edit").get_data(as_text=True)
    assert "Påmindelser om aftaler" in page
    assert 'name="nag_region_days" type="number" value="10"' in page
    assert client.post(f"/campaigns/{number}/edit", data=typed).status_code == 302
    shown = client.get(f"/campaigns/{number}").get_data(as_text=True)
    assert "på dagen, efter 3 til konsulenten, 6 til lederen og 12 til regionen" in shown
    db.expire_all()
    kept = db.get_one(Campaign, number)
    assert {name: str(getattr(kept, name)) for name in DAYS} == DAYS


@pytest.mark.parametrize(
    ("field", "days", "words"),
    [
        ("nag_lead_days", "3", "Skal ligge efter påmindelsen til konsulenten"),
        ("nag_region_days", "6", "Skal ligge efter beskeden til lederen"),
        ("nag_overdue_days", "0", ""),
        ("nag_before_days", "-1", ""),
        ("ending_days", "", ""),
    ],
)
def test_a_step_that_does_not_lie_after_the_one_before_is_refused(
    field: str, days: str, words: str, db: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    campaign = make_participation(db).campaign
    manager = make_user(db, "campaign_manager")
    typed = {**values(campaign, make_jobcentre(db).id), field: days}
    number = campaign.id
    db.commit()
    sign_in(client, manager)
    answer = client.post(f"/campaigns/{number}/edit", data=typed)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert words in page
    assert f'id="{field}-error"' in page
    db.expire_all()
    assert db.get_one(Campaign, number).nag_region_days == 10


def test_what_is_not_named_stays_and_is_compared_with(session: Session) -> None:
    campaign = make_campaign(session)
    jobcentre = make_jobcentre(session)
    held = {"name": campaign.name, "starts_on": campaign.starts_on, "ends_on": campaign.ends_on}
    with pytest.raises(Invalid) as refused:
        update_campaign(session, None, NOW, campaign, joins=[Join(jobcentre.id)], nag_overdue_days=5, **held)
    assert set(refused.value.errors) == {"nag_lead_days"}
    update_campaign(session, None, NOW, campaign, joins=[Join(jobcentre.id)], nag_overdue_days=4, **held)
    assert (campaign.nag_overdue_days, campaign.nag_lead_days) == (4, 5)
