"""The bulk path writes what the rooms' actions write: the same events by both, then every table side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.calendars.actions import default_calendar
from crm.calling.actions import finish, retake
from crm.calling.models import QueueEntry
from crm.campaigns.models import Campaign, Participation
from crm.companies.models import Contact
from crm.demo.bulk import Bulk
from crm.demo.reference import queue
from crm.followups.actions import close_visit, fulfil
from crm.followups.models import FollowUp
from crm.followups.rules import FollowUpDecision, NoFollowUp
from crm.openings.rules import NewOpening
from crm.people.models import User
from crm.visits.actions import book, cancel
from crm.visits.models import Visit
from crm.visits.rules import ContactDetails, VisitReport
from tests.conftest import NOW
from tests.demo.dump import dump
from tests.factories.core import (
    make_campaign,
    make_firm,
    make_jobcentre,
    make_participation,
    make_queue_entry,
    make_user,
    make_workplace,
)

TALK = timedelta(seconds=90)
DAY = NOW.date()


@dataclass
class Place:
    """A jobcentre with one phoner and one consultant, and six companies to call."""

    session: Session
    campaign: Campaign
    joined: Participation
    phoner: User
    consultant: User
    entries: list[QueueEntry]


def arrange(session: Session) -> Place:
    jobcentre, firm = make_jobcentre(session), make_firm(session, "Prøve Ring")
    campaign = make_campaign(session, name="Bulkprøve", horizon_days=30)
    joined = make_participation(session, campaign=campaign, jobcentre=jobcentre, firm=firm)
    phoner = make_user(session, "phoner", firm=firm, name="Sofie Testesen", email="phoner@bulk.invalid")
    consultant = make_user(session, "consultant", jobcentre=jobcentre, name="Karen Mønster", email="k@bulk.invalid")
    default_calendar(session, consultant, jobcentre.name, "9500")
    entries = []
    for number in range(6):
        workplace = make_workplace(
            session,
            name=f"Eksempel {number} ApS",
            p_number=f"199{number:07d}",
            cvr_number=f"9900000{number}",
            phone=f"+458400000{number}",
            city="Hobro" if number % 2 else "",
        )
        if number == 1:
            session.add(Contact(workplace_id=workplace.id, name="Mette Prøvesen", source="register"))
        entries.append(
            make_queue_entry(
                session,
                participation=joined,
                workplace=workplace,
                due_at=NOW - timedelta(days=10) + timedelta(minutes=number),
            )
        )
    session.flush()
    return Place(session, campaign, joined, phoner, consultant, entries)


class ByActions:
    """The events through the rooms' own actions."""

    def __init__(self, place: Place) -> None:
        self.place, self.session = place, place.session

    def take(self, number: int, when: datetime) -> QueueEntry:
        entry = self.place.entries[number]
        retake(self.session, self.place.phoner, when, entry)
        return entry

    def call(self, number: int, when: datetime, outcome: str, **details: Any) -> None:
        finish(self.session, self.place.phoner, when + TALK, self.take(number, when), outcome, **details)

    def book(self, number: int, when: datetime, starts_at: datetime, contact: ContactDetails, note: str) -> Visit:
        return book(
            self.session,
            self.place.phoner,
            when + TALK,
            self.take(number, when),
            self.place.consultant.id,
            starts_at,
            contact,
            note,
        )

    def cancel(self, visit: Visit, when: datetime, by: str, reason: str) -> None:
        cancel(self.session, self.place.consultant, when, visit, by, reason)

    def report(
        self,
        visit: Visit,
        when: datetime,
        report: VisitReport,
        told: list[NewOpening],
        decision: FollowUpDecision | NoFollowUp,
    ) -> FollowUp | None:
        close_visit(self.session, self.place.consultant, when, visit, report, told, decision)
        return self.session.query(FollowUp).filter_by(visit_id=visit.id).one_or_none()

    def fulfil(self, follow_up: FollowUp, when: datetime, outcome: str) -> None:
        fulfil(self.session, self.place.consultant, when, follow_up, outcome)

    def done(self) -> None:
        self.session.flush()


