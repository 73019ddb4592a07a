"""Serve: pages and scheduler in one process, or apart on PostgreSQL."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from crm.base import schema
from crm.base.settings import Settings
from crm.cli.edge import refuse
from crm.integrations.telephony import Telephony
from crm.scheduler import Scheduler, start
from crm.travel.engine import embedded_engine

CONNECTIONS = 4000
"""Browsers keep theirs open, several each; at waitress's own 100 the hundred-and-first person would wait for ever."""

THREADS = 4
"""Few: requests are short and share one interpreter, so that more of them at once only make each other slower. Slow
browsers hold no thread."""

PATIENCE = 5.0
"""Seconds that a job which is running has to finish when the product is stopped. Every job bears being cut short."""


def _ready() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    engine = app.extensions["crm.engine"]
    if schema.current(engine) != schema.head(engine):
        refuse("Databasen er ikke klar til denne udgave. Kør først: crm init-db")
    return app


def _several_processes(app: Flask) -> None:
    if app.extensions["crm.engine"].dialect.name == "sqlite":
        refuse("SQLite er til én proces: brug crm serve, eller sæt CRM_DATABASE_URL til en PostgreSQL-database.")


def _serve(app: Flask, host: str, port: int, threads: int) -> None:
    from waitress import create_server

    try:
        server = create_server(
            app,
            host=host,
            port=port,
            threads=threads,
            ident="jobaabner",
            connection_limit=CONNECTIONS,
            backlog=CONNECTIONS,
            asyncore_use_poll=True,  # select() knows no more than 1,024
        )
    except OSError as exc:
        refuse(f"Kan ikke lytte på {host}:{port} ({exc.strerror}). Vælg en anden port med --port.")

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a request that waits a moment is no news

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    # the ways between the map's nodes take some seconds to work out: not in somebody's first search
    threading.Thread(target=_warm, name="travel", daemon=True).start()
    telephony: Telephony = app.extensions["crm.telephony"]
    telephony.start(f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}")
    click.echo(f"Jobåbner kører på http://{host}:{port}  (stop med Ctrl+C)")
    server.run()


def _warm() -> None:
    """Then what was made at start is left out of garbage collection: walking the whole map would halt every request."""
    embedded_engine().prepare()
    gc.collect()
    gc.freeze()


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    defaults = Settings()
    command = click.option("--threads", default=THREADS, show_default=True, help="Requests answered at once.")(command)
    command = click.option("--port", default=None, type=int, help=f"CRM_PORT, else {defaults.port}.")(command)
    return click.option("--host", default=None, help=f"CRM_HOST, else {defaults.host}.")(command)


@click.command("serve")
@_options
@with_appcontext
def serve(host: str | None, port: int | None, threads: int) -> None:
    """Pages, API and scheduler in one process (the embedded default)."""
    app = _ready()
    settings: Settings = app.extensions["crm.settings"]
    scheduler = start(app)
    try:
        _serve(app, host or settings.host, port or settings.port, threads)
    finally:
        _end(scheduler)


def _end(scheduler: Scheduler) -> None:
    """Python waits for threads, however long their job takes: a process that was told to stop does not."""
    error = sys.exc_info()[1]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    if scheduler.stop(PATIENCE):
        return
    logging.getLogger("crm.scheduler").warning("a job is cut short; it runs again at the next start")
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if error is None or (isinstance(error, SystemExit) and not error.code) else 1)


@click.command("web")
@_options
@with_appcontext
def web(host: str | None, port: int | None, threads: int) -> None:
    """Pages and API alone; run `crm worker` beside it. PostgreSQL only."""
    app = _ready()
    _several_processes(app)
    settings: Settings = app.extensions["crm.settings"]
    _serve(app, host or settings.host, port or settings.port, threads)


@click.command("worker")
@with_appcontext
def worker() -> None:
    """The scheduler alone; of several workers one leads and the others wait. PostgreSQL only."""
    app = _ready()
    _several_processes(app)
    scheduler = start(app)
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    click.echo("Worker kører (stop med Ctrl+C)")
    done.wait()
    _end(scheduler)
