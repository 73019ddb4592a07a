"""What was promised and what lacks stands where each role looks first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.base.scope import Scope
from crm.campaigns.models import Campaign
from crm.desk.queries.owed import late_by_consultant, mine, team
from crm.desk.queries.timeline import OPENINGS_LIFE, PROMISES_LIFE
from crm.desk.views.company import CHANGES, LOG
from crm.followups.models import Answer
from crm.people.models import User
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user, make_visit
from tests.factories.candidates import make_candidacy, make_candidate, make_placement
from tests.factories.followups import make_follow_up
from tests.factories.leave import make_leave
from tests.factories.openings import make_opening
from tests.factories.recurring import make_aside, make_leader, make_run

SignIn = Callable[[FlaskClient, User], FlaskClient]
TODAY = NOW.date()


def held(session: Session, consultant: User | None = None, days_ago: int = 0) -> Visit:
    at = NOW - timedelta(days=days_ago)
    return make_visit(session, consultant=consultant, state="held", starts_at=at, reported_at=at)


def test_a_consultants_day_counts_their_own_alone(session: Session) -> None:
    visit, other = held(session), held(session)
    for days in (-1, 0, 1):
        due = TODAY + timedelta(days=days)
        make_follow_up(session, visit=visit, due_on=due, first_due_on=due)
    told = make_follow_up(session, visit=visit, due_on=TODAY + timedelta(days=9))
    make_follow_up(session, visit=other, due_on=TODAY)
    session.add_all(Answer(follow_up_id=told.id, at=NOW, kind="corrected", words=words) for words in ("a", "b"))
    session.add(Answer(follow_up_id=told.id, at=NOW, kind="confirmed"))
    session.flush()
    found = mine(session, visit.consultant_id, TODAY)
    assert (found.due, found.late, found.answers, found.proposals) == (2, 1, 1, 0)
    assert mine(session, make_user(session, "consultant").id, TODAY).due == 0


@pytest.mark.parametrize(
    ("ends_on", "fields", "stands"),
    [
        (TODAY + timedelta(days=28), {}, True),
        (TODAY - timedelta(days=1), {}, True),
        (TODAY + timedelta(days=29), {}, False),
        (None, {}, False),
        (TODAY, {"state": "ended", "ended_on": TODAY}, False),
        (TODAY, {"voided_at": NOW}, False),
    ],
)
def test_placements_stand_with_the_day_before_they_end(
    session: Session, ends_on: date | None, fields: dict[str, object], stands: bool
) -> None:
    opening = make_opening(session, visit=held(session))
    made = make_placement(session, opening, starts_on=date(2026, 1, 5), ends_on=ends_on, **fields)  # type: ignore[arg-type]
    assert list(mine(session, opening.consultant_id, TODAY).ending) == [made] * stands


def test_a_lead_sees_who_is_behind_and_what_was_escalated(session: Session) -> None:
    visit = held(session)
    session.get_one(Campaign, visit.campaign_id).nag_lead_days = 5
    for days in (4, 5, 9):  # working days over; the ladder reaches the lead after five
        due = TODAY
        while days:
            due -= timedelta(days=1)
            days -= due.weekday() < 5
        make_follow_up(session, visit=visit, due_on=due, first_due_on=due)
    make_follow_up(session, visit=visit, due_on=TODAY, first_due_on=TODAY)
    make_follow_up(session, visit=visit, due_on=TODAY - timedelta(days=40), state="done", done_at=NOW)
    [found] = late_by_consultant(session, Scope(jobcentres=frozenset({visit.jobcentre_id})), TODAY)
    assert (found.user_id, found.count, found.escalated) == (visit.consultant_id, 3, 2)
    elsewhere = make_jobcentre(session, code="101")
    assert late_by_consultant(session, Scope(jobcentres=frozenset({elsewhere.id})), TODAY) == []


def test_a_lead_sees_bare_openings_and_leaves_without_a_substitute(session: Session) -> None:
    bare, ended, busy = (make_opening(session, visit=held(session)) for _n in range(3))
    make_candidacy(session, ended, state="ended", ended_because="other")
    make_candidacy(session, busy, state="proposed")
    make_opening(session, visit=held(session), state="closed", closed_reason="withdrawn")
    away, manned, later = (make_user(session, "consultant") for _n in range(3))
    make_leave(session, away, TODAY, TODAY)
    make_leave(session, manned, TODAY, TODAY, substitute=away)
    make_leave(session, later, TODAY + timedelta(days=1), TODAY + timedelta(days=2))
    found = team(session, Scope(jobcentres=frozenset({bare.jobcentre_id})), TODAY)
    assert [one.id for one in found.bare] == [bare.id, ended.id]
    assert found.bare_count == 2
    assert found.lacking == 3
    assert [one.name for one in found.unmanned] == [away.name]


def fill(db: Session) -> dict[str, User]:
    """Much of everything, so that a query a row would show."""
    consultant = make_user(db, "consultant")
    for n in range(8):
        visit = held(db, consultant, n)
        due = TODAY - timedelta(days=20 + n)
        told = make_follow_up(db, visit=visit, due_on=due, first_due_on=due)
        db.add(Answer(follow_up_id=told.id, at=NOW, kind="corrected", words="Nej"))
        opening = make_opening(db, visit=visit, occupation=f"Kok {n}", cvs_wanted=2, cvs_by=TODAY)
        make_opening(db, visit=visit, occupation=f"Tjener {n}")
        make_placement(db, opening, starts_on=TODAY, ends_on=TODAY + timedelta(days=3))
        make_leave(db, make_user(db, "consultant"), TODAY, TODAY)
        make_aside(db, item=str(n))
    make_run(db, "nag", failed_in_a_row=2, last_error="ValueError: forkert")
    make_leader(db)
    made = {role: make_user(db, role) for role in ("jobcentre_lead", "regional_lead", "admin")}
    db.commit()
    return {"consultant": consultant, **made}


@pytest.mark.parametrize(
    ("role", "page", "words"),
    [
        (
            "consultant",
            "/today/owed",
            (
                "8 aftaler at klare i dag",
                "8 over fristen",
                "8 virksomheder venter på dit svar",
                "Kok 0",
            ),
        ),
        (
            "jobcentre_lead",
            "/",
            ("Rykket til dig", "Åbninger uden kandidat: 8", "16 mangler oplysninger", "uden vikar"),
        ),
        ("regional_lead", "/", ("Aftaler langt over fristen: 8", "holdt til tiden af jobcentrene: 0 af 8")),
        ("admin", "/", ("Rykker for aftaler", "Lagt til side", "maskine:42")),
    ],
)
def test_each_role_sees_it_first_in_few_queries(
    app: Flask, client: FlaskClient, db: Session, sign_in: SignIn, role: str, page: str, words: tuple[str, ...]
) -> None:
    sign_in(client, fill(db)[role])
    seen: list[str] = []
    sa.event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *args: seen.append(args[2]))
    text = client.get(page).get_data(as_text=True)
    for one in words:
        assert one in text, one
    reads = [one for one in seen if one.startswith("SELECT")]
    assert len(reads) <= 12, "\n".join(reads)


def test_a_day_without_anything_owed_says_so(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    user = make_user(db, "consultant")
    db.commit()
    assert "Intet har frist i dag, og ingen venter på svar." in sign_in(client, user).get("/today/owed").get_data(True)


def test_an_administrator_is_told_when_nobody_leads(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    admin = make_user(db, "admin")
    make_leader(db, beat_at=NOW - timedelta(hours=3))
    db.commit()
    assert "Ingen kører de faste opgaver" in sign_in(client, admin).get("/").get_data(True)


def test_search_finds_candidates_and_openings_of_ones_own_jobcentre(
    client: FlaskClient, db: Session, sign_in: SignIn
) -> None:
    opening = make_opening(db, visit=held(db), occupation="Rørsmed")
    near = make_candidate(db, jobcentre_id=opening.jobcentre_id, reference="K-4711")
    elsewhere = make_jobcentre(db, code="101")
    far = make_candidate(db, jobcentre=elsewhere, reference="K-4712")
    lead, stranger = make_user(db, "jobcentre_lead"), make_user(db, "consultant", jobcentre=elsewhere)
    phoner, region = make_user(db, "phoner"), make_user(db, "regional_lead")
    db.commit()
    for page in ("/search", "/search/quick"):
        sign_in(client, lead)
        text = client.get(page, query_string={"q": "k-471"}).get_data(True)
        assert f"/openings/candidates/{near.id}" in text
        assert f"/openings/candidates/{far.id}" not in text
        assert f'/openings/{opening.id}"' in client.get(page, query_string={"q": "rørsm"}).get_data(True)
        sign_in(client, region)  # openings, but no candidates
        assert "/openings/candidates/" not in client.get(page, query_string={"q": "K-471"}).get_data(True)
        assert f'/openings/{opening.id}"' in client.get(page, query_string={"q": "RØRSM"}).get_data(True)
        for other in (stranger, phoner):
            sign_in(client, other)
            assert f'/openings/{opening.id}"' not in client.get(page, query_string={"q": "rørsm"}).get_data(True)


def test_every_verb_of_the_timeline_has_words() -> None:
    assert set(PROMISES_LIFE) == set(CHANGES)
    assert set(OPENINGS_LIFE) <= set(LOG)
