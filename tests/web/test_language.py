"""Danish first, English by the switch; numbers and dates in Danish form."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from crm.web.filters import dk_date, dk_datetime, dk_day, dk_number, dk_pct, dk_time, minutes_hm


def test_the_switch_changes_the_language_and_stays(client: FlaskClient) -> None:
    assert 'lang="da"' in client.get("/sign-in").text
    assert client.post("/language", data={"language": "en", "next": "/sign-in"}).headers["Location"] == "/sign-in"
    page = client.get("/sign-in").text
    assert 'lang="en"' in page
    assert "Sign in" in page


def test_an_unknown_language_and_a_foreign_target_change_nothing(client: FlaskClient) -> None:
    answer = client.post("/language", data={"language": "xx", "next": "https://example.com/"})
    assert answer.headers["Location"] == "/"
    assert 'lang="da"' in client.get("/sign-in").text


def test_dates_and_times_are_danish(app: Flask) -> None:
    moment = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
    with app.test_request_context():
        assert (dk_date(moment), dk_time(moment), dk_day(moment)) == ("24.11.2026", "9.05", "ti. 24. nov.")
        assert dk_datetime(moment) == "24.11.2026 kl. 9.05"
        assert dk_day(date(2026, 3, 1)) == "sø. 1. marts"


def test_an_english_day_has_no_point_after_its_number(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        assert dk_day(date(2026, 11, 24)) == "Tue 24 Nov"


def test_a_summer_evening_in_utc_is_the_next_danish_day() -> None:
    assert dk_date(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "02.07.2026"


@pytest.mark.parametrize(
    ("value", "decimals", "text"), [(33753, 0, "33.753"), (1234567.891, 2, "1.234.567,89"), (None, 0, "-"), (0, 0, "0")]
)
def test_numbers_have_point_and_comma_the_danish_way(value: float | None, decimals: int, text: str) -> None:
    assert dk_number(value, decimals) == text


def test_rates_and_durations() -> None:
    assert (dk_pct(10572 / 33753), dk_pct(None)) == ("31,3 %", "-")
    assert [minutes_hm(n) for n in (0, 45, 60, 94)] == ["0 min", "45 min", "1 t", "1 t 34 min"]
