"""`crm fit`: rank the companies that wait by how well they fit the consultants' coming days."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.errors import Refusal
from crm.campaigns.models import Campaign, Participation
from crm.cli.edge import command_session
from crm.people.models import Jobcentre
from crm.visits.jobs import rank
from crm.visits.queries.fit import Ranking, Wanted, due_rankings


@click.command("fit")
@click.option("--campaign", "campaign_id", type=click.IntRange(1, 2**53), metavar="ID", help="This campaign only.")
@click.option("--jobcentre", "jobcentre_id", type=click.IntRange(1, 2**53), metavar="ID", help="This jobcentre only.")
@click.option("--all", "everything", is_flag=True, help="Also where nothing has changed since the last time.")
@click.option("--format", "layout", type=click.Choice(["table", "json"]), default="table", show_default=True)
@with_appcontext
def fit(campaign_id: int | None, jobcentre_id: int | None, everything: bool, layout: str) -> None:
    """Rank companies by how well they fit free, drivable time, 0 to 1; crm serve does so every minute.

    Where visits or calendars have changed, where it is half an hour ago, and where it was never done. The table tells
    of each jobcentre how many companies wait, their mean fit, how many no consultant can reach, and how many changed.
    """
    with command_session() as (session, now):
        _check(session, campaign_id, jobcentre_id)
        wanted = due_rankings(session, now, campaign_id=campaign_id, jobcentre_id=jobcentre_id, everything=everything)
        ids = {one.jobcentre_id for one in wanted}
        told = session.execute(select(Jobcentre.id, Jobcentre.name).where(Jobcentre.id.in_(ids)))
        names = {row.id: row.name for row in told}
    began = time.perf_counter()
    found = _rank(now, wanted, layout)
    took = time.perf_counter() - began
    if layout == "json":
        rows = [_record(one, names) for one in found]
        click.echo(json.dumps({"as_of": now.isoformat(), "seconds": round(took, 3), "rows": rows}, ensure_ascii=False))
        return
    _print(found, names)
    companies = sum(one.entries for one in found)
    click.echo(f"{companies:,} companies of {len(found)} jobcentres ranked in {took:.1f} s")


def _check(session: Session, campaign_id: int | None, jobcentre_id: int | None) -> None:
    if campaign_id is not None and session.get(Campaign, campaign_id) is None:
        raise Refusal("not_found", "Der findes ingen kampagne med nummer {id}.", id=campaign_id)
    part = select(Participation.id).where(Participation.jobcentre_id == jobcentre_id).limit(1)
    if jobcentre_id is not None and session.scalar(part) is None:
        raise Refusal("not_found", "Jobcenter {id} er ikke med i nogen kampagne.", id=jobcentre_id)


def _rank(now: datetime, wanted: Sequence[Wanted], layout: str) -> list[Ranking]:
    """With a bar on a terminal."""
    work = rank(current_app.extensions["crm.sessions"], now, wanted)
    if layout == "json":
        return list(work)
    with click.progressbar(work, length=len(wanted), label="Ranking", file=sys.stderr) as bar:
        return list(bar)


def _print(found: Sequence[Ranking], names: dict[int, str]) -> None:
    width = max((len(names.get(one.wanted.jobcentre_id, "")) for one in found), default=0)
    if found:
        click.echo(f"{'':<{width}}  {'waiting':>8} {'fit':>6} {'none':>6} {'changed':>8} {'seconds':>8}")
    for one in found:
        name = names.get(one.wanted.jobcentre_id, "")
        figures = f"{one.entries:>8,} {one.mean:>6.3f} {one.none:>6,} {len(one.rows):>8,} {one.seconds:>8.3f}"
        click.echo(f"{name:<{width}}  {figures}")


def _record(one: Ranking, names: dict[int, str]) -> dict[str, Any]:
    return {
        **one.wanted._asdict(),
        "jobcentre": names.get(one.wanted.jobcentre_id, ""),
        "waiting": one.entries,
        "places": one.places,
        "fit": round(one.mean, 3),
        "none": one.none,
        "changed": len(one.rows),
        "seconds": round(one.seconds, 3),
    }
