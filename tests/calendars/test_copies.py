"""Our events in a consultant's own calendar on a real server: written, changed, taken out, and never over their edits."""

from __future__ import annotations

from datetime import timedelta

from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.calendars.actions.caldav import disconnect
from crm.calendars.models import BusySource, CalendarCopy
from crm.integrations.models import OutboxMessage
from crm.visits.actions import cancel, move
from crm.visits.queries.slots import ask_for_visit
from tests.calendars.own import HOUR, ONE, TEN, World, uid, utc, world
from tests.calendars.radicale import Server


def event_in(text: str) -> object:
    return Calendar.from_ical(text).walk("VEVENT")[0]


def rows(session: Session) -> list[str]:
    found = session.scalars(select(OutboxMessage).where(OutboxMessage.channel == "calendar").order_by(OutboxMessage.id))
    return [row.state for row in found]


def test_what_is_booked_already_is_written_when_the_calendar_is_connected(session: Session, radicale: Server) -> None:
    here = world(session, radicale, connected=False)
    visit = here.book()
    assert rows(session) == []
    here.connect()
    assert here.deliver() == 1
    text = here.own.texts()[uid(visit)]
    event = event_in(text)
    assert (event["dtstart"].dt, event["dtend"].dt) == (visit.starts_at, visit.ends_at)  # type: ignore[index]
    assert "DTSTART:20261126T090000Z" in text
    assert "TRANSP:OPAQUE" in text
    assert "CATEGORIES:Jobåbner" in text
    assert f"SEQUENCE:{here.copy(visit).sequence}" in text
    assert "METHOD" not in text
    assert "ATTENDEE" not in text
    assert here.copy(visit).state == "written"
    assert here.copy(visit).etag


