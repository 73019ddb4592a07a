"""`crm rates`: booking and opening rate of a campaign, and how agreements were kept, as a table, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from crm.base.clock import danish
from crm.base.errors import Refusal
from crm.base.scope import Scope
from crm.campaigns.models import Campaign
from crm.cli.edge import command_session
from crm.reports.queries import booking, opening, opening_types, promises
from crm.reports.queries.promises import SIDES, Promises, PromiseTable
from crm.reports.rules import DEFINITIONS, GROUPS, PROMISE_GROUPS, SIDE_WORDS, Rate, RateTable, percent

ALL = Scope(everything=True)
ENGLISH_SIDES = {"jobcentre": "We owe", "company": "The company owes", "tasks": "Our own tasks"}
ORACLE_HEAD = ("opening_type", "label_da", "openings", "pct_of_held_visits_printed")


@click.group("rates")
def rates() -> None:
    """Booking and opening rate of a campaign, and how its agreements were kept, with what they stand on."""


def _options(command: Any, groups: Sequence[str] = tuple(GROUPS)) -> Any:
    for option in (
        click.option(
            "--lang",
            type=click.Choice(["en", "da"]),
            default="en",
            show_default=True,
            help="How the table writes figures: 31.3 % or 31,3 %.",
        ),
        click.option(
            "--format", "layout", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True
        ),
        click.option("--by", type=click.Choice(list(groups)), help="One row for each."),
        click.option("--campaign", "campaign_id", type=click.IntRange(1, 2**53), required=True, metavar="ID"),
    ):
        command = option(command)
    return command


@rates.command("booking")
@_options
@with_appcontext
def booking_command(campaign_id: int, by: str | None, layout: str, lang: str) -> None:
    """Booked of contacted: 31.3 % (10,572 / 33,753), with its 95 % interval."""
    with command_session() as (session, now):
        name = _campaign(session, campaign_id).name
        table = booking(session, ALL, campaign_id, by, now=now)
    word = "Bookingprocent" if lang == "da" else "Booking rate"
    _print(table, layout, lang, word, name)


@rates.command("openings")
@_options
@with_appcontext
def openings_command(campaign_id: int, by: str | None, layout: str, lang: str) -> None:
    """Openings in per cent of held visits: by type as the report prints them, or by group with --by."""
    with command_session() as (session, now):
        name = _campaign(session, campaign_id).name
        if by is None:
            found = opening_types(session, ALL, campaign_id, now=now)
            table, akutjob = found.table, found.akutjob
        else:
            table = opening(session, ALL, campaign_id, by, now=now)
    if by is None and layout != "json":
        _print_types(table, akutjob, layout, lang, name)
    else:
        _print(table, layout, lang, "Åbningsprocent" if lang == "da" else "Opening rate", name)


@rates.command("followups")
@partial(_options, groups=tuple(PROMISE_GROUPS))
@with_appcontext
def followups_command(campaign_id: int, by: str | None, layout: str, lang: str) -> None:
    """Agreements kept by their first date, of those due; each side that owed apart."""
    with command_session() as (session, now):
        name = _campaign(session, campaign_id).name
        table = promises(session, ALL, campaign_id, by, now=now)
    lines = [one for side in SIDES for one in [*table.rows[side], table.total[side]]]
    if layout == "json":
        click.echo(json.dumps(_promises_json(table), ensure_ascii=False))
    elif layout == "csv":
        head = list(lines[0].record())
        click.echo(_csv(head, [["" if v is None else v for v in one.record().values()] for one in lines]), nl=False)
    else:
        _print_head(name, table.as_of, lang)
        for side in SIDES:
            click.echo(_side(side, lang))
            for one in [*table.rows[side], table.total[side]]:
                click.echo(f"  {one.group}: {_promise(one, lang)}")


def _side(side: str, lang: str) -> str:
    return SIDE_WORDS[side] if lang == "da" else ENGLISH_SIDES[side]


def _promise(one: Promises, lang: str) -> str:
    words = ("late", "never", "not yet due") if lang == "en" else ("for sent", "ikke gjort", "frist endnu")
    counts = zip(("late", "never", "ahead"), words, strict=True)
    return f"{sentence(one.rate('on_time'), lang)}; " + ", ".join(f"{one[name]} {word}" for name, word in counts)


def _promises_json(table: PromiseTable) -> dict[str, Any]:
    definition = DEFINITIONS["kept_rate"]
    return {
        "as_of": table.as_of.isoformat(),
        "definition": f"{definition.key} v{definition.version}: {definition.text}",
        "rows": [one.record() for side in SIDES for one in table.rows[side]],
        "totals": [table.total[side].record() for side in SIDES],
    }


def _campaign(session: Session, campaign_id: int) -> Campaign:
    found = session.get(Campaign, campaign_id)
    if found is None:
        raise Refusal("not_found", "Der findes ingen kampagne med nummer {id}.", id=campaign_id)
    return found


def _print(table: RateTable, layout: str, lang: str, word: str, name: str) -> None:
    if layout == "json":
        click.echo(json.dumps(as_json(table), ensure_ascii=False))
    elif layout == "csv":
        rows = [*table.rows, table.total] if table.by else [table.total]
        head = ("group", "numerator", "denominator", "rate", "low", "high")
        click.echo(
            _csv(head, [[row.group, row.numerator, row.denominator, *map(_plain, _figures(row))] for row in rows]),
            nl=False,
        )
    else:
        _print_head(name, table.as_of, lang)
        width = max((len(row.group) for row in table.rows), default=0)
        for row in table.rows:
            click.echo(f"{row.group:<{width}}  {sentence(row, lang)}")
        click.echo(f"{word} {sentence(table.total, lang)}")


def _print_types(table: RateTable, akutjob: Rate, layout: str, lang: str, name: str) -> None:
    rows = [(str(row.key), row.group, row.numerator, percent(row.numerator, row.denominator)) for row in table.rows]
    total = table.total
    rows.append(("total", "Samlet", total.numerator, percent(total.numerator, total.denominator)))
    if layout == "csv":
        click.echo(_csv(ORACLE_HEAD, rows), nl=False)
        return
    _print_head(name, table.as_of, lang)
    for key, label, count, share in rows:
        click.echo(f"{key:<17} {label:<36} {count:>6} {_localised(share or '-', lang):>7}")
    word = "Heraf akutjob" if lang == "da" else "Of the ordinary, akutjob"
    click.echo(f"{word}: {akutjob.numerator}")
    word = "Åbningsprocent" if lang == "da" else "Opening rate"
    click.echo(f"{word} {sentence(total, lang)}")


def _print_head(name: str, as_of: datetime, lang: str) -> None:
    local = danish(as_of)
    word = "opgjort" if lang == "da" else "as of"
    click.echo(f"{name}, {word} {local:%d.%m.%Y} {local.hour}.{local.minute:02d}")


def sentence(row: Rate, lang: str = "en") -> str:
    """``31.3 % (10,572 / 33,753), 95 % interval 30.8-31.8 %``; a missing figure prints as -."""
    share = percent(row.numerator, row.denominator)
    of = f"{row.denominator:,}" if row.denominator is not None else "-"
    line = f"{share or '-'}{' %' if share else ''} ({row.numerator:,} / {of})"
    if row.low is not None and row.high is not None:
        line += f"; 95 % interval {row.low * 100:.1f}-{row.high * 100:.1f} %"
    line = _localised(line, lang).replace("95 % interval", "95 %-interval") if lang == "da" else line
    return line.replace(";", ",")


def _localised(text: str, lang: str) -> str:
    return text.translate(str.maketrans(",.", ".,")) if lang == "da" else text


def _figures(row: Rate) -> tuple[float | None, float | None, float | None]:
    return row.rate, row.low, row.high


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


def _csv(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


def as_json(table: RateTable) -> dict[str, Any]:
    """The contract's form: as_of, definition, rows, total. Types stand under their key, with the label beside."""
    definition = table.definition
    return {
        "as_of": table.as_of.isoformat(),
        "definition": f"{definition.key} v{definition.version}: {definition.text}",
        "rows": [_record(row, by_type=table.by == "type") for row in table.rows],
        "total": _record(table.total),
    }


def _record(row: Rate, *, by_type: bool = False) -> dict[str, Any]:
    rate, low, high = _figures(row)
    return {
        "group": row.key if by_type else row.group,
        "label": row.group,
        "key": row.key,
        "numerator": row.numerator,
        "denominator": row.denominator,
        "rate": rate,
        "low": low,
        "high": high,
    }
