"""Recurrence rules (RFC 5545, 3.3.10) spelled out between two moments, in bounded work whatever the rule says.

``dateutil`` walks from DTSTART and, for a rule that never comes true, on to the year 9999: a calendar from outside must
not be able to do that. Here the walk begins at the period asked for, ends with it, and each step is paid for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import product

from crm.base.clock import danish_date

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
PERIODS = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
DAY = timedelta(days=1)


class Exhausted(Exception):
    """The calendar asks for more work than any sensible one does."""


@dataclass
class Budget:
    """Steps that may still be taken: ``series`` of this one event, ``total`` of the whole calendar."""

    total: int = 150_000
    series: int = 12_000

    def spend(self) -> None:
        """Raises Exhausted."""
        self.total -= 1
        self.series -= 1
        if self.total < 0 or self.series < 0:
            raise Exhausted


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(part) for part in text.split(",")) if text else frozenset()


class Rule:
    """One RRULE of an event that starts at ``start`` (naive: whole days). Raises ValueError for a text that is none.

    Rules by minute or second, and of other calendars than the Gregorian, come true at no time beyond the start.
    """

    def __init__(self, text: str, start: datetime, budget: Budget) -> None:
        parts = dict(part.split("=", 1) for part in text.upper().split(";") if part)
        self.budget, self.zone = budget, start.tzinfo
        self.start = start.replace(tzinfo=None)
        self.freq = parts.get("FREQ", "")
        self.interval = int(parts.get("INTERVAL", "1"))
        if self.freq not in (*PERIODS, "MINUTELY", "SECONDLY") or self.interval < 1:
            raise ValueError("FREQ or INTERVAL cannot be")
        self.absurd = self.freq not in PERIODS or parts.get("RSCALE", "GREGORIAN") != "GREGORIAN"
        self.count = max(0, int(parts.get("COUNT", "0")))
        self.until = _until(parts.get("UNTIL", ""), self.zone)
        self.week_start = WEEKDAYS.index(parts.get("WKST", "MO"))
        self.positions = _numbers(parts.get("BYSETPOS", ""))
        self.days = Days.of(parts, self.freq, self.start)
        hours = _numbers(parts.get("BYHOUR", "")) or {self.start.hour}
        self.hours = _numbers(parts.get("BYHOUR", "")) if self.freq == "HOURLY" else hours
        minutes = _numbers(parts.get("BYMINUTE", "")) or {self.start.minute}
        seconds = _numbers(parts.get("BYSECOND", "")) or {self.start.second}
        hours = {0} if self.freq == "HOURLY" else hours
        self.times = [time(h, m, min(s, 59)) for h, m, s in sorted(product(hours, minutes, seconds))]

    def between(self, frm: datetime, to: datetime, inc: bool = True) -> Iterator[datetime]:
        """Starts of the instances around [frm, to], in order; some of them may lie a day outside.

        Raises Exhausted.
        """
        try:
            low, high = self._wall(frm) - DAY, self._wall(to) + DAY
            for wall in self._walls(low, high):
                if wall >= low:
                    yield wall.replace(tzinfo=self.zone)
        except OverflowError:
            return  # beyond the calendar's last year

    def _wall(self, moment: datetime) -> datetime:
        if moment.tzinfo is not None and self.zone is not None:
            moment = moment.astimezone(self.zone)
        return moment.replace(tzinfo=None)

    def _walls(self, low: datetime, high: datetime) -> Iterator[datetime]:
        left = self.count
        for first, last in () if self.absurd else self._periods(low, high):
            for wall in self._within(first, last, low, high):
                self.budget.spend()
                if wall < self.start:
                    continue
                if self.until is not None and wall.replace(tzinfo=self.zone) > self.until:
                    return
                yield wall
                left -= 1
                if self.count and not left:
                    return

    def _periods(self, low: datetime, high: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Half-open periods in order: from the start when instances are counted, else from ``low`` on."""
        number = 0 if self.count else max(0, self._number_at(low) - 1)
        while True:
            self.budget.spend()
            first, last = self._period(number * self.interval)
            if first > high:
                return
            yield first, last
            number += 1

    def _number_at(self, moment: datetime) -> int:
        apart = moment - self.start
        units = {
            "YEARLY": moment.year - self.start.year,
            "MONTHLY": (moment.year - self.start.year) * 12 + moment.month - self.start.month,
            "WEEKLY": apart.days // 7,
            "DAILY": apart.days,
            "HOURLY": apart // timedelta(hours=1),
        }
        return units[self.freq] // self.interval

    def _period(self, units: int) -> tuple[datetime, datetime]:
        if self.freq == "HOURLY":
            first = self.start.replace(minute=0, second=0) + timedelta(hours=units)
            return first, first + timedelta(hours=1)
        if self.freq in ("DAILY", "WEEKLY"):
            length = 7 if self.freq == "WEEKLY" else 1
            back = (self.start.weekday() - self.week_start) % 7 if length == 7 else 0
            midnight = datetime.combine(self.start.date(), time())
            first = midnight + timedelta(days=units * length - back)
            return first, first + timedelta(days=length)
        months = 12 if self.freq == "YEARLY" else 1
        index = self.start.year * 12 + (self.start.month - 1 if months == 1 else 0) + units * months
        return _month(index), _month(index + months)

    def _within(self, first: datetime, last: datetime, low: datetime, high: datetime) -> Iterator[datetime]:
        if self.freq == "HOURLY":
            found = []
            if (not self.hours or first.hour in self.hours) and self.days.hold(first.date()):
                found = [datetime.combine(first.date(), t.replace(hour=first.hour)) for t in self.times]
            return self._chosen(iter(found))
        if not self.count and not self.positions:  # what lies outside is not asked for: do not look at it
            first, last = max(first, datetime.combine(low.date(), time())), min(last, high + DAY)
        return self._chosen(self._candidates(first.date(), last))

    def _candidates(self, day: date, last: datetime) -> Iterator[datetime]:
        while datetime.combine(day, time()) < last:
            if self.freq in ("YEARLY", "MONTHLY"):
                self.budget.spend()
            if self.days.hold(day):
                for clock in self.times:
                    yield datetime.combine(day, clock)
            day += DAY

    def _chosen(self, found: Iterator[datetime]) -> Iterator[datetime]:
        if not self.positions:
            return found
        everything = list(found)
        places = {p - 1 if p > 0 else len(everything) + p for p in self.positions}
        return (one for place, one in enumerate(everything) if place in places)


