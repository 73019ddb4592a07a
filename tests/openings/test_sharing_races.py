"""Sharing, offering and answering at the same moment, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.errors import Refusal
from crm.integrations.models import OutboxMessage
from crm.openings.actions.sharing import answer, share
from crm.openings.models import Candidacy, Candidate, Opening, OpeningShare
from crm.openings.queries.sharing import share_with
from crm.people.models import Partner
from tests.conftest import NOW
from tests.factories import make_jobcentre
from tests.factories.openings import make_opening
from tests.factories.sharing import make_partner, make_share
from tests.followups.telling import together
from tests.openings.test_sharing import offered


@pytest.fixture
def shared_on_postgres(pg_app: Flask) -> tuple[Flask, int, int]:
    with pg_app.extensions["crm.sessions"]() as db:
        opening, partner = make_opening(db, occupation="Smed"), make_partner(db)
        make_share(db, opening, partner)
        db.commit()
        return pg_app, opening.id, partner.id


def in_own_session(app: Flask, act: Callable[[Session], object]) -> Callable[[], object]:
    def run() -> object:
        with app.extensions["crm.sessions"]() as db:
            act(db)
            db.commit()
        return "done"

    return run


def outcomes(got: list[object]) -> list[str]:
    return sorted(one.code if isinstance(one, Refusal) else str(one) for one in got)


@pytest.mark.postgres
def test_the_same_offer_twice_at_once_is_made_once(shared_on_postgres: tuple[Flask, int, int]) -> None:
    app, opening_id, partner_id = shared_on_postgres

    def act(db: Session) -> None:
        offered(db, db.get_one(Opening, opening_id), db.get_one(Partner, partner_id))

    assert outcomes(together(2, in_own_session(app, act))) == ["done", "duplicate"]


@pytest.mark.postgres
def test_one_new_reference_offered_for_two_openings_at_once_is_one_person(
    shared_on_postgres: tuple[Flask, int, int],
) -> None:
    app, first, partner_id = shared_on_postgres
    with app.extensions["crm.sessions"]() as db:
        second = make_opening(db, occupation="Svejser")
        make_share(db, second, db.get_one(Partner, partner_id))
        db.commit()
        left = [first, second.id]

    def act(db: Session) -> None:
        offered(db, db.get_one(Opening, left.pop()), db.get_one(Partner, partner_id))

    assert outcomes(together(2, in_own_session(app, act))) == ["done", "done"]
    with app.extensions["crm.sessions"]() as db:
        assert db.scalar(select(func.count()).select_from(Candidate)) == 1
        assert db.scalar(select(func.count()).select_from(Candidacy)) == 2


@pytest.mark.postgres
def test_of_two_owners_who_answer_at_once_the_first_decides(shared_on_postgres: tuple[Flask, int, int]) -> None:
    app, opening_id, partner_id = shared_on_postgres
    with app.extensions["crm.sessions"]() as db:
        made = offered(db, db.get_one(Opening, opening_id), db.get_one(Partner, partner_id))
        db.commit()
        number, answers = made.id, [True, False]

    def act(db: Session) -> None:
        found = db.get_one(Candidacy, number)
        answer(db, found.opening.consultant, NOW, found, answers.pop(), "Vi har set på det")

    assert outcomes(together(2, in_own_session(app, act))) == ["answered", "done"]
    with app.extensions["crm.sessions"]() as db:
        assert db.scalar(select(func.count()).select_from(OutboxMessage)) == 1
        assert share_with(db, opening_id, partner_id=partner_id).withdrawn_at is None


@pytest.mark.postgres
def test_sharing_twice_at_once_shares_once(shared_on_postgres: tuple[Flask, int, int]) -> None:
    app, opening_id, _partner_id = shared_on_postgres
    with app.extensions["crm.sessions"]() as db:
        other = make_jobcentre(db, code="461").id
        db.commit()

    def act(db: Session) -> None:
        share(db, None, NOW, db.get_one(Opening, opening_id), jobcentre_ids=[other])

    assert outcomes(together(2, in_own_session(app, act))) == ["done", "done"]
    with app.extensions["crm.sessions"]() as db:
        assert db.scalar(select(func.count()).select_from(OpeningShare)) == 2
