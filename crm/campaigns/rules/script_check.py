"""Whether a script can be published: every text there, every way leads on, every call can end."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from crm.base.errors import N_
from crm.campaigns.rules.script import (
    END,
    LENGTHS,
    LIVE_FIELDS,
    SCRIPT_ANSWERS,
    SCRIPT_STEPS,
    Step,
    script_problem,
)
from crm.campaigns.rules.script_walk import ways

_MISSING = {
    "title": N_("Trinnet mangler en overskrift"),
    "text": N_("Trinnet mangler en tekst"),
    "label": N_("Svaret mangler en tekst"),
}
_LONG = {
    "title": N_("Overskriften er længere end 80 tegn"),
    "text": N_("Teksten er længere end 2.000 tegn"),
    "label": N_("Svaret er længere end 40 tegn"),
    "note": N_("Resuméet er længere end 60 tegn"),
}
_LIVE_ONLY = N_("Felterne {consultant} og {when} kan kun bruges i teksten")


def script_errors(steps: Sequence[Step], outcomes: Collection[str] | None = None) -> dict[str, str]:
    """Field -> why it cannot be published; empty when it can.

    Fields: ``steps``, ``title-2``, ``text-2``, ``answers-2``, and for the first answer of the third step
    ``label-2-0``, ``note-2-0``, ``to-2-0``, ``outcome-2-0``. outcomes: the keys that may be proposed; None = any.
    """
    errors = script_limits(steps)
    keys = [str(step["key"]) for step in steps]
    for n, step in enumerate(steps):
        errors |= {field: text for field, text in _step(n, step, keys, outcomes).items() if field not in errors}
    if not any(field == "steps" or field.startswith("to-") for field in errors) and len(set(keys)) == len(keys):
        errors |= {field: text for field, text in _ways(steps, keys).items() if field not in errors}
    return errors


def script_limits(steps: Sequence[Step]) -> dict[str, str]:
    """What even a draft cannot be: empty, more steps or answers than fit, texts too long."""
    errors: dict[str, str] = {}
    if not steps:
        errors["steps"] = N_("Et manuskript har mindst ét trin")
    if len(steps) > SCRIPT_STEPS:
        errors["steps"] = N_("Et manuskript har højst 12 trin")
    for n, step in enumerate(steps):
        if len(step["answers"]) > SCRIPT_ANSWERS:
            errors[f"answers-{n}"] = N_("Et trin har højst 9 svar, et for hver taltast")
        texts = {f"{name}-{n}": (name, step[name]) for name in ("title", "text")}
        for m, answer in enumerate(step["answers"]):
            texts |= {f"{name}-{n}-{m}": (name, answer[name]) for name in ("label", "note")}
        errors |= {field: _LONG[name] for field, (name, text) in texts.items() if len(text) > LENGTHS[name]}
    return errors


def _step(n: int, step: Step, keys: Sequence[str], outcomes: Collection[str] | None) -> dict[str, str]:
    errors: dict[str, str] = {}
    if keys.index(step["key"]) != n or not re.fullmatch(r"[a-z0-9-]{1,40}", step["key"]) or step["key"] == END:
        errors[f"title-{n}"] = N_(
            "Trinnets nøgle er brugt to gange eller kan ikke bruges. Fjern trinnet, og lav det om."
        )
    for name in ("title", "text"):
        problem = script_problem(step[name]) if step[name] else _MISSING[name]
        if problem or (name == "title" and _live(step[name])):
            errors.setdefault(f"{name}-{n}", problem or _LIVE_ONLY)
    for m, answer in enumerate(step["answers"]):
        for name in ("label", "note"):
            problem = script_problem(answer[name]) if answer[name] else _MISSING.get(name)
            if problem or _live(answer[name]):
                errors[f"{name}-{n}-{m}"] = problem or _LIVE_ONLY
        if answer["to"] and answer["to"] != END and answer["to"] not in keys:
            errors[f"to-{n}-{m}"] = N_("Trinnet, svaret førte til, er fjernet. Vælg et andet.")
        if answer["outcome"] and outcomes is not None and answer["outcome"] not in outcomes:
            errors[f"outcome-{n}-{m}"] = N_("Udfaldet findes ikke i kampagnen. Vælg et andet.")
    return errors


def _live(text: str) -> bool:
    return any(f"{{{name}}}" in text for name in LIVE_FIELDS)


def _ways(steps: Sequence[Step], keys: Sequence[str]) -> dict[str, str]:
    """Steps nobody comes to, and steps the call never gets away from."""
    if not steps:
        return {}
    onward = {key: ways(steps, n) for n, key in enumerate(keys)}
    reached, todo = set[str](), [keys[0]]
    while todo:
        key = todo.pop()
        if key not in reached:
            reached.add(key)
            todo += [target for target in onward[key] if target is not None]
    ending = {key for key, targets in onward.items() if None in targets}
    grown = True
    while grown:
        more = {key for key, targets in onward.items() if key not in ending and ending & set(targets)}
        grown = bool(more)
        ending |= more
    errors: dict[str, str] = {}
    for n, key in enumerate(keys):
        if key not in reached:
            errors[f"title-{n}"] = N_("Intet svar fører til dette trin. Lad et svar føre hertil, eller fjern trinnet.")
        elif key not in ending:
            errors[f"answers-{n}"] = N_(
                "Herfra går samtalen i ring. Lad et svar afslutte samtalen eller foreslå et udfald."
            )
    return errors
