"""Logging, correcting from the report, details, closing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import Invalid, NotFound, Refusal
from crm.openings.actions import close, log, relax, reopen, replace_from_report, set_details, unrelax, void
from crm.openings.models import Opening
from crm.openings.queries import of_visit, relaxations
from crm.openings.rules import Details, NewOpening
from tests.factories import make_visit
from tests.factories.openings import make_opening


def counted(session: Session, visit_id: int) -> dict[str, int]:
    """Positions by type as the rates count them."""
    found: dict[str, int] = {}
    for opening in of_visit(session, visit_id):
        found[opening.type] = found.get(opening.type, 0) + opening.positions
    return found


def test_a_logged_opening_takes_over_whose_and_where_from_its_visit(session: Session, now: datetime) -> None:
    visit = make_visit(session, state="held", starts_at=now)
    opening = log(session, visit.consultant, now, visit, NewOpening("ordinary", 3, akutjob=True))
    assert (opening.consultant_id, opening.campaign_id, opening.jobcentre_id, opening.workplace_id) == (
        visit.consultant_id,
        visit.campaign_id,
        visit.jobcentre_id,
        visit.workplace_id,
    )
    assert (opening.state, opening.positions, opening.from_report) == ("open", 3, False)
    assert session.scalar(select(Activity.verb).where(Activity.workplace_id == visit.workplace_id)) == "openings.log"


@pytest.mark.parametrize("state", ["booked", "cancelled_by_company", "nobody_there"])
def test_only_a_held_visit_gives_openings(session: Session, now: datetime, state: str) -> None:
    visit = make_visit(session, state=state, starts_at=now)
    with pytest.raises(Refusal) as refused:
        log(session, visit.consultant, now, visit, NewOpening("ordinary"))
    assert refused.value.code == "not_held"


def test_a_corrected_report_never_counts_twice(session: Session, now: datetime) -> None:
    visit = make_visit(session, state="held", starts_at=now)
    who = visit.consultant
    first = replace_from_report(session, who, now, visit, [NewOpening("ordinary", 1), NewOpening("wage_subsidy", 2)])
    for told in (
        [NewOpening("ordinary", 1), NewOpening("wage_subsidy", 2)],
        [NewOpening("ordinary", 4, akutjob=True)],
        [],
        [NewOpening("ordinary", 1), NewOpening("wage_subsidy", 2)],
    ):
        there = session.scalars(select(Opening.id).where(Opening.visit_id == visit.id)).all()
        replace_from_report(session, who, now + timedelta(hours=1), visit, told, may_go=there)
        assert counted(session, visit.id) == {new.type: new.positions for new in told}
    everything = session.scalars(select(Opening).where(Opening.visit_id == visit.id)).all()
    assert {o.id for o in first} <= {o.id for o in everything if o.voided_at}


def test_correcting_keeps_details_and_what_was_added_beside_the_report(session: Session, now: datetime) -> None:
    visit = make_visit(session, state="held", starts_at=now)
    who = visit.consultant
    [told] = replace_from_report(session, who, now, visit, [NewOpening("ordinary", 1)])
    set_details(
        session, who, now, told, Details(occupation="Smed", wishes="Kørekort", cvs_wanted=2, cvs_by=date(2026, 12, 1))
    )
    log(session, who, now, visit, NewOpening("other"))
    replace_from_report(session, who, now, visit, [NewOpening("ordinary", 2)])
    assert counted(session, visit.id) == {"ordinary": 2, "other": 1}
    assert (told.occupation, told.wishes, told.cvs_wanted) == ("Smed", "Kørekort", 2)
    verbs = session.scalars(
        select(Activity.verb).where(Activity.subject_id == told.id, Activity.subject_type == "openings")
    ).all()
    assert verbs == ["openings.log", "openings.details", "openings.correct"]


def test_closing_needs_a_known_reason_and_happens_once(session: Session, now: datetime) -> None:
    opening = make_opening(session)
    with pytest.raises(Invalid):
        close(session, None, now, opening, "bored")
    close(session, None, now, opening, "filled_elsewhere")
    assert (opening.state, opening.closed_reason, opening.closed_at) == ("closed", "filled_elsewhere", now)
    with pytest.raises(Refusal):
        close(session, None, now, opening, "withdrawn")
    reopen(session, None, now, opening)
    assert (opening.state, opening.closed_reason) == ("open", None)


def test_details_that_cannot_be_used_are_refused(session: Session, now: datetime) -> None:
    opening = make_opening(session)
    with pytest.raises(Invalid) as refused:
        set_details(session, None, now, opening, Details(occupation="x" * 300))
    assert list(refused.value.errors) == ["occupation"]


def test_an_opening_of_the_report_is_taken_back_only_by_the_report(session: Session, now: datetime) -> None:
    with pytest.raises(Refusal):
        void(session, None, now, make_opening(session))
    later = make_opening(session, from_report=False)
    void(session, None, now, later)
    assert of_visit(session, later.visit_id) == []


def test_only_what_was_changed_is_written_and_the_same_field_is_refused(session: Session, now: datetime) -> None:
    opening = make_opening(session, occupation="Kok", weekly_hours=30)
    who = opening.visit.consultant
    seen = Details.of(opening)
    set_details(session, who, now, opening, replace(seen, tasks="Frokost", starts_on=date(2026, 12, 1)), seen=seen)
    set_details(session, None, now, opening, replace(seen, weekly_hours=37), seen=seen)
    assert (opening.tasks, opening.weekly_hours) == ("Frokost", 37)
    set_details(session, None, now, opening, replace(seen, tasks="Frokost"), seen=seen)  # the same twice is no clash
    with pytest.raises(Refusal) as refused:
        set_details(session, None, now, opening, replace(seen, starts_on=None, tasks="Opvask"), seen=seen)
    assert (refused.value.code, refused.value.extra) == ("conflict", {"theirs": {"tasks": "Frokost"}})
    assert opening.tasks == "Frokost"


def test_a_key_is_the_actors_own_and_gives_the_first_opening_again(session: Session, now: datetime) -> None:
    visit = make_visit(session, state="held", starts_at=now)
    told, who = NewOpening("ordinary", occupation="Kok"), visit.consultant
    first = log(session, who, now, visit, told, idempotency_key="k")
    assert log(session, who, now, visit, told, idempotency_key="k", another=False) is first
    assert log(session, None, now, visit, told, idempotency_key="k") is not first
    with pytest.raises(Refusal) as refused:
        log(session, who, now, visit, told, another=False)
    assert (refused.value.code, counted(session, visit.id)) == ("alike", {"ordinary": 2})
    other = make_visit(session, state="held", starts_at=now, workplace=visit.workplace)
    with pytest.raises(Refusal) as misused:
        log(session, who, now, other, told, idempotency_key="k")
    assert misused.value.code == "idempotency_key"


def test_undoing_a_relaxation_restores_the_wishes_and_is_logged(session: Session, now: datetime) -> None:
    opening = make_opening(session, wishes="Truck")
    made = [relax(session, None, now, opening, wishes=wishes, agreed_with="Bo") for wishes in ("Lift", "")]
    with pytest.raises(Refusal) as refused:
        unrelax(session, None, now, opening, made[0].id)
    assert refused.value.code == "followed"
    with pytest.raises(NotFound):
        unrelax(session, None, now, make_opening(session), made[1].id)
    unrelax(session, None, now, opening, made[1].id)
    assert opening.wishes == "Lift"
    [fact] = session.scalars(select(Activity).where(Activity.verb == "openings.unrelax"))
    assert (fact.data["was"], fact.data["is"]) == ("", "Lift")
    relax(session, None, now, opening, wishes="Kran", agreed_with="Bo")
    assert [one.now for one in relaxations(session, opening.id)] == ["Lift", "Kran"]
