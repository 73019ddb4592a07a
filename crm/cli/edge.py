"""The transaction edge of commands, and how they refuse."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NoReturn

import click
from flask import current_app
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from crm.base.errors import CrmError
from crm.web.edge import transaction


@contextmanager
def command_session() -> Iterator[tuple[Session, datetime]]:
    """One session and the product's now: committed on success, rolled back on error, then the outbox is drained.

    A domain refusal ends the command with one line and exit code 1.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        with transaction(app) as session:
            yield session, app.extensions["crm.clock"].now()
    except CrmError as exc:
        refuse(str(exc))
    except (OperationalError, ProgrammingError) as exc:
        if "no such table" in str(exc) or "UndefinedTable" in str(exc):
            refuse("Databasen er tom. Kør først: crm init-db")
        raise


def refuse(line: str) -> NoReturn:
    """End with exit code 1 and one clear line on stderr."""
    click.echo(line, err=True)
    sys.exit(1)
