"""Times as phoners type them: "14", "i morgen 9", "på mandag kl. 13.30", "24/11 10", "om 2 timer", "efter frokost"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from crm.base.clock import DANISH, add_working_days, at, danish, next_working_day
from crm.base.errors import N_

DEFAULT_MINUTE = 9 * 60
_WEEKS = (("ma", "ti", "on", "to", "fr", "lø", "sø"), ("mo", "tu", "we", "th", "fr", "sa", "su"))
_DAYS = {start: number for week in _WEEKS for number, start in enumerate(week)}
_DAY = (
    r"mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag|"
    r"man|tirs?|ons?|tors?|fre|lør|søn|ma|ti|on|to|fr|lø|sø|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun"
)
_MONTHS = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_MONTH = r"(?P<month>jan|feb|mar|apr|maj|may|jun|jul|aug|sep|okt|oct|nov|dec)[a-zæøå]*\.?"
_CLOCK = r"(?:[01]?\d|2[0-3])[.:]?[0-5]\d"
_FILLER = re.compile(r"\b(klokken|kl|på|den|d|ca|cirka|omkring|at)\b\.?|\bon (?=mon|tue|wed|thu|fri|sat|sun)|,")
_NUMBERS = {"en": 1, "et": 1, "a": 1, "an": 1, "one": 1, "to": 2, "two": 2, "tre": 3, "three": 3, "fire": 4, "fem": 5}
# Words for a time of day, and the minute of the Danish day they are taken for.
_WORDS = (
    (r"(?:om )?morgen(?:en)?|tidlig|(?:in the )?early", 8 * 60),
    (r"(?:om )?formiddag(?:en)?|før frokost|(?:in the )?morning|before lunch", 10 * 60),
    (r"(?:ved |om )?middag(?:en)?|(?:ved )?frokost(?:tid)?|noon", 12 * 60),
    (r"efter (?:frokost|middag)|after lunch", 13 * 60),
    (r"(?:om )?eftermiddag(?:en)?|(?:in the )?afternoon", 14 * 60),
    (r"sidst (?:dagen|eftermiddagen)|sent? eftermiddag(?:en)?|late afternoon", 15 * 60 + 30),
    (r"(?:om )?aften(?:en)?|(?:in the )?evening", 18 * 60),
)

UNREADABLE = N_(
    "Tidspunktet kan ikke læses. Skriv fx 14, i morgen 9, mandag 13.30, torsdag eftermiddag, 24/11 10 eller om en uge."
)
PAST = N_("Tidspunktet er forbi. Vælg et senere.")
NO_DATE = N_("Den dato findes ikke.")


def parse_time(text: str, now: datetime) -> datetime:
    """The UTC moment meant by ``text``, read on the Danish clock at ``now``; always later than ``now``.

    A clock alone means today, or the next working day when it is past. A day alone means 9.00. Hours 1 to 6
    mean the afternoon: nobody is called at night. Day and clock may stand in either order, and a part of the day
    ("formiddag", "efter frokost") in the clock's place. Raises ValueError with a Danish reason.
    """
    raw = " ".join(text.strip().lower().split())
    moment = _iso(raw) or _after(raw, now) or _later_today(raw, now)
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
    """ "om 2 timer", "1/2 time", "om et kvarter", "halvanden time", "om 45 min", "in 2 hours"."""
    minutes: float | None = None
    if re.fullmatch(r"(?:(?:om|in) )?(?:en |a )?(?:halv|half|1/2|½)(?: an)? (?:times?|hour)", raw):
        minutes = 30
    elif re.fullmatch(r"(?:(?:om|in) )?(?:et kvarter|a quarter(?: of an hour)?)", raw):
        minutes = 15
    elif re.fullmatch(r"(?:om )?(?:halvanden|1½|1 1/2) time", raw):
        minutes = 90
    else:
        found = re.fullmatch(
            r"(?:om |in )?(\d{1,3}(?:[.,]5)?|[a-z]+) ?(minut(?:ter|es?)?|min\.?|timer?|t\.?|hours?|h)", raw
        )
        if found:
            said = found[1].replace(",", ".")
            count = float(said) if said[0] in "0123456789" else _NUMBERS.get(said, 0)
            minutes = count * (1 if found[2].startswith("m") else 60)
    return now + timedelta(minutes=minutes) if minutes else None


def _later_today(raw: str, now: datetime) -> datetime | None:
    """ "senere i dag": in two hours, on a quarter, and today still."""
    if not re.fullmatch(r"(?:lidt )?senere(?: i ?dag)?|later(?: today)?", raw):
        return None
    local = danish(now + timedelta(hours=2, minutes=14))
    minute = (local.hour * 60 + local.minute) // 15 * 15
    if local.date() != danish(now).date():
        raise ValueError(PAST)
    return at(local.date(), minute)


def _spoken(raw: str, now: datetime) -> datetime:
    """A day and a time of day in either order; one of them may be left out."""
    today = danish(now).date()
    words = " ".join(_FILLER.sub(" ", re.sub(r"(?<=\d),(?=\d\d\b)", ".", raw)).split())
    minute = _minute(words, now) if words else None
    if minute is not None:
        moment = at(today, minute)
        return moment if moment > now else at(next_working_day(today + timedelta(days=1)), minute)
    day = _day(words, today) if words not in ("i", "this") else None
    if day is not None:
        return _without_clock(day, today, now)
    for said_day, said_time in _splits(words.split()[:12]):
        minute = _minute(said_time, now)
        day = _day(said_day, today) if minute is not None else None
        if minute is not None and day is not None:
            return _in_part(day, minute, said_time, today, now)
    raise ValueError(UNREADABLE)


def _without_clock(day: date, today: date, now: datetime) -> datetime:
    """ "i dag" after nine: in an hour."""
    moment = at(day, DEFAULT_MINUTE)
    return now + timedelta(hours=1) if moment <= now and day == today else moment


def _in_part(day: date, minute: int, said: str, today: date, now: datetime) -> datetime:
    """ "i eftermiddag" said in the afternoon: in an hour, while it lasts (three hours)."""
    moment = at(day, minute)
    part = not any(letter.isdigit() for letter in said)
    if part and day == today and moment <= now < moment + timedelta(hours=2):
        return now + timedelta(hours=1)
    return moment


def _splits(words: list[str]) -> Iterator[tuple[str, str]]:
    """Every way to take some words in a row out as the time of day: those at the end first, longer before shorter."""
    for end in range(len(words), 0, -1):
        for start in range(max(0, end - 4), end):
            rest = words[:start] + words[end:]
            if rest:
                yield " ".join(rest), " ".join(words[start:end])


def _minute(words: str, now: datetime) -> int | None:
    """Minute of the day of "14", "9.30", "1330", "halv 10", "kvart over 9", "efter frokost"; None for anything else."""
    if re.fullmatch(r"samme tid(?:spunkt)?|same time", words):
        local = danish(now)
        return local.hour * 60 + local.minute
    for pattern, minute in _WORDS:
        if re.fullmatch(pattern, words):
            return minute
    found = re.fullmatch(
        r"(?:efter |fra |tidligst |after )?(?:(?P<part>halv|kvart over|kvart i|half past|quarter past|quarter to) )?"
        r"(?P<hour>\d{1,2})(?:[.:]?(?P<minute>\d{2}))?",
        words,
    )
    if not found or (found["part"] and found["minute"]):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if hour > 23 or minute > 59:
        return None
    offset = {"halv": -30, "kvart over": 15, "kvart i": -15, "half past": 30, "quarter past": 15, "quarter to": -15}
    said = (hour + 12 if 1 <= hour <= 6 else hour) * 60 + minute + offset.get(found["part"] or "", 0)
    return said if 0 <= said < 1440 else None


def _day(words: str, today: date) -> date | None:
    """The day meant by all of the words; None when they are no day."""
    return _relative(words, today) or _weekday(words, today) or _dated(words, today)


def _relative(words: str, today: date) -> date | None:
    """ "i dag", "i" of "i eftermiddag", "i morgen", "om 3 dage", "om en uge", "næste uge"."""
    if words in ("i", "this"):
        return today
    found = re.fullmatch(r"i ?overmorgen|i ?morgen|i ?dag|tomorrow|today", words)
    if found:
        word = words.replace(" ", "")
        return today + timedelta(days=2 if "over" in word else 1 if word in ("imorgen", "tomorrow") else 0)
    if re.fullmatch(r"(?:i )?(?:næste uge|next week)", words):
        return next_working_day(today + timedelta(days=7 - today.weekday()))
    found = re.fullmatch(r"(?:om|in) (\d{1,3}|[a-z]+) (hverdage?|dage?|days?|uger?|weeks?|måned(?:er)?|months?)", words)
    count = (int(found[1]) if found[1].isdigit() else _NUMBERS.get(found[1], 0)) if found else 0
    if not found or not count:
        return None
    if found[2].startswith("h"):
        return add_working_days(today, count)
    each = {"u": 7, "w": 7, "m": 28}.get(found[2][0], 1)
    return next_working_day(today + timedelta(days=count * each))


def _weekday(words: str, today: date) -> date | None:
    """The next such day after today; "næste torsdag" and "torsdag i næste uge" are of next week; with a date, the
    date decides ("torsdag den 26. november")."""
    following = rf"(?:i )?(?:næste uge|next week)(?: på)? (?P<a>{_DAY})|(?P<b>{_DAY}) (?:i )?(?:næste uge|next week)"
    found = re.fullmatch(rf"{following}|(?:næste |next )(?P<c>{_DAY})", words)
    if found:
        said = found["a"] or found["b"] or found["c"]
        return today + timedelta(days=7 - today.weekday() + _DAYS[said[:2]])
    found = re.fullmatch(rf"(?P<day>{_DAY})\.?(?: (?P<rest>.+))?", words)
    if not found:
        return None
    if found["rest"]:
        return _dated(found["rest"], today) if not re.fullmatch(_CLOCK, found["rest"]) else None
    return today + timedelta(days=(_DAYS[found["day"][:2]] - today.weekday() - 1) % 7 + 1)


def _dated(words: str, today: date) -> date | None:
    """ "24/11", "2. december", "1/3 2027". Raises ValueError for a date that is not in the calendar."""
    found = re.fullmatch(rf"(?P<day>\d{{1,2}})\.? ?{_MONTH}(?: (?P<year>\d{{4}}))?", words)
    if found:
        month = _MONTHS.index({"may": "maj", "oct": "okt"}.get(found["month"], found["month"])) + 1
    else:
        found = re.fullmatch(
            r"(?P<day>\d{1,2})[./-] ?(?P<month>\d{1,2})\.?(?:[./-](?P<year>\d{4}|\d{2})| (?P<late>20[2-9]\d))?", words
        )
        if not found:
            return None
        month = int(found["month"])
    year = found["year"] or found.groupdict().get("late")
    try:
        if year:
            return date(int(year) % 100 + 2000, month, int(found["day"]))
        day = date(today.year, month, int(found["day"]))
        return day if day >= today else day.replace(year=today.year + 1)
    except ValueError as exc:
        raise ValueError(NO_DATE) from exc