def test_the_outbox_says_no_more_than_a_number(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.book()
    row = session.scalars(select(OutboxMessage).where(OutboxMessage.channel == "calendar")).one()
    copy = here.copy(visit)
    assert row.body_text == f"copy {copy.id}"
    assert row.attachments == []
    assert row.body_html is None
    assert row.dedupe_key == f"calendar:{copy.source_id}:{copy.uid}:0:1"
    assert visit.workplace.name not in row.subject + row.recipient


def test_a_moved_visit_moves_and_the_same_delivery_again_changes_nothing(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    before = here.copy(visit).etag
    move(session, here.consultant, here.now, visit, ONE, "Mette kan ikke om formiddagen")
    assert here.deliver() == 1
    assert here.own.start_of(uid(visit)) == ONE
    assert here.copy(visit).etag != before
    settled = here.own.texts()[uid(visit)], here.copy(visit).etag
    for row in session.scalars(select(OutboxMessage).where(OutboxMessage.channel == "calendar")):
        row.state = "pending"  # as if the workers had died before they could say that they were done
    assert here.deliver() == 2
    assert (here.own.texts()[uid(visit)], here.copy(visit).etag) == settled
    assert here.read() == 1
    assert here.proposals() == []
    assert here.busy() == []


def test_a_cancelled_visit_is_taken_out_and_one_with_their_notes_stays_called_off(
    session: Session, radicale: Server
) -> None:
    here = world(session, radicale)
    plain, noted = here.book(TEN), here.book(ONE)
    here.deliver()
    here.own.edit(uid(noted), description="Husk folderen om fleksjob")
    here.read()
    for visit in (plain, noted):
        cancel(session, here.consultant, here.now, visit, "company", "Lukket for inventering")
    assert here.deliver() == 2
    texts = here.own.texts()
    assert uid(plain) not in texts
    assert "Husk folderen om fleksjob" in texts[uid(noted)]
    assert "STATUS:CANCELLED" in texts[uid(noted)]
    assert "TRANSP:TRANSPARENT" in texts[uid(noted)]
    assert "AFLYST: " in texts[uid(noted)]
    assert {here.copy(visit).state for visit in (plain, noted)} == {"gone"}
    here.read()
    assert here.proposals() == []
    assert here.busy() == []


def test_their_text_and_alarm_outlive_our_changes(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.edit(uid(visit), description="Spørg efter Lars", alarm=45, categories=["Rød"], color="red")
    here.read()
    assert here.proposals() == []
    move(session, here.consultant, here.now, visit, ONE, "Mette kan ikke om formiddagen")
    assert here.deliver() == 1
    text = here.own.texts()[uid(visit)]
    assert "DTSTART:20261126T120000Z" in text
    for theirs in ("Spørg efter Lars", "BEGIN:VALARM", "TRIGGER:-PT45M", "CATEGORIES:Rød", "COLOR:red"):
        assert theirs in text
    assert f"SUMMARY:Besøg: {visit.workplace.name}" in text, "what they left alone stays ours"


def test_an_edit_between_our_reading_and_our_writing_is_not_lost(session: Session, radicale: Server) -> None:
    """The 412: our write meets a change that came in after we had read."""
    here = world(session, radicale)
    visit = here.written()
    move(session, here.consultant, here.now, visit, ONE, "Mette kan ikke om formiddagen")
    real, edits = here.open, ["Spørg efter Lars"]

    def disturbed(account):  # type: ignore[no-untyped-def]
        dav = real(account)
        put = dav.put

        def after_them(*args):  # type: ignore[no-untyped-def]
            if edits:
                here.own.edit(uid(visit), description=edits.pop())
            return put(*args)

        dav.put = after_them
        return dav

    here.open = disturbed
    assert here.deliver() == 1
    assert edits == []
    text = here.own.texts()[uid(visit)]
    assert "DTSTART:20261126T120000Z" in text
    assert "Spørg efter Lars" in text


def test_a_lost_answer_does_not_write_twice(session: Session, radicale: Server) -> None:
    """The server took it, and we never heard: the next try finds its own work."""
    here = world(session, radicale)
    visit = here.book()
    real, lose = here.open, [True]

    def deaf(account):  # type: ignore[no-untyped-def]
        dav = real(account)
        put = dav.put

        def lost(*args):  # type: ignore[no-untyped-def]
            etag = put(*args)
            if lose:
                lose.pop()
                raise ConnectionError("the answer was lost")
            return etag

        dav.put = lost
        return dav

    here.open = deaf
    assert here.deliver() == 0
    first = here.own.texts()[uid(visit)]
    here.later(timedelta(hours=1))
    assert here.deliver() == 1
    assert here.own.texts() == {uid(visit): first}
    assert here.copy(visit).state == "written"


def test_what_came_in_by_an_invitation_is_taken_over_not_doubled(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.book()
    here.own.put(uid(visit), "DTSTART:20261126T090000Z\nDTEND:20261126T100000Z\nSUMMARY:Besøg (fra invitationen)")
    assert here.deliver() == 1
    assert list(here.own.texts()) == [uid(visit)]
    move(session, here.consultant, here.now, visit, ONE, "Mette kan ikke om formiddagen")
    assert here.deliver() == 1
    assert here.own.start_of(uid(visit)) == ONE


def test_a_visit_handed_over_leaves_one_calendar_and_comes_into_the_other(session: Session, radicale: Server) -> None:
    here = world(session, radicale, consultants=2)
    other, theirs = here.scene.consultants[1], radicale.calendar()
    here.connect(theirs, other)
    visit = here.written()
    assert theirs.texts() == {}
    assert ask_for_visit(visit).exclude == visit.id
    move(session, here.consultant, here.now, visit, TEN, "Syg", consultant_id=other.id)
    assert here.deliver() == 2
    assert here.own.texts() == {}
    assert list(theirs.texts()) == [uid(visit)]
    assert here.read() == 2
    assert here.proposals() == []


def test_disconnecting_takes_our_events_out_or_leaves_them(session: Session, radicale: Server) -> None:
    for take_out in (False, True):
        here = world(session, radicale)
        visit = here.written(TEN + take_out * 2 * HOUR)
        here.own.put("tand@laege", "DTSTART:20261130T090000Z\nDTEND:20261130T100000Z")
        here.read()
        assert here.busy() == [(utc(30, 9), utc(30, 10), "BUSY")]
        number = here.source.id
        assert disconnect(session, here.consultant, here.now, here.source, take_out=take_out) is not take_out
        session.commit()
        assert here.busy() == []
        here.deliver()
        here.read()
        assert session.get(BusySource, number) is None
        assert session.scalars(select(CalendarCopy).where(CalendarCopy.source_id == number)).all() == []
        assert sorted(here.own.texts()) == sorted({"tand@laege"} | (set() if take_out else {uid(visit)}))
        cancel(session, here.consultant, here.now, visit, "company", "Lukket")
        assert here.deliver() == 0


def test_a_calendar_that_is_only_read_gets_nothing_written(session: Session, radicale: Server) -> None:
    here: World = world(session, radicale, writes=False)
    here.book()
    assert rows(session) == []
    assert here.deliver() == 0
    assert here.own.texts() == {}
