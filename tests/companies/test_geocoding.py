"""Where workplaces lie: looked up politely, kept through imports, told on the company's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from crm.companies.actions import import_register, undo_import
from crm.companies.actions.places import asked_for
from crm.companies.jobs import look_up_places
from crm.companies.models import Geocoding, ImportBatch, Workplace
from crm.companies.queries import unplaced
from crm.companies.rules.place import PLACED, kept_place, placed
from crm.integrations.geocoding import Adressevaelger, Answer
from crm.scheduler import run_job
from crm.travel.postcodes import km_from_postcode
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_campaign, make_participation, make_queue_entry, make_user, make_visit, make_workplace
from tests.factories.addresses import TOKEN, House, address_service
from tests.factories.companies import csv_extract, register_row

HOUSE = Answer("found", 56.6431, 9.7911, "address", "Prøvevej 2, 9500 Hobro")
STREET = Answer("found", 56.6440, 9.7920, "street", "Prøvevej 6, 9500 Hobro")
FAILED = Answer("failed", reason="no answer: ConnectTimeout")


class Told:
    """A geocoder that answers from a list of streets; ``default`` for the others. ``asked``: what it was given."""

    def __init__(self, default: Answer = HOUSE, meanwhile: Callable[[], None] | None = None, **answers: Answer) -> None:
        self.default, self.meanwhile, self.answers = default, meanwhile, answers
        self.asked: list[tuple[str, str]] = []

    def look_up(self, street: str, postcode: str) -> Answer:
        self.asked.append((street, postcode))
        if self.meanwhile:
            self.meanwhile()
        return self.answers.get(street.split()[0], self.default)


@pytest.fixture(params=["app", "pg_app"])
def either(request: pytest.FixtureRequest) -> Flask:
    """The product on SQLite and on PostgreSQL, with real transactions."""
    made: Flask = request.getfixturevalue(request.param)
    return made


def add(app: Flask, **fields: Any) -> int:
    with app.extensions["crm.sessions"].begin() as session:
        return make_workplace(session, **{"lat": None, "lon": None, **fields}).id


def look_up(app: Flask, geocoder: Any, now: datetime = NOW, **more: Any) -> int:
    first = more.pop("first", true())
    return look_up_places(
        app.extensions["crm.sessions"], geocoder, now, km_from_postcode, first, **{"pause": 0.0, **more}
    )


def place(app: Flask, workplace_id: int) -> tuple[float | None, float | None, str]:
    with app.extensions["crm.sessions"]() as session:
        found = session.get_one(Workplace, workplace_id)
        return found.lat, found.lon, found.geo_source


def told(app: Flask, workplace_id: int) -> Geocoding | None:
    with app.extensions["crm.sessions"]() as session:
        return session.get(Geocoding, workplace_id)


def change(app: Flask, workplace_id: int, **values: Any) -> None:
    with app.extensions["crm.sessions"].begin() as session:
        found = session.get_one(Workplace, workplace_id)
        for name, value in values.items():
            setattr(found, name, value)


def test_a_workplace_without_coordinates_is_placed_once(either: Flask) -> None:
    one = add(either)
    geocoder = Told()
    assert look_up(either, geocoder) == 1
    assert place(either, one) == (56.6431, 9.7911, "address")
    kept = told(either, one)
    assert kept is not None
    assert (kept.asked, kept.state, kept.matched) == ("Prøvevej 2, 9500 Hobro", "found", "Prøvevej 2, 9500 Hobro")
    assert (kept.at, kept.tries, kept.next_at) == (NOW, 1, None)
    assert look_up(either, geocoder, NOW + timedelta(days=400)) == 0
    assert geocoder.asked == [("Prøvevej 2", "9500")]


def test_the_place_of_a_postcode_is_improved_and_a_street_is_said_to_be_one(either: Flask) -> None:
    one = add(either, lat=56.64, lon=9.79, geo_source="postcode")
    assert look_up(either, Told(STREET)) == 1
    assert place(either, one) == (56.6440, 9.7920, "street")


def test_coordinates_of_the_file_and_missing_streets_are_left_alone(either: Flask) -> None:
    add(either, lat=56.64, lon=9.79)
    add(either, street="")
    geocoder = Told()
    assert look_up(either, geocoder) == 0
    assert geocoder.asked == []


def test_without_a_geocoder_nothing_happens(either: Flask) -> None:
    one = add(either)
    assert look_up(either, None) == 0
    assert either.extensions["crm.geocoder"] is None
    assert run_job(either, "places") == 0
    assert told(either, one) is None


@pytest.mark.parametrize("state", ["unclear", "unknown"])
def test_an_uncertain_answer_places_nothing_and_is_asked_for_again_in_three_months(either: Flask, state: Any) -> None:
    one = add(either)
    geocoder = Told(Answer(state))
    assert look_up(either, geocoder) == 0
    assert place(either, one) == (None, None, "none")
    assert look_up(either, geocoder, NOW + timedelta(days=89)) == 0
    assert len(geocoder.asked) == 1
    assert look_up(either, Told(), NOW + timedelta(days=90)) == 1


def test_a_place_far_from_its_postcode_is_not_believed(either: Flask) -> None:
    one = add(either)
    assert look_up(either, Told(Answer("found", 55.676, 12.569, "address", "Prøvevej 2, 9500 Hobro"))) == 0
    kept = told(either, one)
    assert kept is not None
    assert kept.state == "unclear"
    assert place(either, one) == (None, None, "none")


def test_a_corrected_address_is_looked_up_anew(either: Flask) -> None:
    one = add(either)
    assert look_up(either, Told(Answer("unknown"))) == 0
    change(either, one, street="Prøvevej 3")
    assert look_up(either, Told()) == 1
    change(either, one, street="Nyvej 1")
    geocoder = Told(Answer("unknown"))
    assert look_up(either, geocoder) == 0
    assert geocoder.asked == [("Nyvej 1", "9500")]
    assert place(either, one) == (None, None, "none")  # it no longer lies where the former address did


def test_a_failure_ends_the_run_and_the_service_is_left_in_peace(either: Flask) -> None:
    for _ in range(4):
        add(either)
    down = Told(FAILED)
    assert look_up(either, down) == 0
    assert len(down.asked) == 1
    assert look_up(either, down, NOW + timedelta(minutes=4)) == 0
    assert len(down.asked) == 1
    assert look_up(either, down, NOW + timedelta(minutes=5)) == 0
    assert look_up(either, down, NOW + timedelta(minutes=15)) == 0
    assert len(down.asked) == 2  # the second wait is longer
    up = Told()
    assert look_up(either, up, NOW + timedelta(minutes=20)) == 4


def test_waits_grow_to_an_hour_and_no_further(either: Flask) -> None:
    for _ in range(9):
        add(either)
    now, down = NOW, Told(FAILED)
    for _ in range(8):
        look_up(either, down, now)
        now += timedelta(hours=1)
    assert len(down.asked) == 8


def test_one_address_that_fails_does_not_stop_the_others(either: Flask) -> None:
    bad = add(either, street="Brudt 1")
    good = [add(either) for _ in range(3)]
    geocoder = Told(Brudt=FAILED)
    assert look_up(either, geocoder) == 0
    assert look_up(either, geocoder, NOW + timedelta(minutes=5)) == 3
    assert all(place(either, each)[2] == "address" for each in good)
    kept = told(either, bad)
    assert kept is not None
    assert (kept.state, kept.tries) == ("failed", 2)
    assert kept.next_at == NOW + timedelta(minutes=20)


def test_a_run_asks_for_no_more_than_its_batch(either: Flask) -> None:
    for _ in range(5):
        add(either)
    geocoder = Told()
    assert look_up(either, geocoder, batch=2) == 2
    assert len(geocoder.asked) == 2
    assert look_up(either, geocoder, batch=2) == 2


def test_nobody_waits_while_the_service_is_asked(either: Flask) -> None:
    """Somebody else writes meanwhile, on SQLite too; the address that changed is not given the old one's place."""
    one = add(either)
    geocoder = Told(meanwhile=lambda: change(either, one, street="Nyvej 1"))
    assert look_up(either, geocoder) == 0
    assert place(either, one) == (None, None, "none")
    assert told(either, one) is None


