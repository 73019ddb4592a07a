"""What became of openings, played through the real actions and counted by hand; presentations apart from placements."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.scope import Scope
from crm.followups.actions import close_visit
from crm.followups.rules import NoFollowUp
from crm.openings.actions import candidacies as steps
from crm.openings.actions import life, placements
from crm.openings.actions.candidates import add
from crm.openings.models import Opening, Placement
from crm.openings.rules import NewOpening
from crm.openings.rules.candidates import NewCandidate
from crm.people.models import User
from crm.reports import queries
from crm.reports.queries.life import COUNTS, hidden_reasons
from crm.reports.rules import LIFE_GROUPS, suppressed
from crm.visits.models import Visit
from crm.visits.rules import VisitReport
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_participation, make_queue_entry, make_user, make_visit
from tests.factories.core import make_campaign
from tests.factories.openings import make_opening
from tests.reports.test_views import counted

ALL = Scope(everything=True)
DAY = timedelta(days=1)
SignIn = Callable[[FlaskClient, User], FlaskClient]


def a_visit(session: Session, number: int = 0, code: str = "846") -> Visit:
    joined = make_participation(session, campaign=make_campaign(session), jobcentre=make_jobcentre(session, code=code))
    entry = make_queue_entry(
        session, participation=joined, state="done", final_outcome="booked", final_at=NOW - 9 * DAY
    )
    return make_visit(session, entry=entry, state="held", starts_at=NOW - 8 * DAY - timedelta(hours=2 * number))


def play(session: Session, opening: Opening, people: int, *, hired: int, talked: int, shown: int) -> None:
    """So many candidates proposed, of them shown the job, talked with and hired: one a day."""
    by = opening.visit.consultant
    whens = [NOW - (6 - number % 3) * DAY + timedelta(minutes=number) for number in range(people)]
    made = []
    for number, when in enumerate(whens):
        told = NewCandidate(f"S-{opening.id}-{number:03d}", "Tømrer", "9500", consent_on=date(2026, 1, 5))
        made.append(steps.propose(session, by, when, opening, add(session, by, when, opening.jobcentre_id, told)))
    for when, candidacy in list(zip(whens, made, strict=True))[:shown]:
        steps.present(session, by, when + timedelta(hours=1), candidacy)
    for when, candidacy in list(zip(whens, made, strict=True))[:talked]:
        steps.interview(session, by, when + timedelta(hours=2), candidacy)
    for when, candidacy in list(zip(whens, made, strict=True))[:hired]:
        later = when + timedelta(hours=3)
        steps.hire(session, by, later, candidacy, type="ordinary", starts_on=date(2026, 12, 1))


def test_a_played_life_is_counted_as_it_went(session: Session) -> None:
    visit = a_visit(session)
    many = make_opening(session, visit=visit, positions=6)
    part = make_opening(session, visit=visit, positions=3)
    told = make_opening(session, visit=visit, type="work_placement")
    play(session, many, 8, hired=6, talked=7, shown=8)
    play(session, part, 2, hired=0, talked=1, shown=2)
    life.close(session, visit.consultant, NOW, told, "withdrawn")
    make_opening(session, visit=visit, voided_at=NOW)
    table = queries.openings_life(session, ALL, visit.campaign_id, "type", now=NOW)
    total = table.total
    assert {name: total[name] for name in COUNTS} == {
        "told": 3,
        "specified": 2,
        "presented": 2,
        "interview": 2,
        "shared": 0,
        "accepted": 0,
        "closed": 2,
    }
    assert (total.hired, total.positions, total.hidden) == (6, 10, False)
    assert (total.to_presentation, total.to_hire) == (2.0, 2.0)
    assert [(row.key, row["told"]) for row in table.rows] == [("ordinary", 2), ("work_placement", 1)]
    assert queries.closed_because(session, ALL, visit.campaign_id) == {"filled_by_us": None, "withdrawn": None}
    rows, whole = queries.events(session, ALL, visit.campaign_id, "type")
    assert (whole.presentations, whole.placements) == (10, 6)
    assert [(one.key, one.presentations, one.placements) for one in rows] == [("ordinary", 10, 6)]


def test_a_withdrawn_placement_counts_nowhere(session: Session) -> None:
    visit = a_visit(session)
    opening = make_opening(session, visit=visit, positions=9)
    play(session, opening, 7, hired=7, talked=7, shown=7)
    for placement in session.query(Placement).order_by(Placement.id).limit(2).all():
        placements.void(session, visit.consultant, NOW, placement)
    assert queries.openings_life(session, ALL, visit.campaign_id, now=NOW).total.hired == 5
    assert queries.events(session, ALL, visit.campaign_id, None)[1].placements == 5


def test_few_people_are_told_of_nowhere(session: Session) -> None:
    visit = a_visit(session)
    one, other = make_opening(session, visit=visit, positions=9), make_opening(session, visit=visit, type="other")
    play(session, one, 6, hired=6, talked=6, shown=6)
    play(session, other, 1, hired=1, talked=1, shown=1)
    table = queries.openings_life(session, ALL, visit.campaign_id, "type", now=NOW)
    assert [(row.key, row.hidden) for row in table.rows] == [("ordinary", True), ("other", True)], (
        "else the total tells"
    )
    rows, whole = queries.events(session, ALL, visit.campaign_id, "type")
    assert [(row.key, row.presentations) for row in rows] == [("ordinary", None), ("other", None)]
    assert whole.presentations == 7
    few = queries.behind_life(session, ALL, visit.campaign_id, "presentations", by="type", key="other")
    assert (few.few, few.rows, few.total) == (True, [], 0)
    assert queries.behind_life(session, ALL, visit.campaign_id, "presentations").total == 7
    assert queries.behind_life(session, ALL, visit.campaign_id, "presented", by="type", key="other").total == 1


def closed_openings(session: Session, ours: int, *others: str) -> Visit:
    visit = a_visit(session)
    for number in range(ours + len(others)):
        reason = "filled_by_us" if number < ours else others[number - ours]
        make_opening(session, visit=visit, state="closed", closed_reason=reason, closed_at=NOW)
    return visit


def test_few_filled_openings_stand_in_no_figure_and_in_no_row(
    client: FlaskClient, db: Session, sign_in: SignIn
) -> None:
    """Nor can they be reckoned from the total, from another reason's rows, or counted in the rows of all closed."""
    visit = closed_openings(db, 4, "withdrawn", "lapsed", *["no_candidate"] * 6)
    user = make_user(db, "campaign_manager")
    db.commit()
    known = {"filled_by_us": None, "withdrawn": None, "lapsed": None, "no_candidate": None}
    assert queries.closed_because(db, ALL, visit.campaign_id) == known
    db.rollback()
    sign_in(client, user)
    page = client.get("/reports/openings").get_data(as_text=True)
    assert "Besat med vores kandidat" not in page
    assert "Grundene er skjult" in page
    rows = "/reports/openings/rows?of=closed"
    for because in known:
        assert "For få mennesker" in client.get(f"{rows}&because={because}").get_data(as_text=True)
    listed = client.get(rows).get_data(as_text=True)
    assert "Lukkede åbninger: 12" in listed
    assert "Besat med vores" not in listed


