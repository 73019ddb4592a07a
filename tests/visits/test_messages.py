"""What leaves the building about a visit: who gets which invitation, and whether calendar programs can read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish
from crm.calendars.models import BusySource, CalendarEvent
from crm.integrations.mail import as_email
from crm.integrations.models import OutboxMessage
from crm.integrations.sms_words import segments
from crm.people.models import User
from crm.visits.actions import book, cancel, move
from crm.visits.actions.messages import MOST_SEGMENTS, tell_handed_over
from crm.visits.actions.publish import uid_of
from crm.visits.models import Visit
from crm.visits.rules import ContactDetails, link
from tests.calendars.libical import problems
from tests.conftest import NOW
from tests.factories.visits import METTE, Scene, make_scene

THURSDAY = danish(NOW).date() + timedelta(days=2)
TEN = at(THURSDAY, 600)
LATER = NOW + timedelta(hours=1)
MAILBOX = "svar@jobaabner.invalid"


@pytest.fixture(autouse=True)
def installation() -> Any:
    before = link.outside()
    link.configure("a key of the tests", "https://crm.example.dk", f"Jobåbner <{MAILBOX}>")
    yield
    link.configure(before.key, before.base_url, before.mailbox)


@pytest.fixture
def scene(session: Session) -> Scene:
    return make_scene(session, consultants=2)


def booked(scene: Scene, contact: ContactDetails = METTE, starts_at: Any = TEN) -> Visit:
    return book(scene.session, scene.phoner, NOW, scene.entry(), scene.consultant.id, starts_at, contact, "Ring på")


def mails(session: Session, to: str | None, template: str) -> Sequence[OutboxMessage]:
    found = session.scalars(select(OutboxMessage).where(OutboxMessage.channel == "mail").order_by(OutboxMessage.id))
    return [m for m in found if m.recipient == to and m.dedupe_key.split(":")[2] == template]


def file_of(message: OutboxMessage) -> bytes:
    [item] = message.attachments
    return str(item["text"]).encode()


def lines_of(file: bytes) -> list[str]:
    """The file's logical lines, after its physical ones have been found right (RFC 5545, 3.1)."""
    assert file.endswith(b"\r\n")
    physical = file.split(b"\r\n")[:-1]
    assert all(b"\n" not in line and b"\r" not in line and 0 < len(line) <= 75 for line in physical)
    for line in physical:
        line.decode()  # no character is cut in two
    return file.decode().replace("\r\n ", "").split("\r\n")[:-1]


def check(file: bytes, method: str, visit: Visit, attendee: str) -> dict[str, str]:
    """The properties of the one event, by name; everything RFC 5546, 3.2.2 and 3.2.5 demand is there once."""
    lines = lines_of(file)
    assert lines.count("BEGIN:VEVENT") == 1
    assert f"METHOD:{method}" in lines
    found: dict[str, str] = {}
    for line in lines[lines.index("BEGIN:VEVENT") + 1 : lines.index("END:VEVENT")]:
        name, _, value = line.partition(":")
        assert name.partition(";")[0] not in found, name
        found[name.partition(";")[0]] = f"{name}:{value}"
    for name in ("UID", "DTSTAMP", "SEQUENCE", "ORGANIZER", "ATTENDEE", "DTSTART", "DTEND", "SUMMARY", "STATUS"):
        assert name in found, name
    assert found["UID"] == f"UID:{uid_of(visit)}"
    assert found["SEQUENCE"] == f"SEQUENCE:{visit.sequence}"
    assert found["ORGANIZER"].endswith(f":mailto:{MAILBOX}")
    assert "CN=" in found["ORGANIZER"]
    assert found["ATTENDEE"].endswith(f":mailto:{attendee}")
    assert ("RSVP=TRUE" in found["ATTENDEE"]) == (method == "REQUEST")
    assert found["STATUS"] == ("STATUS:CANCELLED" if method == "CANCEL" else "STATUS:CONFIRMED")
    return found


def test_the_checks_fail_on_what_they_are_to_find(session: Session, scene: Scene) -> None:
    visit = booked(scene)
    good = file_of(mails(session, METTE.email, "visit_booked")[0])
    check(good, "REQUEST", visit, METTE.email or "")
    for wrong in (
        good.replace(b"\r\n", b"\n"),
        good.replace(b"SEQUENCE:0\r\n", b""),
        good.replace(b"UID:", b"UID:x"),
        good.replace(b"METHOD:REQUEST", b"METHOD:PUBLISH"),
        good.replace(b"SUMMARY:", b"SUMMARY:" + b"x" * 80),
        good.replace(MAILBOX.encode(), b"en@anden.invalid"),
    ):
        assert wrong != good
        with pytest.raises(AssertionError):
            check(wrong, "REQUEST", visit, METTE.email or "")


