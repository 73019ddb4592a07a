"""`crm nag`: one clear last line, once."""

from __future__ import annotations

from datetime import date

from flask import Flask
from sqlalchemy.orm import Session

from crm.cli.nag import nag
from tests.factories.followups import make_follow_up


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(nag, list(arguments))
    return result.exit_code, result.output.strip().splitlines()[-1]


def test_the_last_line_counts_and_a_second_run_writes_nothing(app: Flask, db: Session) -> None:
    make_follow_up(db, due_on=date(2026, 12, 1))
    db.commit()
    assert run(app) == (0, "0 nags written")
    assert run(app, "--now", "2026-12-01T07:30:00+01:00") == (0, "1 nags written")
    assert run(app, "--now", "2026-12-01T08:30:00+01:00") == (0, "0 nags written")


def test_a_time_without_offset_is_a_usage_error(app: Flask) -> None:
    assert run(app, "--now", "2026-12-01T07:30:00")[0] == 2
    assert run(app, "--now", "tomorrow")[0] == 2
    assert run(app, "--now", "9999-12-31T23:59:59-10:00")[0] == 2
