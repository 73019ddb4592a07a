"""The address service: what is sent, what is believed, and that it never raises."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from crm.base.errors import ConfigurationError
from crm.base.settings import Settings
from crm.integrations.addresses import Address, of_title, same_street, taken_apart
from crm.integrations.geocoding import Adressevaelger, in_degrees, make_geocoder
from tests.factories.addresses import TOKEN, AddressService, House, address_service

TOWN_HALL = House("Rådhuspladsen", "1", "1550", "København V", 724434.93, 6175755.61)
HOUSES = (
    TOWN_HALL,
    House("Nørregade", "1", "6000", "Kolding", 529500.0, 6149600.0, ("st. tv", "1. th")),
    House("Nørregade", "10", "6000", "Kolding", 529600.0, 6149700.0),
    House("Nørregade", "11B", "6000", "Kolding", 529620.0, 6149720.0),
    House("Nørregade", "40", "6000", "Kolding", 529900.0, 6150000.0),
    House("Nørregadevej", "2", "6000", "Kolding", 530000.0, 6150000.0),
    House("Nørregade", "1", "8000", "Aarhus C", 574900.0, 6223900.0),
    House("Polarvej", "1", "9990", "Skagen", 600000.0, 7000000.0),
)


@pytest.fixture
def service() -> Iterator[AddressService]:
    with address_service(*HOUSES) as running:
        yield running


@pytest.fixture
def geocoder(service: AddressService) -> Adressevaelger:
    return Adressevaelger(service.url + "/", TOKEN)


def test_a_house_is_found_and_comes_in_degrees(geocoder: Adressevaelger) -> None:
    found = geocoder.look_up("Rådhuspladsen 1", "1550")
    assert (found.state, found.precision, found.matched) == ("found", "address", "Rådhuspladsen 1, 1550 København V")
    assert found.lat == pytest.approx(55.6756, abs=0.0002)
    assert found.lon == pytest.approx(12.5696, abs=0.0002)


def test_the_point_may_come_as_geojson(service: AddressService, geocoder: Adressevaelger) -> None:
    plain = geocoder.look_up("Rådhuspladsen 1", "1550")
    service.geometry = True
    assert geocoder.look_up("Rådhuspladsen 1", "1550") == plain


@pytest.mark.parametrize("street", ["Nørregade 1", "nørregade 001", "Nørregade 1, 1. th", "Nørregade 1 st. tv"])
def test_floor_door_and_case_do_not_matter(geocoder: Adressevaelger, street: str) -> None:
    found = geocoder.look_up(street, "6000")
    assert (found.state, found.precision) == ("found", "address")
    assert found.lat == pytest.approx(55.488, abs=0.01)


def test_number_one_is_not_number_ten_and_the_letter_counts(geocoder: Adressevaelger) -> None:
    assert "Nørregade 10," in geocoder.look_up("Nørregade 10", "6000").matched
    assert "Nørregade 11B," in geocoder.look_up("Nørregade 11 b", "6000").matched
    assert geocoder.look_up("Nørregade 11", "6000").precision == "street"


def test_an_unknown_number_gets_the_nearest_house_of_the_street(geocoder: Adressevaelger) -> None:
    found = geocoder.look_up("Nørregade 38", "6000")
    assert (found.state, found.precision, found.matched) == ("found", "street", "Nørregade 40, 6000 Kolding")


def test_a_street_alone_gets_its_middle(geocoder: Adressevaelger) -> None:
    found = geocoder.look_up("Nørregade", "6000")
    assert (found.state, found.precision) == ("found", "street")
    assert found.matched in ("Nørregade 10, 6000 Kolding", "Nørregade 11B, 6000 Kolding")


def test_another_postcode_or_street_is_not_believed(service: AddressService, geocoder: Adressevaelger) -> None:
    assert geocoder.look_up("Nørregade 1", "7000").state == "unknown"
    assert geocoder.look_up("Nørrebro 2", "6000").state == "unclear"
    service.houses[0] = House("Rådhuspladsen", "1", "1620", "København V", 1.0, 1.0)
    assert geocoder.look_up("Rådhuspladsen 1", "1550").state == "unknown"


def test_a_place_outside_denmark_is_not_believed(geocoder: Adressevaelger) -> None:
    assert geocoder.look_up("Polarvej 1", "9990").state == "unclear"


def test_nothing_but_the_address_is_sent(service: AddressService, geocoder: Adressevaelger) -> None:
    geocoder.look_up("c/o Hanne Prøvesen, Nørregade 1, 1. th, att. Jens", "6000")
    sent = " ".join(f"{path} {parameters}" for path, parameters in service.asked)
    assert "Nørregade 1, 6000" in sent
    assert "Hanne" not in sent
    assert "Jens" not in sent
    assert "th" not in sent


def test_an_address_without_a_street_asks_nobody(service: AddressService, geocoder: Adressevaelger) -> None:
    assert geocoder.look_up("", "6000").state == "unknown"
    assert geocoder.look_up("c/o Hanne Prøvesen", "6000").state == "unknown"
    assert service.asked == []


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
def test_a_refusal_is_a_failure_that_tells_neither_address_nor_token(
    service: AddressService, geocoder: Adressevaelger, status: int
) -> None:
    service.broken = status
    failed = geocoder.look_up("Nørregade 1", "6000")
    assert (failed.state, str(status) in failed.reason) == ("failed", True)
    assert TOKEN not in failed.reason
    assert "Nørregade" not in failed.reason


@pytest.mark.parametrize("body", ["<html>", "[]", '{"status": "fejl"}', ""])
def test_an_answer_in_another_shape_is_a_failure(service: AddressService, geocoder: Adressevaelger, body: str) -> None:
    service.broken, service.body = 200, body
    assert geocoder.look_up("Nørregade 1", "6000").state == "failed"


@pytest.mark.parametrize("body", ["{}", '{"fund": null}', '{"fund": [1, null, {}, {"type": "adresse"}]}'])
def test_an_answer_without_finds_is_no_place(service: AddressService, geocoder: Adressevaelger, body: str) -> None:
    service.broken, service.body = 200, body
    assert geocoder.look_up("Nørregade 1", "6000").state in ("unknown", "unclear")


def test_nobody_at_home_is_a_failure() -> None:
    with address_service() as gone:
        url = gone.url
    failed = Adressevaelger(url, TOKEN).look_up("Nørregade 1", "6000")
    assert (failed.state, failed.reason) == ("failed", "no answer: ConnectError")


def test_a_short_token_is_a_failure(service: AddressService) -> None:
    assert Adressevaelger(service.url, "kort").look_up("Nørregade 1", "6000").state == "failed"


def test_the_token_is_not_logged(geocoder: Adressevaelger, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert geocoder.look_up("Nørregade 1", "6000").state == "found"
    assert TOKEN not in caplog.text


def test_threads_share_the_conversion() -> None:
    points = [(441000.0 + 1000 * n, 6100000.0 + 900 * n) for n in range(200)]
    alone = [in_degrees(*point) for point in points]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda point: in_degrees(*point), points)) == alone


@given(st.floats(54.6, 57.7), st.floats(8.1, 15.2))
def test_degrees_come_back(lat: float, lon: float) -> None:
    """There and back with the library's own inverse, to within a metre."""
    east, north = Transformer.from_crs("EPSG:4326", "EPSG:25832", always_xy=True).transform(lon, lat)
    assert in_degrees(east, north) == pytest.approx((lat, lon), abs=1e-5)


