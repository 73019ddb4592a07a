"""Value types: what is taken, what is refused, and that a parsed value parses to itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.base.types import format_cvr, format_phone, parse_cvr, parse_email, parse_p_number, parse_phone, parse_postcode

WEIGHTS = (2, 7, 6, 5, 4, 3, 2, 1)
PARSERS = [parse_cvr, parse_p_number, parse_postcode, parse_phone, parse_email]


@given(st.integers(10_000_000, 99_999_999))
def test_cvr_numbers_pass_exactly_when_the_weighted_sum_divides_by_eleven(number: int) -> None:
    right = sum(int(digit) * weight for digit, weight in zip(str(number), WEIGHTS, strict=True)) % 11 == 0
    if right:
        assert parse_cvr(format_cvr(str(number))) == str(number)
    else:
        with pytest.raises(ValueError, match="kontrolciffer"):
            parse_cvr(str(number))


@pytest.mark.parametrize("parse", PARSERS)
@given(raw=st.text(max_size=40))
def test_any_text_is_parsed_or_refused_with_a_reason_and_parsing_twice_changes_nothing(
    parse: Callable[[str], str], raw: str
) -> None:
    with contextlib.suppress(ValueError):
        assert parse(parse(raw)) == parse(raw)


@pytest.mark.parametrize(
    ("parse", "raw", "value"),
    [
        (parse_cvr, "DK 25 31 37 63", "25313763"),
        (parse_p_number, "1003388394", "1003388394"),
        (parse_postcode, "DK-9500", "9500"),
        (parse_postcode, "800", "0800"),
        (parse_phone, "98 52 30 00", "+4598523000"),
        (parse_phone, "+46 8 123 456 78", "+46812345678"),
        (parse_email, " Karen@Eksempel.DK ", "Karen@eksempel.dk"),
    ],
)
def test_ordinary_spellings_are_understood(parse: Callable[[str], str], raw: str, value: str) -> None:
    assert parse(raw) == value


@pytest.mark.parametrize(
    ("parse", "raw"),
    [
        (parse_cvr, ""),
        (parse_cvr, "1234567"),
        (parse_p_number, "0003388394"),
        (parse_p_number, "100338839"),
        (parse_postcode, "95000"),
        (parse_postcode, "0100"),
        (parse_phone, "ring på døren"),
        (parse_phone, "123"),
        (parse_email, "karen@localhost"),
        (parse_email, "a@b@c.dk"),
    ],
)
def test_what_cannot_be_right_is_refused(parse: Callable[[str], str], raw: str) -> None:
    with pytest.raises(ValueError):
        parse(raw)


def test_danish_numbers_are_shown_in_pairs() -> None:
    assert format_phone("+4598523000") == "98 52 30 00"
    assert format_phone(None) == ""
