"""A script being written: what a form holds, and what its buttons do to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm.campaigns.rules.script import END, SCRIPT_ANSWERS, SCRIPT_STEPS, Step, clean_steps, new_key

_MOST_STEPS, _MOST_ANSWERS = SCRIPT_STEPS * 2, SCRIPT_ANSWERS * 2
# The longest text a form is read for; longer ones are cut, what lies between is told as too long.
_CUT = {"title": 200, "text": 8000, "label": 200, "note": 200, "to": 40, "outcome": 20}


def typed_steps(form: Mapping[str, str]) -> list[dict[str, Any]]:
    """The steps in a form's fields ``key-2``, ``title-2``, ``text-2``, ``label-2-0``, ``note-2-0``, ``to-2-0``,
    ``outcome-2-0``. There, "the next step" and "the end" are chosen apart from the outcome; see ``target``."""
    rows: list[dict[str, Any]] = []
    for n in range(_MOST_STEPS):
        if f"key-{n}" not in form:
            break
        row: dict[str, Any] = {name: form.get(f"{name}-{n}", "")[: _CUT[name]] for name in ("title", "text")}
        row["key"] = form[f"key-{n}"][:40]
        row["answers"] = [
            {name: form.get(f"{name}-{n}-{m}", "")[: _CUT[name]] for name in ("label", "note", "to", "outcome")}
            for m in range(_MOST_ANSWERS)
            if f"label-{n}-{m}" in form
        ]
        rows.append(row)
    steps = clean_steps(rows)
    for n, step in enumerate(steps):
        following = steps[n + 1]["key"] if n + 1 < len(steps) else END
        for answer in step["answers"]:
            if answer["outcome"]:
                wanted = answer["to"] or following
                answer["to"] = "" if wanted == END else wanted
    return steps


def target(answer: Mapping[str, str]) -> str:
    """What the form shows as where an answer leads: "" the next step, ``END``, or a step's key."""
    return END if answer["outcome"] and not answer["to"] else answer["to"]


def edit(steps: Sequence[Step], command: str) -> tuple[list[dict[str, Any]], str]:
    """What a button does, and the field to go to after it.

    Commands: ``add`` (a step at the end), ``insert:N`` (one after step N), ``remove:N``, ``up:N``, ``down:N``;
    ``answer:N`` (one more), ``drop:N:M``, ``raise:N:M``, ``lower:N:M``. What cannot be done changes nothing.
    """
    kept = clean_steps(steps)
    verb, *numbers = command.split(":")
    places = [int(part) for part in numbers if part.isdecimal()]
    if verb in ("add", "insert"):
        place = places[0] + 1 if places else len(kept)
        if len(kept) < SCRIPT_STEPS and place <= len(kept):
            kept.insert(place, {"key": new_key(s["key"] for s in kept), "title": "", "text": "", "answers": []})
        return kept, f"title-{min(place, len(kept) - 1)}"
    if not places or places[0] >= len(kept):
        return kept, ""
    place = places[0]
    if verb == "remove":
        del kept[place]
        return kept, f"title-{min(place, len(kept) - 1)}" if kept else "add"
    if verb in ("up", "down"):
        return kept, f"{verb}-{_move(kept, place, verb == 'up')}"
    return _edit_answers(kept, verb, place, places[1:])


def _edit_answers(
    kept: list[dict[str, Any]], verb: str, place: int, rest: list[int]
) -> tuple[list[dict[str, Any]], str]:
    answers = kept[place]["answers"]
    if verb == "answer":
        if len(answers) < SCRIPT_ANSWERS:
            answers.append({"label": "", "note": "", "to": "", "outcome": ""})
        return kept, f"label-{place}-{len(answers) - 1}"
    if rest and rest[0] < len(answers):
        if verb == "drop":
            del answers[rest[0]]
            return kept, f"label-{place}-{min(rest[0], len(answers) - 1)}" if answers else f"answer-{place}"
        if verb in ("raise", "lower"):
            return kept, f"{verb}-{place}-{_move(answers, rest[0], verb == 'raise')}"
    return kept, ""


def _move(rows: list[dict[str, Any]], place: int, up: bool) -> int:
    """Move a row by one; the place it stands at then."""
    there = place - 1 if up else place + 1
    if not 0 <= there < len(rows):
        return place
    rows[place], rows[there] = rows[there], rows[place]
    return there
