"""What a reference may be, consent, where a candidacy stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.openings.rules.board import consent_problem
from crm.openings.rules.candidates import (
    NewCandidate,
    consent_day_problem,
    consent_state,
    furthest,
    goes_to,
    is_consented,
    is_interview_day,
    looks_like_name,
    personal,
    placement_problems,
    problems,
)
from crm.openings.rules.languages import LANGUAGES
from tests.conftest import NOW

PLAIN = NewCandidate("K-0147", "Kok", "9500")


def errors(told: NewCandidate) -> dict[str, str]:
    return problems(told, date(2026, 11, 24), postcode_known=told.postcode == "9500", languages=LANGUAGES)


@given(st.dates(date(1920, 1, 1), date(2026, 1, 1)), st.integers(0, 9999), st.sampled_from(["", "-", " ", " -"]))
def test_a_cpr_number_is_refused_however_it_is_written(born: date, serial: int, between: str) -> None:
    number = f"{born:%d%m%y}{between.strip() or between}{serial:04d}"
    for reference in (number, f"sag {number}", f"{number} AB"):
        assert personal(reference)
        assert "reference" in errors(replace(PLAIN, reference=reference))


@pytest.mark.parametrize(
    "reference",
    ["mette@example.dk", "22 33 44 55", "+45 22334455", "0045 22 33 44 55", "22334455", "010190-1234", "0101901234"],
)
def test_mail_addresses_and_telephone_numbers_are_refused(reference: str) -> None:
    assert personal(reference)


@pytest.mark.parametrize("reference", ["K-0147", "AB", "MKH", "2026-114", "S 100234", "RE-26-00417", "A.B.", "KL2"])
def test_case_numbers_and_initials_are_let_through(reference: str) -> None:
    assert errors(replace(PLAIN, reference=reference)) == {}


@pytest.mark.parametrize("reference", ["Anna Jensen", "Anna", "Jensen", "ÅSE HANSEN", "Anna Jensen 12", "mohammed"])
def test_names_are_refused(reference: str) -> None:
    assert looks_like_name(reference)
    assert "reference" in errors(replace(PLAIN, reference=reference))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reference", ""),
        ("reference", "9" * 41),
        ("occupation", ""),
        ("occupation", "Kok, ring 22 33 44 55"),
        ("postcode", "0000"),
        ("reach_minutes", 0),
        ("reach_minutes", 241),
        ("weekly_hours", 0.0),
        ("weekly_hours", 61.0),
        ("types", ("gold",)),
        ("languages", ("xx",)),
        ("consent_on", date(2026, 11, 25)),
    ],
)
def test_each_field_is_looked_at(field: str, value: object) -> None:
    assert list(errors(replace(PLAIN, **{field: value}))) == [field]


@dataclass(frozen=True)
class Consent:
    consent_on: date | None = None
    consent_withdrawn_at: datetime | None = None


def test_consent_counts_from_its_day_until_it_is_taken_back() -> None:
    today = date(2026, 11, 24)
    assert consent_state(Consent(), NOW) == "missing"
    assert is_consented(Consent(today), NOW)
    assert not is_consented(Consent(today + timedelta(days=1)), NOW)
    assert consent_state(Consent(today, NOW), NOW) == "withdrawn"
    assert consent_state(Consent(today - timedelta(days=365)), NOW) == "given"
    assert consent_state(Consent(today - timedelta(days=366)), NOW) == "outdated"
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # the 25th in Denmark
    assert is_consented(Consent(date(2026, 11, 25)), late)


@given(st.integers(-800, 800))
def test_a_consent_that_can_be_written_is_one_that_counts(days: int) -> None:
    """One rule for one's own candidates and for the board's."""
    today = date(2026, 11, 24)
    on = today - timedelta(days=days)
    counts = consent_state(Consent(on), NOW) == "given"
    assert (consent_day_problem(on, today) is None) == counts == (consent_problem(on, today) is None)
    assert ("consent_on" not in errors(replace(PLAIN, consent_on=on))) == counts


@dataclass(frozen=True)
class Moments:
    offered_at: datetime | None = None
    proposed_at: datetime | None = None
    presented_at: datetime | None = None
    sent_at: datetime | None = None
    interview_at: datetime | None = None
    hired_at: datetime | None = None


def test_the_moments_tell_where_it_stands() -> None:
    assert furthest(Moments(offered_at=NOW)) == "offered"
    assert furthest(Moments(offered_at=NOW, proposed_at=NOW)) == "proposed"
    assert furthest(Moments(proposed_at=NOW, sent_at=NOW)) == "sent"
    assert furthest(Moments(proposed_at=NOW, interview_at=NOW, presented_at=NOW)) == "interview"


@given(
    st.sampled_from(["proposed", "presented", "sent", "interview"]), st.sampled_from(["presented", "sent", "interview"])
)
def test_a_step_never_leads_backwards(state: str, step: str) -> None:
    order = ["proposed", "presented", "sent", "interview", "hired"]
    assert order.index(goes_to(state, step)) == max(order.index(state), order.index(step))


@pytest.mark.parametrize(("days", "can"), [(-32, False), (-30, True), (0, True), (365, True), (367, False)])
def test_an_interview_is_noted_some_weeks_late_and_a_year_ahead(days: int, can: bool) -> None:
    assert is_interview_day(NOW + timedelta(days=days), NOW) is can


def test_a_placement_has_days_in_order_and_a_limited_one_an_end() -> None:
    first, last, today = date(2026, 12, 1), date(2027, 2, 26), date(2026, 11, 24)
    assert placement_problems("wage_subsidy", first, last, today) == {}
    assert placement_problems("ordinary", first, None, today) == {}
    assert list(placement_problems("wage_subsidy", first, None, today)) == ["ends_on"]
    assert list(placement_problems("ordinary", last, first, today)) == ["ends_on"]
    assert list(placement_problems("gold", None, last, today)) == ["type", "starts_on"]
    for far in (date(2025, 11, 22), date(2027, 11, 26), date(2050, 1, 1)):
        assert list(placement_problems("ordinary", far, None, today)) == ["starts_on"]
