from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.dk import cvr

from crm.base.errors import Invalid
from crm.base.types import parse_cvr, parse_p_number, parse_phone
from crm.companies.rules import (
    COLUMNS,
    DIVISIONS,
    REQUIRED,
    SECTIONS,
    Rejected,
    Remark,
    correction_file,
    industry_label,
    read_header,
    section_of,
    values,
)
from crm.companies.rules.correction import neutral

CODES = frozenset({"101", "846"})


def told(parse, *arguments):
    """What a parser gives: its value, or the words with which it refuses."""
    try:
        return parse(*arguments)
    except ValueError as exc:
        return str(exc)


@given(st.text(max_size=12) | st.from_regex(r"[0-9]{8}", fullmatch=True))
def test_the_short_way_to_a_cvr_number_is_the_long_one(raw):
    assert told(values.cvr_number, raw) == told(parse_cvr, values._plain_number(raw))


@given(st.integers(10_000_000, 99_999_999))
def test_exactly_the_numbers_with_a_right_check_digit_are_cvr_numbers(number):
    assert (told(values.cvr_number, str(number)) == str(number)) == cvr.is_valid(str(number))


@given(st.integers(1_000_000, 9_999_999), st.integers(0, 7), st.integers(1, 9))
def test_one_wrong_digit_is_always_caught(start, place, shift):
    good = next((f"{start}{digit}" for digit in range(10) if cvr.is_valid(f"{start}{digit}")), None)
    if good:
        bad = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
        with pytest.raises(ValueError):
            values.cvr_number(bad)


@given(st.text(max_size=14) | st.from_regex(r"[0-9]{10}", fullmatch=True))
def test_the_short_way_to_a_p_number_is_the_long_one(raw):
    assert told(values.p_number, raw) == told(parse_p_number, values._plain_number(raw))


@given(st.from_regex(r"(\+45 ?|0045)?[0-9 ]{6,10}", fullmatch=True))
def test_the_short_way_to_a_telephone_number_is_the_long_one(raw):
    assert told(values.phone, raw) == told(parse_phone, raw)


@pytest.mark.parametrize("raw", ["12345678.0", "12345678,0", "12345678,00"])
def test_spreadsheet_decimals_are_taken_off(raw):
    assert values._plain_number(raw) == "12345678"


@pytest.mark.parametrize(("raw", "code"), [("101", "101"), ("0101", "101"), ("846.0", "846")])
def test_municipality_codes_with_and_without_zero(raw, code):
    assert values.municipality_code(raw, CODES) == code


@pytest.mark.parametrize("raw", ["", "999", "København", "0", "１０１"])
def test_other_municipality_codes_are_refused(raw):
    with pytest.raises(ValueError):
        values.municipality_code(raw, CODES)


@pytest.mark.parametrize(("raw", "count"), [("0", 0), ("14", 14), ("14.0", 14), ("1.250", 1250), ("1 250", 1250)])
def test_employees(raw, count):
    assert values.employees(raw) == count


@pytest.mark.parametrize("raw", ["-3", "mange", "5-9", "1,5", "99999999", "²"])
def test_employees_that_are_no_number_are_refused(raw):
    with pytest.raises(ValueError):
        values.employees(raw)


@pytest.mark.parametrize(
    ("raw", "code"), [("432200", "432200"), ("43.22.00", "432200"), ("11100", "011100"), ("432200.0", "432200")]
)
def test_industry_codes(raw, code):
    assert values.industry_code(raw, "DB25") == code


def test_an_industry_code_belongs_to_its_version():
    assert values.industry_code("451120", "DB07") == "451120"
    with pytest.raises(ValueError, match="version"):
        values.industry_code("451120", "DB25")


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        ("ja", True),
        ("Nej", False),
        ("1", True),
        ("0", False),
        ("TRUE", True),
        ("false", False),
        ("x", True),
        ("", False),
        ("1.0", True),
    ],
)
def test_yes_and_no(raw, answer):
    assert values.yes_or_no(raw) is answer


@pytest.mark.parametrize("point", [("55,6761", "12.5683"), ("57.72", "10,58"), ("55.10", "14.70")])
def test_coordinates_in_denmark(point):
    assert values.coordinates(*point) == tuple(float(part.replace(",", ".")) for part in point)


@pytest.mark.parametrize(
    "point", [("12.5", "55.7"), ("0", "0"), ("nan", "nan"), ("inf", "9"), ("nord", "9"), ("55.7", "")]
)
def test_other_coordinates_are_refused(point):
    with pytest.raises(ValueError):
        values.coordinates(*point)


@given(st.text(max_size=60))
def test_a_clean_cell_is_one_line_without_control_characters(cell):
    cleaned = values.clean(cell)
    assert cleaned == cleaned.strip()
    assert not set(cleaned) & set("\0\n\r\t\x1b")
    cleaned.encode("utf-8")


@given(st.text(max_size=40).map(values.clean).filter(lambda cell: not cell.startswith("'") and '="' not in cell))
def test_a_neutralised_cell_comes_back_as_it_was(cell):
    assert neutral(cell)[:1] not in ("=", "+", "-", "@")
    assert values.clean(neutral(cell)) == cell


def test_a_formula_that_only_keeps_text_is_that_text():
    assert values.clean('="0800"') == "0800"


def test_headers_in_any_language_case_and_order():
    header = read_header(["KOMMUNEKODE", "p number", "Navn ", "Cvr-Nr.", "post_nr"], 1)
    assert header.places == {"municipality_code": 0, "p_number": 1, "name": 2, "cvr_number": 3, "postcode": 4}


@pytest.mark.parametrize("key", REQUIRED)
def test_each_missing_required_column_is_named(key):
    with pytest.raises(Invalid, match=key):
        read_header([other for other in REQUIRED if other != key], 1)


def test_every_column_is_known_by_its_danish_and_english_header():
    assert list(read_header(list(COLUMNS), 1).places) == list(COLUMNS)
    assert list(read_header([danish for danish, _ in COLUMNS.values()], 1).places) == list(COLUMNS)


def test_sections_cover_every_division_once():
    assert sorted(division for section in SECTIONS.values() for division in section.divisions) == sorted(DIVISIONS)
    assert len(DIVISIONS) == 88
    assert list(SECTIONS) == list("ABCDEFGHIJKLMNOPQRSTUV")


def test_industries_in_words():
    assert industry_label("432200") == "Håndværk og specialiseret bygge og anlæg"
    assert industry_label(None) == ""
    assert industry_label("000000") == "Ukendt branche"
    assert industry_label("952100", "DB07") != industry_label("952100", "DB25")
    assert section_of("432200").label == "Bygge og anlæg"


def test_the_correction_file_says_why_and_keeps_what_stood_there():
    rows = [
        Rejected(7, ["=1+1", 'Ål; "A/S"', "x", "for meget"], [Remark(7, "reject", "CVR", "", "CVR-nummer mangler")])
    ]
    text = correction_file(["CVR", "Navn", "P-nr"], rows).decode("utf-8-sig").splitlines()
    assert text[0] == "CVR;Navn;P-nr;;Afvist fordi"
    assert text[1] == '\'=1+1;"Ål; ""A/S""";x;for meget;Række 7: CVR: CVR-nummer mangler'
