"""The board's news in the mornings' mails when somebody's fails, and when several schedulers write them at once."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.followups.actions.digests import announce_board, write_digest
from crm.followups.jobs.nagging import run
from crm.followups.models import Digest
from crm.followups.queries.digests import people_to_tell
from crm.openings.models import Opening, OpeningShare
from crm.people.models import Jobcentre
from crm.recurring.models import SetAside
from crm.web.edge import transaction
from tests.factories import make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.factories.people import make_role
from tests.factories.sharing import make_board_candidate, make_share
from tests.followups.board_news import LATER, neighbour, proposed, wanted
from tests.followups.telling import DUE, digests, lead_of, morning, together


def test_somebody_whose_news_cannot_be_read_is_set_aside_and_hears_all_of_it_later(app: Flask, db: Session) -> None:
    """A proposal for an opening whose languages are no list; the others are told at once."""
    opening, place = wanted(db), neighbour(db)[0]
    victim, email = opening.consultant_id, opening.consultant.email
    home = db.get_one(Jobcentre, opening.jobcentre_id)
    make_board_candidate(db, home, "E-1", owner_id=victim)
    theirs = wanted(db, occupation="Kok").id
    for to in (place, home):
        make_share(db, db.get_one(Opening, theirs), to)
    proposed(db, opening)
    opening.languages = 7  # type: ignore[assignment]
    db.commit()
    run(lambda: transaction(app), morning(0))
    [mail] = digests(db)
    assert (mail.recipient == email, f"/board/{theirs}" in mail.body_text) == (False, True)
    aside = db.scalars(select(SetAside)).one()
    assert (aside.job, aside.item, "TypeError" in aside.error) == ("nag_digest", str(victim), True)
    db.get_one(Opening, opening.id).languages = ["da"]
    db.commit()
    run(lambda: transaction(app), morning(0) + LATER)
    assert [mail.subject for mail in digests(db) if mail.recipient == email] == [
        "1 forslag venter på svar, 1 ny åbning på tavlen"
    ]
    assert (len(digests(db)), db.scalar(select(func.count()).select_from(SetAside))) == (2, 0)


def arranged(app: Flask) -> None:
    """A consultant with an agreement and a proposal, two leads with a share, another with two."""
    with app.extensions["crm.sessions"]() as db:
        lead_of(db)
        visit = make_visit(db, state="held")
        opening = wanted(db, visit=visit)
        make_follow_up(db, visit=visit, due_on=DUE)
        proposed(db, opening)
        (odense, _lead), (svendborg, both) = neighbour(db), neighbour(db, "479")
        make_user(db, "jobcentre_lead", jobcentre=odense)
        make_role(db, both, "jobcentre_lead", jobcentre_id=odense.id)
        for number, to in enumerate((odense, svendborg)):
            make_share(db, wanted(db, visit=visit, occupation=f"Fag {number}"), to)
        db.commit()


@pytest.mark.postgres
def test_four_schedulers_at_once_write_each_person_one_mail_with_everything(pg_app: Flask) -> None:
    arranged(pg_app)
    for moment in (morning(0), morning(0) + LATER, morning(1)):
        written = together(4, lambda now=moment: run(lambda: transaction(pg_app), now))  # type: ignore[misc]
        assert all(isinstance(one, int) for one in written), written
    with pg_app.extensions["crm.sessions"]() as db:
        people = Counter(db.scalars(select(Digest.user_id)))
        assert sorted(people.values()) == [1] * 4
        assert sorted(mail.subject for mail in digests(db)) == [
            "1 aftale i dag, 1 forslag venter på svar",
            "1 ny åbning på tavlen",
            "1 ny åbning på tavlen",
            "2 nye åbninger på tavlen",
        ]
        assert set(db.scalars(select(OpeningShare.told_at))) == {morning(0)}
        assert db.scalar(select(func.count()).select_from(SetAside)) == 0


@pytest.mark.postgres
def test_what_turns_up_while_another_scheduler_writes_a_mail_waits_for_the_next_morning(pg_app: Flask) -> None:
    """Held by hand: the second scheduler finds a new share while the first has written a mail, but not committed."""
    arranged(pg_app)
    sessions, got = pg_app.extensions["crm.sessions"], []

    def second() -> None:
        with sessions() as db:
            got.append(announce_board(db, morning(0)))
            db.commit()

    with sessions() as first:
        announce_board(first, morning(0))
        first.commit()
        told = people_to_tell(first, DUE)[-1]
        assert write_digest(first, morning(0), told)
        with sessions() as db:
            make_share(db, wanted(db), db.scalars(select(Jobcentre).join(OpeningShare)).first())  # type: ignore[arg-type]
            db.commit()
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive(), "it waits"
        first.commit()
    thread.join(timeout=10)
    assert got == [0]
    with sessions() as db:
        assert db.scalar(select(func.count()).where(OpeningShare.told_at.is_(None))) == 1
