"""A script's parts: steps, answers, and the fields that are filled in while the phoner talks.

A step is ``{"key", "title", "text", "answers": [{"label", "note", "to", "outcome"}]}``. An answer is chosen by its
digit, 1 to 9; its ``note`` (the label, when it is empty) is the summary that stands at the step when it is done. It
leads to the step ``to`` ("" = the next one, ``END`` = the call is over) and may propose an outcome; with an outcome and
no ``to`` the call is over. A step without answers leads to the next one; after the last step the call is over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from crm.base.errors import N_

Step = Mapping[str, Any]
Answer = Mapping[str, Any]

END = "end"
SCRIPT_STEPS = 12
SCRIPT_ANSWERS = 9
LENGTHS = {"title": 80, "text": 2000, "label": 40, "note": 60}

SCRIPT_FIELDS: dict[str, str] = {
    "phoner": N_("den, der ringer"),
    "contact": N_("kontaktpersonen"),
    "contact_first": N_("kontaktpersonens fornavn"),
    "company": N_("virksomheden"),
    "street": N_("vejen, hvor den ligger"),
    "jobcentre": N_("jobcentret"),
    "consultant": N_("konsulenten, når en tid er valgt"),
    "when": N_("tidspunktet, når en tid er valgt"),
}
# Filled from the chosen time; what they say until then. A script is Danish whatever language the page is in.
LIVE_FIELDS: dict[str, str] = {"consultant": "en konsulent", "when": "et tidspunkt, der passer dig"}
NOBODY, NOWHERE = "den ansvarlige", "jeres adresse"

_FIELD = re.compile(r"\{(\w+)\}")


class Part(NamedTuple):
    """A piece of a filled text. kind: ``text`` as written, ``value`` a field's value, ``live`` one still to come."""

    kind: str
    text: str
    field: str = ""


def clean_steps(raw: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Steps in full: texts stripped, what is missing empty, every step with a key. Keys that are given stay."""
    rows = list(raw)
    taken = {str(row.get("key") or "") for row in rows}
    steps = []
    for row in rows:
        key = str(row.get("key") or "") or new_key(taken)
        taken.add(key)
        answers = [
            {name: str(answer.get(name) or "").strip() for name in ("label", "note", "to", "outcome")}
            for answer in row.get("answers") or ()
        ]
        title, text = (re.sub(r"\r\n?", "\n", str(row.get(name) or "")).strip() for name in ("title", "text"))
        steps.append({"key": key, "title": title, "text": text, "answers": answers})
    return steps


def new_key(taken: Iterable[str]) -> str:
    """The first of ``trin-1``, ``trin-2`` … that is free."""
    held, n = set(taken), 1
    while f"trin-{n}" in held:
        n += 1
    return f"trin-{n}"


def script_problem(text: str) -> str | None:
    """Why a script text cannot be used (an unknown field, a loose brace), or None."""
    rest = _FIELD.sub(lambda m: "" if m[1] in SCRIPT_FIELDS else m[0], text)
    if _FIELD.search(rest):
        return N_("Feltet kendes ikke. Brug kun felterne, der står over trinnene.")
    return N_("En krøllet parentes mangler sin makker") if re.search(r"[{}]", rest) else None


def script_parts(text: str, values: Mapping[str, str]) -> list[Part]:
    """The text in pieces. A field without a value is live, an unknown one stays as it is written; an empty first
    name takes its comma along, so that "Passer det, {contact_first}?" reads "Passer det?"."""
    if values.get("contact_first") == "":
        text = _without_name(text)
    found: list[Part] = []
    last = 0
    for match in _FIELD.finditer(text):
        name = match[1]
        if name not in values and name not in LIVE_FIELDS:
            continue
        found.append(Part("text", text[last : match.start()]))
        found.append(Part("value", values[name], name) if name in values else Part("live", LIVE_FIELDS[name], name))
        last = match.end()
    found.append(Part("text", text[last:]))
    return [part for part in found if part.text]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text as one string; live fields without a value say what ``LIVE_FIELDS`` says."""
    return "".join(part.text for part in script_parts(text, values))


def fill_script(steps: Sequence[Step], values: Mapping[str, str]) -> list[dict[str, Any]]:
    """The steps with every text filled in, an empty note with its label; keys, targets and outcomes as they are."""
    return [
        {
            **step,
            "title": fill(step["title"], values),
            "text": fill(step["text"], values),
            "answers": [
                {
                    **answer,
                    "label": fill(answer["label"], values),
                    "note": fill(answer["note"] or answer["label"], values),
                }
                for answer in step["answers"]
            ],
        }
        for step in clean_steps(steps)
    ]


def first_name(name: str) -> str:
    """``Mette`` of ``Mette Prøvesen``; empty for none."""
    return name.split()[0] if name.split() else ""


def street_name(street: str) -> str:
    """The road without its house number: ``Eksempelvej`` of ``Eksempelvej 12B, 2. th``."""
    number = r"\d+\s?[A-Za-zÆØÅæøå]?"
    return re.sub(rf"\s+{number}(\s?[-–]\s?{number})?\s*(,.*)?$", "", street.strip()) or street.strip()


def _without_name(text: str) -> str:
    text = re.sub(r"(^|[.!?…]\s+)\{contact_first\},?\s*(\S)", lambda m: m[1] + m[2].upper(), text, flags=re.MULTILINE)
    return re.sub(r",?[^\S\n]*\{contact_first\}", "", text)
