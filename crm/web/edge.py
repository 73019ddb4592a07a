"""The transaction edge: one session a request or command, one commit on success, then the outbox is drained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import cast

from flask import Flask, Response, current_app, g, request
from sqlalchemy.orm import Session, sessionmaker

from crm.base.clock import Clock
from crm.base.db import is_sqlite, read_only_session

READING = frozenset({"GET", "HEAD", "OPTIONS"})


def install(app: Flask, sessions: sessionmaker[Session], clock: Clock, drain: Callable[[Session], None]) -> None:
    """``drain(session)`` delivers what the committed session put in the outbox; it opens its own transactions."""
    app.extensions["crm.sessions"] = sessions
    app.extensions["crm.clock"] = clock
    app.extensions["crm.drain"] = drain
    app.after_request(_commit)
    app.teardown_request(_close)


def now() -> datetime:
    """The product's clock, aware UTC; one value for the whole request."""
    if "now" not in g:
        g.now = cast(Clock, current_app.extensions["crm.clock"]).now()
    return cast(datetime, g.now)


def session() -> Session:
    """The request's session: read-only for GET, HEAD and OPTIONS (a flush there raises)."""
    if "db" not in g:
        factory = current_app.extensions["crm.sessions"]
        g.db = read_only_session(factory) if request.method in READING else factory()
    return cast(Session, g.db)


def aside(work: Callable[[Session], None]) -> None:
    """Do ``work``, which may take a journey, in a read-only session of its own while this request holds no lock.

    SQLite's only writer is held from a writing request's first statement on: it is let go, and taken again by the next
    statement. So call it before the request has changed anything, and look at the rows again afterwards.
    """
    db = session()
    if is_sqlite(db) and not db.info.get("read_only"):
        if db.new or db.dirty or db.deleted:
            raise RuntimeError("a request that has begun to write cannot wait for a journey")
        db.commit()
    with read_only_session(current_app.extensions["crm.sessions"]) as own:
        work(own)


def only_reads() -> Session:
    """From here on this request writes nothing, though it is a POST: what was begun is rolled back, and nobody waits
    for it while it works a page out."""
    _close(None)
    g.db = read_only_session(current_app.extensions["crm.sessions"])
    return cast(Session, g.db)


def writes() -> Session:
    """After ``only_reads``: from here on this request may write. What was loaded before is no longer its own."""
    _close(None)
    return session()


def _commit(response: Response) -> Response:
    """Commit when the answer is a success; an answer that tells of an error leaves nothing behind."""
    db = g.get("db")
    if db is not None and not db.info.get("read_only"):
        if response.status_code < 400:
            db.commit()
            current_app.extensions["crm.drain"](db)
        else:
            db.rollback()
    return response


def _close(_error: BaseException | None) -> None:
    db = g.pop("db", None)
    if db is not None:
        db.close()


@contextmanager
def transaction(app: Flask) -> Iterator[Session]:
    """The same edge for commands and job items: commit, then drain; roll back on any error."""
    with app.extensions["crm.sessions"]() as db:
        yield db
        db.commit()
        app.extensions["crm.drain"](db)
