"""How well a candidate fits: points, order, reasons."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from crm.openings.rules.languages import LANGUAGES
from crm.openings.rules.matching import UNKNOWN_PLACES, Person, Wanted, fit, ranked, words_alike
from crm.openings.rules.types import TYPES

codes = st.one_of(st.none(), st.sampled_from(["5120", "5131", "9412", "7115", "4321", "5129"]))
occupations = st.sampled_from(["", "Kok", "Tjener", "Lagermedarbejder", "Kok og bager", "Noget helt andet"])
languages = st.lists(st.sampled_from(list(LANGUAGES)), max_size=4, unique=True).map(tuple)
hours = st.one_of(st.none(), st.floats(1, 60))
wanted = st.builds(Wanted, occupations, codes, languages, hours, st.sampled_from(list(TYPES)))
people = st.builds(
    Person,
    occupations,
    codes,
    st.one_of(st.none(), st.integers(0, 300)),
    st.integers(1, 240),
    languages,
    hours,
    st.lists(st.sampled_from(list(TYPES)), max_size=3, unique=True).map(tuple),
)
nowhere = st.builds(replace, people, minutes=st.none(), unknown=st.sampled_from(list(UNKNOWN_PLACES)))


@given(wanted, people)
def test_the_score_and_its_points_lie_within_their_bounds(asked: Wanted, person: Person) -> None:
    found = fit(asked, person)
    assert 0 <= found.score <= 100.0001
    assert all(0 <= point <= 1 for _name, point in found.points)


@given(wanted, people, people)
def test_better_on_one_point_and_equal_on_the_rest_never_ranks_lower(asked: Wanted, a: Person, b: Person) -> None:
    """Every mixture of two people's traits: whoever is at least as good on every point scores at least as high."""
    mixed = [
        a,
        b,
        replace(a, minutes=b.minutes),
        replace(a, languages=b.languages),
        replace(a, weekly_hours=b.weekly_hours),
        replace(a, types=b.types),
        replace(a, occupation=b.occupation, code=b.code),
        replace(a, reach_minutes=b.reach_minutes),
    ]
    fits = [fit(asked, one) for one in mixed]
    for one in fits:
        for other in fits:
            if all(x >= y for (_n, x), (_m, y) in zip(one.points, other.points, strict=True)):
                assert one.score >= other.score


@given(wanted, people, st.integers(0, 300))
def test_nearer_never_ranks_lower_and_a_language_more_never_hurts(asked: Wanted, person: Person, minutes: int) -> None:
    near, far = replace(person, minutes=minutes), replace(person, minutes=minutes + 7)
    assert fit(asked, near).score >= fit(asked, far).score >= fit(asked, replace(person, minutes=None)).score
    for key in LANGUAGES:
        assert fit(asked, replace(person, languages=(*person.languages, key))).score >= fit(asked, person).score


@given(wanted, st.lists(people | nowhere, max_size=12), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_what_came_in(
    asked: Wanted, crowd: list[Person], chance: random.Random
) -> None:
    fits = [(index, fit(asked, person), index) for index, person in enumerate(crowd)]
    shuffled = list(fits)
    chance.shuffle(shuffled)
    assert ranked(fits) == ranked(shuffled)
    assert len(ranked(fits)) == len(crowd), "nobody is dropped"
    for known in (True, False):
        scores = [found.score for _item, found in ranked(fits) if (found.reach is not None) == known]
        assert scores == sorted(scores, reverse=True)
    reach = [found.reach for _item, found in ranked(fits)]
    assert None not in reach[: len(reach) - 1 - reach[::-1].index(True) if True in reach else 0]
    if None in reach and True in reach:
        assert reach[reach.index(None) - 1] is True, "right after the last who reaches the work"


def test_who_cannot_be_placed_stands_after_those_in_reach_and_before_the_rest_out_of_it() -> None:
    asked = Wanted("Kok", "5120")
    crowd = {
        "near": Person("Kok", "5120", 10),
        "related": Person("Tjener", "5131", 40),
        "nowhere": Person("Kok", "5120", unknown="candidate"),
        "nowhere, related": Person("Tjener", "5131", unknown="candidate"),
        "far": Person("Tjener", "5131", 80),
        "island": Person("Tjener", "5131", None),
    }
    fits = [(name, fit(asked, person), number) for number, (name, person) in enumerate(crowd.items())]
    assert [name for name, _fit in ranked(fits)] == list(crowd)
    assert ranked(fits)[2][1].score < ranked(fits)[0][1].score


@given(st.text(max_size=60), st.text(max_size=60))
def test_words_are_alike_both_ways_and_wholly_alike_to_themselves(a: str, b: str) -> None:
    assert words_alike(a, b) == words_alike(b, a)
    assert 0 <= words_alike(a, b) <= 1


def test_words_of_free_text_count_where_no_code_is_known() -> None:
    assert words_alike("Drone-pilot", "dronepilot") == 1
    assert words_alike("Lager", "Lagermedarbejder") == 0.75
    assert words_alike("Kok", "Tjener") == 0
    free = fit(Wanted("Dronepilot"), Person("Dronepilot", minutes=10))
    assert free.related
    assert free.reasons[0].message == "samme fag"


def said(asked: Wanted, person: Person) -> list[str]:
    return [
        reason.message.format(**dict(reason.fields), words=", ".join(word.lower() for word in reason.words))
        for reason in fit(asked, person).reasons
    ]


def test_the_reasons_say_what_fits_and_what_does_not() -> None:
    asked = Wanted("Kok", "5120", ("da", "en"), 37, "wage_subsidy")
    assert said(asked, Person("Kok", "5120", 25, 45, ("da",), 37)) == [
        "samme fag",
        "25 min",
        "mangler engelsk",
        "timerne passer",
    ]
    assert said(asked, Person("Tømrer", "7115", 70, 45, ("da", "en"), 20, ("ordinary",))) == [
        "andet fag",
        "70 min, når højst 45",
        "taler dansk, engelsk",
        "vil have 20 timer",
        "søger ikke løntilskud",
    ]
    assert said(Wanted(), Person("Kok", "5120", None)) == ["kan ikke nå frem"]
    for whose, words in UNKNOWN_PLACES.items():
        assert said(Wanted(), Person("Kok", "5120", unknown=whose)) == [words]


def test_without_an_occupation_everybody_may_be_proposed() -> None:
    assert fit(Wanted(), Person("Kok", minutes=5)).related
    assert not fit(Wanted("Kok", "5120"), Person("Tømrer", "7115", 5)).related
