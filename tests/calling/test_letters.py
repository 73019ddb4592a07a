"""The queue follows the letters: who was written to waits, and no longer than the letter says."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.base.scope import Scope
from crm.calling.actions import enqueue, follow_letters
from crm.calling.models import QueueEntry
from crm.calling.queries import why_dry
from crm.campaigns.actions import cancel_letters, make_letters, mark_returned, move_letters
from crm.campaigns.models import CallList, Letter, ListEntry
from crm.scheduler import run_job
from tests.conftest import NOW
from tests.factories.core import make_user, make_workplace
from tests.factories.letters import make_batch, make_mailing_list

MAILED = date(2026, 12, 1)
OPENS = at(date(2026, 12, 7), 8 * 60)  # four days later is a Saturday; Monday at eight


@pytest.fixture
def listed(session) -> CallList:
    """Four workplaces in the queue, the last without an address."""
    workplaces = [make_workplace(session, phone=f"+452000000{n}") for n in range(4)]
    workplaces[3].street = ""
    made = make_mailing_list(session, workplaces=workplaces)
    enqueue(session, None, NOW - timedelta(hours=1), made)
    return made


def queue(session, listed: CallList) -> list[QueueEntry]:
    return list(
        session.scalars(
            select(QueueEntry)
            .join(ListEntry, ListEntry.id == QueueEntry.list_entry_id)
            .where(ListEntry.call_list_id == listed.id)
            .order_by(ListEntry.position)
            .execution_options(populate_existing=True)
        )
    )


def due(session, listed) -> list[datetime | bool]:
    return [entry.due_at if entry.due_at > NOW else entry.awake for entry in queue(session, listed)]


def test_calling_waits_for_the_letter_and_those_without_one_do_not(session, listed) -> None:
    make_batch(session, listed, mailed_on=MAILED, amount=2)
    assert follow_letters(session, NOW) == 2
    assert due(session, listed) == [OPENS, OPENS, True, True]
    assert [entry.awake for entry in queue(session, listed)] == [False, False, True, True]
    assert follow_letters(session, NOW) == 0  # nothing left to do
    counts = dict(why_dry(session, Scope(everything=True), listed.participation.campaign_id, NOW))
    assert counts["letter_wait"] == 2


def test_a_spread_opens_batch_by_batch(session, listed) -> None:
    make_letters(session, None, NOW, listed, name="B", first_on=MAILED, per=1, every="week")
    follow_letters(session, NOW)
    mondays = [at(date(2026, 12, day), 8 * 60) for day in (7, 14, 21)]
    assert due(session, listed) == [*mondays, True]


def test_when_the_moment_has_come_nothing_holds_them(session, listed) -> None:
    make_batch(session, listed, mailed_on=MAILED)
    follow_letters(session, NOW)
    assert follow_letters(session, OPENS) == 0
    assert {entry.due_at for entry in queue(session, listed)[:3]} == {OPENS}


def test_the_due_time_follows_a_moved_and_a_cancelled_batch(session, listed) -> None:
    batch = make_batch(session, listed, mailed_on=MAILED)
    follow_letters(session, NOW)
    move_letters(session, None, NOW, batch, date(2026, 12, 8))
    assert follow_letters(session, NOW) == 3
    later = at(date(2026, 12, 14), 8 * 60)
    assert due(session, listed) == [later, later, later, True]
    move_letters(session, None, NOW, batch, MAILED)
    follow_letters(session, NOW)
    assert due(session, listed) == [OPENS, OPENS, OPENS, True]
    cancel_letters(session, None, NOW, batch)
    assert follow_letters(session, NOW) == 3
    assert due(session, listed) == [True] * 4
    assert {entry.due_at for entry in queue(session, listed)[:3]} == {NOW}


def test_the_due_time_follows_the_campaigns_days(session, listed) -> None:
    make_batch(session, listed, mailed_on=NOW.date())
    campaign = listed.participation.campaign
    follow_letters(session, NOW)
    assert due(session, listed)[0] == at(date(2026, 11, 30), 8 * 60)  # Saturday is no calling day
    campaign.letter_days = 1
    follow_letters(session, NOW)
    assert due(session, listed)[0] == at(date(2026, 11, 25), 8 * 60)
    campaign.letter_days = 0
    follow_letters(session, NOW)
    assert due(session, listed) == [True] * 4


def test_who_falls_out_or_whose_letter_comes_back_is_called_as_without_one(session, listed) -> None:
    batch = make_batch(session, listed, mailed_on=NOW.date())
    follow_letters(session, NOW)
    entries = queue(session, listed)
    letter = session.get_one(Letter, (batch.id, entries[0].list_entry_id))
    letter.left_out = "no_address"
    mark_returned(session, None, NOW, batch, {entries[1].workplace.p_number: None}, "moved")
    assert follow_letters(session, NOW) == 2
    assert due(session, listed)[:2] == [True, True]


def test_tried_promised_finished_and_held_entries_are_left_alone(session, listed) -> None:
    phoner = make_user(session, "phoner")
    tried, held, done, _last = queue(session, listed)
    soon = NOW + timedelta(hours=3)
    tried.attempts, tried.rank, tried.due_at = 1, 1, soon
    held.claimed_by, held.claimed_at, held.claimed_until = phoner.id, NOW, NOW + timedelta(minutes=10)
    done.state = "done"
    session.flush()
    make_batch(session, listed, mailed_on=MAILED)
    assert follow_letters(session, NOW) == 0
    assert due(session, listed)[0] == soon
    held.claimed_until = NOW
    session.flush()
    assert follow_letters(session, NOW) == 1
    assert due(session, listed)[1] == OPENS


def test_a_closed_campaign_and_another_campaigns_letters_hold_nobody(session, listed) -> None:
    elsewhere = make_mailing_list(session, workplaces=[entry.workplace for entry in queue(session, listed)])
    enqueue(session, None, NOW - timedelta(hours=1), elsewhere)
    make_batch(session, elsewhere, mailed_on=MAILED)
    follow_letters(session, NOW)
    assert due(session, listed) == [True] * 4
    assert due(session, elsewhere)[0] == OPENS
    elsewhere.participation.campaign.state = "closed"
    assert follow_letters(session, NOW) == 0


def test_enqueueing_again_keeps_the_wait(session, listed) -> None:
    make_batch(session, listed, mailed_on=MAILED)
    follow_letters(session, NOW)
    assert enqueue(session, None, NOW, listed) == 0
    follow_letters(session, NOW)
    assert due(session, listed) == [OPENS, OPENS, OPENS, True]


def test_the_job_brings_the_queue_along(app: Flask, db: Session) -> None:
    workplace = make_workplace(db)
    made = make_mailing_list(db, workplaces=[workplace])
    enqueue(db, None, NOW, made)
    make_batch(db, made, mailed_on=MAILED)
    db.commit()
    assert run_job(app, "letters") == 1
    assert due(db, made) == [OPENS]
    db.commit()
    assert run_job(app, "letters") == 0
