"""What became of the visits that phoners and firms booked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.base.scope import Scope
from crm.people.models import User
from crm.reports.queries import EVERYTHING, behind, booking, pressed, quality
from crm.reports.queries.quality import KINDS
from crm.reports.rules import DEFINITIONS, wilson
from crm.reports.views.quality import ROWS
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_participation, make_queue_entry, make_user, make_visit
from tests.factories.calling import make_phoner
from tests.factories.core import make_campaign

ALL = Scope(everything=True)
DAY = timedelta(days=1)
SignIn = Callable[[FlaskClient, User], FlaskClient]
STATES = [
    ("held", True),
    ("held", False),
    ("held", None),
    ("cancelled_by_company", None),
    ("cancelled_by_company", None),
    ("cancelled_by_jobcentre", None),
    ("nobody_there", None),
    ("booked", None),
]


def fill(session: Session) -> tuple[int, list[User]]:
    """A campaign with two firms; the first one's phoner has visits of every end, the second's one that was held, and
    a consultant booked one themselves. Each phoner also heard a no."""
    campaign = make_campaign(session)
    people: list[User] = []
    for code, states in (("846", STATES), ("851", [("held", False)])):
        place = make_participation(session, campaign=campaign, jobcentre=make_jobcentre(session, code=code))
        phoner = make_phoner(session, place, f"Phoner {code}")
        people.append(phoner)
        done = {"state": "done", "final_at": NOW - 5 * DAY, "final_by": phoner.id}
        done["final_firm_id"] = place.calling_firm_id
        make_queue_entry(session, participation=place, final_outcome="declined", **done)
        for number, (state, felt) in enumerate(states):
            entry = make_queue_entry(session, participation=place, final_outcome="booked", **done)
            make_visit(
                session,
                entry=entry,
                starts_at=NOW + (number - 10) * DAY,
                state=state,
                pressed=felt,
                booked_by=phoner.id,
                booked_firm_id=place.calling_firm_id,
            )
    session.flush()
    return campaign.id, people


def test_each_share_counts_what_its_definition_says(session: Session) -> None:
    campaign_id, people = fill(session)
    tables = quality(session, ALL, campaign_id, "phoner", now=NOW, within=EVERYTHING)
    told = {kind: {row.group: (row.numerator, row.denominator) for row in table.rows} for kind, table in tables.items()}
    first, second = "Phoner 846", "Phoner 851"
    assert told == {
        "booking_rate": {first: (8, 9), second: (1, 2)},
        "pressed_rate": {first: (1, 2), second: (0, 1)},
        "cancelled_company_rate": {first: (2, 7), second: (0, 1)},
        "cancelled_jobcentre_rate": {first: (1, 7), second: (0, 1)},
        "nobody_rate": {first: (1, 7), second: (0, 1)},
    }
    row = tables["cancelled_company_rate"].rows[0]
    assert (row.low, row.high) == wilson(2, 7)
    assert row.small
    assert set(tables) <= set(DEFINITIONS)
    assert people[0].id == tables["pressed_rate"].rows[0].key


@pytest.mark.parametrize("by", ["phoner", "firm"])
def test_the_figures_equal_the_reports_and_their_rows(session: Session, by: str) -> None:
    campaign_id, _people = fill(session)
    tables = quality(session, ALL, campaign_id, by, now=NOW, within=EVERYTHING)
    same = {"now": NOW, "within": EVERYTHING}
    assert tables["booking_rate"] == booking(session, ALL, campaign_id, by, **same)
    report = pressed(session, ALL, campaign_id, by, **same)
    assert tables["pressed_rate"].total == report.total
    for kind, table in tables.items():
        for rate in table.rows:
            counted = [
                behind(session, ALL, campaign_id, of, within=EVERYTHING, by=by, key=str(rate.key)).total
                for of in ROWS[kind]
            ]
            assert counted == [rate.numerator, rate.denominator], kind
    assert set(ROWS) == {"booking_rate", "pressed_rate", *KINDS}


def test_a_lead_counts_their_jobcentre_alone(session: Session) -> None:
    campaign_id, _people = fill(session)
    mine = Scope(jobcentres=frozenset({make_jobcentre(session, code="851").id}))
    tables = quality(session, mine, campaign_id, "firm", now=NOW, within=EVERYTHING)
    assert [(row.numerator, row.denominator) for row in tables["booking_rate"].rows] == [(1, 2)]
    with pytest.raises(ValueError, match="week"):
        quality(session, mine, campaign_id, "week", now=NOW, within=EVERYTHING)


def test_the_page_shows_opens_and_exports_them(app: Flask, db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    campaign_id, people = fill(db)
    manager = make_user(db, "campaign_manager")
    db.commit()
    sign_in(client, manager)
    page = client.get(f"/calling/quality?campaign={campaign_id}").text
    assert "Phoner 846" in page
    assert "Ingen kan skelnes fra gennemsnittet" in page
    assert f"of=cancelled_by_company&amp;key={people[0].id}" in page
    rows = client.get(f"/reports/rows?campaign={campaign_id}&by=phoner&key={people[0].id}&of=cancelled_by_company").text
    assert "Besøg aflyst af virksomheden: 2" in rows
    told = client.get(f"/calling/quality.csv?campaign={campaign_id}&by=firm").get_data().decode("utf-8-sig")
    assert told.count("\r\n") == 1 + 5 * 3, "two firms and the total, for five figures"
    assert client.get(f"/calling/quality?campaign={campaign_id}&from=x").status_code == 422
    assert client.get("/calling/quality?campaign=999").status_code == 422
    assert client.get("/calling/quality.csv?campaign=999").status_code == 404


def test_the_page_is_empty_in_words_and_closed_to_phoners(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    manager = make_user(db, "campaign_manager")
    db.commit()
    sign_in(client, manager)
    assert "Ingen kampagne at opgøre" in client.get("/calling/quality").text
    place = make_participation(db)
    phoner = make_phoner(db, place)
    db.commit()
    assert "Ingen besøg at opgøre endnu" in client.get("/calling/quality").text
    sign_in(client, phoner)
    for path in ("/calling/quality", "/calling/quality.csv", "/calling/board", "/calling/allot"):
        assert client.get(path).status_code == 403
