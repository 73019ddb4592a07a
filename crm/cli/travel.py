"""`crm travel`: kilometres and minutes between two places or for a file of pairs, and the audit of the embedded
engine against known road distances; no app, no database."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

import click

from crm.base.settings import Settings
from crm.travel import audit
from crm.travel.configure import configured
from crm.travel.engine import EmbeddedEngine, Leg, Place, TravelEngine, default_engine, place_of_postcode
from crm.travel.places import NO_SAME_DAY
from crm.travel.postcodes import row_of_postcode
from crm.travel.remote import RemoteEngine

COLUMNS = ["from", "to", "km", "minutes", "ferry", "reachable"]
AUDITED = ["line", "from", "to", "name", "known_km", "km", "ratio"]
A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("travel")
@click.argument("origin", metavar="FROM", required=False)
@click.argument("destination", metavar="TO", required=False)
@click.option("--pairs", type=A_FILE, help="CSV-fil: from,to.")
@click.option("--audit", "known", type=A_FILE, help="CSV-fil med kendte vejafstande: from,to,km; uden færger.")
@click.option("--worst", type=click.IntRange(0), default=10, show_default=True, help="Antal dårligste par i --audit.")
@click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "table", "csv", "json"]),
    default="text",
    show_default=True,
    help="csv og table kun med --audit.",
)
@click.option("--no-ferries", is_flag=True, help="Regn kun med faste forbindelser.")
def travel_command(
    origin: str | None,
    destination: str | None,
    pairs: Path | None,
    known: Path | None,
    worst: int,
    layout: str,
    no_ferries: bool,
) -> None:
    """Køretid mellem to steder: postnumre eller koordinater som "55.68;12.57".

    --audit holder den indbyggede beregner op mod kendte vejafstande; kode 1, når målet ikke er nået.
    """
    if known is not None:
        if origin is not None or pairs is not None:
            raise click.UsageError("--audit bruges uden FROM, TO og --pairs.")
        answer_audit(known, worst, layout)
        return
    if layout in ("table", "csv"):
        raise click.UsageError("--format table og csv bruges kun med --audit.")
    engine = EmbeddedEngine(ferries=False) if no_ferries else configured_engine()
    if pairs is not None:
        if origin is not None or layout == "json":
            raise click.UsageError("--pairs skriver CSV og bruges uden FROM, TO og --format json.")
        answer_pairs(pairs, engine)
    elif origin is None or destination is None:
        raise click.UsageError("Angiv både FROM og TO, eller brug --pairs FIL.")
    else:
        answer_one(origin, destination, layout, engine)


def configured_engine() -> TravelEngine:
    """The engine of the settings, without a database to keep its answers in."""
    return configured(Settings.as_written()) or default_engine()


def answer_one(origin: str, destination: str, layout: str, engine: TravelEngine) -> None:
    """Print one leg as a Danish line or as JSON; an unknown place ends the command with exit code 1."""
    try:
        leg = engine.leg(read_place(origin), read_place(destination))
    except ValueError as unknown:
        refuse(str(unknown))
    if layout == "json":
        record = as_record(origin, destination, leg) | {"engine": engine.name, "estimate": leg.estimate}
        click.echo(json.dumps(record, ensure_ascii=False))
    else:
        click.echo(f"{label(origin)} → {label(destination)}: {sentence(leg)}")
        tell_engine(engine, ["hele svaret"] if leg.estimate else [])


def answer_pairs(path: Path, engine: TravelEngine) -> None:
    """Print one CSV row for each row of the file, in its order.

    A row with an unknown place keeps its line (reachable=false) and is named on stderr, so that a long file
    is answered whole; the exit code stays 0. A file without the header `from,to` is refused.
    """
    reader = csv.DictReader(read_file(path).splitlines(), skipinitialspace=True)
    if not {"from", "to"} <= set(reader.fieldnames or ()):
        refuse(f"{path.name} mangler kolonnerne from,to i første linje. Intet er beregnet.")
    try:
        write_rows(reader, sys.stdout, engine)
    except csv.Error as broken:
        refuse(
            f"{path.name} kan ikke læses som CSV ved linje {reader.line_num + 1} ({broken}). Ret linjen, og prøv igen."
        )


def read_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        refuse(f"{path.name} er ikke UTF-8. Gem filen som CSV med UTF-8, og prøv igen.")


def answer_audit(path: Path, count: int, layout: str) -> None:
    """Print how near the embedded engine is to the file's road distances and the worst pairs.

    Lines that cannot be used are named on stderr and left out; exit code 1 when the goal is missed.
    """
    try:
        pairs, bad = audit.read_pairs(read_file(path), read_place)
    except ValueError as missing:
        refuse(f"{path.name} mangler kolonnerne {missing} i første linje; der skal stå from,to,km. Intet er beregnet.")
    except csv.Error as broken:
        refuse(f"{path.name} kan ikke læses som CSV ({broken}). Ret filen, og prøv igen.")
    for each in bad:
        click.echo(f"Linje {each.line}: {each.why} Linjen er sprunget over.", err=True)
    compared = audit.compare(pairs, EmbeddedEngine(ferries=False))
    total, shown = audit.summary(compared), audit.worst(compared, count)
    if layout == "json":
        summaries = {use: as_summary(each) for use, each in audit.by_use(compared).items()}
        rows = [dict(zip(AUDITED, as_row(each), strict=True)) for each in shown]
        click.echo(json.dumps({**as_summary(total), "uses": summaries, "worst": rows}, ensure_ascii=False))
    elif layout == "csv":
        csv.writer(sys.stdout, lineterminator="\n").writerows([AUDITED, *map(as_row, shown)])
    else:
        print_audit(compared, shown)
    if not total.holds:
        refuse("Målet er ikke nået: 90 % inden for ±25 %, ingen under 70 % af vejafstanden.")


def print_audit(compared: Sequence[audit.Compared], shown: Sequence[audit.Compared]) -> None:
    """The summary and the worst pairs as Danish lines."""
    for use, each in audit.by_use(compared).items():
        click.echo(f"{use or '(uden mærke)'}: {in_words(each)}")
    click.echo(f"I alt {in_words(audit.summary(compared))}")
    for one in shown:
        name = one.pair.name or f"{label(one.pair.origin)} - {label(one.pair.destination)}"
        figures = f"{one.ratio:5.2f}  {one.pair.km:6.1f} km kendt  {one.km:6.1f} km beregnet".replace(".", ",")
        click.echo(f"{figures}  {name}")


def in_words(each: audit.Summary) -> str:
    share, smallest = f"{each.share * 100:.1f}".replace(".", ","), f"{each.smallest:.2f}".replace(".", ",")
    return f"{each.count} par, {share} % inden for ±25 %, mindste forhold {smallest}"


def as_summary(each: audit.Summary) -> dict[str, object]:
    return {"pairs": each.count, "share": round(each.share, 4), "smallest": round(each.smallest, 3)}


def as_row(each: audit.Compared) -> list[object]:
    """The values of AUDITED, in its order."""
    pair = each.pair
    return [pair.line, pair.origin, pair.destination, pair.name, pair.km, each.km, round(each.ratio, 3)]


def write_rows(reader: csv.DictReader[str], out: TextIO, engine: TravelEngine) -> None:
    """The answers as CSV, with a warning on stderr for each row that could not be placed."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    estimates: list[str] = []
    for origin, destination, leg, problem in _answers(reader, engine):
        if problem:
            click.echo(f"Linje {reader.line_num}: {problem} Rækken er sat til reachable=false.", err=True)
        km, ferry = f"{leg.km:.1f}", leg.ferry or ""
        writer.writerow([origin, destination, km, leg.minutes, ferry, str(leg.reachable).lower()])
        if leg.estimate:
            estimates.append(f"linje {reader.line_num}")
    tell_engine(engine, estimates)


def tell_engine(engine: TravelEngine, estimates: Sequence[str]) -> None:
    """Which engine was asked, and which answers it did not give itself: on stderr, so that the answers stay alone."""
    where = f" på {engine.asker.host}" if isinstance(engine, RemoteEngine) else ""
    click.echo(f"Motor: {engine.name}{where}.", err=True)
    if estimates:
        which = ", ".join(estimates)
        click.echo(f"Skøn fra det indbyggede kort, for motoren kunne ikke svare ({which}).", err=True)


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
    return f"{line} (skøn)" if leg.estimate else line


def as_record(origin: str, destination: str, leg: Leg) -> dict[str, object]:
    """The JSON form of a leg."""
    values = (origin, destination, leg.km, leg.minutes, leg.ferry, leg.reachable)
    return dict(zip(COLUMNS, values, strict=True))


def refuse(line: str) -> NoReturn:
    """One clear line on stderr, exit code 1."""
    click.echo(line, err=True)
    raise SystemExit(1)
