"""Leave: written, changed, ended early; who may stand in; and who counts as away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.base.errors import Invalid
from crm.calendars.models import Absence, WorkingHours
from crm.followups.queries.away import away, substitutes
from crm.people.actions import set_active
from crm.people.actions.leave import add_leave, change_leave, end_leave
from crm.people.models import Leave, User
from crm.people.queries import on_leave
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user
from tests.factories.leave import make_leave

SignIn = Callable[[FlaskClient, User], FlaskClient]
TODAY = date(2026, 11, 24)
WEEK = TODAY + timedelta(days=6)


def test_both_days_count_and_the_day_after_does_not(session: Session) -> None:
    who, other = make_user(session, "consultant"), make_user(session, "consultant")
    add_leave(session, who, NOW, who, from_on=TODAY, until_on=WEEK, substitute_id=other.id)
    for day, expected in (
        (TODAY - timedelta(days=1), {}),
        (TODAY, {who.id: other.id}),
        (WEEK, {who.id: other.id}),
        (WEEK + timedelta(days=1), {}),
    ):
        assert on_leave(session, [who.id, other.id], day) == expected
    assert on_leave(session, [], TODAY) == {}


def test_leaves_of_a_person_never_share_a_day(session: Session) -> None:
    who, other = make_user(session, "consultant"), make_user(session, "consultant")
    first = add_leave(session, who, NOW, who, from_on=TODAY, until_on=WEEK)
    for start, end in ((WEEK, WEEK), (TODAY - timedelta(days=3), TODAY), (TODAY, WEEK + timedelta(days=9))):
        with pytest.raises(Invalid) as refused:
            add_leave(session, who, NOW, who, from_on=start, until_on=end)
        assert set(refused.value.errors) == {"from_on"}
    add_leave(session, other, NOW, other, from_on=TODAY, until_on=WEEK)
    later = add_leave(session, who, NOW, who, from_on=WEEK + timedelta(days=1), until_on=WEEK + timedelta(days=2))
    change_leave(session, who, NOW, first, from_on=TODAY, until_on=WEEK - timedelta(days=1))
    with pytest.raises(Invalid):
        change_leave(session, who, NOW, first, from_on=TODAY, until_on=later.from_on)


def test_days_must_make_sense(session: Session) -> None:
    who = make_user(session, "consultant")
    for start, end in (
        (WEEK, TODAY),
        (TODAY - timedelta(days=9), TODAY - timedelta(days=1)),
        (TODAY, TODAY + timedelta(days=1000)),
    ):
        with pytest.raises(Invalid) as refused:
            add_leave(session, who, NOW, who, from_on=start, until_on=end)
        assert set(refused.value.errors) == {"until_on"}


def test_the_substitute_is_an_active_colleague_of_the_same_jobcentre(session: Session) -> None:
    who = make_user(session, "consultant")
    lead = make_user(session, "jobcentre_lead")
    elsewhere = make_user(session, "consultant", jobcentre=make_jobcentre(session, code="101", postcode="1000"))
    gone = make_user(session, "consultant")
    set_active(session, None, NOW, gone, False)
    phoner = make_user(session, "phoner")
    for other in (who, elsewhere, gone, phoner):
        with pytest.raises(Invalid) as refused:
            add_leave(session, who, NOW, who, from_on=TODAY, until_on=WEEK, substitute_id=other.id)
        assert set(refused.value.errors) == {"substitute_id"}
    assert add_leave(session, who, NOW, who, from_on=TODAY, until_on=WEEK, substitute_id=lead.id).id


def test_back_early_and_never_gone(session: Session) -> None:
    who = make_user(session, "consultant")
    begun = make_leave(session, who, TODAY - timedelta(days=2), WEEK)
    ahead = make_leave(session, who, WEEK + timedelta(days=1), WEEK + timedelta(days=2))
    end_leave(session, who, NOW, begun)
    end_leave(session, who, NOW, ahead)
    assert on_leave(session, [who.id], TODAY) == {}
    assert on_leave(session, [who.id], TODAY - timedelta(days=1)) == {who.id: None}
    assert session.scalars(select(Leave)).all() == [begun]


def absent(session: Session, who: User, start: datetime, end: datetime) -> None:
    session.add(Absence(consultant_id=who.id, starts_at=start, ends_at=end, title="Kursus"))
    session.flush()


def test_an_absence_over_all_working_hours_counts_as_leave(session: Session) -> None:
    who, part = make_user(session, "consultant"), make_user(session, "consultant")
    for person in (who, part):
        session.add(WorkingHours(consultant_id=person.id, weekday=1, starts_minute=480, ends_minute=960))
    absent(session, who, at(TODAY, 480), at(TODAY, 720))
    absent(session, who, at(TODAY, 720), at(TODAY, 960))
    absent(session, part, at(TODAY, 480), at(TODAY, 959))
    assert away(session, [who.id, part.id], TODAY) == {who.id: None}
    assert away(session, [who.id], TODAY + timedelta(days=1)) == {}


def test_a_leave_around_an_absence_names_the_substitute(session: Session) -> None:
    who, other = make_user(session, "consultant"), make_user(session, "consultant")
    absent(session, who, at(TODAY, 0), at(WEEK, 0))
    assert substitutes(session, [who.id], TODAY) == {who.id: None}
    make_leave(session, who, TODAY, WEEK, other)
    assert substitutes(session, [who.id], TODAY) == {who.id: other.id}


def test_the_substitute_s_own_substitute_and_no_further(session: Session) -> None:
    people = [make_user(session, "consultant") for _n in range(4)]
    for one, following in zip(people, people[1:], strict=False):
        make_leave(session, one, TODAY, WEEK, following)
    found = substitutes(session, [person.id for person in people], TODAY)
    assert found == {people[0].id: None, people[1].id: people[3].id, people[2].id: people[3].id}


def test_two_who_stand_in_for_each_other_end_with_nobody(session: Session) -> None:
    one, other = make_user(session, "consultant"), make_user(session, "consultant")
    make_leave(session, one, TODAY, WEEK, other)
    make_leave(session, other, TODAY, WEEK, one)
    assert substitutes(session, [one.id, other.id], TODAY) == {one.id: None, other.id: None}


def test_a_consultant_writes_their_own_on_the_page(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    who, other = make_user(db, "consultant"), make_user(db, "consultant", name="Vera Vikar")
    db.commit()
    sign_in(client, who)
    assert "Vera Vikar" in client.get("/leave").get_data(as_text=True)
    data = {"person": who.id, "from_on": "2026-12-01", "until_on": "2026-12-04", "substitute_id": other.id}
    assert client.post("/leave", data=data).status_code == 303
    row = db.scalars(select(Leave)).one()
    assert (row.user_id, row.substitute_id, row.until_on) == (who.id, other.id, date(2026, 12, 4))
    number = row.id
    db.commit()
    assert client.post("/leave", data=data).status_code == 422, "the same days again"
    assert client.post("/leave", data={**data, "person": other.id}).status_code == 404, "another's is not theirs"
    changed = {"from_on": "2026-12-01", "until_on": "2026-12-03", "substitute_id": ""}
    assert client.post(f"/leave/{number}", data=changed).status_code == 303
    db.refresh(row)
    assert (row.substitute_id, row.until_on) == (None, date(2026, 12, 3))
    db.commit()
    assert client.post(f"/leave/{number}/end").status_code == 303
    assert db.scalars(select(Leave.id)).all() == []


def test_a_lead_writes_the_team_s_and_nobody_else_s(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    lead, who = make_user(db, "jobcentre_lead"), make_user(db, "consultant")
    elsewhere = make_user(db, "consultant", jobcentre=make_jobcentre(db, code="101", postcode="1000"))
    foreign = make_leave(db, elsewhere, TODAY, WEEK)
    db.commit()
    sign_in(client, lead)
    data = {"person": who.id, "from_on": "2026-12-01", "until_on": "2026-12-04", "substitute_id": lead.id}
    assert client.post("/leave", data=data).status_code == 303
    page = client.get("/leave").get_data(as_text=True)
    assert who.name in page
    assert elsewhere.name not in page
    assert client.get(f"/leave?person={elsewhere.id}").status_code == 404
    assert client.get(f"/leave/{foreign.id}").status_code == 404
    assert client.post(f"/leave/{foreign.id}/end").status_code == 404
    assert on_leave(db, [elsewhere.id], TODAY) == {elsewhere.id: None}


@pytest.mark.parametrize("role", ["regional_lead", "campaign_manager"])
def test_regional_leads_and_managers_write_their_own(
    role: str, db: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    who = make_user(db, role)
    db.commit()
    sign_in(client, who)
    assert client.get("/leave").status_code == 200
    data = {"from_on": "2026-12-01", "until_on": "2026-12-04", "substitute_id": ""}
    assert client.post("/leave", data=data).status_code == 303
    assert on_leave(db, [who.id], date(2026, 12, 2)) == {who.id: None}


def test_a_substitute_who_is_away_too_is_said(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    who, other = make_user(db, "consultant"), make_user(db, "consultant")
    make_leave(db, other, date(2026, 12, 3), date(2026, 12, 9))
    db.commit()
    sign_in(client, who)
    data = {"person": who.id, "from_on": "2026-12-01", "until_on": "2026-12-04", "substitute_id": other.id}
    page = client.post("/leave", data=data, follow_redirects=True).get_data(as_text=True)
    assert "vikaren er selv væk" in page


def test_a_phoner_has_no_leave_page(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    phoner = make_user(db, "phoner")
    db.commit()
    sign_in(client, phoner)
    assert client.get("/leave").status_code == 403


def test_times_are_danish_days(session: Session) -> None:
    who = make_user(session, "consultant")
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # 0.30 on the 25th in Denmark
    with pytest.raises(Invalid):
        add_leave(session, who, late, who, from_on=TODAY, until_on=TODAY)
    assert add_leave(session, who, late, who, from_on=date(2026, 11, 25), until_on=date(2026, 11, 25)).id
