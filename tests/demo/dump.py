"""Rows of the database as values that two runs can be compared by."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.db import Base
from crm.base.seal import Vault
from crm.base.settings import Settings

# Random by design, or about the run itself.
SECRET = {"password_hash", "session_key", "token_hash"}
# The same, in one table only: sealed text is another each time it is sealed, an event's stamp at every write.
RANDOM = {
    "busy_sources": {"address", "username", "password", "collection"},
    "calendar_events": {"stamp"},
}
# Numbers of other tables' rows that are no foreign keys.
LOOSE = {
    "visit_id": "visits",
    "consultant_id": "users",
    "former_id": "users",
    "absence_id": "absences",
    "actor_id": "users",
    "user_id": "users",
    "substitute_id": "users",
    "workplace_id": "workplaces",
    "campaign_id": "campaigns",
    "jobcentre_id": "jobcentres",
    "script_id": "scripts",
    "call_id": "calls",
    "batch_id": "import_batches",
    "source_id": "busy_sources",
    "conflict_id": "visit_conflicts",
    "neighbour_id": "visits",
    "opening_id": "openings",
    "candidate_id": "candidates",
    "placement_id": "placements",
    "follow_up_id": "follow_ups",
    "company_id": "companies",
    "call_back_by": "users",
    "claimed_by": "users",
    "final_by": "users",
    "final_firm_id": "calling_firms",
}
VAULT = Vault.of(Settings(secret_key="test"))
ALL = tuple(table for table in Base.metadata.sorted_tables)


def dump(session: Session, *, without: tuple[str, ...] = ()) -> dict[str, list[dict[str, Any]]]:
    """Every table's rows in the order of their ids. Ids become ranks, so that gaps in the numbering do not matter."""
    session.flush()
    rows = {
        table.name: [dict(row) for row in session.execute(select(table).order_by(*table.primary_key)).mappings()]
        for table in ALL
        if table.name not in without
    }
    ranks = {
        name: {row["id"]: number for number, row in enumerate(found, 1)}
        for name, found in rows.items()
        if found and "id" in found[0]
    }
    return {name: [_plain(name, row, ranks) for row in found] for name, found in rows.items()}


def _plain(table: str, row: dict[str, Any], ranks: dict[str, dict[Any, int]]) -> dict[str, Any]:
    plain = {name: value for name, value in row.items() if name not in SECRET | RANDOM.get(table, set())}
    if "id" in plain:
        plain["id"] = ranks[table][row["id"]]
    for key in Base.metadata.tables[table].foreign_keys:
        other = ranks.get(key.column.table.name)
        if other and key.column.name == "id" and row[key.parent.name] is not None:
            plain[key.parent.name] = other[row[key.parent.name]]
    if "subject_id" in plain:
        plain["subject_id"] = ranks.get(row["subject_type"], {}).get(row["subject_id"], row["subject_id"])
    for name, other in LOOSE.items():
        for column in ("data", "before"):
            if isinstance(plain.get(column), dict) and name in plain[column]:
                plain[column] = {**plain[column], name: ranks[other].get(plain[column][name])}
        if table in ("activity", "outbox") and plain.get(name) is not None:
            plain[name] = ranks[other][row[name]]
    if table == "conflict_checks":
        plain["last_activity_id"] = ranks["activity"][row["last_activity_id"]]
    if table == "visit_conflicts":
        plain["signature"] = re.sub(r"^\d+", lambda found: str(ranks["users"][int(found[0])]), plain["signature"])
    if table == "calendar_events":
        known = ranks["follow_ups" if plain["uid"].startswith("followup-") else "visits"]
        plain["uid"] = re.sub(r"\d+", lambda found: str(known[int(found[0])]), plain["uid"])
        plain["description"] = re.sub(r"(?<=/followups/)\d+$", "N", plain["description"])
    return plain


def digests(session: Session, without: tuple[str, ...] = ()) -> dict[str, str]:
    """One value for each table. Keys of JSON values have no order on PostgreSQL."""
    return {
        name: hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()[:16]
        for name, rows in dump(session, without=without).items()
    }
