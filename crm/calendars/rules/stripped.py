"""What may be kept of a consultant's own calendar: when things take place, and nothing of what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crm.calendars.rules.lines import Block, components, name_of, parsed

OWN_UID = "@jobaabner"
"""The end of the UIDs of our own events; in a consultant's calendar these are not own appointments."""

_MOMENT = re.compile(r"[0-9TZPWDHMS+,/ -]*", re.I)
_RULE = re.compile(r"[A-Z0-9=;,+-]*", re.I)
_WORD = re.compile(r"[A-Z0-9-]*", re.I)
_ANY = re.compile(r".*", re.S)
KEPT = {
    "UID": _ANY,
    "SEQUENCE": _WORD,
    "DTSTART": _MOMENT,
    "DTEND": _MOMENT,
    "DURATION": _MOMENT,
    "RRULE": _RULE,
    "RDATE": _MOMENT,
    "EXDATE": _MOMENT,
    "RECURRENCE-ID": _MOMENT,
    "TRANSP": _WORD,
    "STATUS": _WORD,
    "X-MICROSOFT-CDO-BUSYSTATUS": _WORD,
    "FREEBUSY": _MOMENT,
}
_ZONE = {
    "TZID": _ANY,
    "DTSTART": _MOMENT,
    "RRULE": _RULE,
    "RDATE": _MOMENT,
    "TZOFFSETFROM": _MOMENT,
    "TZOFFSETTO": _MOMENT,
}
_PARAMS = {"TZID": _ANY, "VALUE": _WORD, "RANGE": _WORD, "FBTYPE": _WORD}


def stripped(ics: str) -> str:
    """The same calendar without titles, places and people; it takes up the same time. Raises NotACalendar."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for block in components(ics):
        if block.name in ("VEVENT", "VFREEBUSY"):
            lines += _kept(block, KEPT)
        elif block.name == "VTIMEZONE":
            lines += _kept(block, _ZONE)
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def uids(text: str) -> set[str]:
    """UIDs of the events in it. Raises NotACalendar."""
    events = (block for block in components(text) if block.name == "VEVENT")
    return {line.value for block in events for line in block.read(("UID",)) if line.value}


def _kept(block: Block, names: dict[str, re.Pattern[str]]) -> Iterator[str]:
    yield f"BEGIN:{block.name}"
    for text in block.lines:
        if name_of(text) not in names or (line := parsed(text)) is None:
            continue
        if not names[line.name].fullmatch(line.value):
            continue
        params = "".join(
            f';{key}="{value}"' if re.search("[:;,]", value) else f";{key}={value}"
            for key, value in line.params.items()
            if key in _PARAMS and _PARAMS[key].fullmatch(value)
        )
        yield f"{line.name}{params}:{line.value}"
    if block.name == "VTIMEZONE":
        for part in block.parts:
            if part.name in ("STANDARD", "DAYLIGHT"):
                yield from _kept(part, names)
    yield f"END:{block.name}"
