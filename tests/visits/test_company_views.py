"""The company's own pages: the link opens, shows, asks once more, acts by POST alone, and tells nothing to strangers."""

from __future__ import annotations

import html
import re
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy.orm import Session

from crm.base.clock import at, danish
from crm.integrations.models import OutboxMessage
from crm.visits.actions import cancel
from crm.visits.models import Visit, VisitEvent
from crm.visits.queries.company import company_week
from crm.visits.rules import link
from tests.conftest import NOW
from tests.factories import make_visit
from tests.factories.visits import METTE, Scene, make_scene

DAY = danish(NOW).date() + timedelta(days=3)  # Friday 27 November
TEN = at(DAY, 600)


@pytest.fixture
def scene(db: Session) -> Scene:
    made = make_scene(db, consultants=2, notice_hours=24)
    db.commit()
    return made


@pytest.fixture
def visit(db: Session, scene: Scene) -> Visit:
    return booked(db, scene)


def booked(db: Session, scene: Scene, **fields: Any) -> Visit:
    entry = scene.entry(held=False, name="Eksempel Blik & Rør ApS")
    entry.state, entry.final_outcome = "done", "booked"
    told = {"contact_email": METTE.email, "note": "Virkede presset", **fields}
    made = make_visit(db, entry=entry, consultant=scene.consultant, **{"starts_at": TEN, **told})
    db.commit()
    return made


def of(visit: Visit) -> str:
    return f"/besoeg/{link.token(visit.id, visit.contact_email or '', NOW)}"


