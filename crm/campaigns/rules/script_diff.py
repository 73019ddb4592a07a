"""What changed between two versions of a script, step by step and word by word."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from crm.campaigns.rules.script import Answer, Step

SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True)
class Words:
    """A run of words. state: ``same``, ``gone`` (only in the old text) or ``new``."""

    state: str
    text: str


@dataclass(frozen=True)
class AnswerChange:
    """One answer: ``same``, ``gone``, ``new``, ``changed`` or ``moved`` (to another digit); old and new are None where
    there is none. number: its digit, in the old script when it is gone."""

    state: str
    old: Answer | None
    new: Answer | None
    number: int


@dataclass(frozen=True)
class StepChange:
    """One step. state: ``same``, ``gone``, ``new``, ``changed`` or ``moved``; title and text word by word."""

    state: str
    key: str
    title: list[Words]
    text: list[Words]
    answers: list[AnswerChange] = field(default_factory=list)


def words(old: str, new: str) -> list[Words]:
    """Both texts as one run of words; joining what is not gone gives the new text, what is not new the old."""
    a, b = (re.findall(r"\s+|[^\s]+", text) for text in (old, new))
    found: list[Words] = []
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Words(SAME, "".join(a[a1:a2])))
            continue
        if a2 > a1:
            found.append(Words(GONE, "".join(a[a1:a2])))
        if b2 > b1:
            found.append(Words(NEW, "".join(b[b1:b2])))
    return found


def compare(old: Sequence[Step], new: Sequence[Step]) -> list[StepChange]:
    """Steps in the new order, those that are gone at the place where they stood. Steps are matched by key."""
    before = {step["key"]: step for step in old}
    after = {step["key"] for step in new}
    staying = [step["key"] for step in old if step["key"] in after]
    order = SequenceMatcher(None, staying, [s["key"] for s in new if s["key"] in before], autojunk=False)
    still = {staying[n] for block in order.get_matching_blocks() for n in range(block.a, block.a + block.size)}
    changes = [_change(before.get(step["key"]), step, step["key"] in still) for step in new]
    for n, step in enumerate(old):
        if step["key"] not in after:
            changes.insert(min(n, len(changes)), _change(step, None, True))
    return changes


def _change(old: Step | None, new: Step | None, still: bool) -> StepChange:
    there: Step = new if new is not None else old or {}
    title = words(old["title"] if old else "", new["title"] if new else "")
    text = words(old["text"] if old else "", new["text"] if new else "")
    answers = _answers(list(old["answers"]) if old else [], list(new["answers"]) if new else [])
    touched = any(part.state != SAME for part in (*title, *text)) or any(row.state != SAME for row in answers)
    if old is None or new is None:
        state = NEW if old is None else GONE
    else:
        state = "changed" if touched else SAME if still else "moved"
    return StepChange(state, str(there["key"]), title, text, answers)


def _answers(old: list[Answer], new: list[Answer]) -> list[AnswerChange]:
    """Each new answer with the old one it was: the same one, else one with its label, else the one in its place."""
    spare = dict(enumerate(old))
    matched: dict[int, int] = {}
    tests: tuple[Callable[[Answer, Answer, int, int], bool], ...] = (
        lambda was, now, n, m: was == now and n == m,
        lambda was, now, n, m: was == now,
        lambda was, now, n, m: bool(was["label"] == now["label"]),
        lambda was, now, n, m: n == m,
    )
    for fits in tests:
        for m, answer in enumerate(new):
            if m not in matched:
                found = next((n for n, was in spare.items() if fits(was, answer, n, m)), None)
                if found is not None:
                    matched[m] = found
                    del spare[found]
    changes = []
    for m, answer in enumerate(new):
        was = old[matched[m]] if m in matched else None
        state = NEW if was is None else "changed" if was != answer else SAME if matched[m] == m else "moved"
        changes.append(AnswerChange(state, was, answer, m + 1))
    return [*changes, *(AnswerChange(GONE, answer, None, n + 1) for n, answer in spare.items())]
