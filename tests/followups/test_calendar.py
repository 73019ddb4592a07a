"""Agreements in their owner's calendar: tasks or whole days, in the feed and in a real CalDAV server."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.calendars.models import CalendarCopy, CalendarEvent
from crm.calendars.queries import feed_events
from crm.calendars.queries.feed import entry_of
from crm.calendars.rules import feed_text
from crm.followups.actions.agreements import fulfil, reopen, snooze
from crm.followups.actions.calendar import show, show_all, uid_of
from crm.followups.actions.reminders import set_wishes
from crm.followups.models import FollowUp, ReminderWishes
from crm.people.models import User
from tests.calendars.libical import problems
from tests.calendars.own import World, world
from tests.calendars.radicale import Server
from tests.calendars.radicale import radicale as radicale
from tests.conftest import NOW
from tests.factories import make_user
from tests.factories.followups import make_follow_up

DUE = date(2026, 12, 1)


def wish(session: Session, user_id: int, calendar: str) -> None:
    wishes = session.get(ReminderWishes, user_id) or ReminderWishes(user_id=user_id)
    wishes.calendar = calendar
    session.add(wishes)
    session.flush()


def feed(session: Session, user_id: int) -> bytes:
    return feed_text("Prøve", map(entry_of, feed_events(session, user_id, NOW)))


def parts(session: Session, user_id: int) -> list[object]:
    calendar = Calendar.from_ical(feed(session, user_id))
    return [part for part in calendar.walk() if part.name in ("VEVENT", "VTODO")]


def test_without_a_wish_nothing_stands_in_the_calendar(session: Session) -> None:
    follow_up = make_follow_up(session, due_on=DUE)
    show(session, NOW, follow_up)
    assert parts(session, follow_up.owner_id) == []


@pytest.mark.parametrize("wished", ["todo", "event"])
def test_the_day_is_the_danish_day_and_takes_up_no_time(session: Session, wished: str) -> None:
    """1 March lies in winter time and 1 June in summer time: midnight in UTC is another day in both."""
    owner = make_follow_up(session, due_on=date(2027, 3, 1))
    summer = make_follow_up(session, visit=owner.visit, due_on=date(2027, 6, 1))
    wish(session, owner.owner_id, wished)
    for follow_up in (owner, summer):
        show(session, NOW, follow_up)
    found = parts(session, owner.owner_id)
    name = "due" if wished == "todo" else "dtstart"
    assert [part[name].dt for part in found] == [date(2027, 3, 1), date(2027, 6, 1)]  # type: ignore[index]
    if wished == "event":
        assert {str(part["transp"]) for part in found} == {"TRANSPARENT"}  # type: ignore[index]
        assert [part["dtend"].dt for part in found] == [date(2027, 3, 2), date(2027, 6, 2)]  # type: ignore[index]
    assert problems(feed(session, owner.owner_id)) == []


def test_a_task_is_ticked_off_and_a_day_goes_when_the_promise_is_kept(session: Session) -> None:
    follow_up = make_follow_up(session, due_on=DUE)
    wish(session, follow_up.owner_id, "todo")
    show(session, NOW, follow_up)
    follow_up.state, follow_up.done_at = "done", NOW + timedelta(hours=2)
    show(session, NOW, follow_up)
    (task,) = parts(session, follow_up.owner_id)
    assert str(task["status"]) == "COMPLETED"  # type: ignore[index]
    assert task["completed"].dt == NOW + timedelta(hours=2)  # type: ignore[index]
    assert problems(feed(session, follow_up.owner_id)) == []
    wish(session, follow_up.owner_id, "event")
    show(session, NOW, follow_up)
    assert parts(session, follow_up.owner_id) == []


def test_it_moves_with_the_promise_and_the_same_again_changes_nothing(session: Session) -> None:
    follow_up = make_follow_up(session, due_on=DUE)
    wish(session, follow_up.owner_id, "event")
    show(session, NOW, follow_up)
    event = session.scalars(select(CalendarEvent)).one()
    before = event.stamp, event.sequence
    show(session, NOW + timedelta(hours=1), follow_up)
    assert (event.stamp, event.sequence) == before
    follow_up.due_on = date(2026, 12, 8)
    show(session, NOW + timedelta(hours=2), follow_up)
    assert event.sequence == before[1] + 1
    (day,) = parts(session, follow_up.owner_id)
    assert day["dtstart"].dt == date(2026, 12, 8)  # type: ignore[index]


def test_it_goes_with_the_promise_to_another_and_leaves_no_trace(session: Session) -> None:
    follow_up = make_follow_up(session, due_on=DUE)
    former, new = follow_up.owner_id, make_user(session, "consultant")
    for user_id in (former, new.id):
        wish(session, user_id, "todo")
    show(session, NOW, follow_up)
    follow_up.owner_id = new.id
    show(session, NOW, follow_up)
    assert parts(session, former) == []
    assert len(parts(session, new.id)) == 1
    follow_up.voided_at = NOW
    show(session, NOW, follow_up)
    assert parts(session, new.id) == []


def test_a_changed_wish_brings_all_of_them_in_step(session: Session) -> None:
    first = make_follow_up(session, due_on=DUE)
    make_follow_up(session, visit=first.visit, due_on=DUE, promise="Ringe om praktik")
    wish(session, first.owner_id, "event")
    assert show_all(session, NOW, first.owner_id) == 2
    assert [part.name for part in parts(session, first.owner_id)] == ["VEVENT", "VEVENT"]  # type: ignore[attr-defined]
    wish(session, first.owner_id, "todo")
    show_all(session, NOW, first.owner_id)
    assert [part.name for part in parts(session, first.owner_id)] == ["VTODO", "VTODO"]  # type: ignore[attr-defined]
    wish(session, first.owner_id, "none")
    show_all(session, NOW, first.owner_id)
    assert parts(session, first.owner_id) == []


def agreed(session: Session, here: World) -> FollowUp:
    visit = here.written()
    visit.state = "held"
    return make_follow_up(session, visit=visit, due_on=DUE)


def test_on_a_server_it_is_written_ticked_off_and_theirs_to_delete(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    follow_up = agreed(session, here)
    wish(session, follow_up.owner_id, "todo")
    show(session, here.now, follow_up)
    assert here.deliver() == 1
    text = here.own.texts()[uid_of(follow_up)]
    assert "BEGIN:VTODO" in text
    assert "DUE;VALUE=DATE:20261201" in text
    assert here.read() == 1
    assert (here.proposals(), here.busy()) == ([], [])
    follow_up.state, follow_up.done_at = "done", here.now
    show(session, here.now, follow_up)
    assert here.deliver() == 1
    assert "STATUS:COMPLETED" in here.own.texts()[uid_of(follow_up)]
    here.own.delete(uid_of(follow_up))
    here.read()
    follow_up.promise = "Andre ord"
    show(session, here.now, follow_up)
    here.deliver()
    assert uid_of(follow_up) not in here.own.texts()


def test_a_day_they_move_is_no_proposal_and_goes_when_it_is_done(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    follow_up = agreed(session, here)
    wish(session, follow_up.owner_id, "event")
    show(session, here.now, follow_up)
    here.deliver()
    uid = uid_of(follow_up)
    here.own.edit(uid, start=date(2026, 12, 2), end=date(2026, 12, 3))
    here.read()
    copy = session.scalars(select(CalendarCopy).where(CalendarCopy.uid == uid)).one()
    assert copy.theirs_change is None
    assert here.proposals() == []
    follow_up.state, follow_up.done_at = "done", here.now
    show(session, here.now, follow_up)
    here.deliver()
    assert uid not in here.own.texts()


def test_every_change_through_the_actions_reaches_the_calendar(session: Session) -> None:
    follow_up = make_follow_up(session, due_on=DUE)
    owner = session.get_one(User, follow_up.owner_id)
    set_wishes(session, owner, NOW, owner, mail=True, sms=False, calendar="event")
    snooze(session, owner, NOW, follow_up, date(2026, 12, 10), "De har travlt")
    (day,) = parts(session, owner.id)
    assert day["dtstart"].dt == date(2026, 12, 10)  # type: ignore[index]
    fulfil(session, owner, NOW, follow_up, "Sendt")
    assert parts(session, owner.id) == []
    reopen(session, owner, NOW, follow_up)
    assert len(parts(session, owner.id)) == 1
