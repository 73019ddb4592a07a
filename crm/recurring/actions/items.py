"""Writes about recurring jobs: items one by one, each in a transaction of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.recurring.models import SetAside
from crm.recurring.rules import AGAIN, describe

log = logging.getLogger("crm.recurring")

Item = TypeVar("Item", int, str)
Begin = Callable[[], AbstractContextManager[Session]]


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
) -> int:
    """``each`` for an act that opens its transactions itself, because it waits for others outside of them."""
    wanted, done = list(items), 0
    aside = _aside(begin, job) if wanted or complete else {}
    for item in wanted:
        key = str(item)
        if key in aside and now < aside[key] <= now + AGAIN[-1]:  # later than that: written by a clock that was wrong
            continue
        try:
            done += act(item)
        except Exception as exc:
            log.exception("job %s set item %s aside", job, key)
            with begin() as session:
                _set_aside(session, job, key, describe(exc), now)
        else:
            if key in aside:
                _forget(begin, job, [key])
    if complete:
        _forget(begin, job, [key for key in aside.keys() - set(map(str, wanted)) if aside[key] <= now])
    return done


def _aside(begin: Begin, job: str) -> dict[str, datetime]:
    with begin() as session:
        there = select(SetAside.item, SetAside.retry_at).where(SetAside.job == job)
        return dict(session.execute(there).all())


def _forget(begin: Begin, job: str, keys: Sequence[str]) -> None:
    if keys:
        with begin() as session:
            session.execute(delete(SetAside).where(SetAside.job == job, SetAside.item.in_(keys)))


def _set_aside(session: Session, job: str, item: str, error: str, now: datetime) -> None:
    row = session.scalar(select(SetAside).where(SetAside.job == job, SetAside.item == item).with_for_update())
    if row is None:
        row = SetAside(job=job, item=item, error=error, tries=0, first_at=now, last_at=now, retry_at=now)
        session.add(row)
    row.tries += 1
    row.error, row.last_at, row.retry_at = error, now, now + AGAIN[min(row.tries, len(AGAIN)) - 1]
    session.flush()


def release(session: Session, actor: Any, now: datetime, row: SetAside) -> None:
    """Let an item be tried again by the job's next run."""
    row.retry_at = now
    activity.record(session, actor, now, "recurring.release", row, job=row.job, item=row.item)
    session.flush()