def test_coordinates_that_came_meanwhile_win(either: Flask) -> None:
    one = add(either)
    geocoder = Told(meanwhile=lambda: change(either, one, lat=56.65, lon=9.80, geo_source="file"))
    assert look_up(either, geocoder) == 0
    assert place(either, one) == (56.65, 9.80, "file")


def test_companies_on_live_lists_come_first(either: Flask) -> None:
    with either.extensions["crm.sessions"].begin() as session:
        loose = make_workplace(session, lat=None, lon=None)
        past = make_campaign(session, starts_on=NOW.date() - timedelta(days=9), ends_on=NOW.date() - timedelta(days=1))
        over = make_workplace(session, lat=None, lon=None)
        make_queue_entry(session, workplace=over, participation=make_participation(session, campaign=past))
        called = make_workplace(session, lat=None, lon=None, street="Ringevej 7")
        make_queue_entry(session, workplace=called)
        assert called.id > over.id > loose.id
    geocoder = either.extensions["crm.geocoder"] = Told(Answer("unknown"), Ringevej=HOUSE)
    assert run_job(either, "places") == 1
    assert [street for street, _ in geocoder.asked] == ["Ringevej 7", "Prøvevej 2", "Prøvevej 2"]


def test_a_booked_visit_keeps_the_place_it_was_booked_with(either: Flask) -> None:
    with either.extensions["crm.sessions"].begin() as session:
        workplace = make_workplace(session, lat=None, lon=None)
        visit = make_visit(session, entry=make_queue_entry(session, workplace=workplace))
        before, visit_id = (visit.lat, visit.lon), visit.id
    assert look_up(either, Told()) == 1
    with either.extensions["crm.sessions"]() as session:
        kept = session.get_one(Visit, visit_id)
        assert (kept.lat, kept.lon) == before
        assert before != (HOUSE.lat, HOUSE.lon)


