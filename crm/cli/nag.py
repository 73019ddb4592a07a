"""`crm nag`: write the reminders that are due."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from crm.cli.edge import command_session
from crm.followups.jobs.nagging import run
from crm.web.edge import transaction


class Moment(click.ParamType[datetime]):
    """An ISO 8601 time with offset, in UTC afterwards."""

    name = "ISO"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not an ISO 8601 time, such as 2026-11-24T07:30:00+01:00", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} lacks an offset, such as +01:00", param, ctx)
        if not 2000 <= moment.year <= 2100:
            self.fail(f"{value!r} lies outside 2000-2100", param, ctx)
        return moment.astimezone(UTC)


@click.command("nag")
@click.option("--now", "moment", type=Moment(), help="Write what is due at this time instead of now.")
@with_appcontext
def nag(moment: datetime | None) -> None:
    """Write the follow-up reminders that are due, each step of the campaign's ladder once, and one digest a person.

    They are due from 07.30 Danish time on working days; digests go to the outbox. Running it again writes nothing
    more. What fails is set aside with its error (see `crm jobs`) and does not stop the rest.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with command_session() as (_session, now):
        written = run(lambda: transaction(app), moment or now)
    click.echo(f"{written} nags written")
