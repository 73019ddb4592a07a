"""Import a register extract: read as a stream, written chunk by chunk; good rows in, bad rows aside with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, cast

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.bulk import refresh_statistics
from crm.base.errors import N_, Invalid, Refusal
from crm.companies.actions.chunks import ChunkWriter
from crm.companies.models import Company, Contact, ImportBatch, ImportRemark, Workplace
from crm.companies.rules.columns import Header
from crm.companies.rules.correction import Rejected, correction_file
from crm.companies.rules.csv_file import Record
from crm.companies.rules.industry import VERSIONS
from crm.companies.rules.reading import open_extract
from crm.companies.rules.remarks import Remark, shown
from crm.companies.rules.repeats import Repeats
from crm.companies.rules.rows import Row, RowReader
from crm.companies.rules.values import storable
from crm.people.models import Municipality

CHUNK_ROWS = 2_000
CHUNK_CHARACTERS = 4_000_000
KEPT_REMARKS = 200
KEPT_REJECTS = 10_000
MANY = 1_000  # new rows from which the planner is told of them


@dataclass
class ImportResult:
    """What an import did, or with ``dry_run`` would do. read = new + updated + unchanged + rejected.

    ``remarks``: the first 200. ``rejected_rows``: the first 10,000, and only of a dry run; a real import keeps all
    of them in the database (``rejects_csv``).
    """

    filename: str
    dry_run: bool
    header: tuple[str, ...] = ()
    batch_id: int | None = None
    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    warnings: int = 0
    remarks: list[Remark] = field(default_factory=list)
    rejected_rows: list[Rejected] = field(default_factory=list)

    @property
    def correction(self) -> bytes:
        """The file to correct after a dry run."""
        return correction_file(self.header, self.rejected_rows)


def import_register(
    session: Session,
    actor: Any,
    now: datetime,
    source: BinaryIO,
    filename: str,
    *,
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
    industry_version: str = "DB25",
) -> ImportResult:
    """Read ``source`` (CSV or XLSX) into companies and workplaces; ``progress`` is told how many rows are read.

    A workplace is known by its P-number, so reading a file again changes nothing. A column that the file lacks and a
    value that cannot be used leave what is known; an empty cell empties. A P-number under another CVR number moves
    there, with a warning. Raises Invalid when the file as a whole cannot be used; nothing is then written.
    """
    if industry_version not in VERSIONS:
        raise Invalid(N_("Branchekoder skal være DB25 eller DB07."))
    municipalities = frozenset(session.scalars(select(Municipality.code)))
    if not municipalities:
        raise Refusal("empty", N_("Kommunerne er ikke lagt ind endnu. Kør crm init-db, og prøv igen."))
    result = ImportResult(_plain(filename), dry_run)
    with open_extract(source) as (header, records):
        result.header = tuple(storable(cell) for cell in header.cells)
        batch = None if dry_run else _start(session, actor, now, result, industry_version)
        result.batch_id = batch.id if batch else None
        writer = ChunkWriter(session, actor, now, result.batch_id, industry_version)
        _tell(session, result, header.notes, ())
        reader = RowReader(header, municipalities, industry_version)
        for rows in _chunks(records, header, reader):
            _take(session, result, writer, rows)
            if progress:
                progress(result.read)
    if batch is not None:
        _finish(session, actor, now, batch, result)
        if result.new > MANY:
            refresh_statistics(session, (Company, Workplace, Contact))
    return result


def _plain(filename: str) -> str:
    """The name without folders, short enough to keep."""
    return storable(re.split(r"[\\/]", filename)[-1])[-300:]


def _start(session: Session, actor: Any, now: datetime, result: ImportResult, version: str) -> ImportBatch:
    batch = ImportBatch(
        filename=result.filename,
        started_at=now,
        actor_id=getattr(actor, "id", None),
        header=list(result.header),
        industry_version=version,
    )
    session.add(batch)
    session.flush()
    return batch


def _chunks(records: Iterator[Record], header: Header, reader: RowReader) -> Iterator[list[Row]]:
    """Rows in pieces that fit in memory, however long their cells."""
    rows: list[Row] = []
    repeats = Repeats(header.label("p_number"))
    size = 0
    for number, cells, fault in records:
        if fault:
            rows.append(Row(number, cells, remarks=[Remark(number, "reject", "", shown(storable(cells[0])), fault)]))
        else:
            rows.append(repeats.check(reader.read(number, cells)))
        size += sum(map(len, cells))
        if len(rows) >= CHUNK_ROWS or size >= CHUNK_CHARACTERS:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def _take(session: Session, result: ImportResult, writer: ChunkWriter, rows: list[Row]) -> None:
    """Write one chunk and count it."""
    good = [row for row in rows if row.values is not None and not row.repeated]
    new, updated, unchanged = writer.write(good)
    result.read += len(rows)
    result.new += new
    result.updated += updated
    result.unchanged += unchanged + sum(row.repeated for row in rows)
    bad = [row for row in rows if row.values is None]
    result.rejected += len(bad)
    if result.dry_run and len(result.rejected_rows) < KEPT_REJECTS:
        result.rejected_rows += [Rejected(row.number, row.cells, row.remarks) for row in bad]
    remarks = [remark for row in rows for remark in row.remarks]
    result.warnings += sum(remark.kind == "warning" for remark in remarks)
    _tell(session, result, remarks, bad)


def _tell(session: Session, result: ImportResult, remarks: Sequence[Remark], bad: Sequence[Row]) -> None:
    """Keep the remarks: the first ones in the result, all of them in the database. A rejected row's first remark
    carries its cells."""
    result.remarks += remarks[: max(0, KEPT_REMARKS - len(result.remarks))]
    if result.batch_id is None:
        return
    cells = {id(row.remarks[0]): [storable(cell) for cell in row.cells] for row in bad}
    stored = [
        {
            "batch_id": result.batch_id,
            "row_number": remark.row,
            "kind": remark.kind,
            "column": storable(remark.column)[:60],
            "value": remark.value,
            "reason": remark.reason,
            "fields": remark.fields,
            "cells": cells.get(id(remark)),
        }
        for remark in remarks
    ]
    if stored:
        session.execute(insert(cast(Table, ImportRemark.__table__)), stored)


def _finish(session: Session, actor: Any, now: datetime, batch: ImportBatch, result: ImportResult) -> None:
    counts = {name: getattr(result, name) for name in ("read", "new", "updated", "unchanged", "rejected", "warnings")}
    for name, count in counts.items():
        setattr(batch, name, count)
    batch.finished_at = now
    activity.record(session, actor, now, "companies.import", batch, filename=batch.filename, **counts)
    session.flush()
    for known in session.identity_map.values():
        if isinstance(known, Company | Workplace):
            session.expire(known)  # the chunks wrote past the objects


def rejects_csv(session: Session, batch_id: int) -> bytes:
    """The rejected rows of an import as a file to correct and load again."""
    batch = session.get_one(ImportBatch, batch_id)
    stored = session.scalars(
        select(ImportRemark)
        .where(ImportRemark.batch_id == batch_id, ImportRemark.kind == "reject")
        .order_by(ImportRemark.row_number, ImportRemark.id)
    )
    rows: dict[int, tuple[list[str], list[Remark]]] = {}
    for remark in stored:
        cells, told = rows.setdefault(remark.row_number, ([], []))
        cells.extend(remark.cells or ())
        told.append(Remark(remark.row_number, "reject", remark.column, remark.value, remark.reason, remark.fields))
    return correction_file(batch.header, (Rejected(number, *row) for number, row in rows.items()))
