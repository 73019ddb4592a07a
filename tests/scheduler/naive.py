"""A job that looks and then writes, without any unique key: what the scheduler's locks alone must hold. `run` is a
scheduler process with that one job; with ``sabotage`` its locks are taken away (the control)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask

PAUSE = 0.02


def prepare(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE naive_due (id serial PRIMARY KEY)"))
        connection.execute(sa.text("CREATE TABLE naive_done (id bigint NOT NULL)"))


def more(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO naive_due SELECT FROM generate_series(1, 3)"))
    time.sleep(0.1)


def tally(engine: sa.Engine) -> tuple[int, int]:
    """Things done, and how many of them more than once."""
    each = sa.text(
        "SELECT count(*), coalesce(sum((n > 1)::int), 0) FROM (SELECT count(*) n FROM naive_done GROUP BY id) t"
    )
    with engine.connect() as connection:
        done, doubled = connection.execute(each).one()
        return int(done), int(doubled)


def do_naively(app: Flask) -> int:
    engine: sa.Engine = app.extensions["crm.engine"]
    left = sa.text("SELECT id FROM naive_due WHERE id NOT IN (SELECT id FROM naive_done) ORDER BY id")
    with engine.connect() as connection:
        waiting = connection.scalars(left).all()
    for number in waiting:
        with engine.begin() as connection:
            # a killed process's COMMIT may still wait for the disk when its lock is free: not here
            connection.execute(sa.text("SET LOCAL synchronous_commit = off"))
            seen = sa.text("SELECT count(*) FROM naive_done WHERE id = :id")
            if not connection.scalar(seen, {"id": number}):
                time.sleep(PAUSE)
                connection.execute(sa.text("INSERT INTO naive_done VALUES (:id)"), {"id": number})
    return len(waiting)


@contextmanager
def no_lock(engine: sa.Engine, name: str) -> Iterator[object]:
    """Whoever asks is given the lock; the control."""
    from crm.scheduler.locks import Held, _own

    with _own(engine).connect() as connection:
        yield Held(connection)


def run(sabotage: bool) -> None:
    from crm.app import create_app
    from crm.scheduler import Job, clock, running

    jobs = (Job("naive", IntervalTrigger(seconds=0.3), do_naively, "Uden nøgler"),)
    clock.JOBS = jobs
    running.run_job.__defaults__ = (jobs,)
    if sabotage:
        clock.held = running.held = no_lock
        clock.beat = lambda *_anything: True
    clock.start(create_app(), retry_seconds=0.2)
    threading.Event().wait()
