"""Answers to invitations as calendar programs write them: kept once, shown, and never obeyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from crm.base.clock import at, danish
from crm.calendars.rules import answers
from crm.integrations.mailbox import FolderMailbox, Letter, MailboxFailed
from crm.integrations.models import IncomingMail, OutboxMessage
from crm.recurring.models import JobRun, SetAside
from crm.recurring.rules import AGAIN
from crm.scheduler import run_job
from crm.visits.actions import book, move
from crm.visits.actions.publish import uid_of
from crm.visits.actions.replies import answer_in, name_of, read_mailbox, take_in
from crm.visits.models import Visit, VisitReply
from crm.visits.queries import replies_of
from tests.conftest import NOW, build_app
from tests.factories import make_user, make_visit
from tests.factories.visits import METTE, Scene, make_scene

TEN = at(danish(NOW).date() + timedelta(days=2), 600)
LATER = NOW + timedelta(hours=2)
METTE_EMAIL = METTE.email or ""


@pytest.fixture
def scene(session: Session) -> Scene:
    return make_scene(session, consultants=2)


@pytest.fixture
def visit(session: Session, scene: Scene) -> Visit:
    return book(session, scene.phoner, NOW, scene.entry(), scene.consultant.id, TEN, METTE)


def reply(visit: Visit, partstat: str = "ACCEPTED", email: str = METTE_EMAIL, **more: str) -> str:
    """As Outlook writes it: folded, parameters before the address, its own properties."""
    lines = [
        "BEGIN:VCALENDAR", "METHOD:REPLY", "PRODID:Microsoft Exchange Server 2010", "VERSION:2.0", "BEGIN:VEVENT",
        f"ATTENDEE;PARTSTAT={partstat};CN=Mette Prøvesen:mailto:{email}", more.get("comment", ""),
        f"UID:{more.get('uid', uid_of(visit))}", "SUMMARY;LANGUAGE=da-DK:Accepteret: Besøg", "DTSTART:20261126T090000Z",
        "DTEND:20261126T100000Z", f"DTSTAMP:{more.get('stamp', '20261124T093000Z')}",
        more.get("sequence", f"SEQUENCE:{visit.sequence}"), "X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "END:VEVENT",
        "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines if line)


def mail(text: str | bytes, number: int = 1, shape: str = "alternative", charset: str = "utf-8") -> bytes:
    """``shape``: where in the mail the calendar stands."""
    data = text if isinstance(text, bytes) else text.encode(charset)
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = METTE_EMAIL, "svar@jobaabner.invalid", "Accepteret: Besøg"
    made["Message-ID"] = f"<{number}@eksempel.invalid>"
    made.set_content("Ja tak")
    told = {"method": "REPLY", "charset": charset}
    if shape == "alternative":
        made.add_alternative(data, maintype="text", subtype="calendar", params=told)
    elif shape == "attachment":
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename="invite.ics")
    elif shape == "quoted":
        made.add_alternative(data, maintype="text", subtype="calendar", cte="quoted-printable", params=told)
    elif shape == "google":  # the same twice, once as application/ics
        made.add_alternative(data, maintype="text", subtype="calendar", cte="7bit" if data.isascii() else "base64")
        made.add_attachment(data, maintype="application", subtype="ics", filename="invite.ics")
    elif shape == "nested":
        inner = EmailMessage()
        inner["Subject"] = "FW"
        inner.set_content("se her")
        inner.add_attachment(data, maintype="text", subtype="calendar", params=told)
        made.add_attachment(inner)
    elif shape == "alone":
        made.set_content(data, maintype="text", subtype="calendar", params=told)
    return made.as_bytes()


def take(session: Session, raw: bytes, now: Any = LATER) -> str:
    return take_in(session, now, Letter("1", raw), answer_in(raw))


def notes(session: Session) -> list[OutboxMessage]:
    found = session.scalars(select(OutboxMessage).where(OutboxMessage.dedupe_key.like("%:declined:%")))
    return list(found)


@pytest.mark.parametrize("shape", ["alternative", "attachment", "quoted", "google", "nested", "alone"])
def test_an_answer_is_found_wherever_it_stands(session: Session, visit: Visit, shape: str) -> None:
    assert take(session, mail(reply(visit), shape=shape)) == "reply"
    [row] = session.scalars(select(VisitReply)).all()
    assert (row.visit_id, row.party, row.partstat, row.sequence) == (visit.id, "company", "ACCEPTED", 0)
    assert row.email == METTE_EMAIL
    assert [event.kind for event in visit.events] == ["book", "reply"]


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "cp1252", "utf-16"])
def test_a_comment_survives_its_charset_even_a_wrong_one(session: Session, visit: Visit, charset: str) -> None:
    text = reply(visit, comment="COMMENT;LANGUAGE=da-DK:Gerne\\, på værkstedet")
    for number, claimed in enumerate((charset, "us-ascii", "utf-8", "x-unknown")):
        raw = mail(text.encode(charset), number).replace(b'charset="utf-8"', f'charset="{claimed}"'.encode())
        assert take(session, raw) == "reply"
    assert {row.comment for row in session.scalars(select(VisitReply))} == {"Gerne, på værkstedet"}


def test_googles_comment_stands_on_the_attendee(session: Session, visit: Visit) -> None:
    text = reply(visit, "TENTATIVE").replace(";CN=", ';X-RESPONSE-COMMENT="Måske";CN=').replace("mailto:", "MAILTO:")
    assert take(session, mail(text, shape="google")) == "reply"
    assert session.scalars(select(VisitReply)).one().comment == "Måske"


def test_a_mail_is_kept_once_and_every_mail_is_noted(session: Session, visit: Visit) -> None:
    raw = mail(reply(visit))
    assert [take(session, raw), take(session, raw)] == ["reply", "known"]
    assert take(session, mail("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", 2)) == "other"
    assert take(session, b"Subject: ingen id\r\n\r\nHej") == "other"
    assert take(session, b"Subject: ingen id\r\n\r\nHej") == "known"
    assert take_in(session, LATER, Letter("9", None), None) == "broken"
    assert len(session.scalars(select(VisitReply)).all()) == 1
    assert sorted(session.scalars(select(IncomingMail.meant))) == ["broken", "other", "other", "reply"]


def test_a_no_cancels_nothing_but_is_told_once_a_day(session: Session, visit: Visit, scene: Scene) -> None:
    lead = make_user(session, "jobcentre_lead", jobcentre=scene.jobcentre)
    text = reply(visit, "DECLINED", comment="COMMENT:Vi har travlt")
    assert take(session, mail(text)) == "reply"
    assert (visit.state, visit.sequence) == ("booked", 0)
    assert {note.recipient for note in notes(session)} == {scene.consultant.email, lead.email}
    assert all("Virksomheden har svaret nej til invitationen" in note.subject for note in notes(session))
    own = next(note for note in notes(session) if note.recipient == scene.consultant.email)
    assert "Besøget er ikke aflyst" in own.body_text
    assert "Vi har travlt" in own.body_text
    assert f"/visits/{visit.id}" in own.body_text
    take(session, mail(text, 2))
    assert len(notes(session)) == 2


def test_the_later_answer_wins_whatever_comes_first(session: Session, visit: Visit) -> None:
    take(session, mail(reply(visit, "ACCEPTED", stamp="20261124T100000Z"), 1))
    take(session, mail(reply(visit, "DECLINED", stamp="20261124T093000Z"), 2))
    take(
        session, mail(reply(visit, "TENTATIVE", stamp="20991124T093000Z"), 3)
    )  # a stamp from the future is not believed
    found = replies_of(session, visit)
    assert [(one.partstat, one.superseded) for one in found] == [
        ("TENTATIVE", False),
        ("ACCEPTED", True),
        ("DECLINED", True),
    ]


def test_an_answer_to_the_former_time_is_kept_and_raises_no_alarm(session: Session, visit: Visit, scene: Scene) -> None:
    old = reply(visit, "DECLINED")
    move(session, scene.consultant, NOW + timedelta(minutes=5), visit, TEN + timedelta(hours=2), "Kursus")
    assert take(session, mail(old)) == "reply"
    [found] = replies_of(session, visit)
    assert (found.former, found.partstat) == (True, "DECLINED")
    assert notes(session) == []
    take(session, mail(reply(visit, "DECLINED", sequence="X-NONE:1"), 2))
    assert not replies_of(session, visit)[0].former
    assert len(notes(session)) > 0


def test_who_answers_is_told_by_the_attendee(session: Session, visit: Visit, scene: Scene) -> None:
    first, second = scene.consultants
    assert take(session, mail(reply(visit, email=METTE_EMAIL.upper()), 1)) == "reply"
    assert take(session, mail(reply(visit, email=first.email.upper()), 2)) == "reply"
    assert take(session, mail(reply(visit, email="kontor@eksempel.invalid"), 3)) == "reply"
    assert take(session, mail(reply(visit, email=second.email), 4)) == "other"
    found = {one.email: (one.party, one.other) for one in replies_of(session, visit)}
    assert found == {
        METTE_EMAIL: ("company", False),
        first.email: ("consultant", False),
        "kontor@eksempel.invalid": ("company", True),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        lambda text: text.replace("METHOD:REPLY", "METHOD:REQUEST"),
        lambda text: text.replace("@jobaabner", "@google.com"),
        lambda text: text.replace("UID:visit-", "UID:visit-9999999"),
        lambda text: text.replace("UID:visit-", "UID:visit-99999999999999999999999"),
        lambda text: text.replace("PARTSTAT=ACCEPTED", "PARTSTAT=DELEGATED"),
        lambda text: text.replace("mailto:", "tel:").replace(METTE_EMAIL, "123"),
        lambda text: text.replace("END:VEVENT", ""),
        lambda text: text[: len(text) // 2],
        lambda text: text + "X" * 300_000,
    ],
)
def test_what_is_not_ours_is_passed_over(session: Session, visit: Visit, wrong: Callable[[str], str]) -> None:
    assert take(session, mail(wrong(reply(visit)))) == "other"
    assert session.scalars(select(VisitReply)).all() == []


@given(st.binary(max_size=400), st.sampled_from([b"", b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\n"]))
def test_no_bytes_break_the_reader(data: bytes, before: bytes) -> None:
    assert answers(before + data + b"REPLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n") == []


def sessions(session: Session) -> Callable[[], Any]:
    @contextmanager
    def transaction() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    return transaction


def test_a_broken_mail_never_stops_the_others(session: Session, visit: Visit, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.eml").write_bytes(mail(reply(visit), number))
    broken = b'Message-ID: <broken@x>\r\nContent-Type: text/calendar; charset="utf-8\r\n\r\nMETHOD:REPLY\xff\x00'
    (tmp_path / "0a.eml").write_bytes(broken)
    assert read_mailbox(FolderMailbox(tmp_path), sessions(session), LATER) == 3
    assert list(tmp_path.glob("*.eml")) == []
    assert len(list((tmp_path / "read").iterdir())) == 4
    assert read_mailbox(FolderMailbox(tmp_path), sessions(session), LATER) == 0


def test_what_breaks_is_set_aside_and_tried_again_and_the_next_is_read(
    session: Session, visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than are read at once: they take nobody's place."""
    monkeypatch.setattr("crm.visits.actions.replies.AT_ONCE", 2)
    poisoned = {f"<{number}@eksempel.invalid>" for number in range(3)}
    for number in range(6):
        (tmp_path / f"{number}.eml").write_bytes(mail(reply(visit), number))

    def keep(db: Session, now: Any, letter: Letter, found: Any) -> str:
        if name_of(letter) in poisoned:
            raise RuntimeError(f"Hemmeligt: {name_of(letter)}")
        return take_in(db, now, letter, found)

    monkeypatch.setattr("crm.visits.actions.replies.take_in", keep)
    box = FolderMailbox(tmp_path)
    assert [read_mailbox(box, sessions(session), LATER) for _ in range(4)] == [0, 1, 2, 0]
    aside = session.scalars(select(SetAside).order_by(SetAside.item)).all()
    assert [(row.job, row.item, row.tries) for row in aside] == [("replies", name, 1) for name in sorted(poisoned)]
    assert all(row.error.startswith("RuntimeError\n") for row in aside)
    assert sorted(path.name for path in tmp_path.glob("*.eml")) == ["0.eml", "1.eml", "2.eml"], "they stay in the box"
    poisoned.discard("<1@eksempel.invalid>")
    (tmp_path / "0.eml").unlink()
    assert read_mailbox(box, sessions(session), LATER + AGAIN[0]) == 1
    left = session.scalars(select(SetAside)).one()
    assert (left.item, left.tries) == ("<2@eksempel.invalid>", 2), "one works, one was taken away by somebody"