@pytest.mark.parametrize(
    ("line", "street", "number"),
    [
        ("Prøvevej 2", "Prøvevej", "2"),
        ("Prøvevej 2 A, 1. th", "Prøvevej", "2A"),
        ("Prøvevej 012b", "Prøvevej", "12B"),
        ("Prøvevej 2-4", "Prøvevej", "2"),
        ("Prøvevej 2 st. th", "Prøvevej", "2"),
        ("Prøvevej 2 1. tv", "Prøvevej", "2"),
        ("Christian 10.s Vej 3", "Christian 10.s Vej", "3"),
        ("10. Februar Vej 5", "10. Februar Vej", "5"),
        ("Prøvevej", "Prøvevej", ""),
        ("c/o Hanne Prøvesen, Prøvevej 2", "Prøvevej", "2"),
        ("Prøvevej 2 c/o Hanne Prøvesen", "Prøvevej", "2"),
        ("c/o Hanne Prøvesen", "", ""),
        ("", "", ""),
    ],
)
def test_addresses_are_taken_apart(line: str, street: str, number: str) -> None:
    assert taken_apart(line, "9500") == Address(street, number, "9500")


@given(st.text(max_size=60))
def test_any_line_is_taken_apart(line: str) -> None:
    parts = taken_apart(line, "9500")
    assert parts.digits == int("".join(c for c in parts.number if c.isdigit()) or 0)


def test_titles() -> None:
    assert of_title("Egeskovvej 41, Hald Ege, 8800 Viborg") == Address("Egeskovvej", "41", "8800")
    assert of_title("Vestergade 2A, 1. th, 1456 København K") == Address("Vestergade", "2A", "1456")
    assert of_title("Nørregade 1, 60001 Kolding") is None
    assert of_title("Nørregade") is None


def test_street_names() -> None:
    assert same_street("Gl. Landevej", "Gammel Landevej")
    assert same_street("Aaboulevarden", "Åboulevarden")
    assert same_street("H.C. Andersens Vej", "H C Andersens Vej")
    assert same_street("Ny-vej", "nyvej")
    assert not same_street("Møllevej", "Møllevejen")
    assert not same_street("Ny Landevej", "Gammel Landevej")
    assert not same_street("", "")


def test_settings_choose_and_check() -> None:
    assert make_geocoder(Settings()) is None
    chosen = {"CRM_GEOCODING": "adressevaelger", "CRM_GEOCODING_TOKEN": TOKEN, "CRM_SECRET_KEY": "x"}
    assert isinstance(make_geocoder(Settings.from_environment(chosen)), Adressevaelger)
    for wrong in (
        {"CRM_GEOCODING": "dawa"},
        {"CRM_GEOCODING_TOKEN": "kort"},
        {"CRM_GEOCODING_URL": "http://adressevaelger.dk"},
    ):
        with pytest.raises(ConfigurationError, match=next(iter(wrong))):
            Settings.from_environment({**chosen, **wrong})