class ByBulk:
    """The same events through crm.demo.bulk."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.bulk = Bulk(place.session, place.campaign)
        self.entries = queue(place.session, place.campaign)[place.joined.jobcentre_id]

    def call(self, number: int, when: datetime, outcome: str, **details: Any) -> None:
        self.bulk.call(self.entries[number], self.place.phoner, when, when + TALK, outcome, **details)

    def book(self, number: int, when: datetime, starts_at: datetime, contact: ContactDetails, note: str) -> Any:
        return self.bulk.book(
            self.entries[number],
            self.place.phoner,
            when,
            when + TALK,
            self.place.consultant,
            starts_at,
            starts_at + timedelta(minutes=60),
            contact,
            note,
        )

    def cancel(self, visit: Any, when: datetime, by: str, reason: str) -> None:
        self.bulk.cancel(visit, self.place.consultant, when, by, reason)

    def report(
        self,
        visit: Any,
        when: datetime,
        report: VisitReport,
        told: list[NewOpening],
        decision: FollowUpDecision | NoFollowUp,
    ) -> Any:
        return self.bulk.report(visit, self.place.consultant, when, report, told, decision)

    def fulfil(self, follow_up: Any, when: datetime, outcome: str) -> None:
        self.bulk.fulfil(follow_up, self.place.consultant, when, outcome)

    def done(self) -> None:
        self.bulk.write()
        self.place.session.expire_all()


def play(path: ByActions | ByBulk) -> None:
    """Calls of every kind on one morning, three visits, and what came of them."""
    hour = timedelta(hours=1)
    start = at(DAY - timedelta(days=4), 9 * 60)
    path.call(0, start, "no_answer")
    path.call(1, start + hour * 0.1, "voicemail", note="Besked lagt.")
    path.call(2, start + hour * 0.2, "call_back", call_back_at=start + hour * 2, note="Efter kl. 10.30", mine=True)
    path.call(3, start + hour * 0.3, "do_not_call", note="Vil ikke ringes op")
    path.call(4, start + hour * 0.4, "declined", reason="no_time")
    path.call(5, start + hour * 0.5, "busy")
    mette = ContactDetails("Mette Prøvesen", "daglig leder", "+4584111111", "mette@eksempel.example")
    first = path.book(1, start + hour * 30, at(DAY - timedelta(days=1), 10 * 60), mette, "Vil høre om løntilskud.")
    second = path.book(2, start + hour * 31, at(DAY, 9 * 60), ContactDetails("Bo Skitsegaard"), "")
    third = path.book(5, start + hour * 32, at(DAY, 12 * 60), ContactDetails("Åge Kladde", "", "+4584222222"), "")
    path.cancel(third, start + hour * 50, "company", "Fik travlt.")
    told = [
        NewOpening("ordinary", 2, True, "Tømrer", "Kørekort B.", 3, DAY + timedelta(days=7)),
        NewOpening("work_placement", 1),
    ]
    promise = FollowUpDecision("jobcentre", DAY, "Sender to kandidater.", "we_owe")
    follow_up = path.report(
        first,
        at(DAY - timedelta(days=1), 11 * 60 + 10),
        VisitReport("held", False, ("adult_apprentice", "wage_subsidy"), ("folder",), "God snak."),
        told,
        promise,
    )
    path.report(second, at(DAY, 10 * 60 + 20), VisitReport("nobody_there"), [], NoFollowUp("Lukker til sommer."))
    path.fulfil(follow_up, at(DAY, 13 * 60), "To kandidater sendt.")
    path.done()


def run(session: Session, make: Callable[[Place], ByActions | ByBulk]) -> dict[str, list[dict[str, Any]]]:
    """Play on a fresh arrangement and take it back again; what bulk leaves out is not compared: the mails, and what an
    undo within ten seconds would need of a call."""
    before = session.begin_nested()
    play(make(arrange(session)))
    rows = dump(session, without=("outbox",))
    for call in rows["calls"]:
        call.pop("before")
    before.rollback()
    session.expunge_all()
    return rows


def test_bulk_and_actions_write_equal_rows(session: Session) -> None:
    by_actions, by_bulk = run(session, ByActions), run(session, ByBulk)
    assert by_actions.keys() == by_bulk.keys()
    for table, rows in by_actions.items():
        assert by_bulk[table] == rows, table
    assert {len(by_actions[name]) for name in ("visits", "openings", "follow_ups", "calls")} == {3, 2, 1, 9}


def test_the_next_id_follows_the_bulk_rows(session: Session) -> None:
    place = arrange(session)
    play(ByBulk(place))
    finish(session, place.phoner, NOW, ByActions(place).take(0, NOW - TALK), "no_answer")


def test_an_unsaid_difference_would_show(session: Session) -> None:
    """The comparison itself: a row that differs in one column is seen."""
    rows = run(session, ByBulk)
    changed = {**rows, "calls": [{**rows["calls"][0], "note": "anden"}, *rows["calls"][1:]]}
    assert rows != changed
