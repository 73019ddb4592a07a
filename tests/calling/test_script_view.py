"""The script beside the call: names filled in, whose version, what it may propose; and the hour's queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.calling.models import QueueEntry
from crm.calling.queries.scripts import entry_script, script_values
from crm.campaigns.actions import publish_script, use_common_script
from crm.campaigns.models import Participation
from crm.companies.models import Contact
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_campaign, make_participation, make_queue_entry, make_script, make_workplace
from tests.factories.calling import make_phoner

SignIn = Callable[[FlaskClient, User], FlaskClient]
HOUR = timedelta(hours=1)


def steps(text: str, **answer: str) -> list[dict]:
    rows = [{"label": "Ja", "note": "{contact_first} siger ja", **answer}] if answer else []
    return [{"key": "hils", "title": "Hils", "text": text, "answers": rows}]


def test_a_claimed_call_keeps_its_version_and_a_reserved_one_has_the_newest(session: Session) -> None:
    part = make_participation(session, campaign=make_campaign(session, script=[]))
    entry = make_queue_entry(session, participation=part)
    assert entry_script(session, entry)[0] == 0, "the standard script"
    publish_script(session, None, NOW, part.campaign, steps("1"))
    entry.claimed_at = NOW + HOUR
    publish_script(session, None, NOW + 2 * HOUR, part.campaign, steps("2"))
    publish_script(session, None, NOW + 2 * HOUR, part.campaign, steps("eget"), jobcentre_id=part.jobcentre_id)
    assert entry_script(session, entry)[1][0]["text"] == "1"
    entry.claimed_at = NOW + 3 * HOUR
    assert entry_script(session, entry)[1][0]["text"] == "eget"
    use_common_script(session, None, NOW + 4 * HOUR, part.campaign, part.jobcentre_id, note="")
    entry.claimed_at = None
    assert entry_script(session, entry)[1][0]["text"] == "2"


def test_fields_without_a_contact_or_an_address_still_read_well(session: Session) -> None:
    entry = make_queue_entry(session, workplace=make_workplace(session, street=""))
    values = script_values(entry, None, "Sofie Testesen")
    assert (values["contact"], values["contact_first"], values["street"]) == ("den ansvarlige", "", "jeres adresse")
    contact = Contact(workplace_id=entry.workplace_id, name="Mette Prøvesen")
    assert script_values(entry, contact, "Sofie Testesen")["contact_first"] == "Mette"


@pytest.fixture
def entry(db: Session) -> QueueEntry:
    workplace = make_workplace(db, name="Eksempel <Blik> ApS", street="Eksempelvej 12")
    db.add(Contact(workplace_id=workplace.id, name="Mette Prøvesen", title="daglig leder"))
    part = make_participation(db, campaign=make_campaign(db, script=[]))
    return make_queue_entry(db, participation=part, workplace=workplace)


@pytest.fixture
def page(client: FlaskClient, db: Session, entry: QueueEntry, sign_in: SignIn) -> FlaskClient:
    part = db.query(Participation).filter_by(campaign_id=entry.campaign_id).one()
    phoner = make_phoner(db, part, name="Sofie Testesen")
    db.commit()
    return sign_in(client, phoner)


def called(page: FlaskClient, entry: QueueEntry) -> str:
    page.post("/call/next", data={"desk": f"{entry.campaign_id}:"})
    return page.get("/call").text


def test_the_screen_says_the_script_with_names_and_live_places(
    page: FlaskClient, db: Session, entry: QueueEntry
) -> None:
    text = "Hos {company} på {street}: passer {when} med {consultant}, {contact_first}?"
    make_script(db, campaign=entry.campaign, steps=steps(text, outcome="booked"))
    db.commit()
    shown = called(page, entry)
    assert "Hos <b>Eksempel &lt;Blik&gt; ApS</b> på <b>Eksempelvej</b>" in shown
    assert '<span data-live="when" data-live-else="et tidspunkt, der passer dig">et tidspunkt, der passer dig' in shown
    assert '<span data-live="consultant"' in shown
    assert 'data-note="Mette siger ja" data-outcome="booked" data-outcome-label="Besøg aftalt"' in shown
    assert f'data-script="call-{entry.id}"' in shown


def test_an_outcome_that_is_gone_is_not_proposed(page: FlaskClient, db: Session, entry: QueueEntry) -> None:
    make_script(db, campaign=entry.campaign, steps=steps("Hej", outcome="solgt"))
    db.commit()
    assert 'data-outcome=""' in called(page, entry)


def test_without_a_script_the_standard_one_is_read(page: FlaskClient, entry: QueueEntry) -> None:
    shown = called(page, entry)
    assert "Taler jeg med <b>Mette Prøvesen</b>?" in shown
    assert shown.count('class="is-later"') == 3
    assert shown.index('data-script-step="bekraeft"') < shown.index('data-script-step="ring-igen"')
