"""What was written by the API can be corrected by it, with the pages' own rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.openings.models import Candidacy, Opening
from crm.people.models import Jobcentre, User
from tests.factories import make_user
from tests.factories.candidates import make_candidacy, make_candidate, make_placement
from tests.factories.openings import make_opening
from tests.factories.sharing import make_board_candidate, make_partner, make_share
from tests.openings.board import odense as odense
from tests.openings.board import opening as opening

Api = Callable[[User], dict[str, str]]
Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(client: FlaskClient, api: Api, opening: Opening) -> Ask:
    """As the opening's consultant, or as ``by``."""
    headers = api(opening.consultant)

    def send(path: str, body: Any = None, *, by: dict[str, str] | None = None) -> tuple[int, Any]:
        answer = client.post(f"/api/v1{path}", headers=by or headers, **({} if body is None else {"json": body}))
        return answer.status_code, answer.get_json()

    return send


def test_steps_are_taken_back_one_by_one(ask: Ask, db: Session, opening: Opening) -> None:
    row = make_candidacy(db, opening, state="interview")
    path = f"/candidacies/{row.id}"
    db.commit()
    was = [ask(f"{path}/undo")[1]["state"] for _ in range(3)]
    assert was == ["sent", "presented", "proposed"]
    status, problem = ask(f"{path}/undo")
    assert (status, problem["code"]) == (409, "nothing")
    assert ask(f"{path}/end", {"because": "other"})[1]["state"] == "ended"
    assert ask(f"{path}/undo")[1]["state"] == "proposed"


def test_a_presentation_is_taken_back_under_what_came_since(ask: Ask, db: Session, opening: Opening) -> None:
    row = make_candidacy(db, opening, state="interview")
    db.commit()
    told = ask(f"/candidacies/{row.id}/unpresent")[1]
    assert (told["state"], told["presented_at"]) == ("interview", None)
    assert ask(f"/candidacies/{row.id}/unpresent")[1]["code"] == "nothing"


def test_type_and_positions_are_corrected_and_a_mistake_is_voided(ask: Ask, db: Session, opening: Opening) -> None:
    opening.from_report = False
    path = f"/openings/{opening.id}"
    db.commit()
    status, told = ask(f"{path}/type", {"type": "wage_subsidy", "positions": 2})
    assert (status, told["type"], told["positions"]) == (200, "wage_subsidy", 2)
    assert ask(f"{path}/type", {"type": "wage_subsidy", "positions": 1, "akutjob": True})[0] == 422
    row = make_candidacy(db, opening)
    db.commit()
    assert ask(f"{path}/void")[1]["code"] == "under_way"
    ask(f"/candidacies/{row.id}/end", {"because": "other"})
    status, told = ask(f"{path}/void")
    assert (status, told["id"]) == (200, opening.id)
    assert ask(f"{path}/void")[0] == 404


def test_what_the_report_tells_of_is_corrected_there(ask: Ask, db: Session, opening: Opening) -> None:
    assert opening.from_report
    db.rollback()
    for call, body in (("type", {"type": "other", "positions": 1}), ("void", None)):
        status, problem = ask(f"/openings/{opening.id}/{call}", body)
        assert (status, problem["code"]) == (409, "from_report")


def test_fewer_positions_than_are_hired_are_refused(ask: Ask, db: Session, opening: Opening) -> None:
    opening.positions, opening.from_report = 3, False
    for _ in range(2):
        make_placement(db, opening, make_candidacy(db, opening, state="hired"))
    db.commit()
    status, problem = ask(f"/openings/{opening.id}/type", {"type": "ordinary", "positions": 1})
    assert (status, problem["code"]) == (409, "hired")


@pytest.fixture
def hired(db: Session, opening: Opening) -> Candidacy:
    opening.positions = 2
    row = make_candidacy(db, opening, state="hired")
    make_placement(db, opening, row, starts_on=date(2026, 11, 2), ends_on=date(2026, 11, 30))
    db.commit()
    return row


