"""A report corrected on its page: one line of a type may be several openings, each with its details and candidates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.base.errors import Refusal
from crm.base.scope import Scope
from crm.followups.actions.cvs import make_cvs
from crm.followups.actions.making import make_missing
from crm.followups.actions.report import close_visit, stamp
from crm.followups.models import FollowUp
from crm.followups.rules import NoFollowUp
from crm.openings import actions
from crm.openings.models import Opening
from crm.openings.queries import of_visit
from crm.openings.rules import Details, NewOpening, match
from crm.people.models import User
from crm.reports.queries import rates
from crm.visits.models import Visit
from crm.visits.rules import VisitReport
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_visit
from tests.factories.candidates import make_candidacy, make_placement
from tests.factories.sharing import make_share

Headers = Callable[[User], dict[str, str]]
Enter = Callable[[FlaskClient, User], FlaskClient]
REPORT = {"result": "held", "pressed": "no", "owed_by": "none", "because": "De ringer selv til sommer"}


@pytest.fixture
def visit(db: Session) -> Visit:
    """Reported with a smith and two cooks, whose tasks were written since."""
    made = make_visit(db, state="held", starts_at=NOW - timedelta(hours=2), reported_at=NOW, pressed=False)
    made.no_follow_up_because = REPORT["because"]
    told = [NewOpening("ordinary", 1, True, "Smed"), NewOpening("ordinary", 2, False, "Kok")]
    for opening in actions.replace_from_report(db, None, NOW, made, told):
        words = Details(occupation=opening.occupation, tasks=f"Som {opening.occupation.lower()}", weekly_hours=30)
        actions.set_details(db, None, NOW, opening, words)
    db.commit()
    return made


@pytest.fixture
def page(client: FlaskClient, sign_in: Enter, db: Session, visit: Visit) -> FlaskClient:
    entered = sign_in(client, visit.consultant)
    db.commit()  # lets go of SQLite's only writer
    return entered


def live(db: Session) -> dict[str, tuple[int, bool, str]]:
    """Occupation -> (positions, akutjob, tasks) of what counts now; lets go of SQLite's only writer."""
    found = db.scalars(select(Opening).where(Opening.voided_at.is_(None)).execution_options(populate_existing=True))
    told = {one.occupation: (one.positions, one.akutjob, one.tasks) for one in found}
    db.commit()
    return told


def send(page: FlaskClient, visit: Visit, number: Any, urgent: bool = True, **more: str) -> tuple[int, str]:
    data = {**REPORT, "types": ["ordinary"], "positions_ordinary": str(number), **({"akutjob": "y"} if urgent else {})}
    data |= more
    answer = page.post(f"/visits/{visit.id}/report", data=data)
    return answer.status_code, answer.get_data(as_text=True)


def test_another_number_keeps_each_opening_with_its_details(page: FlaskClient, db: Session, visit: Visit) -> None:
    assert 'value="3"' in page.get(f"/visits/{visit.id}/report").get_data(as_text=True)
    assert send(page, visit, 5)[0] == 302
    assert live(db) == {"Smed": (1, True, "Som smed"), "Kok": (4, False, "Som kok")}
    assert send(page, visit, 2)[0] == 302
    assert live(db) == {"Smed": (1, True, "Som smed"), "Kok": (1, False, "Som kok")}
    rate = rates.opening(db, Scope(everything=True), visit.campaign_id, now=NOW).total
    assert (rate.numerator, rate.denominator) == (2, 1)


def test_no_number_is_an_error_and_changes_nothing(page: FlaskClient, db: Session, visit: Visit) -> None:
    before = live(db)
    for number, said in (("0", "Skriv et antal fra 1 til 999"), ("", "Skriv et helt tal")):
        status, html = send(page, visit, number)
        assert (status, said in html) == (422, True)
    assert live(db) == before


def test_the_one_that_has_candidates_gives_last(page: FlaskClient, db: Session, visit: Visit) -> None:
    cook = db.scalars(select(Opening).where(Opening.occupation == "Kok")).one()
    make_candidacy(db, cook, state="interview")
    actions.refresh_stage(db, None, NOW, cook)
    db.commit()
    smith = db.scalars(select(Opening).where(Opening.occupation == "Smed")).one()
    actions.set_details(db, None, NOW, smith, Details(occupation="Smed"))
    db.commit()
    html = send(page, visit, 2, urgent=False)[1]
    assert "den fjerner Smed (1)" in html
    assert send(page, visit, 2, urgent=False, gone="y", gone_ids=str(smith.id))[0] == 302
    assert live(db) == {"Kok": (2, False, "Som kok")}


