"""The board's morning mail to partners: one each, each thing once, whoever fails, sleeps or races."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.integrations.models import OutboxMessage
from crm.openings.actions.digests import write_partner_digest
from crm.openings.actions.sharing import answer
from crm.openings.jobs import partner_digests
from crm.openings.models import Opening, OpeningShare
from crm.openings.queries.digests import News, partner_news, partners_with_news
from crm.people.models import Jobcentre, Partner
from crm.recurring.models import SetAside
from crm.web.edge import transaction
from tests.conftest import NOW
from tests.factories import make_user
from tests.factories.openings import make_opening
from tests.factories.sharing import make_board_candidate, make_offer, make_partner, make_share
from tests.followups.telling import together
from tests.openings.board import odense as odense
from tests.openings.board import opening as opening

MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def digest(app: Flask, now: datetime = MORNING) -> int:
    return partner_digests(lambda: transaction(app), now)


def mails(db: Session) -> dict[str, OutboxMessage]:
    db.rollback()
    found = {one.recipient: one for one in db.scalars(select(OutboxMessage).order_by(OutboxMessage.id))}
    db.commit()
    return found


def test_a_morning_brings_each_partner_one_mail_and_no_second(
    app: Flask, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    lead = make_user(db, "jobcentre_lead", jobcentre=odense)
    partner = make_partner(db, email="fond@example.dk")
    silent = make_partner(db, "Stille", email="stille@example.dk", digest=False)
    for to in (odense, partner, silent):
        make_share(db, opening, to)
    db.commit()
    assert digest(app) == 1
    told = mails(db)
    assert set(told) == {partner.email}, f"{lead.email} has a mail of the morning already"
    assert "/tavle/" in told[partner.email].body_text
    assert opening.workplace.name not in told[partner.email].body_text + (told[partner.email].body_html or "")
    assert digest(app) == 0
    assert digest(app, MORNING + DAY) == 0
    assert list(db.scalars(select(OpeningShare.told_at).order_by(OpeningShare.id))) == [None, MORNING, None]
    make_share(db, make_opening(db, occupation="Kok", visit=opening.visit), partner)
    db.commit()
    assert digest(app) == 0, "told this morning already"
    assert digest(app, MORNING + DAY) == 1


def test_a_scheduler_that_starts_in_the_evening_or_at_night_leaves_it_to_the_next_morning(
    app: Flask, db: Session, opening: Opening
) -> None:
    make_share(db, opening, make_partner(db))
    db.commit()
    for hours in (-5, -0.01, 8.5, 14):  # 02.30, before 07.30, 16.00 and 21.30 in Denmark
        assert digest(app, MORNING + timedelta(hours=hours)) == 0, hours
    assert digest(app, MORNING + DAY) == 1


def test_days_off_bring_nothing_and_closed_openings_are_not_news(
    app: Flask, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    make_share(db, opening, make_partner(db))
    db.commit()
    assert digest(app, MORNING + timedelta(days=4)) == 0  # Saturday
    opening.state, opening.closed_at = "closed", NOW
    db.merge(opening)
    db.commit()
    assert digest(app) == 0


def test_a_receiver_that_cannot_be_told_is_set_aside_and_the_others_get_theirs(
    app: Flask, db: Session, opening: Opening
) -> None:
    """The first partner's opening cannot be read: its languages are no list."""
    broken = make_opening(db, visit=opening.visit, occupation="Kok")
    first, last = make_partner(db, "Aa", email="a@example.dk"), make_partner(db, "Bb", email="b@example.dk")
    for one, to in ((broken, first), (opening, last)):
        make_share(db, one, to)
    broken.languages = 7  # type: ignore[assignment]
    db.commit()
    assert digest(app) == 1
    assert set(mails(db)) == {last.email}
    aside = db.scalars(select(SetAside)).one()
    assert (aside.job, aside.item, "TypeError" in aside.error) == ("board", str(first.id), True)
    again = aside.retry_at
    broken.languages = ["da"]
    db.commit()
    assert digest(app, max(again, MORNING + DAY)) == 1
    assert "Kok" in mails(db)[first.email].body_text
    assert db.scalar(select(func.count()).select_from(SetAside)) == 0


def test_after_days_without_a_scheduler_everything_new_comes_in_one_mail(
    app: Flask, db: Session, opening: Opening
) -> None:
    partner = make_partner(db)
    for number in range(25):
        made = make_opening(db, visit=opening.visit, occupation=f"Fag nummer {number}")
        make_share(db, made, partner, shared_at=NOW + timedelta(hours=number))
    db.commit()
    assert digest(app, MORNING + 7 * DAY + timedelta(hours=5)) == 1
    mail = mails(db)[partner.email]
    assert mail.subject.startswith("25 nye åbninger")
    assert "Fag nummer 24" in mail.body_text
    assert "og 5 flere på tavlen" in mail.body_text
    assert digest(app, MORNING + 8 * DAY) == 0


