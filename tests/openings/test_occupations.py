"""The list of occupations: found while typed, codes from words, how near two lie."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.openings.rules.occupations import alike, code_of, find, fold, title_of

ROWS = list(csv.DictReader((Path(__file__).parents[2] / "crm/openings/data/occupations.csv").open(encoding="utf-8")))
codes = st.sampled_from(sorted({row["code"] for row in ROWS}))


def test_the_list_holds_enough_and_every_code_is_of_disco_08() -> None:
    assert len(ROWS) >= 300
    assert all(len(row["code"]) == 4 and row["code"].isdecimal() for row in ROWS)
    assert len({row["title"].casefold() for row in ROWS}) == len(ROWS)
    majors = {row["code"][0] for row in ROWS}
    assert majors == set("0123456789")


def test_one_word_never_has_two_codes() -> None:
    seen: dict[str, str] = {}
    for row in ROWS:
        for said in (row["title"], *filter(None, row["also"].split("|"))):
            assert seen.setdefault(fold(said), row["code"]) == row["code"], said


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("tømr", "Tømrer"),
        ("toemrer", "Tømrer"),
        ("TOMRER", "Tømrer"),
        ("sosu-h", "Sosu-hjælper"),
        ("stuepige", "Stuepige"),
        ("it supporter", "IT-supporter"),
        ("medarbejder lager", "Lagermedarbejder"),
        ("elektrikr", "Elektriker"),
        ("kok", "Kok"),
    ],
)
def test_typing_suggests_without_regard_to_case_accents_and_slips(typed: str, title: str) -> None:
    assert title in [one.title for one in find(typed)]


def test_the_whole_word_comes_first_and_no_more_than_asked_for() -> None:
    assert find("kok")[0].title == "Kok"
    assert len(find("a", limit=5)) == 5
    assert find("") == find("   ") == find("§§") == []
    assert find("zzzzqqqq") == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Tømrer", "7115"),
        ("svejsere", "7212"),
        ("Sygeplejersker", "2221"),
        ("Kokke til sæsonen", "5120"),
        ("Elektriker, gerne med erfaring", "7411"),
        ("Smed (CNC)", "7221"),
        ("VVS'er", "7126"),
        ("tryllekunstner på landevej", None),
        ("", None),
        ("  ", None),
    ],
)
def test_words_give_a_code_where_they_name_an_occupation(words: str, code: str | None) -> None:
    assert code_of(words) == code


@given(st.text(max_size=60))
def test_any_text_can_be_typed(text: str) -> None:
    assert len(find(text)) <= 8
    assert code_of(text) is None or title_of(code_of(text))


@given(st.sampled_from(ROWS))
def test_every_title_finds_itself_and_gives_its_code(row: dict[str, str]) -> None:
    found = find(row["title"])
    assert any(one.code == row["code"] for one in found)
    assert code_of(row["title"]) == row["code"]


@given(codes, codes)
def test_nearness_is_the_same_both_ways_and_one_only_for_the_same(a: str, b: str) -> None:
    assert alike(a, b) == alike(b, a)
    assert 0 <= alike(a, b) <= 1
    assert (alike(a, b) == 1) == (a == b)


def test_more_shared_digits_are_nearer() -> None:
    steps = [alike("7115", other) for other in ("5120", "7212", "7112", "7115")]
    assert steps == sorted(steps)
    assert steps[0] == 0
    assert alike("7115", None) == alike(None, None) == 0


def test_a_cook_and_a_kitchen_hand_are_not_the_same() -> None:
    assert alike(code_of("Kok"), code_of("Køkkenmedhjælper")) == 0
