"""Logging, correcting from the report, details, closing."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import Invalid, Refusal
from crm.openings.actions import close, log, reopen, replace_from_report, set_details, void
from crm.openings.models import Opening
from crm.openings.queries import of_visit
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
        replace_from_report(session, who, now + timedelta(hours=1), visit, told)
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