def test_what_was_answered_by_mail_is_not_told_again_in_the_morning(app: Flask, db: Session, opening: Opening) -> None:
    partner = make_partner(db)
    told = make_share(db, opening, partner, told_at=NOW)
    made = make_offer(db, opening, make_board_candidate(db, partner), told_at=NOW)
    answer(db, opening.consultant, NOW + timedelta(hours=1), made, False, "Besat")
    db.commit()
    assert [one.dedupe_key.split(":")[0] for one in db.scalars(select(OutboxMessage))] == ["board-answer"]
    assert told.told_at
    db.rollback()
    assert digest(app, MORNING + DAY) == 0


def test_a_proposal_that_ended_with_its_opening_is_told_in_the_morning_without_the_company(
    app: Flask, db: Session, opening: Opening
) -> None:
    partner = make_partner(db)
    make_share(db, opening, partner, told_at=NOW)
    made = make_offer(db, opening, make_board_candidate(db, partner), told_at=NOW)
    company = opening.workplace.name
    opening.occupation = f"Smed hos {company}"
    opening.state, opening.closed_at = "closed", NOW
    made.state, made.ended_at, made.ended_because = "ended", NOW + timedelta(hours=1), "opening_closed"
    db.commit()
    assert digest(app, MORNING + DAY) == 1
    mail = mails(db)[partner.email]
    assert "Åbningen er lukket" in mail.body_text
    assert company not in mail.subject + mail.body_text + (mail.body_html or "")


@pytest.fixture
def on_postgres(pg_app: Flask) -> Flask:
    """News for three partners."""
    with pg_app.extensions["crm.sessions"]() as db:
        opening = make_opening(db, occupation="Smed")
        for number in range(3):
            make_share(db, opening, make_partner(db, f"Fond {number}", email=f"fond{number}@example.dk"))
        db.commit()
    return pg_app


@pytest.mark.postgres
def test_two_schedulers_at_once_write_each_mail_once(on_postgres: Flask) -> None:
    written = together(4, lambda: digest(on_postgres))
    assert sum(one for one in written if isinstance(one, int)) == 3, written
    with on_postgres.extensions["crm.sessions"]() as db:
        keys = db.scalars(select(OutboxMessage.dedupe_key)).all()
        assert sorted(key[:7] for key in keys) == ["board:p"] * 3
        assert set(db.scalars(select(OpeningShare.told_at))) == {MORNING}
        assert db.scalar(select(func.count()).select_from(SetAside)) == 0


@pytest.mark.postgres
def test_control_without_the_lock_both_schedulers_see_the_same_news(on_postgres: Flask) -> None:
    """Else the test above would prove nothing."""
    gate = threading.Barrier(2)

    def look() -> int:
        with on_postgres.extensions["crm.sessions"]() as db:
            news: News = partner_news(db, db.scalars(select(Partner)).first())  # type: ignore[arg-type]
            gate.wait(timeout=10)
            return len(news.shares)

    assert together(2, look) == [1, 1]


@pytest.mark.postgres
def test_the_second_scheduler_waits_for_the_first_and_then_has_nothing_to_tell(on_postgres: Flask) -> None:
    """Held by hand: the second starts while the first has not committed."""
    sessions, got = on_postgres.extensions["crm.sessions"], []

    def second() -> None:
        with sessions() as db:
            got.append(write_partner_digest(db, MORNING, item))
            db.commit()

    with sessions() as first:
        item = partners_with_news(first)[0]
        assert write_partner_digest(first, MORNING, item) == 1
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive(), "it waits"
        first.commit()
    thread.join(timeout=10)
    assert got == [0]


def test_an_opening_whose_day_for_cvs_has_passed_stands_last_and_says_so(
    app: Flask, db: Session, opening: Opening
) -> None:
    partner = make_partner(db)
    opening.cvs_by, opening.starts_note = MORNING.date() - DAY, "hurtigst muligt"
    fresh = make_opening(db, visit=opening.visit, occupation="Kok", weekly_hours=18.5, cvs_by=MORNING.date())
    fresh.starts_on = (MORNING + DAY).date()
    make_share(db, opening, partner, shared_at=NOW)
    make_share(db, fresh, partner, shared_at=NOW - DAY)
    db.commit()
    assert digest(app) == 1
    text = " ".join(mails(db)[partner.email].body_text.split())
    kok, smed = text.index("Kok"), text.index("Smed")
    assert kok < smed
    assert "fristen er overskredet" not in text[kok:smed]
    assert "18,5 timer om ugen · fra onsdag den 25. november 2026" in text[kok:smed]
    assert "37 timer om ugen · hurtigst muligt" in text[smed:]
    assert "fristen er overskredet" in text[smed:]
