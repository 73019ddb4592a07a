"""The report over the API, the list, fulfilling."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.followups.models import FollowUp
from crm.people.models import Jobcentre, User
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_user, make_visit
from tests.factories.followups import make_follow_up

Headers = Callable[[User], dict[str, str]]
FOLLOW_UP = {"kind": "we_owe", "owed_by": "jobcentre", "due_on": "2026-12-01", "promise": "Sende CV'er"}
BODY: dict[str, Any] = {
    "result": "held",
    "pressed": False,
    "schemes": ["wage_subsidy"],
    "materials": [],
    "openings": [{"type": "ordinary", "positions": 2, "akutjob": True, "occupation": "Smed"}, {"type": "other"}],
    "follow_up": FOLLOW_UP,
}


@pytest.fixture
def visit(db: Session) -> Visit:
    made = make_visit(db, starts_at=NOW - timedelta(hours=1))
    db.commit()
    return made


def test_a_report_answers_with_what_counts_now(client: FlaskClient, api: Headers, visit: Visit) -> None:
    answer = client.post(f"/api/v1/visits/{visit.id}/report", json=BODY, headers=api(visit.consultant))
    assert answer.status_code == 200
    body = answer.get_json()
    assert (body["state"], body["pressed"], body["no_follow_up_because"]) == ("held", False, None)
    assert [(o["type"], o["positions"], o["akutjob"]) for o in body["openings"]] == [
        ("ordinary", 2, True),
        ("other", 1, False),
    ]
    assert body["follow_ups"][0]["due_on"] == "2026-12-01"


def test_the_same_report_again_counts_once(client: FlaskClient, api: Headers, db: Session, visit: Visit) -> None:
    headers = api(visit.consultant)
    bodies = [client.post(f"/api/v1/visits/{visit.id}/report", json=BODY, headers=headers).get_json() for _ in range(2)]
    assert [body.pop("reported_at") < NOW.isoformat() for body in bodies] == [False, False]
    assert bodies[0] == bodies[1]
    assert db.scalar(select(func.count()).select_from(FollowUp)) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"follow_up": None}, "follow_up"),
        ({"follow_up": None, "no_follow_up_because": " "}, "no_follow_up_because"),
        ({"no_follow_up_because": "Begge dele"}, "no_follow_up_because"),
        ({"follow_up": {**FOLLOW_UP, "due_on": "2026-12-05"}}, "follow_up.due_on"),
        ({"follow_up": {**FOLLOW_UP, "due_on": "2026-11-01"}}, "follow_up.due_on"),
        ({"follow_up": {**FOLLOW_UP, "due_on": "9999-12-31"}}, "follow_up.due_on"),
        ({"follow_up": {**FOLLOW_UP, "kind": "company_owes"}}, "follow_up.kind"),
        ({"follow_up": {**FOLLOW_UP, "promise": " "}}, "follow_up.promise"),
        ({"pressed": None}, "pressed"),
        ({"result": "moved"}, "result"),
        ({"openings": [{"type": "other", "akutjob": True}]}, "openings.0.akutjob"),
        ({"openings": [{"type": "other", "positions": 0}]}, "openings.0.positions"),
        ({"schemes": ["gold"]}, "schemes"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_saved(
    client: FlaskClient, api: Headers, db: Session, visit: Visit, changes: dict[str, Any], field: str
) -> None:
    answer = client.post(f"/api/v1/visits/{visit.id}/report", json={**BODY, **changes}, headers=api(visit.consultant))
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert field in [error["field"] for error in answer.get_json()["errors"]]
    db.expire_all()
    assert db.get_one(Visit, visit.id).reported_at is None
    assert db.scalar(select(func.count()).select_from(FollowUp)) == 0


def test_the_kind_may_be_left_out(client: FlaskClient, api: Headers, visit: Visit) -> None:
    follow_up = {"owed_by": "company", "due_on": "2026-12-01", "promise": "De vender tilbage"}
    body = client.post(
        f"/api/v1/visits/{visit.id}/report", json={**BODY, "follow_up": follow_up}, headers=api(visit.consultant)
    ).get_json()
    assert body["follow_ups"][0]["kind"] == "company_owes"


def test_a_foreign_visit_is_not_found(client: FlaskClient, api: Headers, db: Session, visit: Visit) -> None:
    stranger = make_user(db, "consultant")
    headers = api(stranger)
    assert client.post(f"/api/v1/visits/{visit.id}/report", json=BODY, headers=headers).status_code == 404
    assert client.post(f"/api/v1/visits/{2**62}/report", json=BODY, headers=headers).status_code in (404, 422)


def test_the_list_filters_and_pages(client: FlaskClient, api: Headers, db: Session, visit: Visit) -> None:
    made = [
        make_follow_up(db, visit=visit, due_on=day)
        for day in (date(2026, 11, 20), date(2026, 11, 24), date(2026, 12, 1))
    ]
    make_follow_up(db)
    headers = api(visit.consultant)

    def ids(query: str) -> list[int]:
        return [item["id"] for item in client.get(f"/api/v1/followups{query}", headers=headers).get_json()["items"]]

    assert ids("") == [f.id for f in made]
    assert ids("?overdue=1") == [made[0].id]
    assert ids("?due_before=2026-12-01") == [made[0].id, made[1].id]
    assert ids("?state=done") == []
    first = client.get("/api/v1/followups?limit=2", headers=headers).get_json()
    assert first["items"][0]["overdue_days"] == 2
    assert ids(f"?limit=2&cursor={first['next_cursor']}") == [made[2].id]


def test_fulfilling_once(client: FlaskClient, api: Headers, db: Session, visit: Visit) -> None:
    agreed = make_follow_up(db, visit=visit)
    headers = api(visit.consultant)
    url = f"/api/v1/followups/{agreed.id}/fulfil"
    done = client.post(url, json={"outcome": "Sendt"}, headers=headers)
    assert (done.status_code, done.get_json()["state"], done.get_json()["outcome"]) == (200, "done", "Sendt")
    again = client.post(url, json={}, headers=headers)
    assert (again.status_code, again.get_json()["code"]) == (409, "done")


def test_fulfilling_needs_no_body(client: FlaskClient, api: Headers, db: Session, visit: Visit) -> None:
    agreed = make_follow_up(db, visit=visit)
    headers = api(visit.consultant)
    assert client.post(f"/api/v1/followups/{agreed.id}/fulfil", headers=headers).status_code == 200


def test_care_demands_what_comes_next(client: FlaskClient, api: Headers, db: Session, visit: Visit) -> None:
    care = make_follow_up(db, visit=visit, kind="care")
    headers = api(visit.consultant)
    url = f"/api/v1/followups/{care.id}/fulfil"
    bare = client.post(url, headers=headers)
    assert bare.status_code == 422
    assert [error["field"] for error in bare.get_json()["errors"]] == ["then"]
    both = {"then": {"owed_by": "jobcentre", "due_on": "2027-03-01", "promise": "Ringe"}, "no_next_because": "Begge"}
    assert client.post(url, json=both, headers=headers).status_code == 422
    both.pop("no_next_because")
    assert client.post(url, json=both, headers=headers).status_code == 200
    after = db.scalars(select(FollowUp).where(FollowUp.follows_id == care.id)).one()
    assert (after.kind, after.due_on) == ("care", date(2027, 3, 1))


def test_one_is_put_off_handed_over_done_and_opened_again_with_its_history(
    client: FlaskClient, api: Headers, db: Session, visit: Visit
) -> None:
    agreed = make_follow_up(db, visit=visit)
    colleague = make_user(db, "consultant", jobcentre=db.get_one(Jobcentre, visit.jobcentre_id))
    headers, theirs = api(visit.consultant), api(colleague)
    url = f"/api/v1/followups/{agreed.id}"
    assert (
        client.post(f"{url}/snooze", json={"due_on": "2026-12-05", "reason": "Syg"}, headers=headers).status_code == 422
    )
    put_off = client.post(f"{url}/snooze", json={"due_on": "2026-12-08", "reason": "Syg"}, headers=headers).get_json()
    assert (put_off["due_on"], put_off["first_due_on"], put_off["snoozes"]) == ("2026-12-08", "2026-12-01", 1)
    assert client.post(f"{url}/hand-over", json={"to": 10**6}, headers=headers).status_code == 422
    assert client.post(f"{url}/hand-over", json={"to": colleague.id}, headers=headers).status_code == 200
    assert client.get(url, headers=headers).status_code == 404
    assert client.post(f"{url}/fulfil", json={"outcome_key": "opening_told"}, headers=theirs).status_code == 200
    assert client.post(f"{url}/reopen", headers=theirs).get_json()["state"] == "open"
    assert client.post(f"{url}/reopen", headers=theirs).status_code == 409
    verbs = [event["verb"] for event in client.get(url, headers=theirs).get_json()["history"]]
    assert verbs == [f"followups.{verb}" for verb in ("reopen", "fulfil", "hand_over", "snooze")]


def test_an_agreement_is_added_after_the_report(client: FlaskClient, api: Headers, visit: Visit) -> None:
    headers = api(visit.consultant)
    url = f"/api/v1/visits/{visit.id}/followups"
    assert client.post(url, json=FOLLOW_UP, headers=headers).status_code == 409
    client.post(f"/api/v1/visits/{visit.id}/report", json=BODY, headers=headers)
    more = {"owed_by": "jobcentre", "due_on": "2027-06-01", "promise": "Ringe i juni"}
    made = client.post(url, json=more, headers=headers)
    assert (made.status_code, made.get_json()["kind"]) == (201, "future_need")
    listed = client.get("/api/v1/followups?kind=future_need&owed_by=jobcentre", headers=headers).get_json()["items"]
    assert [item["id"] for item in listed] == [made.get_json()["id"]]
    assert client.get("/api/v1/followups?owed_by=company", headers=headers).get_json()["items"] == []
    assert client.get("/api/v1/followups?kind=gold", headers=headers).status_code == 422
