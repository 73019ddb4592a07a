"""Schedules of recurring jobs: the next time on the Danish clock, in words and as cron; when a job is overdue. Pure."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from crm.base.clock import DANISH, danish
from crm.base.errors import N_

AGAIN = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""How long what failed waits for its next try; the last one for every further try."""
SILENT = timedelta(minutes=1)
"""A leader that has given no sign of life for so long is taken for dead or frozen."""
GRACE = timedelta(minutes=2)
"""How late a job may begin before it counts as overdue; never less than its own interval."""
LONGEST = 4000
OURS = Path(__file__).resolve().parents[2]
"""The folder ``crm``: what lies there is the product's own."""
PLACES = 12
_MOMENT = timedelta(microseconds=1)
_EVERY_HOUR = ("month", "day", "week", "day_of_week", "hour")

DAYS = {
    "mon": N_("mandage"),
    "tue": N_("tirsdage"),
    "wed": N_("onsdage"),
    "thu": N_("torsdage"),
    "fri": N_("fredage"),
    "sat": N_("lørdage"),
    "sun": N_("søndage"),
}


class Plan(Protocol):
    """A recurring job as this room sees it: ``description`` is its name in plain Danish."""

    @property
    def key(self) -> str: ...
    @property
    def trigger(self) -> BaseTrigger: ...
    @property
    def description(self) -> str: ...


def next_after(trigger: BaseTrigger, moment: datetime) -> datetime:
    """The first time strictly after ``moment`` (UTC, both).

    A cron time is a time on the Danish wall clock, once a day: one that the spring change skips comes an hour on, and
    of a doubled autumn hour the first is meant. (APScheduler's own trigger fires in both.) What runs every hour goes by
    minutes alone and misses no hour. An interval counts from ``moment``.
    """
    if isinstance(trigger, IntervalTrigger):
        return moment + timedelta(seconds=trigger.interval_length)
    fields = _fields(trigger)
    wall = CronTrigger(**fields, timezone=UTC)
    if all(fields[name] == "*" for name in _EVERY_HOUR):
        return _utc(wall.get_next_fire_time(None, moment + _MOMENT))
    at = danish(moment).replace(tzinfo=UTC, fold=0) - timedelta(hours=1)  # an hour that spring skipped lies behind
    while True:
        at = wall.get_next_fire_time(None, at + _MOMENT)
        found = _utc(at.replace(tzinfo=DANISH, fold=0))
        if found > moment:
            return found


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _fields(trigger: BaseTrigger) -> dict[str, str]:
    if not isinstance(trigger, CronTrigger):
        raise TypeError(f"a job goes by cron or by interval, not by {type(trigger).__name__}")
    return {field.name: str(field) for field in trigger.fields}


def is_due(trigger: BaseTrigger, last: datetime | None, now: datetime) -> bool:
    """Whether a job that last began at ``last`` has a time behind it: never begun, missed, or begun in what is the
    future of a clock that was set back."""
    return last is None or last > now or next_after(trigger, last) <= now


def overdue_since(trigger: BaseTrigger, last: datetime | None, now: datetime) -> datetime | None:
    """When a job should have begun that has not, with some grace; None when all is well or it never ran."""
    if last is None or last > now:
        return None
    due = next_after(trigger, last)
    slack = GRACE
    if isinstance(trigger, IntervalTrigger):
        slack = max(GRACE, timedelta(seconds=trigger.interval_length))
    return due if due + slack < now else None


def as_cron(trigger: BaseTrigger) -> str:
    """``30 7 * * mon-fri``; ``@every 15s`` for an interval, which no cron can say."""
    if isinstance(trigger, IntervalTrigger):
        seconds = int(trigger.interval_length)
        for size, unit in ((3600, "h"), (60, "m")):
            if seconds % size == 0:
                return f"@every {seconds // size}{unit}"
        return f"@every {seconds}s"
    f = _fields(trigger)
    return " ".join(f[name] for name in ("minute", "hour", "day", "month", "day_of_week"))


