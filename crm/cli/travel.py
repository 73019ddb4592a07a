"""`crm travel`: kilometres and minutes between two places, or for a file of pairs; no app, no database."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, TextIO

import click

from crm.travel.engine import EmbeddedEngine, Leg, Place, TravelEngine, default_engine, place_of_postcode
from crm.travel.places import NO_SAME_DAY
from crm.travel.postcodes import row_of_postcode

COLUMNS = ["from", "to", "km", "minutes", "ferry", "reachable"]


@click.command("travel")
@click.argument("origin", metavar="FROM", required=False)
@click.argument("destination", metavar="TO", required=False)
@click.option("--pairs", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="CSV-fil: from,to.")
@click.option("--format", "layout", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--no-ferries", is_flag=True, help="Regn kun med faste forbindelser.")
def travel_command(
    origin: str | None, destination: str | None, pairs: Path | None, layout: str, no_ferries: bool
) -> None:
    """Køretid mellem to steder: postnumre eller koordinater som "55.68;12.57"."""
    engine = EmbeddedEngine(ferries=False) if no_ferries else default_engine()
    if pairs is not None:
        if origin is not None or layout == "json":
            raise click.UsageError("--pairs skriver CSV og bruges uden FROM, TO og --format json.")
        answer_pairs(pairs, engine)
    elif origin is None or destination is None:
        raise click.UsageError("Angiv både FROM og TO, eller brug --pairs FIL.")
    else:
        answer_one(origin, destination, layout, engine)


def answer_one(origin: str, destination: str, layout: str, engine: TravelEngine) -> None:
    """Print one leg as a Danish line or as JSON; an unknown place ends the command with exit code 1."""
    try:
        leg = engine.leg(read_place(origin), read_place(destination))
    except ValueError as unknown:
        refuse(str(unknown))
    if layout == "json":
        click.echo(json.dumps(as_record(origin, destination, leg), ensure_ascii=False))
    else:
        click.echo(f"{label(origin)} → {label(destination)}: {sentence(leg)}")


def answer_pairs(path: Path, engine: TravelEngine) -> None:
    """Print one CSV row for each row of the file, in its order.

    A row with an unknown place keeps its line (reachable=false) and is named on stderr, so that a long file
    is answered whole; the exit code stays 0. A file without the header `from,to` is refused.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        refuse(f"{path.name} er ikke UTF-8. Gem filen som CSV med UTF-8, og prøv igen.")
    reader = csv.DictReader(text.splitlines(), skipinitialspace=True)
    if not {"from", "to"} <= set(reader.fieldnames or ()):
        refuse(f"{path.name} mangler kolonnerne from,to i første linje. Intet er beregnet.")
    try:
        write_rows(reader, sys.stdout, engine)
    except csv.Error as broken:
        refuse(
            f"{path.name} kan ikke læses som CSV ved linje {reader.line_num + 1} ({broken}). Ret linjen, og prøv igen."
        )


def write_rows(reader: csv.DictReader[str], out: TextIO, engine: TravelEngine) -> None:
    """The answers as CSV, with a warning on stderr for each row that could not be placed."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for origin, destination, leg, problem in _answers(reader, engine):
        if problem:
            click.echo(f"Linje {reader.line_num}: {problem} Rækken er sat til reachable=false.", err=True)
        km, ferry = f"{leg.km:.1f}", leg.ferry or ""
        writer.writerow([origin, destination, km, leg.minutes, ferry, str(leg.reachable).lower()])


def _answers(reader: csv.DictReader[str], engine: TravelEngine) -> Iterator[tuple[str, str, Leg, str | None]]:
    for row in reader:
        origin, destination = (row["from"] or "").strip(), (row["to"] or "").strip()
        try:
            yield origin, destination, engine.leg(read_place(origin), read_place(destination)), None
        except ValueError as unknown:
            yield origin, destination, NO_SAME_DAY, str(unknown)


def read_place(text: str) -> Place:
    """A postcode or `lat;lon` (WGS 84 degrees). ValueError with a Danish line when it is neither."""
    if ";" not in text:
        place = place_of_postcode(text)
        if place is None:
            raise ValueError(f"Postnummeret {text.strip() or '(tomt)'} kendes ikke.")
        return place
    try:
        lat, lon = (float(part.replace(",", ".")) for part in text.split(";"))
    except ValueError:
        raise ValueError(f"{text} er ikke koordinater; skriv fx 55.68;12.57.") from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError(f"{text} ligger uden for jorden; bredde går fra -90 til 90, længde fra -180 til 180.")
    return Place(lat, lon)


def label(text: str) -> str:
    """The place as the reader knows it: the postcode with its town."""
    row = None if ";" in text else row_of_postcode(text)
    return f"{text.strip()} {row.place}" if row else text.strip()


def sentence(leg: Leg) -> str:
    """The leg in Danish."""
    if not leg.reachable:
        return "kan ikke nås samme dag"
    hours, rest = divmod(leg.minutes, 60)
    clock = f" ({hours} t. {rest} min.)" if hours else ""
    line = f"{leg.km:.1f} km, {leg.minutes} min.{clock}".replace(".", ",", 1)
    if leg.ferry:
        line += f" med færge: {leg.ferry}. Advarsel: tiden er overfart og halv ventetid; tjek fartplanen"
    return line


def as_record(origin: str, destination: str, leg: Leg) -> dict[str, object]:
    """The JSON form of a leg."""
    values = (origin, destination, leg.km, leg.minutes, leg.ferry, leg.reachable)
    return dict(zip(COLUMNS, values, strict=True))


def refuse(line: str) -> NoReturn:
    """One clear line on stderr, exit code 1."""
    click.echo(line, err=True)
    raise SystemExit(1)