def test_a_mail_that_cannot_be_opened_is_set_aside(session: Session, visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "0.eml").mkdir()
    (tmp_path / "1.eml").write_bytes(mail(reply(visit), 1))
    assert read_mailbox(FolderMailbox(tmp_path), sessions(session), LATER) == 1
    assert session.scalars(select(SetAside.item)).all() == ["unreadable:0.eml"]


@pytest.mark.parametrize("name", ["<a\0b@x>", "<a\x7fb@x>", "<ærø@x>", f"<{'x' * 300}@x>"])
def test_a_name_no_database_would_take_is_replaced(session: Session, tmp_path: Path, name: str) -> None:
    raw = f"Message-ID: {name}\r\n\r\nHej".encode("latin-1")
    assert name_of(Letter("1", raw)).startswith("sha256:")
    assert take(session, raw) == "other"


def test_a_mail_waits_while_the_database_is_away(session: Session, visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(mail(reply(visit), 1))

    @contextmanager
    def away() -> Iterator[Session]:
        with session.begin_nested():
            yield session
            raise OperationalError("COMMIT", {}, Exception("connection lost"))

    with pytest.raises(OperationalError):
        read_mailbox(FolderMailbox(tmp_path), away, LATER)
    assert read_mailbox(FolderMailbox(tmp_path), sessions(session), LATER) == 1


def shown(db: Session) -> Visit:
    scene = make_scene(db)
    entry = scene.entry(held=False)
    entry.state, entry.final_outcome = "done", "booked"
    return make_visit(db, entry=entry, consultant=scene.consultant, starts_at=TEN, contact_email=METTE_EMAIL)


def test_the_visit_page_and_the_api_show_the_answers(
    db: Session, client: FlaskClient, sign_in: Callable, api: Callable
) -> None:
    visit = shown(db)
    take(db, mail(reply(visit, "DECLINED", comment="COMMENT:<b>Nej</b> tak"), 1))
    take(db, mail(reply(visit, "ACCEPTED", email="kontor@eksempel.invalid"), 2))
    manager = make_user(db, "campaign_manager")
    db.commit()
    page = sign_in(client, manager).get(f"/visits/{visit.id}").text
    assert "Svar på invitationen" in page
    assert "&lt;b&gt;Nej&lt;/b&gt; tak" in page
    assert "kontor@eksempel.invalid" in page
    assert "Et nej aflyser ikke besøget" in page
    assert "virksomheden" in page
    told = client.get(f"/api/v1/visits/{visit.id}", headers=api(manager)).json
    assert [one["partstat"] for one in told["replies"]] == ["ACCEPTED", "DECLINED"]
    assert [one["kind"] for one in told["history"]] == ["reply", "reply"]


def test_the_job_reads_the_configured_mailbox(app: Flask, db: Session, tmp_path: Path) -> None:
    visit = shown(db)
    db.commit()
    box = tmp_path / "box"
    box.mkdir()
    raw = mail(reply(visit))
    (box / "1.eml").write_bytes(raw)
    url = app.extensions["crm.settings"].database_url
    made = build_app(url, tmp_path, mailbox="folder", mailbox_path=box)
    assert run_job(made, "replies") == 1
    db.expire_all()
    assert len(db.scalars(select(VisitReply)).all()) == 1
    db.commit()  # a session that has read holds SQLite's only writer
    box.rename(tmp_path / "gone")
    with pytest.raises(MailboxFailed, match="findes ikke"):
        run_job(made, "replies")
    assert "findes ikke" in (db.get_one(JobRun, "replies").last_error or ""), "the page of jobs says what is wrong"
    db.commit()
    made.extensions["crm.engine"].dispose()
    assert run_job(app, "replies") == 0
