"""`crm import-register`: a register extract into the database, with a file of the rows to correct."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from crm.base.scope import Scope
from crm.cli.edge import command_session, refuse
from crm.companies.actions import ImportResult, rejects_csv
from crm.companies.actions import import_register as read_extract
from crm.companies.rules import VERSIONS

SHOWN = 10
LOG_EVERY = 10_000


@click.command("import-register")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--campaign",
    "campaign_id",
    type=click.IntRange(1, 2**31 - 1),
    metavar="ID",
    help="Brug udtrækket i kampagnen med dette nummer.",
)
@click.option("--dry-run", is_flag=True, help="Sig, hvad der ville ske, og skriv intet i databasen.")
@click.option("--format", "layout", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option(
    "--industry-version",
    type=click.Choice(VERSIONS),
    default="DB25",
    show_default=True,
    help="Udtrækkets branchekoder.",
)
@with_appcontext
def import_register(file: Path, campaign_id: int | None, dry_run: bool, layout: str, industry_version: str) -> None:
    """Læs et registerudtræk (CSV eller XLSX) ind.

    Gode rækker kommer med; afviste rækker skrives i en CSV-fil, som kan rettes og læses ind igen.
    """
    with _opened(file) as source, command_session() as (session, now):
        campaign = _campaign(session, campaign_id)
        with _progress(source, file) as progress:
            result = read_extract(
                session,
                None,
                now,
                source,
                file.name,
                dry_run=dry_run,
                progress=progress,
                industry_version=industry_version,
            )
        rejects = _rejects(session, result)
        _use(session, now, campaign, result)
    path = _write(file, rejects)
    if layout == "json":
        click.echo(json.dumps({**_counts(result), "rejects_file": str(path) if path else None}, ensure_ascii=False))
    else:
        _tell(result, path)


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        source = file.open("rb")
    except FileNotFoundError:
        refuse(f"Filen {file} findes ikke.")
    except IsADirectoryError:
        refuse(f"{file} er en mappe, ikke en fil.")
    except OSError as exc:
        refuse(f"Filen {file} kan ikke åbnes: {exc.strerror}.")
    with source:
        yield source


def _campaign(session: Session, campaign_id: int | None) -> Any:
    """The campaign, found before the long work begins; an unknown number is refused."""
    if campaign_id is None:
        return None
    from crm.base.errors import NotFound
    from crm.campaigns.queries import campaign

    try:
        return campaign(session, Scope(everything=True), campaign_id)
    except NotFound:
        refuse(f"Der er ingen kampagne med nummer {campaign_id}. Intet er læst ind.")


def _use(session: Session, now: datetime, campaign: Any, result: ImportResult) -> None:
    if campaign is not None and result.batch_id is not None:
        from crm.campaigns.actions import use_extract

        use_extract(session, None, now, campaign, result.batch_id)


@contextmanager
def _progress(source: BinaryIO, file: Path) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal (it follows the place in the file), else a line for each ten thousand rows, on stderr."""
    error = sys.stderr
    if error.isatty():
        with click.progressbar(length=file.stat().st_size, label="Læser", file=error) as bar:

            def forward(_rows: int) -> None:
                bar.update(max(0, source.tell() - bar.pos))

            yield forward
        return
    told = 0

    def line(rows: int) -> None:
        nonlocal told
        if rows - told >= LOG_EVERY:
            told = rows
            click.echo(f"{_number(rows)} rækker læst", err=True)

    yield line


def _rejects(session: Session, result: ImportResult) -> bytes:
    if not result.rejected:
        return b""
    return result.correction if result.batch_id is None else rejects_csv(session, result.batch_id)


def _write(file: Path, rejects: bytes) -> Path | None:
    """The correction file in the current folder (in the data folder when that cannot be written), under a name that
    is free: an earlier one may be half corrected."""
    if not rejects:
        return None
    for folder in (Path.cwd(), current_app.extensions["crm.settings"].data_dir):
        for number in range(1, 1_000):
            path = folder / f"{file.stem}-afviste{'' if number == 1 else f'-{number}'}.csv"
            try:
                with path.open("xb") as out:
                    out.write(rejects)
            except FileExistsError:
                continue
            except OSError:
                break
            return path
    click.echo("Filen med afviste rækker kunne ikke skrives; hent den på siden Register.", err=True)
    return None


def _counts(result: ImportResult) -> dict[str, int]:
    return {name: getattr(result, name) for name in ("read", "new", "updated", "unchanged", "rejected", "warnings")}


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def _tell(result: ImportResult, path: Path | None) -> None:
    words = {
        "read": "læst",
        "new": "nye",
        "updated": "opdateret",
        "unchanged": "uændret",
        "rejected": "afvist",
        "warnings": "advarsler",
    }
    click.echo(f"{result.filename}: prøve, intet er skrevet" if result.dry_run else f"{result.filename}: læst ind")
    for name, count in _counts(result).items():
        click.echo(f"  {words[name]:<10} {_number(count):>9}")
    for remark in result.remarks[:SHOWN]:
        value = f" »{remark.value}«" if remark.value else ""
        column = f", {remark.column}" if remark.column else ""
        click.echo(f"  række {remark.row}{column}{value}: {remark.text}")
    notes = sum(remark.kind == "note" for remark in result.remarks)
    more = notes + result.rejected + result.warnings - SHOWN
    if more > 0:
        click.echo(f"  … og {_number(more)} til")
    if path is not None:
        click.echo(f"Ret de afviste rækker i {path} og læs den ind på samme måde.")
