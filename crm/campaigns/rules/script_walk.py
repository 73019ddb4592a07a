"""Where a script leads: from answer to step, along the main line, and to the end of the call.

``crm/static/js/script.js`` walks by the same rules in the phoner's browser.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crm.campaigns.rules.script import END, Answer, Step

GO_ON = -1  # went on without choosing an answer


@dataclass(frozen=True)
class Walk:
    """How far a call has come. done: (key, answer's number from 0, or ``GO_ON``). current: None when the call is
    over. later: the steps of the main line still to come. outcome: the one proposed last, or ""."""

    done: tuple[tuple[str, int], ...]
    current: str | None
    later: tuple[str, ...]
    outcome: str = ""


def next_key(steps: Sequence[Step], index: int) -> str | None:
    """The step after ``index`` in the list; None after the last."""
    return str(steps[index + 1]["key"]) if index + 1 < len(steps) else None


def leads_to(steps: Sequence[Step], index: int, answer: Answer | None = None) -> str | None:
    """The key that an answer of step ``index`` leads to, or the step itself when it has none; None is the end."""
    to = str(answer.get("to") or "") if answer else ""
    if answer and (to == END or (not to and answer.get("outcome"))):
        return None
    return to or next_key(steps, index)


def ways(steps: Sequence[Step], index: int) -> list[str | None]:
    """All that step ``index`` leads to."""
    answers = steps[index].get("answers") or [None]
    return [leads_to(steps, index, answer) for answer in answers]


def straight_on(steps: Sequence[Step], index: int) -> str | None:
    """Where going on without an answer leads: the first answer's way."""
    return ways(steps, index)[0]


def main_line(steps: Sequence[Step], key: str, without: Iterable[str] = ()) -> list[str]:
    """The keys after ``key`` when every first answer is given, until the end or a step seen before."""
    places = {step["key"]: n for n, step in enumerate(steps)}
    seen = {key, *without}
    line: list[str] = []
    following = straight_on(steps, places[key]) if key in places else None
    while following is not None and following in places and following not in seen:
        seen.add(following)
        line.append(following)
        following = straight_on(steps, places[following])
    return line


def walk(steps: Sequence[Step], choices: Iterable[int]) -> Walk:
    """The call after these answers, from the first step on; a choice that is not there ends the list of choices.

    Coming back to a step opens it again, and what was answered from there on is forgotten.
    """
    places = {str(step["key"]): n for n, step in enumerate(steps)}
    done: list[tuple[str, int]] = []
    current: str | None = str(steps[0]["key"]) if steps else None
    outcome = ""
    for choice in choices:
        if current is None:
            break
        place = places[current]
        answers = steps[place].get("answers") or []
        if choice != GO_ON and not 0 <= choice < len(answers):
            break
        answer = answers[choice] if choice != GO_ON else None
        target = leads_to(steps, place, answer) if answer else straight_on(steps, place)
        if answer is None and target is None and answers:
            break  # the end is chosen, never slipped into
        if target is not None and target not in places:
            break
        outcome = (answer or {}).get("outcome") or outcome
        done.append((current, choice))
        keys = [key for key, _answer in done]
        if target in keys:
            del done[keys.index(target) :]
        current = target
    line = main_line(steps, current, [key for key, _answer in done]) if current else []
    return Walk(tuple(done), current, tuple(line), outcome)


def choices_of(text: str) -> list[int]:
    """The choices of a text such as ``0.2.-1``; what is not a number ends it."""
    found: list[int] = []
    for part in text.split(".") if text else ():
        if not part.lstrip("-").isdecimal() or len(part) > 2:
            break
        found.append(int(part))
    return found[:50]
