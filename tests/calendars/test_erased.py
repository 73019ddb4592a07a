"""A person out of what lies in consultants' own calendars, on a real server: ours, theirs, called off, waiting."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.mentions import Mention
from crm.calendars.actions.busy import remove_source
from crm.calendars.actions.erased import take_out
from crm.calendars.models import CalendarCopy, CalendarEvent
from crm.calendars.rules.copies import theirs_of
from crm.calendars.rules.erased import without_words
from crm.followups.actions.calendar import show
from crm.followups.actions.calendar import uid_of as task_uid
from crm.followups.models import ReminderWishes
from crm.integrations.caldav_wire import SILENT, CalDavFailed
from crm.integrations.models import OutboxMessage
from crm.visits.actions import cancel, move
from crm.visits.actions.publish import publish_visit
from crm.visits.models import Visit
from tests.calendars.own import ONE, TEN, World, uid, utc, world
from tests.calendars.radicale import Server
from tests.factories.followups import make_follow_up

WHO = Mention("F-204")


def named(here: World, starts_at: Any = TEN, words: str = "Tal om F-204, ikke F-20") -> Visit:
    visit = here.book(starts_at)
    visit.note = words
    publish_visit(here.session, here.now, visit)
    here.deliver()
    here.read()
    return visit


def erase(here: World, *uids: str, key: str = "7") -> int:
    return take_out(here.session, here.now, uids, WHO, WHO.without, key=key)


def kept(session: Session) -> list[str]:
    """References that the outbox still holds."""
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.channel == "calendar").order_by(OutboxMessage.id))
    return [one["text"] for row in rows for one in row.attachments]


def test_our_words_lose_the_person_and_the_same_again_changes_nothing(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = named(here)
    assert "F-204" in here.own.texts()[uid(visit)]
    assert erase(here, uid(visit)) == 1
    assert kept(session) == ["F-204"]
    here.deliver()
    text = here.own.texts()[uid(visit)]
    assert "F-204" not in text
    assert "Tal om (slettet)\\, ikke F-20" in text
    assert not theirs_of(text, uid(visit)).edited, "it is still ours to change"
    assert kept(session) == []
    assert erase(here, uid(visit)) == 1
    here.deliver()
    assert here.own.texts()[uid(visit)] == text
    here.read()
    assert here.proposals() == []


def test_the_owners_own_words_and_alarms_lose_the_person_alone(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = named(here)
    here.own.edit(uid(visit), description="Spørg Lars om f-204 og F-2041", alarm=45, summary="F-204!", color="red")
    here.read()
    erase(here, uid(visit))
    here.deliver()
    text = here.own.texts()[uid(visit)]
    for left in ("Spørg Lars om (slettet) og F-2041", "TRIGGER:-PT45M", "SUMMARY:(slettet)!", "COLOR:red"):
        assert left in text
    assert theirs_of(text, uid(visit)).edited, "it is still theirs"
    move(session, here.consultant, here.now, visit, ONE, "Mette kan ikke om formiddagen")
    here.deliver()
    assert "Spørg Lars om (slettet) og F-2041" in here.own.texts()[uid(visit)]


def test_one_that_was_called_off_and_kept_for_their_notes(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = named(here)
    here.own.edit(uid(visit), description="Husk folderen til F-204")
    here.read()
    cancel(session, here.consultant, here.now, visit, "company", "Lukket for inventering")
    here.deliver()
    assert here.copy(visit).state == "gone"
    erase(here, uid(visit))
    here.deliver()
    text = here.own.texts()[uid(visit)]
    assert "Husk folderen til (slettet)" in text
    assert "STATUS:CANCELLED" in text
    assert here.copy(visit).state == "gone"


def test_one_they_moved_stays_where_they_put_it(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = named(here)
    here.own.edit(uid(visit), start=utc(26, 12), end=utc(26, 13))
    here.read()
    assert len(here.proposals()) == 1
    erase(here, uid(visit))
    here.deliver()
    assert "F-204" not in here.own.texts()[uid(visit)]
    assert here.own.start_of(uid(visit)) == utc(26, 12)
    here.read()
    assert len(here.proposals()) == 1
    assert kept(session) == []


def test_a_task_of_an_agreement(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    follow_up = make_follow_up(session, visit=visit, due_on=date(2026, 12, 1), promise="CV for F-204")
    session.add(ReminderWishes(user_id=follow_up.owner_id, calendar="todo"))
    session.flush()
    show(session, here.now, follow_up)
    here.deliver()
    assert "F-204" in here.own.texts()[task_uid(follow_up)]
    erase(here, task_uid(follow_up))
    here.deliver()
    text = here.own.texts()[task_uid(follow_up)]
    assert "CV for (slettet)" in text
    assert "BEGIN:VTODO" in text
    here.own.delete(task_uid(follow_up))
    erase(here, task_uid(follow_up), key="8")
    here.deliver()
    assert task_uid(follow_up) not in here.own.texts()
    assert kept(session) == []


def test_a_server_that_is_down_is_asked_until_it_answers(session: Session, radicale: Server) -> None:
    """Longer than the outbox tries by itself: the reference is kept until then, and not after."""
    here = world(session, radicale)
    visit = named(here)
    here.own.edit(uid(visit), description="Spørg Lars om F-204")
    here.read()
    real = here.open

    def down(_account: Any) -> Any:
        raise CalDavFailed(SILENT)

    here.open = down
    erase(here, uid(visit))
    for _try in range(8):
        here.deliver()
        here.later(timedelta(hours=13))
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.channel == "calendar")).all()
    assert {row.state for row in rows} == {"sent", "failed"}
    assert kept(session) == ["F-204"]
    here.open = real
    here.read()
    here.later(timedelta(minutes=5))
    here.deliver()
    assert "Spørg Lars om (slettet)" in here.own.texts()[uid(visit)]
    assert kept(session) == []


@pytest.mark.parametrize("goes", ["source", "copy"])
def test_a_calendar_that_is_gone_keeps_no_reference(session: Session, radicale: Server, goes: str) -> None:
    here = world(session, radicale)
    visit = named(here)
    erase(here, uid(visit))
    assert kept(session) == ["F-204"]
    if goes == "source":
        remove_source(session, here.consultant, here.now, here.source)
    else:
        session.delete(session.scalars(select(CalendarCopy)).one())
    here.deliver()
    assert kept(session) == []


def test_without_a_calendar_the_feeds_event_loses_the_person(session: Session, radicale: Server) -> None:
    here = world(session, radicale, connected=False)
    visit = here.book()
    visit.note = "Tal om F-204"
    publish_visit(session, here.now, visit)
    event = session.scalars(select(CalendarEvent)).one()
    before = event.stamp, event.sequence
    assert erase(here, uid(visit)) == 0
    session.refresh(event)
    assert "F-204" not in event.description
    assert event.stamp != before[0], "the feed is read anew"
    assert event.sequence == before[1]


OBJECT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Konsulent//DA
BEGIN:VEVENT
UID:a
DTSTAMP:20261101T120000Z
DTSTART:20261126T120000Z
SUMMARY;LANGUAGE=da:F-204 kommer
CATEGORIES:Rød,F-204
X-ALT-DESC;FMTTYPE=text/html:<p>F-204</p>
COMMENT:F-204
COMMENT:Andet
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Husk F-204
TRIGGER:-PT15M
END:VALARM
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


def test_every_word_of_an_object_and_nothing_else_of_it() -> None:
    left = without_words(OBJECT, WHO.without)
    assert "F-204" not in left
    for line in ("SUMMARY;LANGUAGE=da:(slettet) kommer", "Rød", "FMTTYPE=text/html", "COMMENT:Andet", "Husk (slettet)"):
        assert line in left
    assert without_words(left, WHO.without) == left
    assert without_words(OBJECT, Mention("F-20").without) is OBJECT
