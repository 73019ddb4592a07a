"""Two engagements of one person must not overlap, refused by the database itself on both engines."""

from __future__ import annotations

from sqlalchemy import DDL, Table, event


def overlap_ddl(table: str, person: str, states: str) -> dict[str, list[str]]:
    """The statements per dialect: an exclusion constraint (no extension needed), or two triggers that raise."""
    name = "visit_overlap"
    postgres = [
        f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING gist "
        f"(int8range({person}, {person}, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&) WHERE ({states})"
    ]
    new_states = states.replace("state", "NEW.state", 1)
    body = (
        f"WHEN {new_states} BEGIN SELECT RAISE(ABORT, '{name}') WHERE EXISTS (SELECT 1 FROM {table} WHERE "
        f"{person} = NEW.{person} AND id IS NOT NEW.id AND {states} "
        "AND starts_at < NEW.ends_at AND NEW.starts_at < ends_at); END"
    )
    sqlite = [
        f"CREATE TRIGGER {name}_insert BEFORE INSERT ON {table} {body}",
        f"CREATE TRIGGER {name}_update BEFORE UPDATE OF starts_at, ends_at, state, {person} ON {table} {body}",
    ]
    return {"postgresql": postgres, "sqlite": sqlite}


def refuse_overlap(table: Table, person: str, states: str) -> None:
    """Add the refusal whenever ``table`` is created from the models."""
    for dialect, statements in overlap_ddl(table.name, person, states).items():
        for statement in statements:
            made = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", made.execute_if(dialect=dialect))
