"""A campaign's own outcomes and reasons: what they mean for the entry, the rates and the words; the manager's page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import Invalid
from crm.calling import queries
from crm.calling.actions import claim, finish, reset_outcomes, save_outcomes
from crm.calling.models import Call, CampaignOutcome, DeclineReason, QueueEntry
from crm.calling.rules import OUTCOMES, REASONS, OutcomeRow, ReasonRow, check_sets, outcome_of
from crm.campaigns.models import Participation
from crm.campaigns.queries.segment import contact_facts
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_participation, make_queue_entry, make_user
from tests.factories.calling import make_call, make_phoner

SignIn = Callable[[FlaskClient, User], FlaskClient]
DEFAULT = [OutcomeRow.of(one, number) for number, one in enumerate(OUTCOMES.values(), 1)]
REASON_ROWS = [ReasonRow.of(one, number) for number, one in enumerate(REASONS.values(), 1)]
MAIL_NO = OutcomeRow(label_da="Nej, send en mail", label_en="No, send a mail", letter="m", meaning="no")
ASKS = OutcomeRow(label_da="Chefen er på ferie", letter="c", meaning="later", after="3", unit="days", max_tries="2")


def wrong(rows: list[OutcomeRow], reasons: list[ReasonRow] | None = None, used: Any = ()) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        check_sets(rows, REASON_ROWS if reasons is None else reasons, used, used)
    return caught.value.errors


def test_the_default_set_is_written_and_read_back_unchanged_and_each_is_said_in_english() -> None:
    made, told = check_sets(DEFAULT, REASON_ROWS, (), ())
    assert ({one.key: one for one in made}, {one.key: one for one in told}) == (OUTCOMES, REASONS)
    for some in (OUTCOMES.values(), REASONS.values()):
        assert len({one.label_in("en") for one in some} - {one.label_in("da") for one in some}) == len(some)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"letter": "p"}, "letter-3"),
        ({"letter": "v"}, "letter-3"),
        ({"letter": "7"}, "letter-3"),
        ({"letter": "?"}, "letter-3"),
        ({"letter": ""}, "letter-3"),
        ({"letter": "b"}, "letter-3"),  # booked's
        ({"label_da": ""}, "label_da-3"),
        ({"label_da": "x" * 41}, "label_da-3"),
        ({"label_da": "nej TAK"}, "label_da-3"),
        ({"after": "0"}, "after-3"),
        ({"after": "snart"}, "after-3"),
        ({"after": "61", "unit": "days"}, "after-3"),
        ({"max_tries": "0"}, "max_tries-3"),
        ({"max_tries": "51"}, "max_tries-3"),
        ({"position": "først"}, "position-3"),
        ({"state": "remove"}, "state-3"),
    ],
)
def test_what_cannot_be_saved_names_its_field(change: dict[str, str], field: str) -> None:
    rows = [replace(row, **change) if number == 3 else row for number, row in enumerate(DEFAULT)]
    assert field in wrong(rows)


def test_standard_outcomes_keep_their_meaning_and_booked_cannot_be_turned_off() -> None:
    rows = [replace(row, meaning="nobody") for row in DEFAULT]
    made, _told = check_sets(rows, REASON_ROWS, (), ())
    assert [one.final_key for one in made if one.answer] == ["booked", "declined"]
    assert "state-0" in wrong([replace(DEFAULT[0], state="off"), *DEFAULT[1:]])
    assert "state-9" in wrong([*DEFAULT[:9], replace(DEFAULT[9], state="off")])
    assert "meaning-10" in wrong([*DEFAULT, replace(MAIL_NO, meaning="promise")])


def test_an_own_outcome_gets_a_key_of_its_label_and_a_used_one_stays() -> None:
    twin = replace(MAIL_NO, label_da="Nej send en mail!", letter="k", position="1")
    made, _told = check_sets([*DEFAULT, MAIL_NO, twin, OutcomeRow()], REASON_ROWS, (), ())
    assert [made[1].key, made[-1].key] == ["nej_send_en_mail", "nej_send_en_mail_2"]
    known = replace(MAIL_NO, key="nej_mail", state="remove")
    assert len(check_sets([*DEFAULT, known], REASON_ROWS, (), ())[0]) == len(DEFAULT)
    assert "state-10" in wrong([*DEFAULT, known], used={"nej_mail"})


def test_reasons_are_one_to_nine_and_each_once() -> None:
    nine = [ReasonRow(label_da=f"Grund {number}") for number in range(9)]
    assert len(check_sets(DEFAULT, nine, (), ())[1]) == 9
    assert "reasons" in wrong(DEFAULT, [*nine, ReasonRow(label_da="En til")])
    assert "reasons" in wrong(DEFAULT, [replace(row, state="off") for row in nine])
    assert "reason_da-1" in wrong(DEFAULT, [nine[0], nine[0]])


@pytest.fixture
def part(session: Session) -> Participation:
    return make_participation(session)


def finish_one(session: Session, part: Participation, outcome: str, **details: Any) -> tuple[Call, QueueEntry]:
    phoner = make_phoner(session, part)
    make_queue_entry(session, participation=part)
    entry = claim(session, phoner, NOW, part.campaign_id)
    assert entry is not None
    return finish(session, phoner, NOW, entry, outcome, **details), entry


def test_a_no_of_its_own_counts_as_declined_and_keeps_its_words(session: Session, part: Participation) -> None:
    save_outcomes(session, None, NOW, part.campaign, [*DEFAULT, MAIL_NO], REASON_ROWS)
    known = queries.outcomes(session, part.campaign_id)
    assert known["nej_send_en_mail"].label_in("en") == "No, send a mail"
    with pytest.raises(Invalid) as caught:
        finish_one(session, part, "nej_send_en_mail")
    assert "reason" in caught.value.errors
    call, entry = finish_one(session, part, "nej_send_en_mail", reason="wants_mail")
    assert (call.outcome, call.answer, call.reason) == ("nej_send_en_mail", "declined", "wants_mail")
    assert (entry.state, entry.final_outcome, entry.last_outcome) == ("done", "declined", "nej_send_en_mail")
    assert queries.pace(session, call.user_id, NOW) == queries.Pace(1, 1, 0)
    said = queries.wording(session, [part.campaign_id], "da")
    assert said.outcome(part.campaign_id, "nej_send_en_mail") == "Nej, send en mail"
    assert said.outcome(part.campaign_id, "busy") == "Optaget"


def test_after_its_maximum_an_outcome_ends_the_calling(session: Session, part: Participation) -> None:
    save_outcomes(session, None, NOW, part.campaign, [*DEFAULT, ASKS], REASON_ROWS)
    call, entry = finish_one(session, part, "chefen_er_paa_ferie")
    spoken = session.scalars(select(Activity).where(contact_facts())).one()
    assert spoken.data["outcome"] == "chefen_er_paa_ferie", "segments know that somebody was spoken to"
    assert (entry.state, entry.rank, call.answer) == ("waiting", 1, None)
    assert entry.due_at - NOW == timedelta(days=3)
    phoner = session.get_one(User, call.user_id)
    then = entry.due_at
    for outcome, state in (("busy", "waiting"), ("chefen_er_paa_ferie", "done")):
        entry.claimed_by, entry.claimed_at, entry.claimed_until = phoner.id, then, then + timedelta(minutes=5)
        session.flush()
        finish(session, phoner, then, entry, outcome)
        assert entry.state == state
        then += timedelta(days=1)
    assert (entry.final_outcome, entry.final_by, entry.attempts) == ("chefen_er_paa_ferie", phoner.id, 3)


def test_what_is_turned_off_is_not_offered_but_the_apis_keys_stay(session: Session, part: Participation) -> None:
    busy_off = [replace(row, state="off") if row.key == "busy" else row for row in DEFAULT]
    save_outcomes(session, None, NOW, part.campaign, [*busy_off, replace(ASKS, state="off")], REASON_ROWS)
    assert {"busy", "chefen_er_paa_ferie"}.isdisjoint(queries.outcomes(session, part.campaign_id))
    _call, entry = finish_one(session, part, "busy")
    assert entry.last_outcome == "busy"
    with pytest.raises(Invalid, match="hvordan opkaldet endte") as caught:
        finish_one(session, part, "chefen_er_paa_ferie")
    assert "busy" in caught.value.fields["keys"]
    assert "chefen" not in caught.value.fields["keys"]


def test_reset_keeps_the_names_that_calls_need(session: Session, part: Participation) -> None:
    own_reason = ReasonRow(label_da="Flytter til udlandet")
    save_outcomes(session, None, NOW, part.campaign, [*DEFAULT, MAIL_NO, ASKS], [*REASON_ROWS, own_reason])
    finish_one(session, part, "nej_send_en_mail", reason="flytter_til_udlandet")
    reset_outcomes(session, None, NOW, part.campaign)
    assert dict(queries.outcomes(session, part.campaign_id)) == OUTCOMES
    assert dict(queries.decline_reasons(session, part.campaign_id)) == REASONS
    said = queries.wording(session, [part.campaign_id], "da")
    assert said.outcome(part.campaign_id, "nej_send_en_mail") == "Nej, send en mail"
    assert said.reason(part.campaign_id, "flytter_til_udlandet") == "Flytter til udlandet"
    assert session.scalar(select(func.count()).where(CampaignOutcome.key == "chefen_er_paa_ferie")) == 0


def test_another_campaign_is_left_alone_and_each_set_is_read_once(session: Session, part: Participation) -> None:
    other = make_participation(session, firm=part.calling_firm, jobcentre=part.jobcentre)
    save_outcomes(session, None, NOW, part.campaign, [*DEFAULT, MAIL_NO], REASON_ROWS)
    assert dict(queries.outcomes(session, other.campaign_id)) == OUTCOMES
    statements: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for _ in range(5):
        queries.outcomes(session, part.campaign_id)
        queries.wording(session, [part.campaign_id, other.campaign_id], "da")
    assert len([text for text in statements if "campaign_outcomes" in text]) <= 1
    assert len([text for text in statements if "decline_reasons" in text]) <= 2


def test_counts_and_shares_of_reasons_leave_out_calls_taken_back(session: Session, part: Participation) -> None:
    for reason, count in (("no_need", 3), ("no_time", 1)):
        for _ in range(count):
            entry = make_queue_entry(session, participation=part)
            make_call(session, entry=entry, outcome="declined", reason=reason)
    undone = make_queue_entry(session, participation=part)
    make_call(session, entry=undone, outcome="declined", reason="other", undone_at=NOW)
    given = queries.reasons_given(session, part.campaign_id)
    assert {key: (one.count, one.share) for key, one in given.items()} == {"no_need": (3, 0.75), "no_time": (1, 0.25)}


def form(rows: list[OutcomeRow], reasons: list[ReasonRow]) -> dict[str, Any]:
    data: dict[str, Any] = {"row": [str(n) for n in range(len(rows))], "reason": [str(n) for n in range(len(reasons))]}
    for n, row in enumerate(rows):
        data |= {f"{name}-{n}": value for name, value in row.__dict__.items() if name != "spread"}
        data |= {f"spread-{n}": "1"} if row.spread else {}
    for n, one in enumerate(reasons):
        said = {"key": one.key, "da": one.label_da, "en": one.label_en, "position": one.position, "state": one.state}
        data |= {f"reason_{name}-{n}": value for name, value in said.items()}
    return data


@pytest.fixture
def manager(client: FlaskClient, db: Session, sign_in: SignIn) -> tuple[FlaskClient, Participation, str]:
    part = make_participation(db)
    user = make_user(db, "campaign_manager")
    db.commit()
    return sign_in(client, user), part, f"/campaigns/{part.campaign_id}/outcomes"


def test_the_page_shows_saves_and_resets(manager: tuple[FlaskClient, Participation, str], db: Session) -> None:
    client, part, url = manager
    page = client.get(url).get_data(as_text=True)
    assert "Prøves igen efter 4 timer, på en anden del af dagen." in page
    assert url in client.get(f"/campaigns/{part.campaign_id}").get_data(as_text=True), "it is linked"
    asked = replace(MAIL_NO, max_tries="")
    saved = client.post(url, data=form([*DEFAULT, asked], REASON_ROWS), follow_redirects=True)
    assert "Udfald og grunde er gemt" in saved.get_data(as_text=True)
    assert "Nej, send en mail" in saved.get_data(as_text=True)
    assert db.scalar(select(func.count()).select_from(CampaignOutcome)) == len(DEFAULT) + 1
    db.rollback()
    assert "standardsættet" in client.post(f"{url}/reset", follow_redirects=True).get_data(as_text=True)
    assert db.scalar(select(func.count()).select_from(CampaignOutcome)) == 0


def test_an_error_saves_nothing_and_loses_nothing(manager: tuple[FlaskClient, Participation, str], db: Session) -> None:
    client, _part, url = manager
    rows = [*DEFAULT, replace(MAIL_NO, letter="p", label_en="Kept as typed")]
    answer = client.post(url, data=form(rows, [*REASON_ROWS, ReasonRow(label_da="Ny grund i feltet")]))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert all(text in page for text in ("Intet er gemt", "Kept as typed", "Ny grund i feltet", "Bruges af skærmen"))
    assert 'href="#letter-10"' in page
    assert db.scalar(select(func.count()).select_from(DeclineReason)) == 0


def test_a_row_says_what_it_does_while_it_is_typed(manager: tuple[FlaskClient, Participation, str]) -> None:
    client, _part, url = manager
    asked = {"row": "4", "label_da-4": "Ferie", "meaning-4": "later", "after-4": "3", "unit-4": "days"}
    said = client.get(f"{url}/sentence", query_string={**asked, "max_tries-4": "6"}).get_data(as_text=True)
    assert said.strip() == "Prøves igen efter 3 dage, højst 6 gange. Tæller ikke som et svar."
    assert "Skriv et tal" in client.get(f"{url}/sentence", query_string={**asked, "after-4": "x"}).get_data(
        as_text=True
    )
    assert client.get(f"{url}/sentence").status_code == 200


def test_only_the_manager_opens_it(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    part = make_participation(db)
    lead = make_user(db, "jobcentre_lead", jobcentre=part.jobcentre)
    db.commit()
    assert sign_in(client, lead).get(f"/campaigns/{part.campaign_id}/outcomes").status_code == 403


def test_the_api_takes_own_keys_and_names_them_when_refusing(
    client: FlaskClient, db: Session, api: Callable[[User], dict[str, str]]
) -> None:
    part = make_participation(db)
    save_outcomes(db, None, NOW, part.campaign, [*DEFAULT, MAIL_NO], REASON_ROWS)
    entry = make_queue_entry(db, participation=part)
    headers = api(make_phoner(db, part))
    client.post("/api/v1/queue/claim", json={"campaign_id": part.campaign_id}, headers=headers)
    url = f"/api/v1/queue/{entry.id}/outcome"
    for key in ("gone_fishing", "booked"):
        refused = client.post(url, json={"outcome": key}, headers=headers)
        (error,) = refused.json["errors"]
        assert (refused.status_code, error["field"]) == (422, "outcome")
        assert "nej_send_en_mail" in error["message"]
    unsaid = client.post(url, json={"outcome": "nej_send_en_mail", "reason": "because"}, headers=headers)
    assert "wants_mail" in unsaid.json["errors"][0]["message"]
    sent = {"outcome": "nej_send_en_mail", "reason": "wants_mail"}
    assert client.post(url, json=sent, headers=headers).json["state"] == "done"
    listed = client.get(f"/api/v1/queue/outcomes?campaign_id={part.campaign_id}", headers=headers)
    own = next(one for one in listed.json["outcomes"] if one["key"] == "nej_send_en_mail")
    assert (own["needs"], own["answer"], own["label"]) == ("reason", "declined", "Nej, send en mail")
    stranger = api(make_user(db, "phoner"))
    assert client.get(f"/api/v1/queue/outcomes?campaign_id={part.campaign_id}", headers=stranger).status_code == 404


def test_no_row_a_manager_can_type_gives_contradicting_flags() -> None:
    for meaning in ("again", "later", "no", "yes", "nobody", "unsuited", "never"):
        one = outcome_of(OutcomeRow(label_da="x", letter="k", meaning=meaning, after="1"))
        assert one.final == (one.retry is None)
        assert not (one.answer and one.unworkable)
        assert one.unworkable or not one.do_not_call
