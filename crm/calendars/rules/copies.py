"""Our event as it lies in a consultant's own calendar: the text we write, what they have changed in it, and how the two
are merged. Pure.

The object carries what we last wrote (``X-JOBAABNER-TIME``, ``X-JOBAABNER-TEXT``), so that their change is told from
ours by the object alone, however late we come to read it. Only what we wrote is ours to change: alarms, categories,
colours and the texts they have rewritten stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from icalendar import Calendar, Component, Event

from crm.base.clock import DANISH, day_bounds
from crm.calendars.rules.hours import Span
from crm.calendars.rules.ical import CANCELLED_PREFIX, PRODID, Entry

CATEGORY = "Jobåbner"
HINT = "Flyt besøget her, så foreslås det i Jobåbner. Virksomheden får først besked, når du har sagt ja dér."
TIME, TEXT = "X-JOBAABNER-TIME", "X-JOBAABNER-TEXT"
_TEXTS = ("summary", "location", "description")


@dataclass(frozen=True, slots=True)
class Theirs:
    """Our event as found in their calendar. ``span``: when it lies there, None when it was called off there.
    ``wrote``: when we last put it, None where the server has dropped our mark. ``edited``: they rewrote a text of it.
    """

    span: Span | None
    wrote: Span | None
    edited: bool


def name_of(uid: str) -> str:
    """The object's name in the collection: the same for every attempt, so that a second one meets the first."""
    return quote(uid, safe="@.-_") + ".ics"


def event_text(entry: Entry) -> str:
    """A new object."""
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    event = Event()
    event.add("categories", [CATEGORY])
    _put(event, entry, _texts(entry))
    calendar.add_component(event)
    return _out(calendar)


def merged_text(theirs: str, entry: Entry) -> str:
    """Their object with our time, state and untouched texts; what they added stays. Raises ValueError when it is no
    calendar object with our event in it."""
    calendar, event = _parsed(theirs, entry.uid)
    ours = _texts(entry)
    wrote = _digests(event)
    kept = {name: str(event.get(name, "")) for name in ours}
    for name in ours:
        if (kept[name] or wrote) and _digest(_plain(name, kept[name])) != wrote.get(name):
            ours[name] = _plain(name, kept[name])
    _put(event, entry, ours, wrote=_texts(entry))
    calendar.subcomponents = [
        one for one in calendar.subcomponents if not (one.name == "VEVENT" and one.get("recurrence-id"))
    ]
    for repeated in ("rrule", "rdate", "exdate"):
        event.pop(repeated, None)
    return _out(calendar)


def same(theirs: str, entry: Entry) -> bool:
    """Whether their object says already what we would write: then nothing is written."""
    try:
        _calendar, event = _parsed(theirs, entry.uid)
    except ValueError:
        return False
    if int(event.get("sequence", 0)) < entry.sequence or str(event.get("status", "")) != entry.status:
        return False
    if (_span(event), _mark(event)) != ((entry.starts_at, entry.ends_at),) * 2:
        return False
    wrote = _digests(event)
    return all(_digest(text) == wrote.get(name) for name, text in _texts(entry).items())


def theirs_of(text: str, uid: str) -> Theirs:
    """Raises ValueError when it is no calendar object with our event in it."""
    _calendar, event = _parsed(text, uid)
    wrote = _digests(event)
    edited = bool(wrote) and any(_digest(_plain(name, str(event.get(name, "")))) != wrote.get(name) for name in _TEXTS)
    called_off = str(event.get("status", "")).upper() == "CANCELLED" and event.get(TEXT + "-STATE") != "CANCELLED"
    return Theirs(None if called_off else _span(event), _mark(event), edited)


def moved_to(theirs: Theirs, ours: Span, settled: Span | None) -> bool:
    """Whether they have moved it: it lies neither where the visit is now, nor where we last put it, nor at a time that
    has been settled. Its start counts: a longer or shorter appointment is theirs to have."""
    if theirs.span is None:
        return True
    known = [span[0] for span in (ours, theirs.wrote, settled) if span is not None]
    return theirs.span[0] not in known


