"""The page that erases a candidate: what it shows, what it asks, what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.openings.models import Candidate, Opening
from crm.people.models import User
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_visit
from tests.factories.candidates import make_candidacy, make_candidate
from tests.factories.openings import make_opening

Enter = Callable[[FlaskClient, User], FlaskClient]


@pytest.fixture
def opening(db: Session) -> Opening:
    made = make_opening(db, occupation="Kok", wishes="AB passer godt")
    who = make_candidate(db, jobcentre_id=made.jobcentre_id, reference="AB")
    make_candidacy(db, made, who, state="presented")
    db.commit()
    return made


@pytest.fixture
def page(client: FlaskClient, sign_in: Enter, db: Session, opening: Opening) -> FlaskClient:
    consultant = opening.consultant
    consultant.initials = "AB"
    db.commit()
    return sign_in(client, consultant)


def url_of(db: Session) -> str:
    number = db.scalars(select(Candidate.id)).one()
    db.commit()
    return f"/openings/candidates/{number}/erase"


def other(db: Session, note: str) -> Visit:
    made = make_visit(db, state="held", starts_at=NOW, note=note)
    db.commit()
    return made


def test_it_shows_what_goes_what_stays_and_where_to_look(page: FlaskClient, db: Session, opening: Opening) -> None:
    visit = other(db, "Volvo AB ringer")
    name = opening.consultant.name
    url = url_of(db)
    assert f'href="{url}"' in page.get(url.removesuffix("/erase")).get_data(as_text=True)
    text = page.get(url).get_data(as_text=True)
    for told in ("Volvo AB ringer", f'value="visits:{visit.id}"', f"/companies/{visit.workplace_id}"):
        assert told in text
    assert "1 forløb, der er i gang" in text
    assert f"{name} har de samme initialer" in text
    assert "AB passer godt" not in text, "what is tied goes without asking"
    db.rollback()
    db.expire_all()
    assert db.scalars(select(Candidate)).one().erased_at is None


@pytest.mark.parametrize("ticked", [True, False])
def test_what_is_ticked_goes_and_the_rest_is_told_of(
    page: FlaskClient, db: Session, opening: Opening, ticked: bool
) -> None:
    visit = other(db, "Volvo AB ringer")
    key = f"visits:{visit.id}"
    db.commit()
    answer = page.post(url_of(db), data={"seen": key, "place": key if ticked else ""}, follow_redirects=True)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Kandidaten er slettet." in text
    assert ("1 sted, der kan nævne personen" in text) == (not ticked)
    db.expire_all()
    assert visit.note == ("Volvo (slettet) ringer" if ticked else "Volvo AB ringer")
    assert opening.wishes == "(slettet) passer godt"


def test_nothing_is_erased_before_every_place_was_seen(page: FlaskClient, db: Session, opening: Opening) -> None:
    visit = other(db, "AB ringer")
    number = visit.id
    url = url_of(db)
    answer = page.post(url, data={"seen": "visits:987654"})
    assert answer.status_code == 409
    assert "Intet er slettet endnu" in answer.get_data(as_text=True)
    db.expire_all()
    assert opening.wishes == "AB passer godt"
    db.commit()
    assert page.post(url, data={"seen": f"visits:{number}"}).status_code == 302
    assert page.post(url, data={"seen": f"visits:{number}"}).status_code == 404
