"""Times as phoners type them: "14", "i morgen 9", "på mandag kl. 13.30", "24/11 10", "om 2 timer"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from crm.base.clock import DANISH, at, danish, is_working_day, next_working_day
from crm.base.errors import N_

DEFAULT_MINUTE = 9 * 60
_DAYS = {
    "ma": 0,
    "ti": 1,
    "on": 2,
    "to": 3,
    "fr": 4,
    "lø": 5,
    "sø": 6,
    "mo": 0,
    "tu": 1,
    "we": 2,
    "th": 3,
    "sa": 5,
    "su": 6,
}
_DAY = (
    r"mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag|"
    r"man|tirs?|ons?|tors?|fre|lør|søn|ma|ti|on|to|fr|lø|sø|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun"
)
_MONTHS = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_MONTH = r"(?P<month>jan|feb|mar|apr|maj|may|jun|jul|aug|sep|okt|oct|nov|dec)[a-zæøå]*\.?"
_CLOCK = r"(?P<hour>\d{1,2})(?:[.:]?(?P<minute>\d{2}))?"
_FILLER = re.compile(r"\b(klokken|kl|på|den|d|at)\b\.?|\bon (?=mon|tue|wed|thu|fri|sat|sun)|,")
_NUMBERS = {"en": 1, "et": 1, "a": 1, "an": 1, "one": 1, "to": 2, "tre": 3, "fire": 4, "fem": 5}

UNREADABLE = N_("Tidspunktet kan ikke læses. Skriv fx 14, i morgen 9, mandag 13.30 eller 24/11 10.")
PAST = N_("Tidspunktet er forbi. Vælg et senere.")


@dataclass(frozen=True)
class _Day:
    day: date
    rest: str


def parse_time(text: str, now: datetime) -> datetime:
    """The UTC moment meant by ``text``, read on the Danish clock at ``now``; always later than ``now``.

    A clock alone means today, or the next working day when it is past. A day alone means 9.00. Hours 1 to 6
    mean the afternoon: nobody is called at night. Raises ValueError with a Danish reason.
    """
    raw = " ".join(text.strip().lower().split())
    moment = _iso(raw) or _after(raw, now)
    if moment is None:
        moment = _spoken(raw, now)
    if moment <= now:
        raise ValueError(PAST)
    return moment


def _iso(raw: str) -> datetime | None:
    if not re.match(r"\d{4}-\d{2}-\d{2}t", raw):
        return None
    try:
        moment = datetime.fromisoformat(raw.upper())
        return (moment if moment.tzinfo else moment.replace(tzinfo=DANISH)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise ValueError(UNREADABLE) from exc


def _after(raw: str, now: datetime) -> datetime | None:
    """ "om 2 timer", "om en halv time", "om 45 min", "in 2 hours"."""
    if re.fullmatch(r"(om|in) (en |a )?(halv|half)( an)? (time|hour)", raw):
        return now + timedelta(minutes=30)
    found = re.fullmatch(r"(?:om|in) (\d{1,3}|[a-z]+) ?(minut(?:ter|es?)?|min\.?|timer?|t\.?|hours?|h)", raw)
    if not found:
        return None
    count = int(found[1]) if found[1].isdigit() else _NUMBERS.get(found[1], 0)
    unit = timedelta(minutes=1) if found[2].startswith("m") else timedelta(hours=1)
    return now + count * unit if count else None


def _spoken(raw: str, now: datetime) -> datetime:
    today = danish(now).date()
    words = " ".join(_FILLER.sub(" ", raw).split())
    if not words:
        raise ValueError(UNREADABLE)
    clock = _clock(words)
    if clock is not None:
        return _next_at(clock, today, now)
    found = _relative(words, today) or _weekday(words, today) or _dated(words, today)
    if found is None:
        raise ValueError(UNREADABLE)
    minute = _clock(found.rest) if found.rest else DEFAULT_MINUTE
    if minute is None:
        raise ValueError(UNREADABLE)
    if not found.rest and at(found.day, minute) <= now:  # "i dag" after nine: in an hour
        return now + timedelta(hours=1) if found.day == today else at(found.day, minute)
    return at(found.day, minute)


def _clock(words: str) -> int | None:
    """Minute of the day of "14", "9.30", "1330"; None when it is no clock time."""
    found = re.fullmatch(_CLOCK, words)
    if not found:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if hour > 23 or minute > 59:
        return None
    return (hour + 12 if 1 <= hour <= 6 else hour) * 60 + minute


def _next_at(minute: int, today: date, now: datetime) -> datetime:
    moment = at(today, minute)
    if moment > now:
        return moment
    return at(next_working_day(today + timedelta(days=1)), minute)


def _relative(words: str, today: date) -> _Day | None:
    found = re.fullmatch(r"(i ?overmorgen|i ?morgen|i ?dag|tomorrow|today)(?: (.+))?", words)
    if found:
        word = found[1].replace(" ", "")
        days = 2 if "over" in word else 1 if word in ("imorgen", "tomorrow") else 0
        return _Day(today + timedelta(days=days), found[2] or "")
    found = re.fullmatch(r"(?:om|in) (\d{1,3}|[a-z]+) (dage?|days?|uger?|weeks?)(?: (.+))?", words)
    count = (int(found[1]) if found[1].isdigit() else _NUMBERS.get(found[1], 0)) if found else 0
    if not found or not count:
        return None
    day = today + timedelta(days=count * (7 if found[2][0] in "uw" else 1))
    return _Day(day if is_working_day(day) else next_working_day(day), found[3] or "")


def _weekday(words: str, today: date) -> _Day | None:
    """The next such day after today; "næste torsdag" is the one of next week."""
    found = re.fullmatch(rf"(næste |next )?({_DAY})\.?(?: (.+))?", words)
    if not found:
        return None
    dated = _dated(found[3], today) if found[3] and _clock(found[3]) is None else None
    if dated:  # "torsdag den 26. november kl. 9": the date decides
        return dated
    weekday = _DAYS[found[2][:2]]
    if found[1]:
        return _Day(today + timedelta(days=7 - today.weekday() + weekday), found[3] or "")
    return _Day(today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1), found[3] or "")


def _dated(words: str, today: date) -> _Day | None:
    found = re.fullmatch(rf"(?P<day>\d{{1,2}})\.? ?{_MONTH}(?: (?P<year>\d{{4}}))?(?: (?P<rest>.+))?", words)
    if found:
        month = _MONTHS.index({"may": "maj", "oct": "okt"}.get(found["month"], found["month"])) + 1
    else:
        found = re.fullmatch(
            r"(?P<day>\d{1,2})[./-] ?(?P<month>\d{1,2})\.?(?:[./-](?P<year>\d{4}|\d{2}))?"
            r"(?: (?P<rest>.+))?",
            words,
        )
        if not found:
            return None
        month = int(found["month"])
    try:
        if found["year"]:
            return _Day(date(int(found["year"]) % 100 + 2000, month, int(found["day"])), found["rest"] or "")
        day = date(today.year, month, int(found["day"]))
        return _Day(day if day >= today else day.replace(year=today.year + 1), found["rest"] or "")
    except ValueError as exc:
        raise ValueError(N_("Den dato findes ikke.")) from exc
