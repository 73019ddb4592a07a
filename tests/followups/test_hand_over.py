"""Agreements given to colleagues: one, a visit's, an absent person's; who is told, and that nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import Invalid, Refusal
from crm.campaigns.models import Participation
from crm.followups.actions.hand_over import hand_over, hand_over_many, hand_over_visit
from crm.followups.models import FollowUp, Notice
from crm.followups.rules.spread import spread
from crm.integrations.models import OutboxMessage
from crm.openings.models import Opening
from crm.people.models import Jobcentre, User
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_queue_entry, make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.factories.openings import make_opening

Enter = Callable[[FlaskClient, User], FlaskClient]


def colleague(session: Session, visit: Visit, name: str, role: str = "consultant") -> User:
    return make_user(session, role, jobcentre=session.get_one(Jobcentre, visit.jobcentre_id), name=name)


def a_visit(session: Session) -> Visit:
    return make_visit(
        session,
        state="held",
        starts_at=NOW - timedelta(days=7),
        reported_at=NOW,
        contact_email="mette@eksempel.invalid",
    )


def another_visit(session: Session, first: Visit, days: int) -> Visit:
    """Another company of the same campaign and consultant."""
    participation = session.scalars(
        select(Participation).where(
            Participation.campaign_id == first.campaign_id, Participation.jobcentre_id == first.jobcentre_id
        )
    ).one()
    return make_visit(
        session,
        entry=make_queue_entry(session, participation=participation),
        consultant=first.consultant,
        state="held",
        starts_at=first.starts_at - timedelta(days=days),
        contact_email=f"kontakt{days}@eksempel.invalid",
    )


def mails(session: Session) -> list[OutboxMessage]:
    wanted = select(OutboxMessage).where(OutboxMessage.dedupe_key.like("follow_ups:handed_over:%"))
    return list(session.scalars(wanted.order_by(OutboxMessage.id)))


@settings(deadline=None)
@given(
    st.dictionaries(st.integers(0, 500), st.integers(1, 40), max_size=60),
    st.lists(st.integers(1, 99), unique=True, max_size=6),
)
def test_everything_is_shared_out_evenly_and_each_company_whole(groups: dict[int, int], people: list[int]) -> None:
    plan = spread(groups, people)
    assert set(plan) == (set(groups) if people else set())
    assert set(plan.values()) <= set(people)
    if people and groups:
        load = [sum(size for group, size in groups.items() if plan[group] == person) for person in people]
        assert max(load) - min(load) <= max(groups.values())
    assert plan == spread(groups, people)


def test_one_agreement_goes_to_a_colleague_who_is_told_like_the_company(session: Session, now: datetime) -> None:
    visit = a_visit(session)
    anna = colleague(session, visit, "Anna Kollega")
    agreed = make_follow_up(session, visit=visit, told_at=now)
    untold = make_follow_up(session, visit=visit, promise="Internt")
    hand_over(session, visit.consultant, now, agreed, anna.id, "Barsel")
    hand_over(session, visit.consultant, now, untold, anna.id)
    assert (agreed.owner_id, agreed.owner.name) == (anna.id, "Anna Kollega")
    assert [(n.user_id, n.follow_up_id, n.kind) for n in session.scalars(select(Notice).order_by(Notice.id))] == [
        (anna.id, agreed.id, "handed_over"),
        (anna.id, untold.id, "handed_over"),
    ]
    [mail] = mails(session)
    assert mail.recipient == "mette@eksempel.invalid"
    assert "Anna Kollega" in mail.body_text
    assert agreed.promise in mail.body_text
    assert "Internt" not in mail.body_text
    noted = session.scalars(select(Activity).where(Activity.verb == "followups.hand_over")).all()
    assert noted[0].data["was_name"] == visit.consultant.name
    assert (noted[0].data["to_name"], noted[0].data["reason"]) == ("Anna Kollega", "Barsel")
    with pytest.raises(Refusal) as refused:
        hand_over(session, anna, now, agreed, anna.id)
    assert refused.value.code == "same"


def test_only_an_active_consultant_or_lead_of_the_jobcentre_gets_it(session: Session, now: datetime) -> None:
    visit = a_visit(session)
    agreed = make_follow_up(session, visit=visit)
    gone = colleague(session, visit, "Væk")
    gone.active = False
    strangers = [
        gone,
        make_user(session, "consultant", jobcentre=make_jobcentre(session, code="101", postcode="1550")),
        make_user(session, "campaign_manager"),
    ]
    session.flush()
    for number in [*(user.id for user in strangers), 0, 10**9]:
        with pytest.raises(Invalid) as refused:
            hand_over(session, None, now, agreed, number)
        assert list(refused.value.errors) == ["to"]
    assert agreed.owner_id == visit.consultant_id
    lead = colleague(session, visit, "Leder", "jobcentre_lead")
    hand_over(session, None, now, agreed, lead.id)
    assert agreed.owner_id == lead.id


def test_a_visits_work_goes_whole_and_what_is_done_stays(session: Session, now: datetime) -> None:
    visit = a_visit(session)
    anna = colleague(session, visit, "Anna")
    first = make_follow_up(session, visit=visit, told_at=now, promise="Sende CV'er")
    second = make_follow_up(session, visit=visit, told_at=now, owed_by="company", promise="Svare")
    done = make_follow_up(session, visit=visit, state="done", done_at=now)
    open_one = make_opening(session, visit=visit)
    closed = make_opening(session, visit=visit, state="closed", closed_at=now)
    handed = hand_over_visit(session, visit.consultant, now, visit, anna.id)
    assert (handed.agreements, handed.openings) == (2, 1)
    assert {f.owner_id for f in (first, second)} == {anna.id}
    assert open_one.consultant_id == anna.id
    assert (done.owner_id, closed.consultant_id) == (visit.consultant_id, visit.consultant_id)
    [mail] = mails(session)
    assert "Sende CV'er" in mail.body_text
    assert "Svare" in mail.body_text


def test_an_absent_persons_work_is_shared_and_each_company_hears_once(session: Session, now: datetime) -> None:
    first = a_visit(session)
    visits = [
        first,
        another_visit(session, first, 1),
        another_visit(session, first, 2),
        another_visit(session, first, 3),
    ]
    people = [colleague(session, first, name) for name in ("Anna", "Bo")]
    agreed = [make_follow_up(session, visit=visit, told_at=now, promise=f"Nr. {n}") for visit in visits for n in (1, 2)]
    done_meanwhile = make_follow_up(session, visit=first, state="done", done_at=now)
    opening = make_opening(session, visit=first)
    handed = hand_over_many(session, None, now, [*agreed, done_meanwhile], [opening], [p.id for p in people], "Syg")
    assert (handed.agreements, handed.openings) == (8, 1)
    by_company: dict[int, set[int]] = {}
    for f in agreed:
        by_company.setdefault(f.workplace_id, set()).add(f.owner_id)
    assert all(len(owners) == 1 for owners in by_company.values())
    assert sorted(sum(1 for f in agreed if f.owner_id == person.id) for person in people) == [4, 4]
    assert opening.consultant_id == agreed[0].owner_id
    assert done_meanwhile.owner_id == first.consultant_id
    assert sorted(mail.recipient for mail in mails(session)) == sorted(str(visit.contact_email) for visit in visits)


def test_the_bulk_page_shows_the_shares_and_sends_what_it_showed(
    client: FlaskClient, sign_in: Enter, db: Session
) -> None:
    visit = a_visit(db)
    lead, anna = colleague(db, visit, "Leder", "jobcentre_lead"), colleague(db, visit, "Anna Kollega")
    agreed = [make_follow_up(db, visit=visit, due_on=date(2026, 11, 20) + timedelta(days=n * 7)) for n in range(3)]
    db.commit()
    sign_in(client, lead)
    asked = {"from_id": visit.consultant_id, "to": anna.id, "until_on": "2026-11-27"}
    html = client.get("/followups/hand-over", query_string=asked).get_data(as_text=True)
    assert "Sådan bliver det" in html
    assert "Giv 2 videre" in html
    stale = client.post("/followups/hand-over", data={**asked, "count": 3})
    assert stale.status_code == 422
    assert "Der er kommet ændringer imens" in stale.get_data(as_text=True)
    nobody = client.post("/followups/hand-over", data={**asked, "to": [], "count": 2})
    assert nobody.status_code == 422
    assert client.post("/followups/hand-over", data={**asked, "count": 2, "reason": "Ferie"}).status_code == 302
    db.expire_all()
    assert [f.owner_id == anna.id for f in agreed] == [True, True, False]


def test_a_consultant_gives_away_only_their_own(client: FlaskClient, sign_in: Enter, db: Session) -> None:
    visit = a_visit(db)
    anna = colleague(db, visit, "Anna")
    theirs = make_follow_up(db, visit=visit, owner_id=anna.id)
    mine = make_follow_up(db, visit=visit)
    db.commit()
    sign_in(client, visit.consultant)
    assert client.get(f"/followups/{theirs.id}/hand-over").status_code == 404
    data = {"from_id": anna.id, "to": anna.id, "count": 1}
    client.post("/followups/hand-over", data=data)
    assert client.post(f"/visits/{visit.id}/followups/hand-over", data={"to": anna.id}).status_code == 302
    db.expire_all()
    assert (theirs.owner_id, mine.owner_id) == (anna.id, anna.id)


def test_an_agreement_without_owner_stands_on_the_leads_list(client: FlaskClient, sign_in: Enter, db: Session) -> None:
    visit = a_visit(db)
    lead = colleague(db, visit, "Leder", "jobcentre_lead")
    make_follow_up(db, visit=visit, kind="care", promise="Holde kontakten", due_on=date(2027, 3, 1))
    visit.consultant.active = False
    db.commit()
    sign_in(client, lead)
    html = client.get("/followups").get_data(as_text=True)
    assert "1 aftale er uden ejer" in html
    assert "uden ejer</span>" in html
    assert "Holde kontakten" in client.get("/followups?consultant=none").get_data(as_text=True)


def test_the_bulk_page_takes_few_queries(client: FlaskClient, sign_in: Enter, db: Session) -> None:
    visit = a_visit(db)
    lead, anna = colleague(db, visit, "Leder", "jobcentre_lead"), colleague(db, visit, "Anna")
    for number in range(60):
        make_follow_up(db, visit=visit, promise=f"Nr. {number}")
    asked = {"from_id": visit.consultant_id, "to": anna.id}
    db.commit()
    sign_in(client, lead)
    seen: list[str] = []
    event.listen(
        client.application.extensions["crm.engine"], "before_cursor_execute", lambda *args: seen.append(args[2])
    )
    assert client.get("/followups/hand-over", query_string=asked).status_code == 200
    assert len(seen) <= 12, seen


def test_openings_go_with_whoever_gets_the_company(session: Session, now: datetime) -> None:
    visit = a_visit(session)
    anna = colleague(session, visit, "Anna")
    opening = make_opening(session, visit=visit)
    hand_over_many(session, None, now, [], [opening], [anna.id])
    session.refresh(opening)
    assert opening.consultant_id == anna.id
    noted = session.scalars(select(Activity).where(Activity.verb == "openings.hand_over")).one()
    assert (noted.subject_id, noted.data["to"]) == (opening.id, anna.id)
    assert isinstance(opening, Opening)
    assert session.scalars(select(FollowUp)).all() == []