def text(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


def slots(page: str) -> list[str]:
    return re.findall(r'name="slot" value="([^"]+)"', page)


def rows(db: Session, *columns: Any) -> list[Any]:
    """As they are in the database now; the session of the test keeps out of the product's way."""
    with Session(db.get_bind()) as looking:
        return list(looking.execute(sa.select(*columns)).all())


def state(db: Session, visit: Visit) -> tuple[Any, ...]:
    found = rows(db, Visit.id, Visit.state, Visit.starts_at, Visit.consultant_id, Visit.sequence)
    return tuple(next(row for row in found if row.id == visit.id)[1:])


def test_the_link_shows_the_visit_and_no_more_than_the_mail(client: FlaskClient, visit: Visit, scene: Scene) -> None:
    answer = client.get(of(visit))
    page = text(answer)
    assert answer.status_code == 200
    assert "fredag den 27. november kl. 10.00–11.00" in page
    assert scene.consultant.name in page
    assert "30 30 30 30" in page
    assert "Virkede presset" not in page
    assert METTE.email not in page
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex, nofollow">' in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert page.count("<h1") == 1


def test_looking_changes_nothing(client: FlaskClient, db: Session, visit: Visit) -> None:
    before = state(db, visit)
    for path in ("", "/flyt", "/aflys", "/besoeg.ics", "/flyt?confirmed=1&slot=1", "/aflys?confirmed=1&reason=time"):
        assert client.get(of(visit) + path).status_code == 200
    assert state(db, visit) == before
    assert rows(db, OutboxMessage.id) == []


@pytest.mark.parametrize("wrong", ["tampered", "other", "garbage", "contact"])
def test_a_wrong_link_tells_whom_to_ring_and_nothing_else(
    client: FlaskClient, db: Session, scene: Scene, visit: Visit, wrong: str
) -> None:
    address = of(visit)
    if wrong == "tampered":
        address = address[:-1] + ("A" if address[-1] != "A" else "Q")  # of the last letter only its upper bits are read
    if wrong == "other":  # a right signature, another visit's number
        address = f"/besoeg/{link.token(visit.id + 1, METTE.email or '', NOW)}"
    if wrong == "garbage":
        address = "/besoeg/" + "x" * 60
    if wrong == "contact":
        visit.contact_email = "ny@eksempel.invalid"
        db.commit()
    for path in ("", "/flyt", "/aflys", "/besoeg.ics"):
        answer = client.get(address + path)
        assert answer.status_code == 404
        assert "Linket virker ikke" in text(answer)
        assert "Eksempel Blik" not in text(answer)
        assert scene.consultant.name not in text(answer)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert client.post(f"{address}/aflys", data={"reason": "time", "sequence": 0, "confirmed": 1}).status_code == 404
    assert state(db, visit)[0] == "booked"


def test_the_company_moves_its_visit(client: FlaskClient, db: Session, visit: Visit, scene: Scene) -> None:
    page = text(client.get(of(visit) + "/flyt"))
    assert "Uge 48" in page
    assert f"{visit.consultant_id}|{TEN.isoformat()}" not in slots(page)
    chosen = next(key for key in slots(page) if key.startswith(f"{scene.consultant.id}|"))
    typed = {"slot": chosen, "sequence": 0, "message": "Efter frokost er bedre"}
    before = state(db, visit)
    asked = client.post(of(visit) + "/flyt", data=typed)
    assert "Skal besøget flyttes?" in text(asked)
    assert "Efter frokost er bedre" in text(asked)
    assert state(db, visit) == before
    back = text(client.post(of(visit) + "/flyt", data=typed | {"back": "1"}))
    assert f'value="{chosen}" required checked' in back
    assert "Efter frokost er bedre" in back
    done = client.post(of(visit) + "/flyt", data=typed | {"confirmed": "1"})
    assert (done.status_code, done.location) == (303, of(visit))
    page = text(client.get(of(visit)))
    assert "Besøget er flyttet" in page
    after = state(db, visit)
    assert after[1].isoformat() == chosen.split("|")[1]
    assert after[3] == 1
    [event] = [row for row in rows(db, VisitEvent.kind, VisitEvent.actor_id, VisitEvent.data) if row.kind == "move"]
    assert event.actor_id is None
    assert event.data["reason"] == "Virksomheden har selv flyttet besøget: Efter frokost er bedre"
    told = [to for key, to in rows(db, OutboxMessage.dedupe_key, OutboxMessage.recipient) if "moved" in key]
    assert set(told) == {METTE.email, scene.consultant.email}
    # the same click again does it once
    again = client.post(of(visit) + "/flyt", data=typed | {"confirmed": "1"})
    assert again.status_code == 303
    assert state(db, visit) == after


def test_own_times_come_first_and_a_day_shows_a_handful(db: Session, visit: Visit, scene: Scene) -> None:
    week = company_week(db, NOW, visit, None)
    assert week.days
    for day in week.days:
        assert len(day.own) + len(day.others) <= 5
        assert {slot.consultant_id for slot in day.own} <= {scene.consultant.id}
        assert len({slot.starts_at for slot in (*day.own, *day.others)}) == len(day.own) + len(day.others)
        assert all(slot.starts_at >= NOW + timedelta(hours=24) for slot in (*day.own, *day.others))
    assert week.days[0].own


def test_a_time_within_the_notice_is_refused_with_others(client: FlaskClient, db: Session, visit: Visit) -> None:
    soon = at(danish(NOW).date(), 14 * 60)
    typed = {
        "slot": f"{visit.consultant_id}|{soon.isoformat()}",
        "sequence": 0,
        "message": "Gerne i dag",
        "confirmed": 1,
    }
    answer = client.post(of(visit) + "/flyt", data=typed)
    assert answer.status_code == 409
    page = text(answer)
    assert "Tiden ligger for tidligt" in page
    assert "De nærmeste andre tider" in page
    assert "Gerne i dag" in page
    assert "Besøget er ikke flyttet" in page
    assert state(db, visit)[3] == 0


def test_a_time_taken_meanwhile_brings_three_others(
    client: FlaskClient, db: Session, visit: Visit, scene: Scene
) -> None:
    monday = at(DAY + timedelta(days=3), 600)
    booked(db, scene, starts_at=monday)
    typed = {"slot": f"{visit.consultant_id}|{monday.isoformat()}", "sequence": 0, "message": "Hilsen", "confirmed": 1}
    answer = client.post(of(visit) + "/flyt?week=2026-W49", data=typed)
    assert answer.status_code == 409
    page = text(answer)
    nearest = page[page.index("De nærmeste andre tider") : page.index("Uge 49")]
    assert len(slots(nearest)) == 3
    assert len(slots(page)) == len(set(slots(page)))
    assert "Hilsen" in page


@pytest.mark.parametrize("slot", ["", "x", "1|nej", "999999|2026-12-01T10:00:00+00:00"])
def test_a_time_that_is_none_is_not_taken(client: FlaskClient, db: Session, visit: Visit, slot: str) -> None:
    for more in ({}, {"confirmed": "1"}):
        answer = client.post(of(visit) + "/flyt", data={"slot": slot, "sequence": 0, "message": "Hej", **more})
        assert answer.status_code == 422
        assert "Vælg en tid i listen" in text(answer)
        assert "Hej" in text(answer)
    assert state(db, visit)[3] == 0


def test_the_company_cancels_its_visit(client: FlaskClient, db: Session, visit: Visit, scene: Scene) -> None:
    address = of(visit) + "/aflys"
    assert "Hvorfor aflyser I?" in text(client.get(address))
    missing = client.post(address, data={"sequence": 0})
    assert missing.status_code == 422
    assert "Vælg en grund" in text(missing)
    other = client.post(address, data={"sequence": 0, "reason": "other"})
    assert other.status_code == 422
    assert "Skriv, hvorfor besøget aflyses" in text(other)
    typed = {"sequence": 0, "reason": "staff", "said": "Vi skærer ned"}
    sure = client.post(address, data=typed)
    assert "Ja, aflys besøget" in text(sure)
    assert "Vi skærer ned" in text(client.post(address, data=typed | {"back": "1"}))
    assert state(db, visit)[0] == "booked"
    assert client.post(address, data=typed | {"confirmed": "1"}).status_code == 303
    page = text(client.get(of(visit)))
    assert "I har aflyst besøget" in page
    assert "Vi mangler ikke medarbejdere nu: Vi skærer ned" in page
    assert state(db, visit)[0] == "cancelled_by_company"
    assert any("visit_cancelled_consultant" in key for (key,) in rows(db, OutboxMessage.dedupe_key))
    file = client.get(of(visit) + "/besoeg.ics")
    assert "METHOD:CANCEL" in text(file)
    assert file.content_type == "text/calendar; method=CANCEL; charset=utf-8"
    assert client.get(of(visit) + "/flyt").status_code == 303
    assert client.post(address, data=typed | {"confirmed": "1"}).status_code == 303


def test_moved_meanwhile_is_told_and_nothing_is_changed(client: FlaskClient, db: Session, visit: Visit) -> None:
    visit.starts_at, visit.ends_at, visit.sequence = TEN + timedelta(hours=1), TEN + timedelta(hours=2), 1
    db.commit()
    assert "kl. 11.00–12.00" in text(client.get(of(visit)))
    key = f"{visit.consultant_id}|{(TEN + timedelta(hours=3)).isoformat()}"
    answer = client.post(of(visit) + "/flyt", data={"slot": key, "sequence": 0, "confirmed": 1})
    assert answer.status_code == 409
    assert "Besøget er ændret, siden I åbnede siden" in text(answer)
    assert 'name="sequence" value="1"' in text(answer)
    answer = client.post(of(visit) + "/aflys", data={"reason": "time", "sequence": 0, "confirmed": 1})
    assert answer.status_code == 409
    assert state(db, visit)[0] == "booked"


def test_states_that_allow_nothing_more(client: FlaskClient, db: Session, visit: Visit, scene: Scene) -> None:
    address = of(visit)
    for values, said in (
        ({"starts_at": NOW - timedelta(minutes=5), "ends_at": NOW + timedelta(minutes=55)}, "Besøget er begyndt"),
        ({"state": "held"}, "Besøget er afsluttet"),
    ):
        for name, value in values.items():
            setattr(visit, name, value)
        db.commit()
        assert said in text(client.get(address))
        assert client.get(f"{address}/flyt").status_code == 303
        assert (
            client.post(f"{address}/aflys", data={"reason": "time", "sequence": 0, "confirmed": 1}).status_code == 303
        )
    assert state(db, visit)[0] == "held"
    ours = booked(db, scene)
    cancel(db, scene.consultant, NOW, ours, "jobcentre", "Sygdom")
    db.commit()
    page = text(client.get(of(ours)))
    assert "Jobcentret har aflyst besøget" in page
    assert "Sygdom" in page


def test_an_old_link_ends_though_the_visit_is_moved_on(client: FlaskClient, visit: Visit) -> None:
    made = NOW - timedelta(days=401)
    page = text(client.get(f"/besoeg/{link.token(visit.id, METTE.email or '', made)}"))
    assert "Linket er for gammelt" in page
    assert "Flyt besøget" not in page
    young = client.get(f"/besoeg/{link.token(visit.id, METTE.email or '', NOW - timedelta(days=399))}")
    assert "Flyt besøget" in text(young)


def test_the_file_is_the_invitation_as_it_is_now(client: FlaskClient, visit: Visit) -> None:
    answer = client.get(of(visit) + "/besoeg.ics")
    assert answer.content_type == "text/calendar; method=REQUEST; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    [event] = Calendar.from_ical(answer.get_data()).walk("VEVENT")
    assert event["uid"] == f"visit-{visit.id}@jobaabner"
    assert event["sequence"] == 0
    assert str(event["url"]).endswith(of(visit))


@pytest.fixture
def guarded(app: Flask) -> Iterator[FlaskClient]:
    app.config["WTF_CSRF_ENABLED"] = True
    yield app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False


def test_a_post_without_the_forms_token_is_refused(guarded: FlaskClient, db: Session, visit: Visit) -> None:
    typed = {"reason": "time", "sequence": "0", "confirmed": "1"}
    https = {"base_url": "https://localhost"}
    refused = guarded.post(of(visit) + "/aflys", data=typed, **https)
    assert refused.status_code == 400
    assert "Siden er for gammel" in text(refused)
    assert guarded.post(of(visit) + "/aflys", data=typed | {"csrf_token": "x"}, **https).status_code == 400
    assert state(db, visit)[0] == "booked"
    page = text(guarded.get(of(visit) + "/aflys", **https))
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    # without a referrer, as the pages' own policy has it
    done = guarded.post(of(visit) + "/aflys", data=typed | {"csrf_token": found[1]}, **https)
    assert done.status_code == 303
    assert state(db, visit)[0] == "cancelled_by_company"


def test_nobody_tries_links_out(client: FlaskClient) -> None:
    answers = [client.get(f"/besoeg/{'x' * 60}").status_code for _ in range(61)]
    assert (answers[0], answers[-1]) == (404, 429)


def test_pages_ask_the_database_little(app: Flask, client: FlaskClient, db: Session, visit: Visit) -> None:
    counted: list[str] = []
    sa.event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *a: counted.append(a[2]))
    for path in ("", "/flyt", "/aflys", "/besoeg.ics"):
        counted.clear()
        assert client.get(of(visit) + path).status_code == 200
        found = [one for one in counted if not one.startswith(("BEGIN", "PRAGMA"))]
        assert len(found) <= 12, found