def test_the_whole_way_with_the_service(either: Flask) -> None:
    one = add(either)
    house = House("Prøvevej", "2", "9500", "Hobro", 548500.0, 6278000.0)
    with address_service(house) as service:
        either.extensions["crm.geocoder"] = Adressevaelger(service.url, TOKEN)
        assert run_job(either, "places") == 1
        sent = str(service.asked)
    lat, lon, source = place(either, one)
    assert lat == pytest.approx(56.645, abs=0.01)
    assert lon == pytest.approx(9.79, abs=0.01)
    assert source == "address"
    assert "Eksempel" not in sent  # never the company's name


# --- imports


def load(session: Session, *rows: dict[str, str], **options: Any) -> Any:
    return import_register(session, None, NOW, csv_extract(rows, **options), "udtræk.csv")


def only(session: Session) -> Workplace:
    session.expire_all()
    return session.scalars(select(Workplace).where(Workplace.p_number == "1500000001")).one()


def looked_up(session: Session) -> Workplace:
    """A workplace from a file without coordinates, looked up since."""
    load(session, register_row(1, lat="", lon=""))
    found = only(session)
    found.lat, found.lon, found.geo_source = HOUSE.lat, HOUSE.lon, "address"
    session.add(Geocoding(workplace_id=found.id, asked=asked_for(found), state="found", at=NOW, tries=1))
    session.flush()
    return found


def where(session: Session) -> tuple[float | None, float | None, str]:
    found = only(session)
    return found.lat, found.lon, found.geo_source


@pytest.mark.parametrize("other", [{}, {"employees": "15"}, {"name": "Nyt Navn ApS"}])
def test_an_import_without_coordinates_leaves_a_looked_up_place(session: Session, other: dict[str, str]) -> None:
    looked_up(session)
    load(session, register_row(1, lat="", lon="", **other))
    assert where(session) == (HOUSE.lat, HOUSE.lon, "address")


