"""The company's page about what was agreed: it opens, shows, acts by POST alone, and tells nothing to strangers; and
what stands on our own page afterwards."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from crm.followups.actions.agreements import agree, fulfil, snooze
from crm.followups.models import Answer, FollowUp
from crm.followups.rules import FollowUpDecision, NoFollowUp, link
from crm.followups.rules.answers import stamp, standing
from crm.integrations.models import OutboxMessage
from crm.people.models import User
from crm.visits.models import Visit
from crm.visits.rules import link as visit_link
from tests.conftest import NOW
from tests.factories import make_visit

EMAIL = "mette@eksempel.invalid"
DUE = date(2026, 12, 1)
Enter = Callable[[FlaskClient, User], FlaskClient]


@pytest.fixture
def visit(db: Session) -> Visit:
    made = make_visit(db, state="held", starts_at=NOW - timedelta(hours=2), reported_at=NOW, contact_email=EMAIL)
    made.workplace.name = "Eksempel Blik & Rør ApS"
    made.note = "Virkede presset"
    db.commit()
    return made


@pytest.fixture
def agreed(db: Session, visit: Visit) -> FollowUp:
    return told(db, visit)


def told(db: Session, visit: Visit, promise: str = "To CV'er til værkstedet", **fields: Any) -> FollowUp:
    owed_by = fields.pop("owed_by", "jobcentre")
    kind = "we_owe" if owed_by == "jobcentre" else "company_owes"
    decision = FollowUpDecision(owed_by, fields.pop("due_on", DUE), promise, kind)
    made = agree(db, visit.consultant, NOW, visit, decision, from_report=True, **fields)
    db.commit()
    return made


def of(follow_up: FollowUp) -> str:
    return f"/aftale/{link.token(follow_up.id, EMAIL, NOW)}"


def seen(follow_up: FollowUp) -> dict[str, str]:
    return {"seen": stamp(follow_up.promise, follow_up.due_on, follow_up.owed_by)}


def text(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


def rows(db: Session, *columns: Any) -> list[Any]:
    with Session(db.get_bind()) as looking:
        return [tuple(row) for row in looking.execute(sa.select(*columns))]


def answers(db: Session) -> list[Any]:
    return rows(db, Answer.kind, Answer.words, Answer.due_on, Answer.owed_by)


def test_the_link_shows_the_agreement_and_no_more_than_the_mail(client: FlaskClient, agreed: FollowUp) -> None:
    answer = client.get(of(agreed))
    page = text(answer)
    assert answer.status_code == 200
    for part in (
        "To CV'er til værkstedet",
        "tirsdag den 1. december 2026",
        "Eksempel Blik & Rør ApS",
        agreed.owner.name,
    ):
        assert part in page
    assert "Virkede presset" not in page
    assert EMAIL not in page
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex, nofollow">' in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert page.count("<h1") == 1


def test_looking_changes_nothing(client: FlaskClient, db: Session, agreed: FollowUp) -> None:
    before = rows(db, OutboxMessage.id)
    for path in ("", f"/{agreed.id}/ret", f"/{agreed.id}/ret?words=x&owed_by=company"):
        assert client.get(of(agreed) + path).status_code == 200
    for path in ("rigtigt", "sket"):
        assert client.get(f"{of(agreed)}/{agreed.id}/{path}?kept=yes").status_code == 405
    assert answers(db) == []
    assert rows(db, OutboxMessage.id) == before


@pytest.mark.parametrize("wrong", ["tampered", "other", "garbage", "contact", "no contact", "a visit's"])
def test_a_wrong_link_tells_whom_to_ring_and_nothing_else(
    client: FlaskClient, db: Session, visit: Visit, agreed: FollowUp, wrong: str
) -> None:
    address = of(agreed)
    if wrong == "tampered":
        address = address[:-1] + ("A" if address[-1] != "A" else "Q")  # of the last letter only its upper bits are read
    if wrong == "other":
        address = f"/aftale/{link.token(agreed.id + 1, EMAIL, NOW)}"
    if wrong == "garbage":
        address = "/aftale/" + "x" * 60
    if wrong == "a visit's":
        address = f"/aftale/{visit_link.token(agreed.id, EMAIL, NOW)}"
    if wrong in ("contact", "no contact"):
        visit.contact_email = "ny@eksempel.invalid" if wrong == "contact" else None
        db.commit()
    for path in ("", f"/{agreed.id}/ret"):
        answer = client.get(address + path)
        assert answer.status_code == 404
        assert "Linket virker ikke" in text(answer)
        assert "Eksempel Blik" not in text(answer)
        assert agreed.owner.name not in text(answer)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    for path in ("rigtigt", "ret", "sket"):
        answer = client.post(f"{address}/{agreed.id}/{path}", data=seen(agreed) | {"kept": "yes", "words": "x"})
        assert answer.status_code == 404
    assert answers(db) == []


def test_one_tap_confirms_and_two_taps_confirm_once(client: FlaskClient, db: Session, agreed: FollowUp) -> None:
    for _ in range(2):
        answer = client.post(f"{of(agreed)}/{agreed.id}/rigtigt", data=seen(agreed))
        assert answer.status_code == 303
        assert answer.location == f"{of(agreed)}#aftale-{agreed.id}"
    assert answers(db) == [("confirmed", "", None, None)]
    page = text(client.get(of(agreed)))
    assert "I har sagt, at det er rigtigt, tirsdag den 24. november." in page
    assert ">Det er rigtigt<" not in page
    assert "Det var ikke helt sådan" in page


def test_a_correction_in_their_own_words(client: FlaskClient, db: Session, agreed: FollowUp) -> None:
    address = f"{of(agreed)}/{agreed.id}/ret"
    empty = client.post(address, data=seen(agreed) | {"owed_by": "jobcentre", "due_on": DUE.isoformat()})
    assert empty.status_code == 422
    assert "Skriv, hvad I aftalte" in text(empty)
    holiday = client.post(address, data=seen(agreed) | {"owed_by": "company", "due_on": "2026-12-25", "words": "Os"})
    assert holiday.status_code == 422
    assert "Det er ikke en arbejdsdag. Den næste er 28.12.2026" in text(holiday)
    assert ">\nOs</textarea>" in text(holiday).replace("\r", "")
    assert answers(db) == []
    typed = {"owed_by": "company", "due_on": "2026-12-03", "words": "Det var os, der skulle sende opslaget"}
    for _ in range(2):
        assert client.post(address, data=seen(agreed) | typed).status_code == 303
    assert answers(db) == [("corrected", typed["words"], date(2026, 12, 3), "company")]
    page = text(client.get(of(agreed)))
    assert typed["words"] in page
    assert f"{agreed.owner.name} har fået besked og svarer jer." in page
    assert "Ret det, I skrev" in page
    again = text(client.get(address))
    assert typed["words"] in again
    assert 'value="2026-12-03"' in again


def test_the_second_window_sees_what_the_first_wrote_before_it_replaces_it(
    client: FlaskClient, db: Session, agreed: FollowUp
) -> None:
    address = f"{of(agreed)}/{agreed.id}/ret"
    typed = {"owed_by": "jobcentre", "due_on": DUE.isoformat()}
    assert client.post(address, data=seen(agreed) | typed | {"words": "Det var tre"}).status_code == 303
    second = client.post(address, data=seen(agreed) | typed | {"words": "Det var fire"})
    assert second.status_code == 422
    page = text(second)
    assert "I har selv skrevet til aftalen, siden I åbnede siden." in page
    assert "<blockquote>Det var tre" in page
    assert "Det var fire</textarea>" in page
    assert answers(db) == [("corrected", "Det var tre", None, None)]
    assert client.post(f"{of(agreed)}/{agreed.id}/rigtigt", data=seen(agreed)).status_code == 409
    found = re.search(r'name="seen" value="([^"]+)"', page)
    assert found
    meant = client.post(address, data={"seen": found[1], **typed, "words": "Det var fire"})
    assert meant.status_code == 303
    assert answers(db) == [("corrected", "Det var fire", None, None)]


def test_an_answer_to_a_page_that_is_no_longer_true(client: FlaskClient, db: Session, agreed: FollowUp) -> None:
    shown = seen(agreed)
    snooze(db, agreed.owner, NOW, agreed, date(2026, 12, 4), "Syg, internt")
    db.commit()
    answer = client.post(f"{of(agreed)}/{agreed.id}/rigtigt", data=shown)
    assert answer.status_code == 409
    page = text(answer)
    assert "Aftalen er ændret, siden I åbnede siden" in page
    assert "fredag den 4. december 2026" in page
    assert "Lovet først" in page
    assert "Syg, internt" not in page
    assert answers(db) == []
    assert client.post(f"{of(agreed)}/{agreed.id}/rigtigt", data=seen(agreed)).status_code == 303


def test_later_visits_show_it_as_it_stands(client: FlaskClient, db: Session, visit: Visit, agreed: FollowUp) -> None:
    from crm.followups.actions.deciding import decide

    decide(
        db, visit.consultant, NOW, visit, FollowUpDecision("company", date(2026, 12, 3), "De ringer", "company_owes")
    )
    db.commit()
    page = text(client.get(of(agreed)))
    assert "Erstattet af en ny aftale" in page
    assert "De ringer" in page
    assert page.index("To CV'er") < page.index("De ringer")
    over = client.post(f"{of(agreed)}/{agreed.id}/rigtigt", data=seen(agreed))
    assert over.status_code == 409
    assert "Aftalen er afsluttet" in text(over)
    assert client.get(f"{of(agreed)}/{agreed.id}/ret").status_code == 303
    decide(db, visit.consultant, NOW, visit, NoFollowUp("De ville ikke"))
    db.commit()
    page = text(client.get(of(agreed)))
    assert "Gælder ikke længere" in page
    assert "De ville ikke" not in page


def test_done_says_that_and_when_but_not_our_words(client: FlaskClient, db: Session, agreed: FollowUp) -> None:
    fulfil(db, agreed.owner, NOW, agreed, "Kandidaten er meget syg")
    db.commit()
    page = text(client.get(of(agreed)))
    assert "Sket" in page
    assert "tirsdag den 24. november" in page
    assert "meget syg" not in page
    assert "Er det sket?" in page
    for kept, kind in (("no", "not_kept"), ("no", "not_kept"), ("yes", "kept")):
        data = {"kept": kept, "words": "Vi fik kun et" if kept == "no" else ""}
        assert client.post(f"{of(agreed)}/{agreed.id}/sket", data=data).status_code == 303
        assert [row[0] for row in answers(db)] == [kind]
    assert client.post(f"{of(agreed)}/{agreed.id}/sket", data={"kept": "måske"}).status_code == 422


def test_all_that_was_agreed_at_the_visit_is_on_the_one_page_and_nothing_else(
    client: FlaskClient, db: Session, visit: Visit, agreed: FollowUp
) -> None:
    other = told(db, visit, "I sender opslaget", owed_by="company", due_on=date(2026, 11, 30))
    ours = FollowUpDecision("jobcentre", DUE, "Intern: ring til lederen", "we_owe")
    inner = agree(db, None, NOW, visit, ours, tell=False)
    elsewhere = make_visit(db, state="held", starts_at=NOW - timedelta(days=1), contact_email=EMAIL)
    db.commit()
    foreign = told(db, elsewhere, "Noget helt andet")
    page = text(client.get(of(agreed)))
    assert "I sender opslaget" in page
    assert "Intern" not in page
    assert "Noget helt andet" not in page
    assert client.post(f"{of(agreed)}/{other.id}/rigtigt", data=seen(other)).status_code == 303
    for hidden in (inner, foreign):
        assert client.post(f"{of(agreed)}/{hidden.id}/rigtigt", data=seen(hidden)).status_code == 404
    assert len(answers(db)) == 1


def test_an_old_link_shows_but_answers_no_more(client: FlaskClient, db: Session, agreed: FollowUp) -> None:
    address = f"/aftale/{link.token(agreed.id, EMAIL, NOW - link.OLDEST - timedelta(days=1))}"
    page = text(client.get(address))
    assert "Linket er for gammelt" in page
    assert "Det er rigtigt" not in page
    assert client.post(f"{address}/{agreed.id}/rigtigt", data=seen(agreed)).status_code == 404
    assert answers(db) == []


@pytest.fixture
def guarded(app: Flask) -> Iterator[FlaskClient]:
    app.config["WTF_CSRF_ENABLED"] = True
    yield app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False


def test_a_post_without_the_forms_token_is_refused(guarded: FlaskClient, db: Session, agreed: FollowUp) -> None:
    https = {"base_url": "https://localhost"}
    path = f"{of(agreed)}/{agreed.id}/rigtigt"
    for wrong in ({}, {"csrf_token": "x"}):
        refused = guarded.post(path, data=seen(agreed) | wrong, **https)
        assert refused.status_code == 400
        assert "Siden er for gammel" in text(refused)
    assert answers(db) == []
    found = re.search(r'name="csrf_token" value="([^"]+)"', text(guarded.get(of(agreed), **https)))
    assert found
    done = guarded.post(path, data=seen(agreed) | {"csrf_token": found[1]}, **https)
    assert done.status_code == 303
    assert len(answers(db)) == 1


def test_nobody_tries_links_out(client: FlaskClient) -> None:
    tried = [client.get(f"/aftale/{'x' * 60}").status_code for _ in range(61)]
    assert (tried[0], tried[-1]) == (404, 429)


def test_the_page_asks_the_database_little_whatever_was_agreed(
    app: Flask, client: FlaskClient, db: Session, visit: Visit, agreed: FollowUp
) -> None:
    counts = []
    for number in range(2):
        counted: list[str] = []
        listener = lambda *a, into=counted: into.append(a[2])  # noqa: E731
        sa.event.listen(app.extensions["crm.engine"], "before_cursor_execute", listener)
        assert client.get(of(agreed)).status_code == 200
        sa.event.remove(app.extensions["crm.engine"], "before_cursor_execute", listener)
        counts.append(len(counted))
        if number == 0:
            for more in range(6):
                told(db, visit, f"Aftale {more}")
    assert counts[0] == counts[1] <= 12


def correction(client: FlaskClient, db: Session, agreed: FollowUp) -> int:
    typed = {"owed_by": "jobcentre", "due_on": "2026-12-03", "words": "Det var tre CV'er"}
    client.post(f"{of(agreed)}/{agreed.id}/ret", data=seen(agreed) | typed)
    [(answer_id,)] = rows(db, Answer.id)
    return int(answer_id)


def test_the_owner_sees_the_correction_and_takes_it_over(
    client: FlaskClient, db: Session, sign_in: Enter, agreed: FollowUp
) -> None:
    answer_id = correction(client, db, agreed)
    sign_in(client, agreed.owner)
    base = f"/followups/{agreed.id}/answers/{answer_id}"
    page = text(client.get(base))
    assert "Det var tre CV'er" in page
    assert "To CV'er til værkstedet" in page
    assert 'value="2026-12-03"' in page
    missing = client.post(f"{base}/decline", data={"words": " "})
    assert missing.status_code == 422
    assert "Skriv, hvorfor" in text(missing)
    wrong = client.post(f"{base}/accept", data={"promise": "x", "due_on": "2026-12-25", "owed_by": "jobcentre"})
    assert wrong.status_code == 422
    assert "28.12.2026" in text(wrong)
    right = {"promise": "Sende tre CV'er", "due_on": "2026-12-03", "owed_by": "jobcentre"}
    done = client.post(f"{base}/accept", data=right)
    assert (done.status_code, done.location) == (302, f"/followups/{agreed.id}")
    assert rows(db, FollowUp.promise, FollowUp.due_on) == [("Sende tre CV'er", date(2026, 12, 3))]
    again = client.post(f"{base}/decline", data={"words": "Nej"})
    assert again.status_code == 303
    assert rows(db, Answer.settled_as, Answer.reply) == [("accepted", "")]
    assert client.get(base).status_code == 302
    assert "Sende tre CV'er" in text(client.get(of(agreed)))


@pytest.mark.parametrize("way", ["accept", "decline"])
def test_without_an_address_the_page_and_the_api_say_that_nothing_was_sent(
    client: FlaskClient,
    db: Session,
    sign_in: Enter,
    api: Callable[[User], dict[str, str]],
    visit: Visit,
    agreed: FollowUp,
    way: str,
) -> None:
    answer_id = correction(client, db, agreed)
    other = told(db, visit, "En anden")
    client.post(f"{of(agreed)}/{other.id}/ret", data=seen(other) | {"owed_by": "company", "due_on": DUE.isoformat()})
    [(other_id,)] = rows(db, sa.func.max(Answer.id))
    visit.contact_email = None
    db.commit()
    before = rows(db, OutboxMessage.id)
    sign_in(client, agreed.owner)
    base = f"/followups/{agreed.id}/answers/{answer_id}"
    page = text(client.get(base))
    assert "Besøget har ingen mailadresse. Ring, og sig, hvad du svarer." in page
    assert "send" not in page.lower().split("<main")[1].split("</main")[0].replace("ansend", "")
    data = {"promise": "x", "due_on": "2026-12-03", "owed_by": "jobcentre", "words": "Vi aftalte to"}
    done = client.post(f"{base}/{way}", data=data, follow_redirects=True)
    assert "Besøget har ingen mailadresse, så virksomheden har ikke fået noget." in text(done)
    assert "på mail." not in text(done)
    url = f"/api/v1/followups/{other.id}/answers/{other_id}/settle"
    settled = client.post(
        url, json={"settle_as": f"{way}ed".replace("ee", "e"), "words": "To"}, headers=api(agreed.owner)
    )
    assert (settled.status_code, settled.json["told"]) == (200, False)
    assert rows(db, OutboxMessage.id) == before


def test_a_correction_of_what_is_done_is_no_longer_to_be_answered(
    client: FlaskClient, db: Session, sign_in: Enter, agreed: FollowUp
) -> None:
    answer_id = correction(client, db, agreed)
    fulfil(db, agreed.owner, NOW, agreed, "Sendt")
    db.commit()
    assert "Aftalen er afsluttet siden." in text(client.get(of(agreed)))
    sign_in(client, agreed.owner)
    assert client.get(f"/followups/{agreed.id}/answers/{answer_id}").status_code == 302
    assert "Svar på rettelsen" not in text(client.get(f"/followups/{agreed.id}"))
    assert "Svar på rettelsen" not in text(client.get("/followups"))


def test_a_stranger_among_us_does_not_settle_it(
    client: FlaskClient, db: Session, sign_in: Enter, agreed: FollowUp
) -> None:
    from tests.factories import make_jobcentre, make_user

    answer_id = correction(client, db, agreed)
    stranger = make_user(db, "consultant", jobcentre=make_jobcentre(db, code="851"))
    db.commit()
    sign_in(client, stranger)
    base = f"/followups/{agreed.id}/answers/{answer_id}"
    for path in ("accept", "decline", "noted"):
        assert client.post(f"{base}/{path}", data={"words": "x"}).status_code == 404
    assert client.get(base).status_code == 404
    assert rows(db, Answer.settled_at) == [(None,)]


def test_answers_by_the_api(
    client: FlaskClient, db: Session, api: Callable[[User], dict[str, str]], visit: Visit, agreed: FollowUp
) -> None:
    answer_id = correction(client, db, agreed)
    headers = api(agreed.owner)
    [item] = client.get(f"/api/v1/followups/{agreed.id}/answers", headers=headers).json["items"]
    assert (item["kind"], item["words"], item["due_on"], item["settled_as"]) == (
        "corrected",
        "Det var tre CV'er",
        "2026-12-03",
        None,
    )
    url = f"/api/v1/followups/{agreed.id}/answers/{answer_id}/settle"
    assert client.post(url, json={"settle_as": "declined"}, headers=headers).status_code == 422
    assert client.post(url, json={"settle_as": "noted"}, headers=headers).status_code == 409
    done = client.post(url, json={"settle_as": "accepted"}, headers=headers)
    assert (done.status_code, done.json["settled_as"], done.json["told"]) == (200, "accepted", True)
    late = client.post(url, json={"settle_as": "declined", "words": "x"}, headers=headers)
    assert (late.status_code, late.json["code"]) == (409, "settled")
    other = told(db, visit, "En anden")
    assert client.post(url.replace(f"/{agreed.id}/", f"/{other.id}/"), json={"settle_as": "accepted"}, headers=headers).status_code == 404  # fmt: skip


MOMENTS = st.integers(0, 5000).map(lambda day: datetime(2025, 1, 1, 12, tzinfo=UTC) + timedelta(days=day))


@given(st.integers(1, 2**52), st.emails(), MOMENTS)
def test_a_token_says_what_was_put_into_it(follow_up_id: int, email: str, now: datetime) -> None:
    token = link.token(follow_up_id, email, now)
    claim = link.read(token)
    assert claim is not None
    assert claim.is_for(follow_up_id, email.upper().lower())
    assert not claim.is_for(follow_up_id + 1, email)
    assert not claim.is_for(follow_up_id, "x" + email)
    assert not claim.is_for(follow_up_id, None)
    assert not claim.is_too_old(now)
    assert claim.is_too_old(now + link.OLDEST + timedelta(days=1))
    assert email not in token
    assert visit_link.read(token) is None


@given(st.text(max_size=300))
def test_nothing_else_is_a_token(words: str) -> None:
    assert link.read(words) is None


DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


@given(st.booleans(), st.booleans(), st.booleans(), DAYS, DAYS, DAYS, st.sampled_from(["jobcentre", "company"]))
def test_a_company_is_never_told_that_it_is_late(
    done: bool, voided: bool, replaced: bool, due_on: date, first: date, today: date, owed_by: str
) -> None:
    found = standing(
        state="done" if done else "open",
        voided=voided,
        replaced=replaced,
        due_on=due_on,
        first_due_on=first,
        owed_by=owed_by,
        today=today,
    )
    assert (found in ("replaced", "withdrawn")) == voided
    assert (found == "done") == (done and not voided)
    assert (found == "late") == (not done and not voided and due_on < today and owed_by == "jobcentre")