def test_what_is_hidden_beside_few_is_no_more_than_needed(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    visit = closed_openings(db, 2, *["lapsed"] * 5, *["withdrawn"] * 9)
    user = make_user(db, "campaign_manager")
    db.commit()
    found = queries.closed_because(db, ALL, visit.campaign_id)
    db.rollback()
    assert found == {"filled_by_us": None, "lapsed": None, "withdrawn": 9}
    sign_in(client, user)
    page = client.get("/reports/openings").get_data(as_text=True)
    assert "Så mange åbninger er lukket, og hvorfor" in page
    assert "% af de lukkede åbninger er besat" not in page
    assert "skjult" in page
    listed = client.get("/reports/openings/rows?of=closed&because=withdrawn").get_data(as_text=True)
    assert "Lukkede åbninger: 9" in listed


@given(st.dictionaries(st.sampled_from(["filled_by_us", "withdrawn", "lapsed", "no_candidate"]), st.integers(0, 20)))
def test_a_hidden_reason_is_never_the_only_unknown_beside_small_others(counts: dict[str, int]) -> None:
    hidden = hidden_reasons(counts)
    assert bool(hidden) == (0 < counts.get("filled_by_us", 0) < 5)
    others = [counts[reason] for reason in hidden - {"filled_by_us"}]
    left = [count for reason, count in counts.items() if count and reason not in hidden]
    assert not hidden or sum(others) >= 5 or not left


@given(st.lists(st.integers(0, 40), max_size=12))
def test_no_hidden_cell_can_be_reckoned_from_the_total(people: list[int]) -> None:
    hidden = suppressed(people)
    assert all(few for count, few in zip(people, hidden, strict=True) if 0 < count < 5)
    unknown = [count for count, few in zip(people, hidden, strict=True) if few]
    if sum(people) >= 5 and unknown:
        assert len(unknown) > 1


told_openings = st.lists(
    st.builds(NewOpening, type=st.sampled_from(["ordinary", "other", "wage_subsidy"]), positions=st.integers(1, 4)),
    max_size=3,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reports=st.lists(told_openings, min_size=1, max_size=4))
def test_corrections_never_count_twice_in_the_opening_rate(session: Session, reports: list[list[NewOpening]]) -> None:
    visit = a_visit(session)
    visit.state = "booked"
    session.flush()
    for number, told in enumerate(reports):
        when = NOW + timedelta(minutes=number)
        before = session.scalars(select(Opening.id).where(Opening.visit_id == visit.id)).all()
        held, none = VisitReport("held", False), NoFollowUp("Intet behov")
        close_visit(session, visit.consultant, when, visit, held, told, none, may_go=before)
        rate = queries.opening(session, ALL, visit.campaign_id, now=when).total
        live = session.query(Opening).filter_by(visit_id=visit.id, voided_at=None).all()
        assert rate.numerator == sum(one.positions for one in live) == sum(one.positions for one in told)
        assert rate.denominator == 1
        life_ = queries.openings_life(session, ALL, visit.campaign_id, now=when).total
        assert (life_.positions, life_["told"]) == (rate.numerator, len(live))


@pytest.fixture
def filled(db: Session) -> Visit:
    visit = a_visit(db)
    play(db, make_opening(db, visit=visit, positions=7), 8, hired=6, talked=7, shown=8)
    make_opening(db, visit=visit, type="other")
    db.commit()
    return visit


@pytest.mark.parametrize("by", [*LIFE_GROUPS])
def test_every_grouping_shows_within_twelve_queries(
    app: Flask, client: FlaskClient, db: Session, sign_in: SignIn, filled: Visit, by: str
) -> None:
    manager = make_user(db, "campaign_manager")
    db.commit()
    sign_in(client, manager)
    with counted(app) as seen:
        answer = client.get(f"/reports/openings?by={by}")
    assert answer.status_code == 200
    assert len(seen) <= 12, "\n".join(seen)


def test_page_rows_and_file_say_the_same(client: FlaskClient, db: Session, sign_in: SignIn, filled: Visit) -> None:
    manager = make_user(db, "campaign_manager")
    db.commit()
    text = sign_in(client, manager).get("/reports/openings").get_data(as_text=True)
    assert "50 % af åbningerne har fået en kandidat præsenteret; 75 % af stillingerne er besat" in text
    assert "6 af 8" in text
    for of, figure in (("told", 2), ("presented", 1), ("presentations", 8), ("placements", 6), ("hired", 6)):
        page = client.get(f"/reports/openings/rows?of={of}").get_data(as_text=True)
        assert f": {figure}</h1>" in page, of
        assert "S-1-" not in page, "no candidate is named"
    for bad in ("of=nothing", "of=closed&because=moon", "of=told&by=week&key=1", "campaign=77"):
        assert client.get(f"/reports/openings/rows?{bad}").status_code == 404, bad
    body = client.get("/reports/openings-life.csv").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body), delimiter=";"))
    assert [rows[-1][name] for name in ("Fortalt", "Stillinger", "Besat", "Præsentationer", "Formidlinger")] == [
        "2",
        "8",
        "6",
        "8",
        "6",
    ]
    assert client.get("/reports/openings?by=moon").status_code == 422
