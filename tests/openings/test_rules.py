"""Types in the order of the published table, what is refused, and the matching of a corrected report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.openings.rules import SHORT, TYPES, NewOpening, match, problems


@dataclass
class There:
    type: str
    akutjob: bool
    occupation: str
    positions: int
    own_type_id: int | None = None


own_types = st.sampled_from([None, 7, 8])
told = st.builds(
    NewOpening,
    type=st.sampled_from(["ordinary", "wage_subsidy"]),
    positions=st.integers(1, 5),
    akutjob=st.booleans(),
    occupation=st.sampled_from(["", "smed", "kok"]),
    own_type_id=own_types,
    keeps_own=st.booleans(),
)
there = st.builds(
    There,
    st.sampled_from(["ordinary", "wage_subsidy"]),
    st.booleans(),
    st.sampled_from(["", "smed", "kok"]),
    st.integers(1, 5),
    own_types,
)


def test_types_have_the_order_and_words_of_the_published_table() -> None:
    assert list(TYPES) == [
        "ordinary",
        "upskilling_job",
        "adult_apprentice",
        "job_rotation",
        "wage_subsidy",
        "work_placement",
        "other",
    ]
    assert TYPES["ordinary"] == "Ordinære jobordrer, herunder akutjob"
    assert set(SHORT) == set(TYPES)


@pytest.mark.parametrize(
    ("opening", "field"),
    [
        (NewOpening("gold_digger"), "type"),
        (NewOpening("ordinary", 0), "positions"),
        (NewOpening("ordinary", 1000), "positions"),
        (NewOpening("wage_subsidy", akutjob=True), "akutjob"),
        (NewOpening("ordinary", occupation="x" * 201), "occupation"),
        (NewOpening("ordinary", cvs_wanted=0), "cvs_wanted"),
        (NewOpening("ordinary", cvs_by=date(1026, 1, 1)), "cvs_by"),
    ],
)
def test_what_cannot_be_logged_names_its_field(opening: NewOpening, field: str) -> None:
    assert list(problems(opening)) == [field]


def test_an_ordinary_opening_may_be_urgent() -> None:
    assert problems(NewOpening("ordinary", 3, akutjob=True, occupation="smed", cvs_wanted=2)) == {}


@given(st.lists(there, max_size=6), st.lists(told, max_size=6))
def test_every_opening_is_corrected_logged_or_taken_back_exactly_once(old: list[There], new: list[NewOpening]) -> None:
    pairs, fresh, gone = match(old, new)
    assert sorted(map(id, [p[0] for p in pairs] + gone)) == sorted(map(id, old))
    assert sorted(repr(n) for n in [p[1] for p in pairs] + fresh) == sorted(map(repr, new))
    assert all(a.type == b.type for a, b in pairs)
    assert not {o.type for o in gone} & {n.type for n in fresh}


@given(st.lists(there, max_size=6))
def test_the_same_report_again_pairs_each_with_itself(old: list[There]) -> None:
    again = [NewOpening(o.type, o.positions, o.akutjob, o.occupation, own_type_id=o.own_type_id) for o in old]
    pairs, fresh, gone = match(old, again)
    assert not fresh
    assert not gone
    assert all((a.akutjob, a.occupation, a.own_type_id) == (b.akutjob, b.occupation, b.own_type_id) for a, b in pairs)


def test_who_names_an_own_type_chooses_before_who_says_nothing_of_it() -> None:
    there = [There("other", False, "", 1, 7), There("other", False, "", 1)]
    silent, naming = NewOpening("other", keeps_own=True), NewOpening("other", own_type_id=7)
    pairs, fresh, gone = match(there, [silent, naming])
    assert {(old.own_type_id, new.own_type_id) for old, new in pairs} == {(7, 7), (None, None)}
    assert (fresh, gone) == ([], [])


def test_another_own_type_of_the_same_reporting_type_corrects_in_place() -> None:
    [(old, new)], fresh, gone = match([There("other", False, "kok", 2)], [NewOpening("other", 2, own_type_id=8)])
    assert (old.own_type_id, new.own_type_id, fresh, gone) == (None, 8, [], [])
