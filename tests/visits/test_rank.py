"""The ranking job: what is done when, what it writes, and how few queries it takes."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.clock import at
from crm.calendars.actions import add_absence
from crm.calling.actions import enqueue
from crm.calling.models import Call, QueueEntry
from crm.campaigns.models import CallList, ListEntry
from crm.cli.fit import fit as command
from crm.scheduler import run_job
from crm.visits.actions import book, cancel, move, undo_booking
from crm.visits.actions.fit import note_run, save_fits
from crm.visits.models import FitRun
from crm.visits.queries.fit import EVERY, Wanted, due_rankings, ranking
from tests.conftest import NOW
from tests.factories import make_campaign, make_jobcentre, make_participation, make_queue_entry, make_workplace
from tests.factories.calling import make_call_list
from tests.factories.visits import AALBORG, HADSUND, METTE, Scene, make_scene

THURSDAY = date(2026, 11, 26)
TEN = at(THURSDAY, 600)
START = NOW + timedelta(minutes=1)  # notice leaves the same half hours from here on until LATER
LATER = NOW + timedelta(minutes=5)


def ranked(session: Session, now: datetime = START) -> int:
    """Do what is due; how many jobcentres that was."""
    due = due_rankings(session, now)
    for wanted in due:
        found = ranking(session, now, wanted)
        save_fits(session, now, wanted, found.rows)
        note_run(session, now, found)
    session.expire_all()
    return len(due)


def fit(session: Session, entry: QueueEntry) -> float | None:
    return session.get_one(QueueEntry, entry.id).fit


def test_near_a_booked_visit_comes_before_an_hour_away_and_the_rest_follows(session: Session) -> None:
    scene = make_scene(session)
    book(session, scene.phoner, NOW, scene.entry(at=HADSUND), scene.consultant.id, TEN, METTE)
    near = scene.entry(at=(56.716, 10.12), held=False)
    far = scene.entry(at=AALBORG, held=False)
    beyond = scene.entry(at=(55.1, 14.9), held=False)
    nowhere = scene.entry(lat=None, lon=None, postcode="0999", held=False)
    by_postcode = scene.entry(lat=None, lon=None, postcode="9500", held=False)
    in_hand = scene.entry(at=HADSUND)
    assert ranked(session) == 1
    near_fit, far_fit = fit(session, near), fit(session, far)
    assert near_fit is not None
    assert far_fit is not None
    assert near_fit > far_fit > 0
    assert (fit(session, beyond), fit(session, nowhere)) == (0, 0), "what nobody can drive to comes last"
    assert fit(session, by_postcode)
    assert fit(session, in_hand) is None, "a phoner has it: it is left alone"
    behind = {entry.id: entry.behind for entry in session.scalars(sa.select(QueueEntry))}
    assert behind[near.id] < behind[far.id] < behind[beyond.id]


def test_what_has_changed_is_ranked_again_and_nothing_else(session: Session) -> None:
    scene = make_scene(session)
    elsewhere = make_participation(session, jobcentre=make_jobcentre(session, code="851", postcode="9000"))
    entry, theirs = scene.entry(at=HADSUND, held=False), make_queue_entry(session, participation=elsewhere)
    assert ranked(session) == 2
    assert ranked(session, LATER) == 0
    before = fit(session, entry)
    visit = book(session, scene.phoner, LATER, scene.entry(at=HADSUND), scene.consultant.id, TEN, METTE)
    changed = Wanted(scene.participation.campaign_id, scene.jobcentre.id)
    assert due_rankings(session, LATER) == [changed]
    assert ranked(session, LATER) == 1
    beside = fit(session, entry)
    assert before is not None
    assert beside is not None
    assert beside > before, "there is a visit in the same town now"
    assert ranked(session, LATER) == 0
    move(session, scene.consultant, LATER, visit, TEN + timedelta(hours=2), "Byttet")
    assert due_rankings(session, LATER) == [changed]
    ranked(session, LATER)
    cancel(session, scene.consultant, LATER, visit, "company", "Syg")
    assert due_rankings(session, LATER) == [changed]
    ranked(session, LATER)
    assert fit(session, entry) == before
    assert fit(session, theirs) == 0, "nobody there has a calendar"


def test_an_undone_booking_is_ranked_away(session: Session) -> None:
    scene = make_scene(session)
    entry = scene.entry(at=HADSUND, held=False)
    ranked(session)
    before = fit(session, entry)
    book(session, scene.phoner, LATER, scene.entry(at=HADSUND), scene.consultant.id, TEN, METTE)
    ranked(session, LATER)
    assert fit(session, entry) != before
    undo_booking(session, scene.phoner, LATER + timedelta(seconds=3), session.scalars(sa.select(Call)).one())
    assert ranked(session, LATER + timedelta(seconds=9)) == 1
    assert fit(session, entry) == before


def test_absence_and_new_lists_are_seen_too(session: Session) -> None:
    scene = make_scene(session)
    entry = scene.entry(held=False)
    ranked(session)
    add_absence(session, scene.consultant, LATER, scene.consultant, NOW, NOW + timedelta(days=30), "Orlov")
    assert ranked(session, LATER) == 1
    assert fit(session, entry) == 0, "nobody is there to visit anyone"
    made = make_call_list(session, [make_workplace(session)], participation=scene.participation)
    enqueue(session, None, LATER + timedelta(minutes=2), made)
    assert ranked(session, LATER + timedelta(minutes=3)) == 1
    assert session.scalar(sa.select(sa.func.count()).where(QueueEntry.fit.is_(None))) == 0
    assert session.scalar(sa.select(ListEntry.id).join(CallList).where(CallList.id == made.id))


def test_all_after_half_an_hour_and_when_the_day_has_turned(session: Session) -> None:
    scene = make_scene(session)
    scene.entry(held=False)
    ranked(session)
    assert due_rankings(session, START + EVERY - timedelta(seconds=1)) == []
    assert len(due_rankings(session, START + EVERY)) == 1
    midnight = at(date(2026, 11, 25), 0)
    ranked(session, midnight - timedelta(minutes=1))
    assert len(due_rankings(session, midnight)) == 1
    everything = due_rankings(session, NOW, everything=True)
    assert everything == [Wanted(scene.participation.campaign_id, scene.jobcentre.id)]


def test_only_open_campaigns_that_run(session: Session) -> None:
    for fields in ({"state": "closed"}, {"starts_on": date(2027, 6, 1), "ends_on": date(2027, 7, 1)}):
        make_participation(session, campaign=make_campaign(session, **fields))
    assert due_rankings(session, NOW) == []


@pytest.mark.parametrize("companies", [3, 30])
def test_a_handful_of_queries_however_many_companies(session: Session, companies: int) -> None:
    scene = make_scene(session, consultants=3)
    for number in range(companies):
        scene.entry(at=(56.5 + number / 100, 9.8), held=False)
    wanted = Wanted(scene.participation.campaign_id, scene.jobcentre.id)
    session.expunge_all()
    counted: list[str] = []
    listen = lambda *args: counted.append(args[2])  # noqa: E731
    sa.event.listen(session.get_bind(), "before_cursor_execute", listen)
    found = ranking(session, NOW, wanted)
    sa.event.remove(session.get_bind(), "before_cursor_execute", listen)
    assert (found.entries, len(found.rows)) == (companies, companies)
    assert len(counted) <= 8


def arrange(app: Flask) -> tuple[int, int]:
    with app.extensions["crm.sessions"]() as db:
        scene: Scene = make_scene(db)
        entries = [scene.entry(at=HADSUND, held=False).id for _ in range(4)]
        db.commit()
        return scene.jobcentre.id, len(entries)


def test_the_job_ranks_once_and_notes_it(app: Flask) -> None:
    jobcentre, entries = arrange(app)
    assert run_job(app, "fit") == entries
    assert run_job(app, "fit") == 0
    with app.extensions["crm.sessions"]() as db:
        run = db.scalars(sa.select(FitRun)).one()
        assert (run.jobcentre_id, run.entries) == (jobcentre, entries)
        assert set(db.scalars(sa.select(QueueEntry.fit))) != {None}


def test_the_command_tells_what_it_did(app: Flask) -> None:
    jobcentre, entries = arrange(app)
    runner = app.test_cli_runner()
    told = runner.invoke(command, ["--format", "json", "--jobcentre", str(jobcentre)])
    assert told.exit_code == 0, told.output
    [row] = json.loads(told.stdout)["rows"]
    assert (row["jobcentre_id"], row["waiting"], row["changed"]) == (jobcentre, entries, entries)
    assert 0 < row["fit"] <= 1
    again = runner.invoke(command, [])
    assert "0 companies of 0 jobcentres" in again.output, "nothing has changed since"
    assert f"{entries} companies of 1 jobcentres" in runner.invoke(command, ["--all"]).output
    missing = runner.invoke(command, ["--campaign", "999"])
    assert missing.exit_code == 1
    assert "Der findes ingen kampagne med nummer 999" in missing.output


@pytest.mark.parametrize("verb", ["people.disable", "people.set_roles", "calendars.remove_source", "calendars.busy"])
def test_what_changes_a_consultants_time_is_ranked_again(session: Session, verb: str) -> None:
    scene = make_scene(session)
    scene.entry(at=HADSUND, held=False)
    ranked(session)
    assert due_rankings(session, LATER) == []
    activity.record(session, None, LATER, verb, scene.consultant)
    assert due_rankings(session, LATER) == [Wanted(scene.participation.campaign_id, scene.jobcentre.id)]
