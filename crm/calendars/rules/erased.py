"""A calendar object of ours as it lies in a consultant's own calendar, without a person who is erased. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from icalendar import Calendar, Component

from crm.calendars.rules.copies import marked_anew, texts_of

_WORDS = ("summary", "location", "description", "comment", "contact", "categories", "x-alt-desc")


def without_words(text: str, change: Callable[[str], str]) -> str:
    """The object with ``change`` done to the words of all its parts, alarms as well; the same text where nothing was to
    be changed. What was ours before is ours still: it does not count as rewritten there. Raises ValueError."""
    calendar = Calendar.from_ical(text)
    changed = [_changed(part, change) for part in calendar.walk()]
    return bytes(calendar.to_ical()).decode() if any(changed) else text


def _changed(part: Component, change: Callable[[str], str]) -> bool:
    before = texts_of(part)
    touched = [_put(part, name, change) for name in _WORDS if name in part]
    if any(touched):
        marked_anew(part, before)
    return any(touched)


def _put(part: Component, name: str, change: Callable[[str], str]) -> bool:
    found: Any = part[name]
    values = found if isinstance(found, list) else [found]
    after = [_after(value, change) for value in values]
    if all(one is value for one, value in zip(after, values, strict=True)):
        return False
    part[name] = after if isinstance(found, list) else after[0]
    return True


def _after(value: Any, change: Callable[[str], str]) -> Any:
    """The same object where nothing was to be changed; parameters (language, ALTREP) stay."""
    if hasattr(value, "cats"):
        cats = [type(one)(change(str(one))) for one in value.cats]
        if [str(one) for one in cats] == [str(one) for one in value.cats]:
            return value
        value.cats = cats
        return type(value)(cats)
    words = change(str(value))
    if words == str(value):
        return value
    made = type(value)(words)
    made.params = value.params
    return made
