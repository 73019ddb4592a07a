"""`crm demo`: fill an empty database with an invented campaign, and say how to sign in."""

from __future__ import annotations

import json
import sys
import time

import click
from flask import current_app
from flask.cli import with_appcontext

from crm.base.seal import Vault
from crm.base.settings import Settings
from crm.cli.edge import command_session, refuse
from crm.cli.ops import prepare
from crm.demo.fill import SCALES, Demo, fill, found, is_empty

ROLES = {
    "phoner": "Phoner",
    "consultant": "Konsulent",
    "jobcentre_lead": "Teamleder",
    "regional_lead": "Regionsleder",
    "campaign_manager": "Kampagneleder",
    "admin": "Administrator",
}


@click.command("demo")
@click.option(
    "--scale",
    type=click.Choice(SCALES),
    default="small",
    show_default=True,
    help="small: 2,000 workplaces and a day's work; reference: the campaign of 2012-13 with 80,000.",
)
@click.option("--format", "layout", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--seed",
    type=click.IntRange(0, 2_000_000_000),
    default=1,
    show_default=True,
    help="The same seed and clock give the same demo.",
)
@with_appcontext
def demo(scale: str, layout: str, seed: int) -> None:
    """Fill an empty database with a demo campaign and print its sign-ins. Progress goes to stderr."""
    settings: Settings = current_app.extensions["crm.settings"]
    if settings.production:
        refuse("crm demo kører ikke, når CRM_ENV=production: demoens adgangskoder er kendt af alle.")
    prepare(current_app.extensions["crm.engine"])
    with command_session() as (session, now):
        made = found(session, scale, seed)
        if made is not None:
            click.echo("Demoen er her allerede; intet er ændret.", err=True)
        elif not is_empty(session):
            refuse(
                "Databasen indeholder allerede data, og intet er ændret. Vælg en tom database til demoen, fx "
                "CRM_DATA_DIR=./demo crm demo"
            )
        else:
            vault: Vault = current_app.extensions["crm.vault"]
            folder = settings.data_dir / "demo"
            made = fill(session, now, scale=scale, seed=seed, folder=folder, say=Teller(), vault=vault)
    answer(made, layout)


class Teller:
    """One line a step on stderr, with the seconds so far."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, step: str) -> None:
        click.echo(f"{time.monotonic() - self._began:5.1f} s  {step}", err=True)
        sys.stderr.flush()


def answer(made: Demo, layout: str) -> None:
    """The sign-ins: JSON alone, or a line for each role."""
    if layout == "json":
        users = [{"email": user.email, "password": user.password, "roles": list(user.roles)} for user in made.users]
        click.echo(json.dumps({"campaign_id": made.campaign_id, "users": users}))
        return
    click.echo(f"Demokampagne: id {made.campaign_id}. Log ind med:")
    for user in made.one_per_role():
        click.echo(f"  {ROLES[user.roles[0]]:<14} {user.email:<26} {user.password}   ({user.name})")
    extra = len(made.users) - len(made.one_per_role())
    click.echo(
        f"Der er {extra} brugere mere (phoner2, consultant2 …) med samme adgangskode; crm users list viser dem alle."
    )
