"""Write a chunk of rows in a handful of statements, whatever its size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, case, insert, literal, null, or_, select, true, update
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.db import among, insert_for, unpacked
from crm.base.errors import N_
from crm.companies.actions.register_contacts import RegisterContacts
from crm.companies.models import Company, ImportedWorkplace, Workplace
from crm.companies.rules.place import ADDRESS, kept_place
from crm.companies.rules.remarks import Remark
from crm.companies.rules.rows import Row

W = cast(Table, Workplace.__table__)
C = cast(Table, Company.__table__)
HELD = cast(Table, ImportedWorkplace.__table__)
FIELDS = (
    "name",
    "street",
    "postcode",
    "city",
    "municipality_code",
    "industry_code",
    "industry_version",
    "employees",
    "phone",
    "email",
    "advertising_protected",
    "lat",
    "lon",
    "geo_source",
)
STORED = [W.c[name] for name in ("p_number", "company_id", "row_hash", *FIELDS)]
BLANK: dict[str, Any] = {
    **dict.fromkeys(FIELDS),
    "street": "",
    "city": "",
    "advertising_protected": False,
    "geo_source": "none",
}


class ChunkWriter:
    """Compares rows with the database and writes the difference. Without a batch_id (dry run) it only compares."""

    def __init__(self, session: Session, actor: Any, now: datetime, batch_id: int | None, version: str) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._batch_id = batch_id
        self._blank = {**BLANK, "industry_version": version}
        self._contacts = RegisterContacts(session)

    def write(self, rows: Sequence[Row]) -> tuple[int, int, int]:
        """How many workplaces are new, updated and unchanged. Each P-number stands once in ``rows``."""
        known = self._known(rows)
        fresh: list[Row] = []
        differing: list[Row] = []
        same: list[Row] = []
        for row in rows:
            found = known.get(_p(row))
            (fresh if found is None else same if found.row_hash == row.digest else differing).append(row)
        changed = self._changed(differing, known)
        same += [row for row in differing if _p(row) not in changed]
        if self._batch_id is not None:
            self._write(fresh, changed, {_p(row): row for row in differing if _p(row) in changed})
            self._note([known[_p(row)].id for row in same], "unchanged")
        return len(fresh), len(changed), len(same)

    def _known(self, rows: Sequence[Row]) -> dict[str, Any]:
        found = self._session.execute(
            select(W.c.id, W.c.p_number, W.c.row_hash).where(among(self._session, W.c.p_number, map(_p, rows)))
        )
        return {each.p_number: each for each in found}

    def _changed(self, rows: Sequence[Row], known: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """P-number -> what the row replaces, for those rows that really say something new."""
        if not rows:
            return {}
        stored = self._session.execute(
            select(W, C.c.cvr_number)
            .join(C, C.c.id == W.c.company_id)
            .where(among(self._session, W.c.id, [known[_p(row)].id for row in rows]))
        )
        before = {each.p_number: dict(each._mapping) for each in stored}
        self._contacts.load([known[_p(row)].id for row in rows if (row.values or {}).get("contact_name")])
        changed = {}
        for row in rows:
            old = before[_p(row)]
            values = row.values = kept_place(row.values or {}, old)
            if old["cvr_number"] != values["cvr_number"]:
                self._moved(row, old)
            elif all(old[name] == values[name] for name in FIELDS if name in values) and not self._contacts.adds(
                old["id"], values.get("contact_name")
            ):
                continue
            changed[_p(row)] = old
        return changed

    def _moved(self, row: Row, old: dict[str, Any]) -> None:
        """A production unit that another company has taken over keeps its P-number and its history."""
        number = old["cvr_number"]
        row.remarks.append(
            Remark(
                row.number,
                "warning",
                "CVR",
                (row.values or {})["cvr_number"],
                N_("P-nummeret hørte før til CVR {cvr} og er flyttet"),
                {"cvr": number},
            )
        )
        if self._batch_id is not None:
            subject = Workplace(id=old["id"])
            activity.record(
                self._session,
                self._actor,
                self._now,
                "companies.moved",
                subject,
                workplace_id=old["id"],
                cvr_before=number,
                cvr=(row.values or {})["cvr_number"],
            )

    def _write(self, fresh: Sequence[Row], changed: dict[str, dict[str, Any]], rows: dict[str, Row]) -> None:
        if not fresh and not rows:
            return
        companies = self._companies([*fresh, *rows.values()])
        stored = [self._stored(row, self._blank, companies) for row in fresh]
        stored += [self._stored(row, changed[number], companies) for number, row in rows.items()]
        ids = self._upsert(stored)
        self._rename([*(old["company_id"] for old in changed.values()), *companies.values()])
        self._contacts.write((ids[_p(row)], (row.values or {}).get("contact_name")) for row in [*fresh, *rows.values()])
        self._note([ids[_p(row)] for row in fresh], "new")
        self._note_updated([(old["id"], _before(old, rows[number])) for number, old in changed.items()])

    def _stored(self, row: Row, old: dict[str, Any], companies: dict[str, int]) -> list[Any]:
        """The values of STORED, in its order."""
        values = row.values or {}
        return [
            values["p_number"],
            companies[values["cvr_number"]],
            row.digest,
            *(values[name] if name in values else old[name] for name in FIELDS),
        ]

    def _upsert(self, stored: Sequence[Sequence[Any]]) -> dict[str, int]:
        """Write workplaces, new and known ones alike; P-number -> id."""
        now = literal(self._now, W.c.created_at.type)
        source = select(*unpacked(self._session, STORED, stored), now, now).where(true())
        names = [*(each.name for each in STORED), "updated_at"]
        statement = insert_for(self._session, W).from_select([*names, "created_at"], source)
        new = statement.excluded
        moved = or_(*(W.c[name] != new[name] for name in ADDRESS))
        changes = {name: new[name] for name in names[1:]}
        changes["mail_returned_at"] = case((moved, null()), else_=W.c.mail_returned_at)  # post may reach the new one
        statement = statement.on_conflict_do_update(index_elements=["p_number"], set_=changes)
        statement = statement.returning(W.c.id, W.c.p_number)
        return {number: each for each, number in self._session.execute(statement)}

    def _companies(self, rows: Sequence[Row]) -> dict[str, int]:
        """CVR number -> id, with the missing ones made. A new one takes the name of its lowest P-number."""
        names: dict[str, tuple[str, str]] = {}
        for row in rows:
            values = row.values or {}
            mine = (values["p_number"], values["name"])
            names[values["cvr_number"]] = min(names.get(values["cvr_number"], mine), mine)
        query = select(C.c.cvr_number, C.c.id).where(among(self._session, C.c.cvr_number, names))
        ids: dict[str, int] = {found.cvr_number: found.id for found in self._session.execute(query)}
        self._older = set(ids.values())
        missing = [(cvr, names[cvr][1]) for cvr in sorted(names) if cvr not in ids]
        if missing:
            now = literal(self._now, C.c.created_at.type)
            source = select(*unpacked(self._session, (C.c.cvr_number, C.c.name), missing), now).where(true())
            statement = insert_for(self._session, C).from_select(["cvr_number", "name", "created_at"], source)
            statement = statement.on_conflict_do_update(
                index_elements=["cvr_number"], set_={"cvr_number": statement.excluded.cvr_number}
            )
            made = self._session.execute(statement.returning(C.c.cvr_number, C.c.id))
            ids.update({found.cvr_number: found.id for found in made})
        return ids

    def _rename(self, company_ids: Sequence[int]) -> None:
        """A company is called what its oldest unit (the lowest P-number) is called."""
        touched = sorted(set(company_ids) & self._older)
        if not touched:
            return
        units = self._session.execute(
            select(W.c.company_id, W.c.name, C.c.name.label("called"))
            .join(C, C.c.id == W.c.company_id)
            .where(among(self._session, W.c.company_id, touched))
            .order_by(W.c.company_id, W.c.p_number.desc())
        )
        last = {unit.company_id: unit for unit in units}
        renamed = [{"number": each.company_id, "name": each.name} for each in last.values() if each.name != each.called]
        if renamed:
            self._session.connection().execute(update(C).where(C.c.id == bindparam("number")), renamed)

    def _note(self, workplaces: Sequence[int], change: str) -> None:
        """Which workplaces the extract held, and what became of them."""
        if workplaces:
            mine = among(self._session, W.c.id, workplaces)
            held = select(literal(self._batch_id), W.c.id, literal(change)).where(mine)
            self._session.execute(insert(HELD).from_select(["batch_id", "workplace_id", "change"], held))

    def _note_updated(self, workplaces: Sequence[tuple[int, dict[str, Any]]]) -> None:
        rows = [
            {"batch_id": self._batch_id, "workplace_id": number, "change": "updated", "before": before}
            for number, before in workplaces
        ]
        if rows:
            self._session.execute(insert(HELD), rows)


def _p(row: Row) -> str:
    return str((row.values or {})["p_number"])


def _before(old: dict[str, Any], row: Row) -> dict[str, Any]:
    """What an update replaced: the fields that differ, with the company and the digest."""
    values = row.values or {}
    replaced = {name: old[name] for name in FIELDS if name in values and values[name] != old[name]}
    if old["mail_returned_at"] and replaced.keys() & set(ADDRESS):
        replaced["mail_returned_at"] = old["mail_returned_at"].isoformat()
    return {**replaced, "company_id": old["company_id"], "row_hash": old["row_hash"]}
