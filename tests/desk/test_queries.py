"""Who may see which company, what its story holds, what a jobcentre has room for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.desk.queries import badges, room, today
from crm.desk.queries.reach import workplace
from crm.desk.queries.search import search
from crm.desk.queries.timeline import PAGE, story
from crm.openings.actions import close
from crm.visits.models import VisitEvent
from tests.conftest import NOW
from tests.factories import (
    make_campaign,
    make_firm,
    make_jobcentre,
    make_participation,
    make_queue_entry,
    make_user,
    make_visit,
    make_workplace,
)
from tests.factories.calendars import make_absence, make_consultant
from tests.factories.calling import make_call, make_phoner
from tests.factories.followups import make_follow_up
from tests.factories.openings import make_opening

TODAY = NOW.date()


def only(jobcentre_id: int) -> Scope:
    return Scope(jobcentres=frozenset({jobcentre_id}))


def test_a_jobcentre_reaches_its_towns_and_its_queues(session: Session) -> None:
    here, there = make_jobcentre(session, code="846"), make_jobcentre(session, code="101")
    mine, theirs = make_workplace(session), make_workplace(session, municipality_code="101")
    assert workplace(session, only(here.id), mine.id, TODAY) is mine
    with pytest.raises(NotFound):
        workplace(session, only(here.id), theirs.id, TODAY)
    make_queue_entry(session, participation=make_participation(session, jobcentre=here), workplace=theirs)
    assert workplace(session, only(here.id), theirs.id, TODAY) is theirs
    assert workplace(session, only(there.id), theirs.id, TODAY) is theirs
    assert workplace(session, Scope(everything=True), mine.id, TODAY) is mine


def test_a_calling_firm_reaches_its_lists_while_the_campaign_runs(session: Session) -> None:
    firm = make_firm(session)
    running = make_participation(session, campaign=make_campaign(session), firm=firm)
    over = make_participation(session, campaign=make_campaign(session, ends_on=TODAY - timedelta(days=1)), firm=firm)
    closed = make_participation(session, campaign=make_campaign(session, state="closed"), firm=firm)
    places = [
        make_queue_entry(session, participation=one, workplace=make_workplace(session, name=f"Fælles {n}")).workplace
        for n, one in enumerate((running, over, closed))
    ]
    scope = Scope(firms=frozenset({firm.id}))
    assert workplace(session, scope, places[0].id, TODAY)
    for place in places[1:]:
        with pytest.raises(NotFound):
            workplace(session, scope, place.id, TODAY)
    assert [one.id for one in search(session, scope, "fælles", TODAY)] == [places[0].id]
    with pytest.raises(NotFound):
        workplace(session, Scope(firms=frozenset({make_firm(session).id})), places[0].id, TODAY)


def test_the_story_joins_the_rooms_newest_first(session: Session) -> None:
    visit = make_visit(session, state="held", starts_at=NOW - timedelta(days=1))
    session.add(VisitEvent(visit_id=visit.id, at=NOW - timedelta(days=8), kind="book", data={}))
    make_call(session, entry=visit.entry, note="Ring til Mette")
    make_opening(session, visit=visit, akutjob=False)
    make_follow_up(session, visit=visit, done_at=NOW + timedelta(hours=1), state="done")
    session.flush()
    told = story(session, only(visit.jobcentre_id), visit.workplace_id)
    assert {line.kind for line in told.lines} == {"visit", "call", "opening", "agreed", "done"}
    assert [line.at for line in told.lines] == sorted((line.at for line in told.lines), reverse=True)
    assert all(line.mine for line in told.lines)
    assert told.older is None


def test_other_jobcentres_notes_are_marked_as_theirs(session: Session) -> None:
    visit = make_visit(session, state="held", starts_at=NOW - timedelta(days=1))
    make_call(session, entry=visit.entry, note="fortroligt")
    other = make_jobcentre(session, code="101")
    assert [line.mine for line in story(session, only(other.id), visit.workplace_id).lines] == [False]


def test_a_calling_firm_sees_its_own_calls_and_nothing_of_follow_up(session: Session) -> None:
    joined = make_participation(session)
    entry = make_queue_entry(session, participation=joined)
    phoner, former = make_phoner(session, joined), make_user(session, "phoner")
    for caller in (phoner, former):
        make_call(session, entry=entry, user=caller, calling_firm_id=caller.calling_firm_id)
    visit = make_visit(session, entry=entry, state="held", starts_at=NOW - timedelta(days=2))
    make_follow_up(session, visit=visit)
    make_opening(session, visit=visit, akutjob=False)
    before = story(session, Scope(firms=frozenset({former.calling_firm_id or 0})), entry.workplace_id)
    assert before.lines == []  # it no longer calls the list
    found = story(session, Scope(firms=frozenset({phoner.calling_firm_id or 0})), entry.workplace_id)
    assert [(line.kind, line.who) for line in found.lines] == [("call", phoner.name)]


def test_the_story_pages_back_without_losing_a_line(session: Session) -> None:
    entry = make_queue_entry(session)
    for n in range(PAGE + 5):
        make_call(session, entry=entry, ended_at=NOW - timedelta(hours=n))
    scope = only(entry.jobcentre_id)
    first = story(session, scope, entry.workplace_id)
    assert len(first.lines) == PAGE
    second = story(session, scope, entry.workplace_id, first.older)
    assert len(second.lines) == 5
    assert second.older is None


def test_room_is_working_time_without_absence_against_visits(session: Session) -> None:
    centre = make_jobcentre(session)
    person = make_consultant(session, jobcentre=centre)
    monday = NOW - timedelta(days=1)
    make_visit(
        session,
        entry=make_queue_entry(session, participation=make_participation(session, jobcentre=centre)),
        consultant=person,
        starts_at=NOW + timedelta(hours=1),
    )
    before = room.room(session, only(centre.id), NOW)
    assert len(before.weeks) == room.WEEKS
    assert before.weeks[0].booked == 1
    assert before.weeks[0].capacity > before.weeks[0].booked
    make_absence(session, person, starts_at=monday + timedelta(days=7), hours=24 * 5)
    after = room.room(session, only(centre.id), NOW)
    assert after.weeks[1].capacity < before.weeks[1].capacity
    assert after.weeks[2:] == before.weeks[2:]
    load = after.loads[0]
    assert (load.this_week, load.ahead, load.unreported, load.late) == (1, 1, 0, 0)


def test_overdue_and_badges_count_what_is_owed_now(session: Session) -> None:
    visit = make_visit(session, state="held", starts_at=NOW - timedelta(days=9))
    for due in (TODAY - timedelta(days=2), TODAY, TODAY + timedelta(days=3)):
        make_follow_up(session, visit=visit, due_on=due, first_due_on=due)
    rows, count = today.overdue(session, only(visit.jobcentre_id), TODAY)
    assert (len(rows), count) == (1, 1)
    assert badges(session, visit.consultant_id, TODAY) == {"followups.index": 2}
    assert badges(session, make_user(session).id, TODAY) == {}


def test_campaigns_pace_and_queues(session: Session) -> None:
    joined = make_participation(session)
    for outcome in ("booked", "declined", None):
        make_queue_entry(
            session,
            participation=joined,
            workplace=make_workplace(session),
            final_outcome=outcome,
            final_at=NOW - timedelta(days=1) if outcome else None,
            state="done" if outcome else "waiting",
        )
    pace = next(
        one for one in today.paces(session, Scope(everything=True), NOW) if one.campaign.id == joined.campaign_id
    )
    assert (pace.contacted, pace.booked, pace.recent, pace.left, pace.jobcentres) == (2, 1, 1, 1, 1)
    left = today.queues(session, Scope(everything=True), joined.campaign_id)
    assert [(one.left, one.total) for one in left] == [(1, 3)]
    assert date(2026, 11, 24) == TODAY


def test_what_became_of_an_opening_stands_in_the_story(session: Session) -> None:
    opening = make_opening(session)
    close(session, None, NOW, opening, "withdrawn")
    told = story(session, only(opening.jobcentre_id), opening.workplace_id, now=NOW)
    assert ("log", "openings.close", "withdrawn") in [(line.kind, line.what, line.text) for line in told.lines]