def in_words(trigger: BaseTrigger) -> tuple[str, dict[str, Any]]:
    """A Danish msgid and its fields; ``days`` among them is a msgid as well."""
    if isinstance(trigger, IntervalTrigger):
        return _interval(int(trigger.interval_length))
    f = _fields(trigger)
    minutes = f["minute"].split(",")
    if f["month"] == f["day"] == f["week"] == "*" and f["hour"].isdigit() and all(map(str.isdigit, minutes)):
        times = ", ".join(f"{int(f['hour'])}.{int(minute):02d}" for minute in minutes)
        return _daily(f["day_of_week"], times, as_cron(trigger))
    if f["month"] == f["day"] == f["week"] == "*" and f["minute"].isdigit():
        first, _dash, last = f["hour"].partition("-")
        if f["day_of_week"] == "*" and first.isdigit() and last.isdigit():
            ends = {"first": f"{int(first)}.{int(f['minute']):02d}", "last": f"{int(last)}.{int(f['minute']):02d}"}
            return N_("hver time fra kl. {first} til {last}"), ends
        if f["hour"] == f["day_of_week"] == "*":
            return N_("hver time, {minute} minutter over hel"), {"minute": int(f["minute"])}
    every = f["minute"].removeprefix("*/")
    if every.isdigit() and every != f["minute"] and all(f[name] == "*" for name in _EVERY_HOUR):
        return N_("hvert {count}. minut"), {"count": int(every)}
    if f["month"] == f["week"] == f["day_of_week"] == "*" and all(f[n].isdigit() for n in ("day", "hour", "minute")):
        time = f"{int(f['hour'])}.{int(f['minute']):02d}"
        return N_("den {day}. i måneden kl. {time}"), {"day": int(f["day"]), "time": time}
    return N_("efter planen {cron}"), {"cron": as_cron(trigger)}


def _interval(seconds: int) -> tuple[str, dict[str, Any]]:
    if seconds % 3600 == 0:
        hours = seconds // 3600
        return (N_("hver time"), {}) if hours == 1 else (N_("hver {count}. time"), {"count": hours})
    if seconds % 60 == 0:
        minutes = seconds // 60
        return (N_("hvert minut"), {}) if minutes == 1 else (N_("hvert {count}. minut"), {"count": minutes})
    return N_("hvert {count}. sekund"), {"count": seconds}


def _daily(days: str, time: str, cron: str) -> tuple[str, dict[str, Any]]:
    if days == "*":
        return N_("hver dag kl. {time}"), {"time": time}
    if days == "mon-fri":
        return N_("hverdage kl. {time}"), {"time": time}
    if days in DAYS:
        return N_("{days} kl. {time}"), {"days": DAYS[days], "time": time}
    return N_("efter planen {cron}"), {"cron": cron}


def describe(error: BaseException, *, private: bool = False) -> str:
    """An error for those who run the product: kind and first line, then where in the program it happened. Of an error
    of the database the parameters are left out: they are people's data. ``private``: so is the first line.

    Of the way there our own lines are kept, and the innermost one, whosever it is: what libraries did in between helps
    nobody."""
    said = [] if private else str(getattr(error, "orig", None) or error).strip().splitlines()
    first = f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames[:-1] if OURS in Path(frame.filename).parents]
    places = [f"  {_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in (*ours[-PLACES:], *frames[-1:])]
    told = "\n".join([first[:1000], *places])[:LONGEST]
    return told.replace("\0", "\ufffd").encode("utf-8", "replace").decode()  # what no database would take


def _place(filename: str) -> str:
    """``crm/visits/actions/book.py``; of a library's file the last three parts."""
    path = Path(filename)
    return path.relative_to(OURS.parent).as_posix() if OURS in path.parents else "/".join(path.parts[-3:])
