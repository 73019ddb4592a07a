"""A script as it stands in the phoner's column: what is done, the step to read aloud, what comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crm.campaigns.rules.script import Step, fill, script_parts
from crm.campaigns.rules.script_walk import Walk, leads_to, straight_on, walk

DONE, CURRENT, LATER, AWAY = "done", "current", "later", "away"


def shown_steps(
    steps: Sequence[Step],
    values: Mapping[str, str],
    choices: Iterable[int] = (),
    outcomes: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Steps in the order they are shown, those off the way last.

    Each has key, title, parts (of the text), state, number, note (of the chosen answer), next ("" = the end), choices
    (what led to it, for a page without scripts) and answers with label, note, to ("" = the end), outcome and
    outcome_label. outcomes: key -> label of those that may be proposed; others fall away. None: all, without label.
    """
    way = walk(steps, choices)
    places = {step["key"]: n for n, step in enumerate(steps)}
    order = [*(key for key, _n in way.done), *([way.current] if way.current else []), *way.later]
    order += [key for key in places if key not in order]
    return [
        _shown(steps, places[key], number, way, values, outcomes) for number, key in enumerate(order, 1)
    ]  # fmt: skip


def _shown(
    steps: Sequence[Step],
    place: int,
    number: int,
    way: Walk,
    values: Mapping[str, str],
    outcomes: Mapping[str, str] | None,
) -> dict[str, Any]:
    step, given = steps[place], dict(way.done)
    key = step["key"]
    state = DONE if key in given else CURRENT if key == way.current else LATER if key in way.later else AWAY
    answers = []
    for answer in step["answers"]:
        outcome = answer["outcome"] if outcomes is None or answer["outcome"] in outcomes else ""
        answers.append(
            {
                "label": fill(answer["label"], values),
                "note": fill(answer["note"] or answer["label"], values),
                "to": leads_to(steps, place, answer) or "",
                "outcome": outcome,
                "outcome_label": (outcomes or {}).get(outcome, ""),
            }
        )
    choice = given.get(key, -1)
    return {
        "key": key,
        "title": fill(step["title"], values),
        "parts": script_parts(step["text"], values),
        "state": state,
        "number": number,
        "note": answers[choice]["note"] if choice >= 0 else "",
        "next": straight_on(steps, place) or "",
        "choices": ".".join(str(n) for n in [*given.values()][: [*given].index(key)]) if key in given else "",
        "answers": answers,
    }