def _texts(entry: Entry) -> dict[str, str]:
    return {
        "summary": entry.summary,
        "location": entry.location,
        "description": "\n".join(part for part in (entry.description, HINT) if part),
    }


def _put(event: Event, entry: Entry, texts: dict[str, str], wrote: dict[str, str] | None = None) -> None:
    """Set what is ours. ``wrote``: our own texts, where ``texts`` are partly theirs."""
    cancelled = entry.status == "CANCELLED"
    stamp = entry.updated_at.astimezone(UTC).replace(microsecond=0)
    shown = texts | {"summary": (CANCELLED_PREFIX if cancelled else "") + texts["summary"]}
    values: dict[str, Any] = {
        "uid": entry.uid,
        "sequence": max(entry.sequence, int(event.get("sequence", 0))),
        "dtstamp": stamp,
        "last-modified": stamp,
        "dtstart": entry.starts_at.astimezone(UTC),
        "dtend": entry.ends_at.astimezone(UTC),
        **{name: text for name, text in shown.items() if text},
        "status": entry.status,
        "transp": "TRANSPARENT" if cancelled else "OPAQUE",
        TIME: f"{entry.starts_at.astimezone(UTC):%Y%m%dT%H%M%SZ}/{entry.ends_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        TEXT: " ".join(_digest((wrote or texts)[name]) for name in _TEXTS),
        TEXT + "-STATE": entry.status,
    }
    for name in (*values, *_TEXTS, "duration"):
        event.pop(name, None)
    for name, value in values.items():
        event.add(name, value)


def _plain(name: str, text: str) -> str:
    return text.removeprefix(CANCELLED_PREFIX) if name == "summary" else text


def marked_anew(part: Component, before: Mapping[str, str]) -> None:
    """After words were changed in place by us: texts that were ours ``before`` do not count as theirs now."""
    wrote = _digests(part)
    for name in wrote:
        if _digest(_plain(name, before[name])) == wrote[name]:
            wrote[name] = _digest(_plain(name, str(part.get(name, ""))))
    if wrote:
        part[TEXT] = " ".join(wrote[name] for name in _TEXTS)


def texts_of(part: Component) -> dict[str, str]:
    """The words of a part that can be ours."""
    return {name: str(part.get(name, "")) for name in _TEXTS}


def _digest(text: str) -> str:
    """White space aside: servers fold and trim."""
    return sha256(" ".join(text.split()).encode()).hexdigest()[:12]


def _digests(event: Component) -> dict[str, str]:
    marks = str(event.get(TEXT, "")).split()
    return dict(zip(_TEXTS, marks, strict=True)) if len(marks) == len(_TEXTS) else {}


def _mark(event: Event) -> Span | None:
    try:
        start, end = (
            datetime.strptime(part, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            for part in str(event.get(TIME, "")).split("/")
        )
    except ValueError:
        return None
    return start, end


def _span(event: Event) -> Span:
    start, end = event.get("dtstart"), event.get("dtend")
    length = event.get("duration")
    if start is None:
        raise ValueError("no DTSTART")
    begins = _moment(start.dt)
    if end is not None:
        return begins, max(_moment(end.dt), begins)
    return begins, begins + (length.dt if length is not None else timedelta(0))


def _moment(value: date | datetime) -> datetime:
    """UTC. A day begins when it begins in Denmark; a time without a zone is Danish."""
    if not isinstance(value, datetime):
        return day_bounds(value)[0]
    return (value if value.tzinfo else value.replace(tzinfo=DANISH)).astimezone(UTC)


def _parsed(text: str, uid: str) -> tuple[Calendar, Event]:
    calendar = Calendar.from_ical(text)
    for event in calendar.walk("VEVENT"):
        if isinstance(event, Event) and str(event.get("uid", "")) == uid and event.get("recurrence-id") is None:
            return calendar, event
    raise ValueError("our event is not in it")


def _out(calendar: Calendar) -> str:
    return bytes(calendar.to_ical()).decode()