def test_both_parties_are_invited_by_the_mailbox_that_reads_answers(session: Session, scene: Scene) -> None:
    visit = booked(scene)
    company, consultant = (
        mails(session, METTE.email, "visit_booked"),
        mails(session, scene.consultant.email, "visit_new"),
    )
    theirs = check(file_of(company[0]), "REQUEST", visit, METTE.email or "")
    ours = check(file_of(consultant[0]), "REQUEST", visit, scene.consultant.email)
    assert theirs["DTSTART"] == ours["DTSTART"] == "DTSTART:20261126T090000Z"
    assert "Ring på" not in file_of(company[0]).decode()
    assert company[0].reply_to == scene.consultant.email
    event = session.scalars(select(CalendarEvent)).one()
    assert theirs["UID"] == ours["UID"] == f"UID:{event.uid}"


def test_the_link_stands_in_mail_html_and_file(session: Session, scene: Scene) -> None:
    visit = booked(scene, starts_at=at(THURSDAY + timedelta(days=4), 600))
    url = link.url(visit.id, METTE.email or "", NOW)
    assert url.startswith("https://crm.example.dk/besoeg/")
    for template in ("visit_booked", "reminder"):
        [mail] = mails(session, METTE.email, template)
        assert url in mail.body_text
        assert f'href="{url}"' in (mail.body_html or "")
    [event] = Calendar.from_ical(file_of(mails(session, METTE.email, "visit_booked")[0])).walk("VEVENT")
    assert str(event["url"]) == url
    assert url in str(event["description"])
    assert mails(session, METTE.email, "reminder")[0].attachments == []
    assert "/besoeg/" not in mails(session, scene.consultant.email, "visit_new")[0].body_text


def test_a_company_without_an_address_has_no_link(session: Session, scene: Scene) -> None:
    booked(scene, ContactDetails("Mette Prøvesen", phone="+4520123456"))
    said = " ".join(session.scalars(select(OutboxMessage.body_text)))
    assert "/besoeg/" not in said


def test_one_uid_for_life_while_sequence_and_stamp_rise(session: Session, scene: Scene) -> None:
    visit = booked(scene)
    first = check(file_of(mails(session, METTE.email, "visit_booked")[0]), "REQUEST", visit, METTE.email or "")
    move(session, scene.consultant, LATER, visit, TEN + timedelta(hours=2), "Kursus")
    second = check(file_of(mails(session, METTE.email, "visit_moved")[0]), "REQUEST", visit, METTE.email or "")
    cancel(session, scene.consultant, LATER + timedelta(hours=1), visit, "company", "Travlt")
    for who, template in ((METTE.email, "visit_cancelled"), (scene.consultant.email, "visit_cancelled_consultant")):
        last = check(file_of(mails(session, who, template)[0]), "CANCEL", visit, who or "")
        assert first["UID"] == second["UID"] == last["UID"]
        assert first["DTSTAMP"] < second["DTSTAMP"] < last["DTSTAMP"]
    assert visit.sequence == 2


def test_the_mail_carries_the_invitation_as_alternative_and_as_file(session: Session, scene: Scene) -> None:
    visit = booked(scene)
    message = mails(session, METTE.email, "visit_booked")[0]
    mail = message_from_bytes(as_email(message, f"Jobåbner <{MAILBOX}>").as_bytes(), policy=policy.default)
    assert mail.get_content_type() == "multipart/mixed"
    alternative, attached = mail.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in alternative.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    for part in (list(alternative.iter_parts())[-1], attached):
        assert part.get_content_type() == "text/calendar"
        assert part.get_param("method") == "REQUEST"
        assert part.get_content_charset() == "utf-8"
        check(part.get_payload(decode=True), "REQUEST", visit, METTE.email or "")
    assert attached.get_filename() == "besoeg.ics"
    assert mail["Reply-To"] == scene.consultant.email
    assert mail["From"].addresses[0].addr_spec == MAILBOX


def test_where_we_write_into_the_calendar_no_file_is_sent(session: Session, scene: Scene) -> None:
    session.add(
        BusySource(
            consultant_id=scene.consultant.id, kind="caldav", name="Egen", address="x", writes=True,
            created_at=NOW, next_at=NOW,
        )
    )  # fmt: skip
    session.flush()
    visit = booked(scene)
    assert mails(session, scene.consultant.email, "visit_new")[0].attachments == []
    assert len(mails(session, METTE.email, "visit_booked")[0].attachments) == 1
    move(session, scene.consultant, LATER, visit, TEN, "Sygdom", scene.consultants[1].id)
    assert mails(session, scene.consultant.email, "visit_handed_over")[0].attachments == []
    assert len(mails(session, scene.consultants[1].email, "visit_handed_over_new")[0].attachments) == 1


def handed_over(session: Session, visit: Visit, former: User, new: User) -> None:
    visit.consultant_id = visit.responsible_id = new.id
    visit.sequence += 1
    session.flush()
    tell_handed_over(session, LATER, visit, former, "Sygdom")


