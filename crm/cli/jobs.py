"""`crm jobs`: the recurring jobs, how each stands, and running one now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from crm.base.db import read_only_session
from crm.base.errors import CrmError, NotFound
from crm.cli.edge import refuse
from crm.recurring import queries
from crm.recurring.rules import as_cron, in_words, is_silent, standing
from crm.web.filters import dk_datetime
from crm.web.i18n import say

STATES = {
    "running": "kører nu",
    "asked": "bedt om at køre",
    "failed": "fejlet",
    "overdue": "forsinket",
    "never": "ikke kørt endnu",
    "well": "i orden",
}


@click.group("jobs", invoke_without_command=True)
@click.option("--format", "layout", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
@with_appcontext
def jobs(context: click.Context, layout: str) -> None:
    """List the recurring jobs: plan, last and next run, last error; `crm jobs run KEY` runs one now."""
    if context.invoked_subcommand is not None:
        return
    try:
        _listed(current_app._get_current_object(), layout)  # type: ignore[attr-defined]
    except (OperationalError, ProgrammingError) as exc:
        refuse(_trouble(exc))


@jobs.command("run")
@click.argument("key")
@with_appcontext
def run(key: str) -> None:
    """Run the job KEY now, in this process. Exit code 1 when it fails, runs already, or cannot be run."""
    from crm.scheduler import JOBS, NotBegun, Untold, run_job

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        done = run_job(app, key)
    except NotFound:
        refuse(f"Der er intet job {key!r}. Vælg et af: {', '.join(job.key for job in JOBS)}.")
    except CrmError as exc:
        refuse(str(exc))
    except NotBegun as exc:
        refuse(f"{key} er ikke kørt. {_trouble(exc.__cause__)}")
    except Untold as exc:
        refuse(f"{key} nåede ikke til ende, og det kunne ikke skrives ned: {_first(exc.__cause__)}. Kør crm doctor.")
    except Exception as exc:
        refuse(f"{key} fejlede, og fejlen er skrevet ned: {type(exc).__name__}: {_first(exc)}")
    click.echo(f"{key}: {done} klaret" if done else f"{key}: intet at gøre")


def _first(error: BaseException | None) -> str:
    found = next(iter(str(getattr(error, "orig", None) or error).strip().splitlines()), "uden forklaring")
    return found.rstrip(". ")


def _trouble(error: BaseException | None) -> str:
    """What keeps every job from running, and what to do about it."""
    if not isinstance(error, SQLAlchemyError):
        return f"{_first(error)}."
    if "no such table" in str(error) or "UndefinedTable" in str(error):
        return "Databasen er tom. Kør først: crm init-db"
    told = f"Databasen svarer ikke eller afviser: {_first(error)}."
    return f"{told} Se, om den kører, og CRM_DATABASE_URL og CRM_DATA_DIR; crm doctor prøver resten."


def _listed(app: Flask, layout: str) -> None:
    now = app.extensions["crm.clock"].now()
    with read_only_session(app.extensions["crm.sessions"]) as session:
        rows = _rows(session, now)
        leader, aside = queries.leader(session), sum(queries.aside_counts(session).values())
    silent = is_silent(leader, now)
    if layout == "json":
        head = {"name": leader.name, "since": _iso(leader.since), "beat_at": _iso(leader.beat_at)} if leader else None
        click.echo(json.dumps({"leader": head, "silent": silent, "set_aside": aside, "jobs": rows}, ensure_ascii=False))
        return
    table = [("job", "plan", "sidst", "næste", "tilstand")]
    for row in rows:
        shown = (row["key"], row["schedule"], _short(row["started_at"]), _short(row["next_at"]), STATES[row["state"]])
        table.append(shown)
    _print_table(table)
    for row in rows:
        if row["state"] == "failed":
            click.echo(f"\n{row['key']} fejlede {_short(row['last_error_at'])}: {row['last_error']}")
    told = f"{leader.name}, sidste livstegn {dk_datetime(leader.beat_at)}" if leader else "ingen endnu"
    click.echo(f"\nLeder: {told}{' (TAVS: ingen job kører)' if silent else ''}. Sat til side: {aside}.")


def _rows(session: Any, now: datetime) -> list[dict[str, Any]]:
    from crm.scheduler import JOBS

    found, rows = queries.runs(session), []
    for job in JOBS:
        row = found.get(job.key)
        stands = standing(job, row, now)
        rows.append(
            {
                "key": job.key,
                "name": job.description,
                "schedule": say(*in_words(job.trigger)),
                "cron": as_cron(job.trigger),
                "state": stands.state,
                "started_at": _iso(row.started_at) if row else None,
                "seconds": row.seconds if row else None,
                "done": row.done if row else None,
                "runs": row.runs if row else 0,
                "failures": row.failures if row else 0,
                "last_error": (row.last_error or "").partition("\n")[0] or None if row else None,
                "last_error_at": _iso(row.last_error_at) if row else None,
                "running_by": row.running_by or None if row else None,
                "next_at": _iso(stands.next_at),
                "overdue_since": _iso(stands.overdue_since),
            }
        )
    return rows


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _short(moment: str | None) -> str:
    return dk_datetime(datetime.fromisoformat(moment)) if moment else "-"


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
