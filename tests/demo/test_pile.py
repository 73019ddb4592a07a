"""The pile takes back calls as the action writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.calling.actions import finish
from crm.calling.models import QueueEntry
from crm.demo.pile import Pile
from tests.demo.dump import dump
from tests.demo.test_bulk import DAY, TALK, Place, arrange

Finish = Callable[[datetime, QueueEntry, str, dict[str, Any]], object]
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("no_answer", {}),
    ("voicemail", {"note": "Besked lagt."}),
    ("declined", {"reason": "no_time", "note": "Har ikke tid."}),
    ("wrong_number", {}),
    ("call_back", {"call_back_at": at(DAY, 10 * 60), "mine": True}),
    ("closed_down", {}),
    ("no_answer", {}),
    ("busy", {}),
    ("call_back", {"call_back_at": at(DAY, 11 * 60), "mine": False, "note": "Efter kl. 11"}),
    ("outside_target", {}),
)


def played(session: Session, make: Callable[[Place, Pile], Finish]) -> dict[str, list[dict[str, Any]]]:
    before = session.begin_nested()
    place = arrange(session)
    pile = Pile(session, place.campaign)
    end = make(place, pile)
    for number, (outcome, details) in enumerate(CALLS):
        when = at(DAY - timedelta(days=6 - number // 2), 9 * 60 + number)
        entry = pile.take(place.phoner, when, [place.joined.jobcentre_id])
        assert entry is not None
        end(when + TALK, entry, outcome, details)
    rows = dump(session)
    before.rollback()
    session.expunge_all()
    return rows


def test_calls_of_the_pile_are_those_of_the_action(session: Session) -> None:
    by_action = played(
        session,
        lambda place, _pile: (
            lambda when, entry, outcome, details: finish(session, place.phoner, when, entry, outcome, **details)
        ),
    )
    by_pile = played(
        session,
        lambda place, pile: (
            lambda when, entry, outcome, details: pile.finish(place.phoner, when, entry, outcome, **details)
        ),
    )
    for table, rows in by_action.items():
        assert by_pile[table] == rows, table
    assert len(by_pile["calls"]) == len(CALLS)