def test_so_does_a_file_without_the_columns(session: Session) -> None:
    looked_up(session)
    keys = [name for name in register_row(1) if name not in ("lat", "lon")]
    result = load(session, register_row(1, employees="15"), keys=keys, headers=keys)
    assert result.updated == 1
    assert where(session) == (HOUSE.lat, HOUSE.lon, "address")


def test_coordinates_in_the_file_always_win(session: Session) -> None:
    looked_up(session)
    load(session, register_row(1))
    assert where(session) == (56.64, 9.79, "file")
    assert unplaced(session, NOW, true(), 9) == []


def test_a_new_address_forgets_the_place_until_it_is_looked_up(session: Session) -> None:
    looked_up(session)
    load(session, register_row(1, lat="", lon="", street="Nyvej 1"))
    assert where(session) == (None, None, "none")
    assert [one.street for one in unplaced(session, NOW, true(), 9)] == ["Nyvej 1"]


def test_a_new_address_in_a_file_without_the_columns_forgets_it_too(session: Session) -> None:
    looked_up(session)
    keys = [name for name in register_row(1) if name not in ("lat", "lon")]
    load(session, register_row(1, street="Nyvej 1"), keys=keys, headers=keys)
    assert where(session) == (None, None, "none")


def test_undoing_an_import_brings_the_looked_up_place_back(session: Session) -> None:
    looked_up(session)
    result = load(session, register_row(1, lat="", lon="", street="Nyvej 1"))
    undo_import(session, None, NOW, session.get_one(ImportBatch, result.batch_id))
    assert where(session) == (HOUSE.lat, HOUSE.lon, "address")
    assert unplaced(session, NOW, true(), 9) == []


def test_an_import_with_looked_up_workplaces_can_be_undone(session: Session) -> None:
    looked_up(session)
    undo_import(session, None, NOW, session.scalars(select(ImportBatch)).one())
    assert session.scalar(select(func.count(Workplace.id))) == 0
    assert session.scalar(select(func.count()).select_from(Geocoding)) == 0


def test_a_row_that_empties_the_files_own_coordinates_empties_them() -> None:
    old = {"geo_source": "file", "lat": 56.0, "lon": 9.0, "street": "A", "postcode": "9500", "city": "Hobro"}
    assert kept_place({"lat": None, "lon": None, "geo_source": "none"}, old)["geo_source"] == "none"


# --- the company's page


@pytest.mark.parametrize(
    ("source", "words", "margin"),
    [
        ("file", "Placeret efter filens koordinater", None),
        ("address", "Placeret efter adresse", None),
        ("street", "Placeret efter gade.", "Køretiden får lidt større margen."),
        ("postcode", "Placeret efter postnummer.", "Køretiden får større margen."),
        ("none", "Placeret efter postnummer.", "Køretiden får større margen."),
    ],
)
def test_the_page_says_how_the_company_was_placed(
    client: FlaskClient, db: Session, sign_in: Any, source: str, words: str, margin: str | None
) -> None:
    workplace = make_workplace(db, geo_source=source, **({"lat": None, "lon": None} if source == "none" else {}))
    user = make_user(db, "jobcentre_lead")
    db.commit()
    page = sign_in(client, user).get(f"/companies/{workplace.id}").get_data(as_text=True)
    assert words in page
    assert ("margen" in page) == (margin is not None)
    assert margin is None or margin in page
    assert "slået op" not in page


@pytest.mark.parametrize(("state", "words"), [("unclear", "passede ikke sikkert"), ("unknown", "kendes ikke")])
def test_the_page_says_what_is_wrong_with_the_address(
    client: FlaskClient, db: Session, sign_in: Any, state: str, words: str
) -> None:
    workplace = make_workplace(db, lat=None, lon=None)
    db.add(Geocoding(workplace_id=workplace.id, asked=asked_for(workplace), state=state, at=NOW, tries=1))
    user = make_user(db, "jobcentre_lead")
    db.commit()
    page = sign_in(client, user).get(f"/companies/{workplace.id}").get_data(as_text=True)
    assert words in page
    assert "Ret adressen i registret." in page


def test_every_source_has_its_words() -> None:
    assert set(PLACED) == {"file", "address", "street", "postcode"}
    assert placed("none") == PLACED["postcode"]
