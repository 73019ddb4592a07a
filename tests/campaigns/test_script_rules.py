"""A script's fields, checks and ways: pure rules, over random scripts too."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.campaigns.rules import (
    DEFAULT_SCRIPT,
    END,
    GO_ON,
    SCRIPT_FIELDS,
    choices_of,
    clean_steps,
    compare,
    edit_script,
    fill,
    fill_script,
    first_name,
    leads_to,
    script_errors,
    script_parts,
    script_problem,
    script_target,
    shown_steps,
    street_name,
    typed_steps,
    walk,
    words,
)

KEYS = [f"trin-{n}" for n in range(1, 8)]


@st.composite
def scripts(draw: st.DrawFn) -> list[dict]:
    """Any ways between up to seven steps, also ones that go in circles."""
    keys = KEYS[: draw(st.integers(1, 7))]
    answer = st.fixed_dictionaries(
        {
            "label": st.sampled_from(["Ja", "Nej", "Måske"]),
            "note": st.just("Et resumé"),
            "to": st.sampled_from(["", END, *keys]),
            "outcome": st.sampled_from(["", "", "booked", "declined"]),
        }
    )
    return clean_steps(
        {"key": key, "title": key, "text": "Hej {contact}", "answers": draw(st.lists(answer, max_size=4))}
        for key in keys
    )


CHOICES = st.lists(st.integers(-1, 4), max_size=12)


def one(**fields: object) -> dict:
    return {"key": "a", "title": "A", "text": "Hej", "answers": [], **fields}


def answer(label: str = "Ja", to: str = "", outcome: str = "", note: str = "") -> dict:
    return {"label": label, "note": note, "to": to, "outcome": outcome}


def test_the_standard_script_can_be_published_and_ends_in_every_usual_way() -> None:
    assert script_errors(DEFAULT_SCRIPT, {"booked", "declined", "call_back", "do_not_call"}) == {}
    way = walk(DEFAULT_SCRIPT, [0, 0, 0, 0])
    assert [key for key, _n in way.done] == ["indledning", "behov", "forslag", "bekraeft"]
    assert (way.current, way.outcome) == (None, "booked")
    assert walk(DEFAULT_SCRIPT, [1]).current == "ring-igen"
    assert walk(DEFAULT_SCRIPT, [0, 3]).current == "mail"
    assert walk(DEFAULT_SCRIPT, [0, 0]).later == ("bekraeft",)


def test_every_standard_step_reads_well_with_and_without_a_contact() -> None:
    values = {"phoner": "Sofie", "contact": "den ansvarlige", "contact_first": "", "company": "X", "street": "Vej",
              "jobcentre": "Jobcenter X"}  # fmt: skip
    for step in fill_script(DEFAULT_SCRIPT, values):
        for text in (step["text"], *(row["note"] for row in step["answers"])):
            assert "{" not in text, step["key"]
            assert " ," not in text, step["key"]
            assert text[:1].isupper(), step["key"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Passer det, {contact_first}?", "Passer det?"),
        ("{contact_first}, har du tid?", "Har du tid?"),
        ("Tak. {contact_first} har tid", "Tak. Har tid"),
        ("Hej {contact_first} igen", "Hej igen"),
    ],
)
def test_a_missing_first_name_takes_its_comma_along(text: str, says: str) -> None:
    assert fill(text, {"contact_first": ""}) == says
    assert "Mette" in fill(text, {"contact_first": "Mette"})


def test_live_fields_wait_for_the_chosen_time() -> None:
    parts = script_parts("Vi siger {when}, {company}. {ukendt}", {"company": "Blik ApS"})
    assert [(part.kind, part.field) for part in parts] == [
        ("text", ""), ("live", "when"), ("text", ""), ("value", "company"), ("text", ""),
    ]  # fmt: skip
    assert fill("{when} {ukendt}", {"when": "kl. 10"}) == "kl. 10 {ukendt}"


@given(st.text(max_size=60))
def test_a_text_without_braces_is_never_a_problem_and_fills_to_itself(text: str) -> None:
    plain = text.replace("{", "").replace("}", "")
    assert script_problem(plain) is None
    assert fill(plain, dict.fromkeys(SCRIPT_FIELDS, "x")) == plain


@pytest.mark.parametrize("text", ["Goddag {chef}", "Goddag {phoner", "Goddag phoner}", "{}", "{{contact}}"])
def test_unknown_fields_and_loose_braces_are_found(text: str) -> None:
    assert script_problem(text) is not None
    assert "text-0" in script_errors([one(text=text)])


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ([], "steps"),
        ([one(title="")], "title-0"),
        ([one(text="")], "text-0"),
        ([one(title="x" * 81)], "title-0"),
        ([one(text="x" * 2001)], "text-0"),
        ([one(), one()], "title-1"),
        ([one(key=END)], "title-0"),
        ([one(key="Å!")], "title-0"),
        ([one(answers=[answer("")])], "label-0-0"),
        ([one(answers=[answer("x" * 41)])], "label-0-0"),
        ([one(answers=[answer(), answer(note="{when}")])], "note-0-1"),
        ([one(answers=[answer(to="væk")])], "to-0-0"),
        ([one(answers=[answer(outcome="solgt")])], "outcome-0-0"),
        ([one(answers=[answer()] * 10)], "answers-0"),
        ([one(key=f"a{n}") for n in range(13)], "steps"),
        ([one(answers=[answer(to=END)]), one(key="b")], "title-1"),
        ([one(answers=[answer(to="b")]), one(key="b", answers=[answer(to="a")])], "answers-0"),
    ],
)
def test_an_error_names_its_step_and_field(steps: list[dict], field: str) -> None:
    assert field in script_errors(steps, {"booked"})


def test_a_circle_with_a_way_out_is_allowed() -> None:
    steps = [one(answers=[answer(to="b")]), one(key="b", answers=[answer(to="a"), answer("Nej", outcome="declined")])]
    assert script_errors(steps) == {}
    assert walk(steps, [0, 0]).done == ()
    assert walk(steps, [0, 1]).current is None


def reachable(steps: list[dict]) -> tuple[set[str], set[str]]:
    """By brute force: keys reached from the first step, and keys from which the end is reached."""
    edges = {(s["key"], leads_to(steps, n, a)) for n, s in enumerate(steps) for a in (s["answers"] or [None])}
    closure = set(edges)
    for _round in steps:
        closure |= {(a, d) for a, b in closure for c, d in closure if b == c}
    first = steps[0]["key"]
    return {first} | {b for a, b in closure if a == first and b}, {a for a, b in closure if b is None}


@given(scripts())
def test_a_script_passes_exactly_when_every_step_is_reached_and_every_call_can_end(steps: list[dict]) -> None:
    reached, ending = reachable(steps)
    sound = all(step["key"] in reached and step["key"] in ending for step in steps)
    assert (script_errors(steps, {"booked", "declined"}) == {}) is sound


@given(scripts(), CHOICES)
def test_a_walk_shows_no_step_twice_and_only_goes_where_answers_lead(steps: list[dict], choices: list[int]) -> None:
    way = walk(steps, choices)
    shown = [key for key, _n in way.done] + ([way.current] if way.current else []) + list(way.later)
    assert len(shown) == len(set(shown))
    places = {step["key"]: n for n, step in enumerate(steps)}
    line = [*(key for key, _n in way.done), way.current]
    for (key, choice), following in zip(way.done, line[1:], strict=True):
        rows = steps[places[key]]["answers"]
        chosen = rows[choice] if choice != GO_ON else (rows or [None])[0]
        assert leads_to(steps, places[key], chosen) == following
    assert walk(steps, [choice for _key, choice in way.done]) == way or way.outcome, "a walk can be taken again"


@given(scripts(), CHOICES, st.randoms(use_true_random=False))
def test_from_wherever_a_sound_call_stands_it_can_be_ended(
    steps: list[dict], choices: list[int], chance: random.Random
) -> None:
    if script_errors(steps):
        return
    way = walk(steps, choices)
    taken = [choice for _key, choice in way.done]
    for _turn in range(2000):
        if way.current is None:
            return
        rows = next(step for step in steps if step["key"] == way.current)["answers"]
        taken = [choice for _key, choice in way.done] + [chance.randrange(len(rows)) if rows else GO_ON]
        way = walk(steps, taken)
    raise AssertionError("no end in 2,000 answers")


@given(scripts(), CHOICES)
def test_what_is_shown_is_every_step_once_in_the_walks_order(steps: list[dict], choices: list[int]) -> None:
    shown = shown_steps(steps, {"contact": "Mette"}, choices, {"booked": "Besøg aftalt"})
    assert sorted(step["key"] for step in shown) == sorted(step["key"] for step in steps)
    assert sum(step["state"] == "current" for step in shown) <= 1
    assert {row["outcome"] for step in shown for row in step["answers"]} <= {"", "booked"}
    order = [step["state"] for step in shown]
    assert order == sorted(order, key=["done", "current", "later", "away"].index)


def test_choices_are_read_until_something_else_comes() -> None:
    assert choices_of("0.2.-1") == [0, 2, -1]
    assert choices_of("") == []
    assert choices_of("1.x.2") == [1]
    assert len(choices_of(".".join("1" * 400))) == 50


def posted(steps: list[dict]) -> dict[str, str]:
    """The form's fields, as the editor's template writes them."""
    form: dict[str, str] = {}
    for n, step in enumerate(steps):
        form |= {f"{name}-{n}": step[name] for name in ("key", "title", "text")}
        for m, row in enumerate(step["answers"]):
            form |= {f"{name}-{n}-{m}": row[name] for name in ("label", "note", "outcome")}
            form[f"to-{n}-{m}"] = script_target(row)
    return form


@given(scripts())
def test_a_script_posted_unchanged_leads_to_the_same(steps: list[dict]) -> None:
    again = typed_steps(posted(steps))
    for n, step in enumerate(steps):
        ways = [leads_to(steps, n, row) for row in step["answers"]]
        assert [leads_to(again, n, row) for row in again[n]["answers"]] == ways


@given(scripts(), st.lists(st.sampled_from(["add", "insert:0", "remove:0", "remove:9", "up:1", "down:0", "answer:0",
                                            "drop:0:0", "raise:0:1", "lower:0:0", "x", "up:x", ""]), max_size=8))  # fmt: skip
def test_buttons_never_break_the_form(steps: list[dict], commands: list[str]) -> None:
    for command in commands:
        steps, _field = edit_script(steps, command)
        assert len({step["key"] for step in steps}) == len(steps) <= 12
        assert all(len(step["answers"]) <= 9 for step in steps)


def test_steps_and_answers_move() -> None:
    steps = clean_steps([one(answers=[answer("1"), answer("2")]), one(key="b")])
    moved, at = edit_script(steps, "down:0")
    assert ([step["key"] for step in moved], at) == (["b", "a"], "down-1")
    moved, at = edit_script(steps, "raise:0:1")
    assert ([row["label"] for row in moved[0]["answers"]], at) == (["2", "1"], "raise-0-0")
    moved, at = edit_script(steps, "insert:0")
    assert ([step["key"] for step in moved], at) == (["a", "trin-1", "b"], "title-1")


@given(st.text(max_size=80), st.text(max_size=80))
def test_words_give_both_texts_back(old: str, new: str) -> None:
    parts = words(old, new)
    assert "".join(part.text for part in parts if part.state != "gone") == new
    assert "".join(part.text for part in parts if part.state != "new") == old


@given(scripts(), scripts())
def test_comparing_tells_every_step_and_nothing_where_nothing_changed(old: list[dict], new: list[dict]) -> None:
    assert {change.state for change in compare(old, old)} == {"same"}
    changes = compare(old, new)
    assert [c.key for c in changes if c.state != "gone"] == [step["key"] for step in new]
    assert {c.key for c in changes if c.state == "gone"} == {s["key"] for s in old} - {s["key"] for s in new}


def test_a_step_that_only_moved_is_told_as_moved() -> None:
    a, b, c = (one(key=key) for key in "abc")
    assert sorted(change.state for change in compare([a, b, c], [c, a, b])) == ["moved", "same", "same"]


def test_names_and_streets_as_they_are_said() -> None:
    assert (first_name("Mette Marie Prøvesen"), first_name("")) == ("Mette", "")
    for street in ("Eksempelvej 12", "Eksempelvej 12B, 2. th", "Eksempelvej 12-14", "Eksempelvej 3 a", "Eksempelvej"):
        assert street_name(street) == "Eksempelvej"
    assert street_name("10. Februar Vej 3") == "10. Februar Vej"