def test_what_is_written_goes_along_from_week_to_week(client: FlaskClient, db: Session, visit: Visit) -> None:
    """Paging is part of the form; also from a week without a time in it, and back."""
    page = text(client.get(of(visit) + "/flyt"))
    for _ in range(12):
        onwards = re.search(r'formaction="([^"]+)" formnovalidate[^>]*><span>Næste uge', page)
        if onwards is None:
            break
        page = text(client.post(onwards[1], data={"sequence": 0, "message": "Ikke om tirsdagen", "back": "1"}))
        assert "Ikke om tirsdagen" in page
    assert "Uge 48" not in page
    assert page.index("Fortsæt") < page.index("Forrige uge") if "Fortsæt" in page else "Ingen ledige tider" in page
    assert state(db, visit)[3] == 0


def test_nobody_waits_for_the_page_while_times_are_worked_out(
    app: Flask, client: FlaskClient, db: Session, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A travel engine may take seconds to answer; on SQLite the writer is free meanwhile."""
    address, path = of(visit) + "/flyt", str(app.extensions["crm.engine"].url.database)
    seen: list[bool] = []
    slots_query = import_module("crm.visits.queries.slots")  # the package has a function of that name
    real = slots_query.load_days

    def looking(*args: Any, **more: Any) -> Any:
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
            seen.append(True)
        except sqlite3.OperationalError:
            seen.append(False)
        other.close()
        return real(*args, **more)

    monkeypatch.setattr(slots_query, "load_days", looking)
    typed = {"slot": f"{visit.consultant_id}|{at(DAY, 840).isoformat()}", "sequence": 0}
    db.rollback()
    client.get(address)
    for data in (typed | {"back": "1"}, typed, {"sequence": 0}, typed | {"slot": "x"}):
        assert client.post(address, data=data).status_code in (200, 422)
    assert len(seen) >= 4
    assert all(seen)