@dataclass(frozen=True)
class Days:
    """Which days a rule names: every part that is given must hold."""

    months: frozenset[int]
    weeks: frozenset[int]
    year_days: frozenset[int]
    month_days: frozenset[int]
    weekdays: frozenset[int]
    nth: frozenset[tuple[int, int]]
    of_year: bool
    """``nth`` counts within the year, not the month."""

    @classmethod
    def of(cls, parts: dict[str, str], freq: str, start: datetime) -> Days:
        months, weeks = _numbers(parts.get("BYMONTH", "")), _numbers(parts.get("BYWEEKNO", ""))
        year_days, month_days = _numbers(parts.get("BYYEARDAY", "")), _numbers(parts.get("BYMONTHDAY", ""))
        weekdays: set[int] = set()
        nth: set[tuple[int, int]] = set()
        for text in filter(None, parts.get("BYDAY", "").split(",")):
            weekday = WEEKDAYS.index(text[-2:])
            if text[:-2] and freq in ("YEARLY", "MONTHLY") and not weeks:
                nth.add((weekday, int(text[:-2])))
            else:
                weekdays.add(weekday)
        if not (year_days or month_days or weekdays or nth):  # what the rule leaves open, DTSTART says
            if freq == "WEEKLY" or weeks:
                weekdays = {start.weekday()}
            elif freq in ("YEARLY", "MONTHLY"):
                month_days = frozenset({start.day})
                months = months or (frozenset({start.month}) if freq == "YEARLY" else months)
        of_year = freq == "YEARLY" and not months
        return cls(months, weeks, year_days, month_days, frozenset(weekdays), frozenset(nth), of_year)

    def hold(self, day: date) -> bool:
        if self.months and day.month not in self.months:
            return False
        first, after = (date(day.year, 1, 1), _year_end(day)) if self.year_days or self.of_year else (day, day)
        if self.year_days and not _one_of(self.year_days, (day - first).days + 1, (after - day).days):
            return False
        if self.weeks:
            weeks = date(day.year, 12, 28).isocalendar().week
            year, week, _ = day.isocalendar()
            if year != day.year or not _one_of(self.weeks, week, weeks + 1 - week):
                return False
        month_end = _month(day.year * 12 + day.month).date() if self.month_days or self.nth else day
        if self.month_days and not _one_of(self.month_days, day.day, (month_end - day).days):
            return False
        if not (self.weekdays or self.nth) or day.weekday() in self.weekdays:
            return True
        if not self.of_year:
            first, after = day.replace(day=1), month_end
        forwards, backwards = (day - first).days // 7 + 1, -(((after - day).days - 1) // 7 + 1)
        return (day.weekday(), forwards) in self.nth or (day.weekday(), backwards) in self.nth


def _one_of(wanted: frozenset[int], from_first: int, from_last: int) -> bool:
    """Both counted from 1."""
    return from_first in wanted or -from_last in wanted


def _month(index: int) -> datetime:
    """First moment of the month ``index`` (year * 12 + month - 1)."""
    if index // 12 > 9998:
        raise OverflowError
    return datetime.combine(date(index // 12, index % 12 + 1, 1), time())


def _year_end(day: date) -> date:
    return _month((day.year + 1) * 12).date()


def _until(text: str, zone: tzinfo | None) -> datetime | None:
    """The last moment an instance may start: a date holds to its end, a local time is in the event's zone."""
    if not text:
        return None
    day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    if len(text) == 8:
        return datetime.combine(day, time(23, 59, 59), zone)
    moment = datetime.combine(day, time(int(text[9:11]), int(text[11:13]), min(59, int(text[13:15] or 0))))
    if not text.endswith("Z"):
        return moment.replace(tzinfo=zone) if zone else datetime.combine(day, time(23, 59, 59))
    if zone is not None:
        return moment.replace(tzinfo=UTC)
    # whole days: the day on which the moment falls here, never earlier than the day that is written
    return datetime.combine(max(day, danish_date(moment.replace(tzinfo=UTC))), time(23, 59, 59))
