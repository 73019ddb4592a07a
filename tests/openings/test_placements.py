"""Placements: finishing, extending, taking back; their pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.base.errors import Invalid, NotFound, Refusal
from crm.openings.actions import placements as actions
from crm.openings.models import Placement
from crm.people.models import User
from tests.factories import make_jobcentre, make_user
from tests.factories.candidates import make_candidacy, make_candidate, make_placement
from tests.factories.openings import make_opening

Enter = Callable[[FlaskClient, User], FlaskClient]


def test_a_placement_is_finished_once_and_the_end_can_be_taken_back(session: Session, now: datetime) -> None:
    placed = make_placement(session, make_opening(session), starts_on=date(2026, 11, 2))
    for wrong in (date(2026, 11, 1), date(2026, 11, 25), date(2027, 12, 24)):
        with pytest.raises(Invalid) as refused:
            actions.finish(session, None, now, placed, ended_on=wrong, because="bored", permanent=True)
        assert sorted(refused.value.errors) == ["because", "ended_on"]
    actions.finish(session, None, now, placed, ended_on=date(2026, 11, 24), because="as_agreed", permanent=True)
    assert (placed.state, placed.ended_on, placed.permanent) == ("ended", date(2026, 11, 24), True)
    with pytest.raises(Refusal):
        actions.finish(session, None, now, placed, ended_on=date(2026, 11, 24), because="as_agreed", permanent=None)
    with pytest.raises(Refusal):
        actions.extend(session, None, now, placed, date(2027, 6, 1))
    actions.resume(session, None, now, placed)
    assert (placed.state, placed.ended_on, placed.ended_because, placed.permanent) == ("agreed", None, None, None)
    with pytest.raises(Refusal):
        actions.resume(session, None, now, placed)


def test_what_has_not_begun_is_taken_back_and_not_finished(session: Session, now: datetime) -> None:
    placed = make_placement(session, make_opening(session))
    with pytest.raises(Invalid) as refused:
        actions.finish(session, None, now, placed, ended_on=placed.starts_on)
    assert "fjern den" in refused.value.errors["ended_on"]
    actions.void(session, None, now, placed)
    assert placed.candidacy.state == "interview"


def test_the_last_day_moves_within_reason(session: Session, now: datetime) -> None:
    placed = make_placement(session, make_opening(session))
    for day in (None, date(2026, 11, 30), placed.ends_on):
        with pytest.raises(Invalid) as refused:
            actions.extend(session, None, now, placed, day)
        assert list(refused.value.errors) == ["ends_on"]
    actions.extend(session, None, now, placed, date(2027, 5, 28))
    assert placed.ends_on == date(2027, 5, 28)
    job = make_placement(session, make_opening(session), type="ordinary")
    actions.extend(session, None, now, job, None)
    assert job.ends_on is None


def test_a_voided_placement_is_gone_for_every_step(session: Session, now: datetime) -> None:
    placed = make_placement(session, make_opening(session))
    actions.void(session, None, now, placed)
    for act in (actions.void, actions.resume):
        with pytest.raises(NotFound):
            act(session, None, now, placed)
    with pytest.raises(NotFound):
        actions.finish(session, None, now, placed, ended_on=date(2027, 1, 29))


@pytest.fixture
def placed(db: Session) -> Placement:
    opening = make_opening(db, occupation="Kok", positions=9)

    def place(reference: str, **fields: Any) -> Placement:
        who = make_candidate(db, jobcentre_id=opening.jobcentre_id, reference=reference)
        return make_placement(db, opening, make_candidacy(db, opening, who, state="hired"), **fields)

    made = place("LONG-1", starts_on=date(2026, 11, 2))
    place("SOON-2", starts_on=date(2026, 10, 1), ends_on=date(2026, 12, 11))
    place("OPEN-3", type="ordinary", ends_on=None)
    place("OVER-4", starts_on=date(2026, 9, 1), state="ended", ended_on=date(2026, 11, 1), ended_because="as_agreed")
    place("VOID-5", voided_at=opening.created_at)
    db.commit()
    return made


@pytest.fixture
def page(client: FlaskClient, sign_in: Enter, db: Session, placed: Placement) -> FlaskClient:
    consultant = placed.opening.consultant
    db.commit()
    return sign_in(client, consultant)


def test_the_list_shows_what_runs_ends_and_is_over(page: FlaskClient, db: Session) -> None:
    def seen(query: str) -> str:
        text = page.get(f"/openings/placements{query}").get_data(as_text=True)
        names = ("LONG-1", "SOON-2", "OPEN-3", "OVER-4", "VOID-5")
        return "".join(name[0] for name in sorted((n for n in names if n in text), key=text.index))

    assert seen("") == "SLO"
    assert seen("?state=ending") == "S"
    assert seen("?state=ended") == "O"
    assert seen("?type=ordinary") == "O"
    assert seen("?mine=1") == "SLO"
    assert seen("?state=gold&type=gold&page=99999") == "SLO"
    stranger = make_user(db, "jobcentre_lead", jobcentre=make_jobcentre(db, code="101", postcode="1550"))
    db.commit()
    with page.session_transaction() as cookie:
        cookie["_user_id"] = stranger.get_id()
    assert "Ingen ansættelser her" in page.get("/openings/placements").get_data(as_text=True)


def test_the_steps_in_the_page(page: FlaskClient, db: Session, placed: Placement) -> None:
    url = f"/openings/placements/{placed.id}"
    assert "LONG-1" in page.get(url).get_data(as_text=True)
    assert page.post(f"{url}/extend", data={"ends_on": "2026-01-01"}).status_code == 422
    assert page.post(f"{url}/extend", data={"ends_on": "2027-03-26"}).status_code == 302
    assert page.post(f"{url}/finish", data={"because": "as_agreed"}).status_code == 422
    done = {"ended_on": "2026-11-20", "because": "as_agreed", "permanent": "yes"}
    assert page.post(f"{url}/finish", data={**done, "ended_on": "2027-12-24"}).status_code == 422
    assert page.post(f"{url}/finish", data=done).status_code == 302
    text = page.get(url).get_data(as_text=True)
    assert "20.11.2026 · Perioden løb ud" in text
    assert page.post(f"{url}/resume").status_code == 302
    assert page.post(f"{url}/void").status_code == 302
    assert page.get(url).status_code == 404
    db.refresh(placed)
    assert placed.candidacy.state == "interview"
