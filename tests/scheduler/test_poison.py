"""Every job that goes through items: one that breaks is set aside under the job's name, and stops none of the others.

What there is to do, and what is done with one, is replaced by three numbers of which the second breaks; everything
between is the product's.
"""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crm.calendars.models import BusySource
from crm.companies.queries import Unplaced
from crm.recurring.models import JobRun, SetAside
from crm.scheduler import run_job
from crm.visits.queries.changed import Due
from crm.visits.queries.fit import Wanted
from tests.conftest import NOW
from tests.factories.calendars import make_consultant
from tests.factories.core import make_participation

POISONED = 2
MAKING, VISITS, CALLING = "crm.followups.jobs.making", "crm.visits.jobs", "crm.calling.jobs"
READING = "crm.calendars.jobs.reading"
NUMBERS = [1, 2, 3]
CALENDARS = [(number, NOW) for number in NUMBERS]
PLACES = [Unplaced(number, "Havnegade 1", "9000", "Havnegade 1, 9000 Aalborg") for number in NUMBERS]


def act(*given: Any) -> Any:
    """What is done with one item, wherever its number stands among the arguments."""
    if any(POISONED in (one, getattr(one, "jobcentre_id", 0), getattr(one, "workplace_id", 0)) for one in given):
        raise ValueError("forgiftet")
    return 1


def act_on_first(_session: Any, _now: Any, numbers: Any) -> Any:
    return act(*numbers)


def ranked(*given: Any) -> Any:
    return SimpleNamespace(rows=[act(*given)])


def examined(*given: Any) -> Any:
    act(*given)
    return SimpleNamespace(days={date(2026, 11, 24)})


JOBS = {
    "endings": (f"{MAKING}.ending_placements", NUMBERS, f"{MAKING}.make_ending", act),
    "details": (f"{MAKING}.told_openings", NUMBERS, f"{MAKING}.make_missing", act),
    "with_visit": (f"{MAKING}.left_behind", NUMBERS, f"{MAKING}.follow", act),
    "ask": ("crm.followups.jobs.asking.to_ask", NUMBERS, "crm.followups.jobs.asking.ask_company", act),
    "board": ("crm.openings.jobs.partners_with_news", NUMBERS, "crm.openings.jobs.write_partner_digest", act),
    "fit": (f"{VISITS}.due_rankings", [Wanted(7, number) for number in NUMBERS], f"{VISITS}.rank_one", ranked),
    "conflicts": (f"{VISITS}.due_checks", Due(0, [], dict.fromkeys(NUMBERS)), f"{VISITS}.examine", examined),
    "phones": (
        "crm.calling.jobs.silent_phones",
        [SimpleNamespace(id=number, sid="", parent_sid="") for number in NUMBERS],
        "crm.calling.jobs.close_silent",
        act,
    ),
    "links": (f"{READING}.due_sources", CALENDARS, "crm.calendars.jobs.links.read_link", act),
    "caldav": (f"{READING}.due_sources", CALENDARS, "crm.calendars.jobs.caldav.read_source", act),
    "caldav_moved": (f"{VISITS}.unlike_calendars", NUMBERS, f"{VISITS}.take_up", act),
    "firms": (f"{CALLING}.out_of_step", [SimpleNamespace(lists=NUMBERS)], f"{CALLING}.follow_firms", act_on_first),
    "letters": (f"{CALLING}.open_campaigns", NUMBERS, f"{CALLING}.follow_letters", act),
    "order": (f"{CALLING}.reweighed", NUMBERS, f"{CALLING}.rerank", act_on_first),
    "places": ("crm.companies.jobs.unplaced", PLACES, "crm.companies.jobs.keep_place", act),
}


class Found:
    def look_up(self, _street: str, _postcode: str) -> Any:
        return SimpleNamespace(state="found", reason="")


@pytest.mark.parametrize("key", JOBS)
def test_one_poisoned_item_never_stops_the_rest(app: Flask, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    which, items, one, does = JOBS[key]
    app.extensions["crm.geocoder"] = Found()
    monkeypatch.setattr(which, lambda *_given, **_named: items)
    monkeypatch.setattr(one, does)
    monkeypatch.setattr("crm.visits.jobs.check_day", lambda *_given: 1)
    monkeypatch.setattr(f"{READING}._claimed", lambda *_given: True)
    monkeypatch.setattr(f"{CALLING}.off_letters", lambda *_given: True)
    job = key.removesuffix("_moved")
    assert run_job(app, job) == 2
    assert told(app) == [(key, ("7/2" if key == "fit" else "2"), 1)]
    assert run_job(app, job) == 2, "until its next try it is passed over"
    assert told(app)[0][2] == 1
    with app.extensions["crm.sessions"]() as db:
        assert db.get_one(JobRun, job).failures == 0


def told(app: Flask) -> list[tuple[str, str, int]]:
    with app.extensions["crm.sessions"]() as db:
        return [tuple(row) for row in db.execute(select(SetAside.job, SetAside.item, SetAside.tries))]


def test_one_jobcentre_whose_calendars_cannot_be_searched_closes_no_others_queue(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.extensions["crm.sessions"].begin() as db:
        first, second, third = (make_participation(db).id for _ in range(3))
        found = [first, second, third]

    def search(_session: Any, _now: Any, participation: Any) -> bool:
        if participation.id == second:
            raise ValueError("forgiftet")
        return True

    monkeypatch.setattr("crm.visits.jobs.with_queues", lambda *_given: found)
    monkeypatch.setattr("crm.visits.jobs.is_out_of_step", search)
    assert run_job(app, "capacity") == 2
    assert told(app) == [("capacity", str(second), 1)]


def test_one_calendar_that_cannot_be_spelled_out_is_set_aside(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.extensions["crm.sessions"].begin() as db:
        owner = make_consultant(db)
        fields = {"consultant_id": owner.id, "kind": "ics", "address": "x", "created_at": NOW, "next_at": NOW}
        links = [BusySource(name=f"Privat {number}", **fields) for number in NUMBERS]
        db.add_all(links)
        db.flush()
        numbers = [link.id for link in links]

    def respelled(_session: Any, _now: Any, source: Any, _ahead: Any) -> bool:
        if source.id == numbers[1]:
            raise ValueError("forgiftet")
        return True

    monkeypatch.setattr("crm.calendars.jobs.keeping.respell", respelled)
    assert run_job(app, "respell") == 2
    assert told(app) == [("respell", str(numbers[1]), 1)]


def test_conflicts_look_again_at_all_days_of_whom_they_could_not_look_at(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How far the log was read has gone on meanwhile."""
    seen: list[tuple[int, object]] = []
    state = {"broken": True}

    def examine(_session: Any, _now: Any, consultant: int, days: object) -> Any:
        seen.append((consultant, days))
        if state["broken"]:
            raise ValueError("forgiftet")
        return SimpleNamespace(days=())

    day = {date(2026, 11, 24)}

    def due(*_given: Any) -> Due | None:
        return Due(0, [], {5: day}) if state["broken"] else None

    monkeypatch.setattr("crm.visits.jobs.due_checks", due)
    monkeypatch.setattr("crm.visits.jobs.examine", examine)
    run_job(app, "conflicts")
    state["broken"] = False
    run_job(app, "conflicts")
    assert seen == [(5, day)], "it waits for its next try"
    with app.extensions["crm.sessions"].begin() as db:
        db.scalars(select(SetAside)).one().retry_at = app.extensions["crm.clock"].now()
    run_job(app, "conflicts")
    assert seen == [(5, day), (5, None)]
    assert told(app) == []
