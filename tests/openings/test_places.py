"""Proposals where a place is unknown: it is said, with what to do; nobody is dropped for it."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.openings.models import Candidate, Opening
from crm.openings.queries import matching
from crm.openings.queries.board import fitting
from crm.openings.rules.matching import UNKNOWN_PLACES, Fit
from tests.conftest import NOW
from tests.factories.candidates import make_candidate
from tests.factories.openings import make_opening


@pytest.fixture
def opening(session: Session) -> Opening:
    """A cook in Hobro."""
    made = make_opening(session, occupation="Kok", occupation_code="5120")
    made.workplace.postcode, made.workplace.lat, made.workplace.lon = "9500", None, None
    return made


def cook(session: Session, opening: Opening, reference: str, postcode: str) -> Candidate:
    return make_candidate(
        session, jobcentre_id=opening.jobcentre_id, reference=reference, occupation="Kok", postcode=postcode
    )


def area(found: Fit) -> str:
    return found.reasons[1].message


def test_a_candidate_without_a_place_stands_after_those_in_reach_and_says_what_to_do(
    session: Session, now: datetime, opening: Opening
) -> None:
    cook(session, opening, "K-1", "0001")
    cook(session, opening, "K-2", "9500")
    cook(session, opening, "K-3", "3700")  # Rønne: no same-day drive
    rows = matching.candidates_for(session, opening, today=danish_date(NOW)).rows
    assert [(one.reference, area(found)) for one, found in rows] == [
        ("K-2", "{minutes} min"),
        ("K-1", UNKNOWN_PLACES["candidate"]),
        ("K-3", area(rows[2][1])),
    ]
    assert area(rows[2][1]) not in UNKNOWN_PLACES.values()
    on_board = fitting(session, now, [opening.jobcentre_id], [opening])[opening.id]
    assert [one.reference for one, _fit in on_board] == ["K-2", "K-1"], (
        "who cannot get there is not suggested to others"
    )


def test_a_workplace_without_a_place_drops_nobody(session: Session, opening: Opening) -> None:
    near, lost = cook(session, opening, "K-1", "9500"), cook(session, opening, "K-2", "0001")
    opening.workplace.postcode = "0002"
    session.flush()
    rows = matching.candidates_for(session, opening, today=danish_date(NOW)).rows
    assert {one.reference: area(found) for one, found in rows} == {
        "K-1": UNKNOWN_PLACES["workplace"],
        "K-2": UNKNOWN_PLACES["both"],
    }
    assert area(matching.fit_of(near, opening)) == UNKNOWN_PLACES["workplace"]
    assert area(matching.fit_of(lost, opening)) == UNKNOWN_PLACES["both"]


def test_an_opening_without_a_place_is_proposed_after_those_in_reach(session: Session, opening: Opening) -> None:
    near = make_opening(session, visit=opening.visit, occupation="Kok", occupation_code="5120")
    lost = make_opening(session, occupation="Kok", occupation_code="5120")
    lost.jobcentre_id = opening.jobcentre_id
    lost.workplace.postcode, lost.workplace.lat, lost.workplace.lon = "0002", None, None
    session.flush()
    found = matching.openings_for(session, cook(session, opening, "K-1", "9500"))
    assert [one.id for one, _fit in found][-1] == lost.id
    assert {one.id for one, _fit in found} == {opening.id, near.id, lost.id}
    assert area(found[-1][1]) == UNKNOWN_PLACES["workplace"]
