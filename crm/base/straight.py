"""Statements that go straight to the driver, for what runs thousands of times a second."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session


class Straight:
    """A statement made once for each database, whose first row comes back as the driver gives it: numbers, texts, and
    truth as 1 or 0 on SQLite. SQLAlchemy would spend as long on parameters and rows as the database on the claim.

    make: builds the statement for a session. Times among the parameters are aware; select no times. An error is the
    driver's own, not SQLAlchemy's.
    """

    def __init__(self, make: Callable[[Session], Any]) -> None:
        self._make = make
        self._made: dict[str, tuple[str, list[str] | None, Mapping[str, Any]]] = {}

    def first(self, session: Session, values: Mapping[str, Any]) -> Any:
        """The first row as a tuple, or None."""
        connection = session.connection()
        name = connection.dialect.name
        if name not in self._made:
            made = self._make(session).compile(dialect=connection.dialect)
            self._made[name] = str(made), made.positiontup, {key: made.params[key] for key in made.params}
        text, order, given = self._made[name]
        asked = _driver_values({**given, **values}, order)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text, asked)
            return cursor.fetchone()
        finally:
            cursor.close()


def _driver_values(values: Mapping[str, Any], order: Sequence[str] | None) -> Any:
    """Parameters as the driver takes them: by name on PostgreSQL; by their ``order`` on SQLite, times as text."""
    return values if order is None else [_as_text(values[name]) for name in order]


def _as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    return value.isoformat() if isinstance(value, date) else value
