"""Margins, definitions, weeks, files: pure."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.base.clock import DANISH, at
from crm.reports.rules import (
    DEFINITIONS,
    Rate,
    cell,
    csv_file,
    distinct,
    in_danish_order,
    interval,
    margin,
    parse_week,
    pct,
    percent,
    sample_margin,
    week_bounds,
    week_key,
    week_starts,
    wilson,
)

shares = st.integers(1, 100_000).flatmap(lambda d: st.tuples(st.integers(0, d), st.just(d)))


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [
        (10_572, 33_753, 0.3083, 0.3182),
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0.0, 0.2775),
        (1, 1, 0.2065, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)  # the last one: Newcombe 1998, table I, method 3
def test_wilson_gives_the_published_values(numerator: int, denominator: int, low: float, high: float) -> None:
    assert wilson(numerator, denominator) == pytest.approx((low, high), abs=5e-5)


@given(shares)
def test_wilson_holds_the_rate_and_stays_a_share(share: tuple[int, int]) -> None:
    numerator, denominator = share
    low, high = wilson(numerator, denominator) or (1.0, 0.0)
    assert 0 <= low <= numerator / denominator <= high <= 1


@given(shares)
def test_wilson_mirrors_the_other_answer(share: tuple[int, int]) -> None:
    numerator, denominator = share
    low, high = wilson(numerator, denominator) or (0.0, 0.0)
    other = wilson(denominator - numerator, denominator)
    assert other == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_an_interval_holds_its_rate_even_above_a_hundred(numerator: int, denominator: int) -> None:
    low, high = interval(numerator, denominator) or (1.0, 0.0)
    assert 0 <= low <= numerator / denominator <= high


def test_no_denominator_no_rate_and_it_prints_as_a_dash() -> None:
    none = Rate("x", 0, 0)
    assert wilson(0, 0) is None
    assert (none.rate, none.low, none.high, pct(none), margin(none), percent(0, 0)) == (None, None, None, "-", "", None)
    assert pct(Rate("x", 3, None)) == "-"


@pytest.mark.parametrize(
    ("numerator", "denominator", "printed"),
    [(945, 5397, "17.5"), (437, 5397, "8.1"), (262, 5397, "4.9"), (1, 8, "12.5"), (1, 16, "6.3"), (5, 2, "250.0")],
)
def test_per_cent_is_rounded_half_up_as_reports_print_it(numerator: int, denominator: int, printed: str) -> None:
    assert percent(numerator, denominator) == printed


def test_small_numbers_never_stand_out() -> None:
    assert distinct(Rate("x", 20, 20), 0.3) == ""
    assert distinct(Rate("x", 300, 400), 0.3) == "high"
    assert distinct(Rate("x", 10, 400), 0.3) == "low"
    assert distinct(Rate("x", 120, 400), 0.3) == ""


def test_danish_order_puts_aa_last() -> None:
    assert sorted(["Aabenraa", "Ærø", "Odense", "Østerbro", "Billund"], key=in_danish_order) == [
        "Billund",
        "Odense",
        "Ærø",
        "Østerbro",
        "Aabenraa",
    ]


@given(st.dates(date(1991, 1, 1), date(2099, 12, 31)))
def test_weeks_are_read_as_they_are_written(day: date) -> None:
    assert parse_week(week_key(day)) == day - timedelta(days=day.weekday())


@pytest.mark.parametrize("text", ["", "uge 36", "2026-36", "2026-W54", "2026-W00", "9999-W01", "2026-W1x"])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_week(text)


def test_a_week_is_the_danish_one_summer_and_winter() -> None:
    frm, to = week_bounds(date(2026, 10, 19), date(2026, 10, 19))
    assert frm == datetime(2026, 10, 19, tzinfo=DANISH)
    assert to == datetime(2026, 10, 26, tzinfo=DANISH)  # the clock went back in between: 169 hours
    assert to is not None
    assert frm is not None
    assert to.timestamp() - frm.timestamp() == 169 * 3600
    assert week_starts(at(date(2026, 10, 25), 0), at(date(2026, 10, 26), 0)) == [date(2026, 10, 19), date(2026, 10, 26)]


@given(st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    assert not cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_files_open_rightly_in_a_danish_spreadsheet() -> None:
    body = csv_file(["Navn", "Rate"], [["Ærø; =1+1", 31.3], ["=HYPERLINK()", None]])
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
    assert rows == [["Navn", "Rate"], ["Ærø; =1+1", "31,3"], ["'=HYPERLINK()", ""]]


def test_every_definition_has_words_and_a_version() -> None:
    assert all(d.key == key and d.version >= 1 and d.name and d.text for key, d in DEFINITIONS.items())


def test_a_sample_is_off_by_no_more_than_the_published_margin() -> None:
    """Evaluation 2013: 422 answers of 10,500 companies are told with 4.67 points."""
    assert round((sample_margin(422, 10_500) or 0) * 100, 2) == 4.67
    assert sample_margin(422, 422) == 0, "everybody has answered"
    assert sample_margin(1, 1) == 0
    assert sample_margin(0, 10) is None
    assert sample_margin(11, 10) is None, "more answers than were asked"
