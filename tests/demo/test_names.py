"""Nothing of the demo can be taken for, or reach, somebody real."""

from __future__ import annotations

from random import Random

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st
from stdnum.dk import cvr

from crm.base.types import parse_email, parse_p_number, parse_phone
from crm.companies.rules.industry import known_division
from crm.demo import names
from crm.demo.places import jobcentres
from crm.demo.register import FIRST_P_NUMBER, HEADER, Extract, cvr_numbers

MARKED = (*names.MARKS, *names.PREFIXES, *names.SURNAMES, "Opdigtede", "Tænkte", "Fiktive")


@given(st.integers())
def test_phones_can_be_stored_but_are_given_to_nobody(seed: int) -> None:
    number = phonenumbers.parse(parse_phone(names.phone(Random(seed))), "DK")
    assert phonenumbers.is_possible_number(number)
    assert not phonenumbers.is_valid_number(number)


@given(st.integers())
def test_company_names_say_that_they_are_invented(seed: int) -> None:
    rng = Random(seed)
    name = names.company_name(rng, names.trade(rng), "Hobro")
    assert any(mark in name for mark in MARKED), name
    assert parse_email(names.email(rng, name, names.person(rng))).endswith(".example")


def test_cvr_numbers_have_right_check_digits() -> None:
    numbers = cvr_numbers()
    first = [next(numbers) for _ in range(2000)]
    assert all(cvr.is_valid(number) for number in first)
    assert len(set(first)) == 2000


def test_industry_codes_are_of_known_divisions() -> None:
    assert [one.code for one in names.trades()[0] if not known_division(one.code, "DB25")] == []


def test_rows_carry_real_municipalities_and_postcodes() -> None:
    centre = jobcentres()[-5]
    rows = list(Extract(Random(1)).rows(centre, 200))
    code, p_number = HEADER.index("Kommunekode"), HEADER.index("P-nr")
    assert {row[code] for row in rows} <= set(centre.codes)
    assert [parse_p_number(row[p_number]) for row in rows] == [str(FIRST_P_NUMBER + n) for n in range(200)]


def test_the_same_seed_draws_the_same_rows() -> None:
    def draw(seed: int) -> list[list[str]]:
        return list(Extract(Random(seed)).rows(jobcentres()[0], 50))

    assert draw(4) == draw(4)
    assert draw(4) != draw(5)