def test_a_report_never_has_fewer_positions_than_are_hired(page: FlaskClient, db: Session, visit: Visit) -> None:
    cook = db.scalars(select(Opening).where(Opening.occupation == "Kok")).one()
    for _ in range(2):
        make_placement(db, cook, type="ordinary", ends_on=None)
    actions.refresh_stage(db, None, NOW, cook)
    db.commit()
    before = live(db)
    for number, said in ((1, "Smed (1) (oplysninger)"), (2, "Smed (1) (oplysninger)")):
        status, html = send(page, visit, number, urgent=False)
        assert (status, said in html) == (422, True)
    db.execute(update(Opening).where(Opening.occupation == "Smed").values(tasks="", weekly_hours=None))
    smith = db.scalars(select(Opening).where(Opening.occupation == "Smed")).one()
    db.commit()
    status, html = send(page, visit, 1, urgent=False, gone="y", gone_ids=str(smith.id))
    assert (status, "ansat 2 i Kok (2)" in html) == (422, True)
    before["Smed"] = (1, True, "")
    assert live(db) == before


def test_the_opening_with_the_same_number_is_the_same() -> None:
    there = [NewOpening("other", 1), NewOpening("other", 3)]
    pairs, fresh, gone = match(there, [NewOpening("other", 3), NewOpening("other", 2)])
    assert {(old.positions, new.positions) for old, new in pairs} == {(3, 3), (1, 2)}
    assert (fresh, gone) == ([], [])


def relaxed(db: Session, opening: Opening) -> None:
    actions.set_details(db, None, NOW, opening, Details(occupation=opening.occupation, wishes="Truck"))
    actions.relax(db, None, NOW, opening, wishes="", agreed_with="Bo")
    assert list(actions.carrying(db, [opening]).values()) == [["relaxed"]]


def shared(db: Session, opening: Opening) -> None:
    actions.set_details(db, None, NOW, opening, Details(occupation=opening.occupation))
    make_share(db, opening, make_jobcentre(db, code="461", postcode="5000"))


def in_hand(db: Session, opening: Opening) -> None:
    actions.set_details(db, None, NOW, opening, Details(occupation=opening.occupation))
    make_candidacy(db, opening)


def detailed(_db: Session, _opening: Opening) -> None:
    pass


@pytest.mark.parametrize(
    ("hang", "said"),
    [
        (detailed, "oplysninger"),
        (relaxed, "lempede ønsker"),
        (shared, "delt med andre"),
        (in_hand, "kandidater eller ansættelser"),
    ],
)
@pytest.mark.parametrize("result", ["held", "nobody_there"])
def test_what_something_hangs_on_is_never_taken_out(
    page: FlaskClient, db: Session, visit: Visit, hang: Callable[[Session, Opening], None], said: str, result: str
) -> None:
    smith, cook = db.scalars(select(Opening).order_by(Opening.id))
    hang(db, smith)
    ids = f"{smith.id},{cook.id}"
    db.commit()
    before = live(db)
    data = {**REPORT, "result": result, "note": "Skrevet om", "gone": "y", "gone_ids": ids}
    answer = page.post(f"/visits/{visit.id}/report", data=data)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f"Smed (1) ({said})" in html
    assert "luk den på dens egen side" in html
    assert "Skrevet om" in html
    assert live(db) == before


def plain(db: Session, visit: Visit) -> list[int]:
    """The smith and the cooks as the report told them, each with a follow-up of ours that asks for details."""
    found = db.scalars(select(Opening).where(Opening.visit_id == visit.id).order_by(Opening.id)).all()
    for opening in found:
        wanted = Details(occupation=opening.occupation, cvs_wanted=2, cvs_by=NOW.date() + timedelta(days=9))
        actions.set_details(db, None, NOW, opening, wanted)
        make_missing(db, NOW, opening.id)
        make_cvs(db, NOW, opening.id)
        actions.set_details(db, None, NOW, opening, Details(occupation=opening.occupation))
    ids = [opening.id for opening in found]
    db.commit()
    return ids


def test_plain_ones_go_when_that_is_confirmed_and_it_is_told(page: FlaskClient, db: Session, visit: Visit) -> None:
    ids = plain(db, visit)
    before = live(db)
    url = f"/visits/{visit.id}/report"
    asked = page.post(url, data={**REPORT, "note": "Det var en fejl"})
    html = asked.get_data(as_text=True)
    assert asked.status_code == 422
    for words in ("den fjerner Smed (1), Kok (2)", 'name="gone"', f'value="{ids[0]},{ids[1]}"', "Det var en fejl"):
        assert words in html
    sent = {**REPORT, "gone_ids": f"{ids[0]},{ids[1]}"}
    assert page.post(url, data=sent).status_code == 422  # named, not confirmed
    assert page.post(url, data={**sent, "gone_ids": str(ids[0]), "gone": "y"}).status_code == 422
    assert live(db) == before
    assert page.post(url, data={**sent, "gone": "y"}).status_code == 302
    assert live(db) == {}
    followed = db.scalars(select(FollowUp).where(FollowUp.opening_id.in_(ids))).all()
    assert len(followed) == 4
    assert all(one.voided_at for one in followed)
    db.commit()
    told = page.get(f"/visits/{visit.id}").get_data(as_text=True)
    assert "Åbninger taget ud af rapporten" in told
    assert "Smed (1), Kok (2)" in told


