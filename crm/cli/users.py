"""`crm users add|disable|list|token`: who may sign in, from the command line."""

from __future__ import annotations

import sys
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.errors import Invalid
from crm.cli.edge import command_session, refuse
from crm.people import queries
from crm.people.actions import Grant, add_user, issue_token, set_active
from crm.people.models import ROLES, CallingFirm, Jobcentre, Region, User

# role -> where it holds: the table with names, and the column of the grant
SCOPES: dict[str, tuple[Any, str]] = {
    "phoner": (CallingFirm, "calling_firm_id"),
    "consultant": (Jobcentre, "jobcentre_id"),
    "jobcentre_lead": (Jobcentre, "jobcentre_id"),
    "regional_lead": (Region, "region_id"),
}


@click.group("users", cls=AppGroup)
def users() -> None:
    """Brugere: opret, spær, vis, giv nøgle til API'et."""


@users.command("add")
@click.argument("email")
@click.option("--name", required=True, help="Personens navn.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    metavar="ROLE[:PLACE]",
    help=f"Rolle ({', '.join(ROLES)}), med jobcentrets, firmaets eller regionens navn; kan gentages.",
)
@click.option("--password-stdin", is_flag=True, help="Læs adgangskoden fra standard input i stedet for at spørge.")
def add(email: str, name: str, roles: tuple[str, ...], password_stdin: bool) -> None:
    """Opret en bruger, fx --role "consultant:Jobcenter Hobro" eller --role admin."""
    with command_session() as (session, now):
        grants = [grant_of(session, text) for text in roles]
        password = sys.stdin.readline().rstrip("\n") if password_stdin else _ask()
        try:
            user = add_user(session, None, now, email=email, name=name, password=password, grants=grants)
        except Invalid as exc:
            refuse(f"{exc} ({'; '.join(f'{field}: {text}' for field, text in exc.errors.items())})")
    click.echo(f"{user.email} er oprettet.")


def _ask() -> str:
    return str(click.prompt("Adgangskode", hide_input=True, confirmation_prompt="Gentag adgangskoden"))


def grant_of(session: Session, text: str) -> Grant:
    """``role`` or ``role:place``; the place by its name, upper and lower case alike."""
    role, _, place = text.partition(":")
    if role not in ROLES:
        raise click.UsageError(f"Rollen {role} findes ikke. Vælg en af: {', '.join(ROLES)}.")
    if role not in SCOPES:
        return Grant(role)
    model, column = SCOPES[role]
    if not place:
        raise click.UsageError(f'Rollen {role} kræver et sted, fx --role "{role}:Navn".')
    named = func.lower(model.name) == place.strip().lower()
    found = session.scalar(select(model.id).where(named))
    if found is None and model is Region:
        found = session.scalar(select(Region.id).where(Region.key == place.strip().lower()))
    if found is None:
        refuse(f"{place} findes ikke. Opret stedet først, eller ret navnet.")
    return Grant(role, **{column: found})


@users.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Spær en bruger: logget ud overalt, nøgler trukket tilbage."""
    with command_session() as (session, now):
        user = _known(session, email)
        set_active(session, None, now, user, False)
    click.echo(f"{user.email} er spærret.")


@users.command("list")
def show() -> None:
    """Vis alle brugere med roller og tilstand."""
    with command_session() as (session, _now):
        for user in queries.users(session):
            roles = ",".join(dict.fromkeys(held.role for held in user.roles))
            click.echo(f"{user.email}\t{user.name}\t{roles}\t{'aktiv' if user.active else 'spærret'}")


@users.command("token")
@click.argument("email")
def token(email: str) -> None:
    """Skriv en ny nøgle til API'et, og intet andet."""
    with command_session() as (session, now):
        user = _known(session, email)
        if not user.active:
            refuse(f"{user.email} er spærret, så en nøgle ville ikke virke.")
        made = issue_token(session, None, now, user)
    click.echo(made)


def _known(session: Session, email: str) -> User:
    user = queries.user_by_email(session, email)
    if user is None:
        refuse(f"Der er ingen bruger med adressen {email}.")
    return user
