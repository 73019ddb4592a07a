"""Schema, backup and restore."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import Engine, make_url

from crm.base import schema
from crm.cli.edge import command_session, refuse
from crm.people.actions import load_reference


@click.command("init-db")
@with_appcontext
def init_db() -> None:
    """Create or upgrade the database, and load regions and municipalities. Running it again changes nothing."""
    prepare(current_app.extensions["crm.engine"])
    with command_session() as (session, _now):
        new = load_reference(session)
    click.echo(f"Databasen er klar ({new} nye kommuner indlæst)." if new else "Databasen er klar.")


def prepare(engine: Engine) -> None:
    """Bring the schema to the newest revision."""
    schema.upgrade(engine)


def _sqlite_path(engine: Engine) -> Path | None:
    return Path(str(engine.url.database)) if engine.dialect.name == "sqlite" else None


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_appcontext
def backup(file: Path) -> None:
    """Write a consistent copy of the database to FILE while the product runs (PostgreSQL: pg_dump's format)."""
    engine: Engine = current_app.extensions["crm.engine"]
    if file.exists():
        refuse(f"{file} findes allerede. Vælg et andet navn, eller flyt filen først.")
    if not file.parent.is_dir():
        refuse(f"Mappen {file.parent} findes ikke. Opret den, eller vælg en anden.")
    if schema.current(engine) is None:
        refuse("Databasen er tom; der er intet at kopiere. Kør først: crm init-db")
    path = _sqlite_path(engine)
    if path is None:
        _postgres("pg_dump", engine, "--format=custom", f"--file={file}")
    else:
        partial = file.with_name(file.name + ".part")
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as target:
            source.backup(target)
        partial.replace(file)
    click.echo(f"Sikkerhedskopi skrevet til {file} ({file.stat().st_size:,} bytes).".replace(",", "."))


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="Replace a database that already holds data.")
@with_appcontext
def restore(file: Path, replace: bool) -> None:
    """Put a backup back. Stop the product first. Refuses to overwrite data unless --replace is given."""
    engine: Engine = current_app.extensions["crm.engine"]
    if schema.current(engine) and not replace:
        refuse("Databasen indeholder allerede data. Gentag med --replace for at erstatte dem med sikkerhedskopien.")
    path = _sqlite_path(engine)
    engine.dispose()
    if path is None:
        _postgres("pg_restore", engine, "--clean", "--if-exists", "--no-owner", "--single-transaction", str(file))
    else:
        _restore_sqlite(file, path)
    schema.upgrade(engine)
    click.echo(f"{file} er lagt tilbage.")


def _restore_sqlite(file: Path, path: Path) -> None:
    with closing(sqlite3.connect(file)) as source:
        try:
            intact = source.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            intact = intact and bool(source.execute("SELECT version_num FROM alembic_version").fetchone())
        except sqlite3.DatabaseError:
            intact = False
        if not intact:
            refuse(f"{file} er ikke en hel sikkerhedskopi. Databasen er ikke rørt.")
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as target:
            source.backup(target)


def _postgres(program: str, engine: Engine, *arguments: str) -> None:
    url = make_url(str(engine.url.render_as_string(hide_password=False))).set(drivername="postgresql")
    target = f"--dbname={url.render_as_string(hide_password=False)}"
    try:
        done = subprocess.run([program, target, *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        refuse(f"Programmet {program} mangler. Installér Debian-pakken postgresql-client.")
    if done.returncode:
        refuse(f"{program}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'fejlede'}")