def test_a_placement_is_extended_finished_and_runs_on(
    ask: Ask, client: FlaskClient, api: Api, opening: Opening, hired: Candidacy
) -> None:
    headers = api(opening.consultant)
    items = client.get("/api/v1/placements", headers=headers).get_json()["items"]
    path = f"/placements/{items[0]['id']}"
    assert client.get(f"/api/v1{path}", headers=headers).get_json() == items[0]
    assert ask(f"{path}/extend", {"ends_on": "2026-12-31"})[1]["ends_on"] == "2026-12-31"
    assert ask(f"{path}/extend", {})[0] == 422
    assert ask(f"{path}/extend", {"ends_on": "2026-10-01"})[0] == 422
    status, problem = ask(f"{path}/finish", {"ended_on": "2026-12-04"})
    assert (status, problem["errors"][0]["field"]) == (422, "ended_on")
    told = ask(f"{path}/finish", {"ended_on": "2026-11-23", "because": "company_ended", "permanent": False})[1]
    assert (told["state"], told["ended_because"], told["permanent"]) == ("ended", "company_ended", False)
    assert ask(f"{path}/finish", {"ended_on": "2026-11-23"})[1]["code"] == "ended"
    told = ask(f"{path}/resume")[1]
    assert (told["state"], told["ended_on"]) == ("agreed", None)
    assert ask(f"{path}/resume")[1]["code"] == "running"


def test_a_placement_by_mistake_leaves_the_candidate_where_they_stood(
    ask: Ask, client: FlaskClient, api: Api, opening: Opening, hired: Candidacy
) -> None:
    headers = api(opening.consultant)
    number = client.get("/api/v1/placements", headers=headers).get_json()["items"][0]["id"]
    status, told = ask(f"/placements/{number}/void")
    assert (status, told["id"], told["state"], told["hired_at"]) == (200, hired.id, "interview", None)
    assert ask(f"/placements/{number}/void")[0] == 404


def test_a_candidate_is_corrected_by_what_is_sent(ask: Ask, db: Session, opening: Opening) -> None:
    who = make_candidate(db, jobcentre_id=opening.jobcentre_id, reference="K-77", weekly_hours=30.0)
    path = f"/candidates/{who.id}/details"
    db.commit()
    status, told = ask(path, {"occupation": "Tjener", "languages": ["da", "en"]})
    assert (status, told["occupation"], told["languages"]) == (200, "Tjener", ["da", "en"])
    assert (told["reference"], told["weekly_hours"], told["consent"]) == ("K-77", 30.0, "given")
    assert ask(path, {"weekly_hours": None, "postcode": None})[1]["weekly_hours"] is None
    assert ask(path, {"reference": "Jens Jensen"})[1]["errors"][0]["field"] == "reference"
    assert ask(path, {"consent_on": "2026-11-01"})[0] == 422, "consent has a call of its own"
    assert ask(path, {"reference": "K-78"})[1]["consent"] == "missing", "another reference is another person"


def test_a_share_is_withdrawn_and_listed_so(
    ask: Ask, client: FlaskClient, api: Api, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    partner = make_partner(db)
    body = {"jobcentre_ids": [odense.id], "partner_ids": [partner.id]}
    db.commit()
    shares = ask(f"/openings/{opening.id}/share", body)[1]["shares"]
    mine = next(one["id"] for one in shares if one["jobcentre_id"])
    path = f"/openings/{opening.id}/shares/{mine}/withdraw"
    status, told = ask(path)
    assert (status, told["jobcentre_id"], told["partner_id"]) == (200, body["jobcentre_ids"][0], None)
    assert ask(path)[1]["code"] == "withdrawn"
    listed = client.get(f"/api/v1/openings/{opening.id}/shares", headers=api(opening.consultant)).get_json()["items"]
    assert [bool(one["withdrawn_at"]) for one in listed] == [one["id"] == mine for one in listed]
    again = ask(f"/openings/{opening.id}/share", body)[1]
    assert (again["new"], len(again["shares"])) == (1, 2)


def test_another_openings_share_is_not_found(ask: Ask, db: Session, opening: Opening, odense: Jobcentre) -> None:
    other = make_share(db, make_opening(db, visit=opening.visit), odense)
    db.commit()
    assert ask(f"/openings/{opening.id}/shares/{other.id}/withdraw")[0] == 404


def test_a_proposal_is_taken_back_by_its_own_jobcentre_alone(
    ask: Ask, api: Api, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    make_share(db, opening, odense)
    who, partner = make_board_candidate(db, odense), make_partner(db)
    theirs = make_board_candidate(db, partner)
    row = make_candidacy(db, opening, theirs, state="offered")
    by = api(make_user(db, "consultant", jobcentre=odense))
    made = ask(f"/board/{opening.id}/offer", {"candidate_id": who.id}, by=by)[1]
    path = f"/board/proposals/{made['id']}/withdraw"
    assert ask(path)[0] == 404, "the opening's owner refuses it, but did not make it"
    assert ask(f"/board/proposals/{row.id}/withdraw", by=by)[0] == 404
    status, told = ask(path, by=by)
    assert (status, told["state"]) == (200, "ended")
    assert ask(path, by=by)[1]["code"] == "answered"