def test_a_hand_over_takes_it_from_the_one_and_gives_it_to_the_other(session: Session, scene: Scene) -> None:
    former, new = scene.consultants
    visit = booked(scene, starts_at=at(THURSDAY + timedelta(days=4), 600))
    handed_over(session, visit, former, new)
    check(file_of(mails(session, former.email, "visit_handed_over")[0]), "CANCEL", visit, former.email)
    check(file_of(mails(session, new.email, "visit_handed_over_new")[0]), "REQUEST", visit, new.email)
    [company] = mails(session, METTE.email, "visit_handed_over_company")
    check(file_of(company), "REQUEST", visit, METTE.email or "")
    assert new.name in company.subject
    assert company.reply_to == new.email
    assert "Sygdom" not in company.body_text
    [reminder] = mails(session, METTE.email, "reminder")
    assert new.name in reminder.body_text
    assert former.name not in reminder.body_text


def test_a_move_to_another_time_and_consultant_cancels_the_time_that_stood(session: Session, scene: Scene) -> None:
    visit = booked(scene)
    former, new = scene.consultants
    move(session, former, LATER, visit, TEN + timedelta(hours=3), "Kursus", new.id)
    gone = check(file_of(mails(session, former.email, "visit_handed_over")[0]), "CANCEL", visit, former.email)
    assert gone["DTSTART"] == "DTSTART:20261126T090000Z"
    come = check(file_of(mails(session, new.email, "visit_moved_consultant")[0]), "REQUEST", visit, new.email)
    assert come["DTSTART"] == "DTSTART:20261126T120000Z"


def test_libical_finds_nothing_wrong(session: Session, scene: Scene) -> None:
    visit = booked(scene)
    move(session, scene.consultant, LATER, visit, TEN + timedelta(hours=3), "Kursus", scene.consultants[1].id)
    cancel(session, scene.consultant, LATER + timedelta(hours=1), visit, "company", "Travlt")
    files = [
        file_of(message)
        for message in session.scalars(select(OutboxMessage).where(OutboxMessage.channel == "mail"))
        if message.attachments
    ]
    assert len(files) == 7
    assert [problem for file in files for problem in problems(file)] == []
    assert problems(files[0].replace(b"ORGANIZER", b"X-NOBODY")) != []


def test_long_and_odd_names_fold_within_75_octets(session: Session, scene: Scene) -> None:
    name = 'Åse "Æblet" Øst-Ærøskøbing; Ny, \\ afdeling for meget lange navne på tværs af hele landet'
    visit = booked(scene, ContactDetails(name, "Leder", None, METTE.email))
    file = file_of(mails(session, METTE.email, "visit_booked")[0])
    check(file, "REQUEST", visit, METTE.email or "")
    [event] = Calendar.from_ical(file).walk("VEVENT")
    assert "Ærøskøbing" in str(event["attendee"].params["CN"])


def sms(session: Session) -> str:
    [found] = [m for m in session.scalars(select(OutboxMessage)) if m.dedupe_key.endswith(":reminder:0:sms")]
    return found.body_text


@pytest.mark.parametrize(("path", "has_link"), [("", True), ("/" + "x" * 300, False)])
def test_the_reminders_sms_carries_the_link_where_it_fits(
    session: Session, scene: Scene, path: str, has_link: bool
) -> None:
    link.configure("a key of the tests", "https://crm.example.dk" + path, MAILBOX)
    visit = booked(scene, starts_at=at(THURSDAY + timedelta(days=4), 600))
    told = sms(session)
    assert ("https://" in told) is has_link
    assert scene.consultant.name in told
    assert segments(told) <= MOST_SEGMENTS
    if has_link:
        found = link.read(told.split("/besoeg/")[1].split()[0])
        assert found is not None
        assert found.is_for(visit.id, METTE.email)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 1),
        ("æøå" * 53, 1),
        ("æ" * 160, 1),
        ("æ" * 161, 2),
        ("[" * 80, 1),
        ("[" * 81, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("ő" * 70, 1),
        ("ő" * 71, 2),
        ("👍" * 35, 1),
        ("👍" * 36, 2),
    ],
)
def test_how_many_sms_a_text_is(text: str, number: int) -> None:
    assert segments(text) == number


@pytest.mark.parametrize("state", ["works", "failing", "ending"])
def test_a_file_goes_along_where_we_do_not_write_just_now(session: Session, scene: Scene, state: str) -> None:
    source = BusySource(
        consultant_id=scene.consultant.id,
        kind="caldav",
        name="Sky",
        address="",
        writes=True,
        created_at=NOW,
        next_at=NOW,
        failing_since=NOW if state == "failing" else None,
        ending_at=LATER if state == "ending" else None,
    )
    session.add(source)
    session.flush()
    booked(scene)
    [told] = mails(session, scene.consultant.email, "visit_new")
    assert bool(told.attachments) is (state != "works")