def test_a_window_opened_before_another_report_is_refused_and_keeps_what_was_typed(
    page: FlaskClient, db: Session, visit: Visit
) -> None:
    ids = plain(db, visit)
    before = live(db)
    gone = {"gone": "y", "gone_ids": f"{ids[0]},{ids[1]}"}
    url = f"/visits/{visit.id}/report"
    for seen in ("", "2020-01-01T00:00:00+00:00"):
        stale = page.post(url, data={**REPORT, "note": "Fra det gamle vindue", "seen": seen, **gone})
        html = stale.get_data(as_text=True)
        assert stale.status_code == 409
        for words in ("Fra det gamle vindue", "Smed (1), Kok (2)", f'value="{NOW.isoformat()}"'):
            assert words in html
    assert live(db) == before
    assert page.post(url, data={**REPORT, "seen": NOW.isoformat(), **gone}).status_code == 302


def test_a_first_report_is_not_stale(client: FlaskClient, sign_in: Enter, db: Session) -> None:
    booked = make_visit(db, starts_at=NOW - timedelta(hours=1))
    db.commit()
    sign_in(client, booked.consultant)
    html = client.get(f"/visits/{booked.id}/report").get_data(as_text=True)
    assert '<input id="seen" name="seen" type="hidden" value="">' in html
    assert client.post(f"/visits/{booked.id}/report", data={**REPORT, "seen": ""}).status_code == 302


def test_programs_are_refused_alike(client: FlaskClient, api: Headers, db: Session, visit: Visit) -> None:
    ids = plain(db, visit)
    headers = api(visit.consultant)
    db.commit()
    body: dict[str, Any] = {"result": "held", "pressed": False, "no_follow_up_because": "De ringer selv"}

    def answer(**more: Any) -> tuple[int, Any]:
        got = client.post(f"/api/v1/visits/{visit.id}/report", headers=headers, json={**body, **more})
        return got.status_code, got.get_json()

    assert answer(seen_reported_at=None)[1]["code"] == "stale"
    status, problem = answer(seen_reported_at=NOW.isoformat())
    assert (status, problem["code"], problem["openings"]) == (409, "would_go", ids)
    actions.set_details(db, None, NOW, db.get_one(Opening, ids[1]), Details(occupation="Kok", tasks="Frokost"))
    db.commit()
    status, problem = answer(remove=ids)
    assert (status, problem["code"], problem["openings"]) == (409, "under_way", [ids[1]])
    cook = {"type": "ordinary", "positions": 2, "occupation": "Kok"}
    status, closed = answer(remove=ids, openings=[cook])
    assert (status, [one["occupation"] for one in closed["openings"]]) == (200, ["Kok"])


def test_what_the_report_told_itself_is_plain_and_what_came_since_is_not(session: Session) -> None:
    made = make_visit(session, state="held", starts_at=NOW - timedelta(hours=2))
    told = [NewOpening("ordinary", 1, False, "Smed", "Truck", 2, NOW.date())]
    [smith] = actions.replace_from_report(session, None, NOW, made, told)
    assert actions.carrying(session, [smith]) == {}
    kept = Details("Smed", wishes="Truck", cvs_wanted=2, cvs_by=NOW.date())
    actions.set_details(session, None, NOW, smith, replace(kept, languages=("en",)))
    assert actions.carrying(session, [smith]) == {smith.id: ["details"]}
    with pytest.raises(Refusal):
        actions.replace_from_report(session, None, NOW, made, [NewOpening("other")], may_go=[smith.id])
    actions.set_details(session, None, NOW, smith, kept)
    actions.replace_from_report(session, None, NOW, made, [NewOpening("other")], may_go=[smith.id])
    assert smith.voided_at is not None


def test_a_correction_closes_what_asked_for_the_openings_that_went(session: Session) -> None:
    made = make_visit(session, starts_at=NOW - timedelta(hours=2))
    who, report, none = made.consultant, VisitReport("held", False), NoFollowUp("De ringer selv")
    close_visit(session, who, NOW, made, report, [NewOpening("ordinary", 2)], none, seen="")
    [opening] = of_visit(session, made.id)
    make_missing(session, NOW, opening.id)
    later = NOW + timedelta(minutes=5)
    with pytest.raises(Refusal) as refused, session.begin_nested():
        close_visit(session, who, later, made, report, [], none, seen="", may_go=[opening.id])
    assert (refused.value.code, opening.voided_at) == ("stale", None)
    close_visit(session, who, later, made, report, [], none, seen=stamp(NOW), may_go=[opening.id])
    [asked] = session.scalars(select(FollowUp).where(FollowUp.opening_id == opening.id))
    assert (opening.voided_at, asked.voided_at) == (later, later)
    session.refresh(made)
    assert [event.kind for event in made.events] == ["report", "report", "openings_gone"]
    assert made.events[-1].data == {"openings": ["Ordinært job (2)"]}
