"""Writes about recurring jobs: items one by one, each in a transaction of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.db import only_reads
from crm.base.errors import N_, Invalid, Refusal
from crm.recurring.models import SetAside
from crm.recurring.queries import is_dismissed
from crm.recurring.rules import AGAIN, describe

log = logging.getLogger("crm.recurring")

Item = TypeVar("Item")
"""What a job does something with; ``str`` of it is its name, of at most 80 characters."""
MAX_REASON = 300
Begin = Callable[[], AbstractContextManager[Session]]


@contextmanager
def reading(begin: Begin) -> Iterator[Session]:
    """``begin`` for finding what is due: nothing can be written, and nobody is kept from writing meanwhile."""
    with begin() as session, only_reads(session):
        yield session


def each(
    begin: Begin,
    items: Iterable[Item],
    act: Callable[[Session, Item], int],
    *,
    job: str,
    now: datetime,
    complete: bool = False,
) -> int:
    """Call ``act(session, item)`` for each item in a transaction of its own; the sum of what it returned.

    begin: opens the transaction edge (``lambda: transaction(app)``). An item that raises is rolled back, set aside with
    its error, and the next one goes on; it is tried again later, and is forgotten here once it succeeds, or, where the
    items are ``complete``, once its time has come and it is not among them any more. A database that cannot even be
    told of the error raises.
    """

    def alone(item: Item) -> int:
        with begin() as session:
            return act(session, item)

    return apart(begin, items, alone, job=job, now=now, complete=complete)


def apart(
    begin: Begin,
    items: Iterable[Item],
    act: Callable[[Item], int],
    *,
    job: str,
    now: datetime,
    complete: bool = False,
    workers: int = 1,
    private: bool = False,
) -> int:
    """``each`` for an act that opens its transactions itself, because it waits for others outside of them.

    Items are taken one by one as they come; with ``workers`` all at once, so many at a time. ``private``: what an
    error says may be somebody's own words (a calendar's, a mail's); its kind and places alone are kept."""
    if isinstance(items, Sized) and not items and not complete:
        return 0
    aside, seen = _aside(begin, job), set[str]()

    def alone(item: Item) -> int:
        key = str(item)
        seen.add(key)
        if _waits(aside.get(key), now):
            return 0
        try:
            done = act(item)
        except Exception as exc:
            put_aside(begin, job, key, describe(exc, private=private), now)
            return 0
        if key in aside:
            _forget(begin, job, [key])
        return done

    done = _all(alone, items, workers)
    if complete:
        _forget(begin, job, [key for key in aside.keys() - seen if aside[key] <= now])
    return done


def _all(alone: Callable[[Item], int], items: Iterable[Item], workers: int) -> int:
    if workers <= 1:
        return sum(map(alone, items))
    with ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(alone, items))


def _waits(until: datetime | None, now: datetime) -> bool:
    """A time beyond the longest wait was written by a clock that was wrong."""
    return until is not None and now < until <= now + AGAIN[-1]


def _aside(begin: Begin, job: str) -> dict[str, datetime]:
    with reading(begin) as session:
        there = select(SetAside.item, SetAside.retry_at).where(SetAside.job == job)
        return dict(session.execute(there).all())


def _forget(begin: Begin, job: str, keys: Sequence[str]) -> None:
    if keys:
        with begin() as session:
            session.execute(delete(SetAside).where(SetAside.job == job, SetAside.item.in_(keys)))


def put_aside(begin: Begin, job: str, item: str, error: str, now: datetime) -> None:
    """Write an item down with its error, in a transaction of its own, and when it is tried again.

    One that was put away for good is tried once a day without a word, and comes back when it breaks in another way."""
    with begin() as session:
        row = session.scalar(select(SetAside).where(SetAside.job == job, SetAside.item == item).with_for_update())
        if row is None:
            row = SetAside(job=job, item=item, error=error, tries=0, first_at=now, last_at=now, retry_at=now)
            session.add(row)
        elif is_dismissed(session, row):
            if _first(row.error) == _first(error):
                row.tries, row.last_at, row.retry_at = row.tries + 1, now, now + AGAIN[-1]
                return
            activity.record(session, None, now, "recurring.anew", row, job=job, item=item)
            row.tries = 0
        row.tries += 1
        row.error, row.last_at, row.retry_at = error, now, now + AGAIN[min(row.tries, len(AGAIN)) - 1]
    log.error("job %s set item %s aside: %s", job, item, error)


def _first(error: str) -> str:
    return error.partition("\n")[0]


def release(session: Session, actor: Any, now: datetime, row: SetAside) -> None:
    """Let an item be tried again by the job's next run; what was put away is shown again."""
    row.retry_at = now
    activity.record(session, actor, now, "recurring.release", row, job=row.job, item=row.item)
    session.flush()


def dismiss(session: Session, actor: Any, now: datetime, row: SetAside, reason: str) -> None:
    """Put an item away for good: it is shown and counted no longer unless it breaks in another way, or is released.
    Who, when and why stand in the activity log. Raises Invalid naming ``reason``."""
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON:
        wrong = N_("Teksten er for lang") if reason else N_("Skriv hvorfor")
        raise Invalid(N_("Den er ikke lagt væk."), errors={"reason": wrong})
    if is_dismissed(session, row):
        raise Refusal("dismissed", N_("Den er allerede lagt væk."))
    row.retry_at = now + AGAIN[-1]
    activity.record(session, actor, now, "recurring.dismiss", row, job=row.job, item=row.item, reason=reason)
    session.flush()
