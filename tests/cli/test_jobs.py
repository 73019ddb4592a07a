"""`crm jobs`: the list, one run, and what `crm doctor` says of the scheduler."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from crm.cli.doctor import doctor
from crm.cli.jobs import jobs
from crm.recurring.models import JobRun, Leader
from crm.scheduler import JOBS, Job, held
from tests.conftest import NOW, build_app
from tests.factories.followups import make_follow_up
from tests.factories.recurring import make_aside, make_leader, make_run


def run(app: Flask, command: object, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(command, list(arguments))  # type: ignore[arg-type]


def test_the_list_for_people(app: Flask, db: Session) -> None:
    make_run(db, "nag", failed_in_a_row=1, last_error="ValueError: nej\n  crm/x.py:1 f", last_error_at=NOW)
    make_aside(db)
    db.commit()
    answer = run(app, jobs)
    assert answer.exit_code == 0
    lines = answer.output.splitlines()
    assert lines[0].split() == ["job", "plan", "sidst", "næste", "tilstand"]
    assert any("hverdage kl. 7.30" in line and line.endswith("fejlet") for line in lines)
    assert any(line.startswith("nag fejlede 24.11.2026 kl. 10.00: ValueError: nej") for line in lines)
    assert lines[-1] == "Leder: ingen endnu (TAVS: ingen job kører). Sat til side: 1."


def test_the_list_for_programs(app: Flask, db: Session) -> None:
    make_leader(db)
    make_run(db, "nag")
    db.commit()
    told = json.loads(run(app, jobs, "--format", "json").output)
    assert told["leader"]["name"] == "maskine:42"
    assert told["silent"] is False
    assert {job["key"] for job in told["jobs"]} == {job.key for job in JOBS}
    [nag] = [job for job in told["jobs"] if job["key"] == "nag"]
    assert (nag["cron"], nag["runs"], nag["started_at"]) == ("30,50 7 * * mon-fri", 1, NOW.isoformat())
    assert nag["next_at"] == "2026-11-25T06:30:00+00:00"


def test_a_job_is_run_here_and_now(app: Flask, db: Session) -> None:
    make_follow_up(db, due_on=NOW.date())
    db.commit()
    assert run(app, jobs, "run", "nag").output == "nag: 1 klaret\n"
    assert run(app, jobs, "run", "nag").output == "nag: intet at gøre\n"
    assert db.get_one(JobRun, "nag").runs == 2


def test_what_cannot_be_run_ends_with_one_line(app: Flask) -> None:
    unknown = run(app, jobs, "run", "kaffe")
    assert (unknown.exit_code, unknown.output.count("\n")) == (1, 1)
    assert "nag" in unknown.output
    with held(app.extensions["crm.engine"], "job nag"):
        taken = run(app, jobs, "run", "nag")
    assert (taken.exit_code, taken.output) == (1, "Jobbet kører allerede. Vent, til det er færdigt.\n")
    assert run(app, jobs, "run").exit_code == 2


def test_a_folder_of_locks_that_cannot_be_written_is_named(app: Flask) -> None:
    folder = Path(app.extensions["crm.engine"].url.database).with_suffix(".locks")
    folder.write_text("a file where the folder should be")
    told = run(app, jobs, "run", "nag")
    assert (told.exit_code, told.output.count("\n")) == (1, 1)
    assert told.output.startswith(f"nag er ikke kørt. Låsene i {folder} kan ikke skrives: ")
    assert "skriveret til mappen" in told.output
    assert f"FEJL  lås: Låsene i {folder} kan ikke skrives" in run(app, doctor).output
    with app.extensions["crm.sessions"]() as db:
        assert db.get(JobRun, "nag") is None


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Flask]:
    """An application whose database does not answer: the port is taken, and nobody listens at it."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield build_app(f"postgresql+psycopg://nobody@127.0.0.1:{closed.getsockname()[1]}/none", tmp_path)


@pytest.mark.parametrize("arguments", [(), ("--format", "json"), ("run", "nag")])
def test_a_database_that_is_away_is_told_with_what_to_do(away: Flask, arguments: tuple[str, ...]) -> None:
    told = run(away, jobs, *arguments)
    assert (told.exit_code, told.output.count("\n")) == (1, 1)
    assert "Databasen svarer ikke eller afviser: " in told.output
    assert "CRM_DATABASE_URL" in told.output
    assert told.output.startswith("nag er ikke kørt.") == (arguments[:1] == ("run",))
    assert "skrevet ned" not in told.output


@pytest.mark.parametrize("arguments", [(), ("run", "nag")])
def test_an_empty_database_is_told_with_what_to_do(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    told = run(build_app(f"sqlite:///{tmp_path / 'empty.db'}", tmp_path), jobs, *arguments)
    assert told.exit_code == 1
    assert told.output.endswith("Databasen er tom. Kør først: crm init-db\n")


def test_a_job_that_fails_ends_with_its_error_and_one_that_nobody_can_be_told_of_says_so(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_app: Flask) -> int:
        raise ValueError("forkert dato")

    def gone(made: Flask) -> int:
        with made.extensions["crm.sessions"].begin() as db:
            db.execute(text("ALTER TABLE job_runs RENAME TO elsewhere"))
        return broken(made)

    for does, words in ((broken, "fejlede, og fejlen er skrevet ned"), (gone, "kunne ikke skrives ned")):
        monkeypatch.setattr("crm.scheduler.running.run_job.__defaults__", ((Job("nag", JOBS[0].trigger, does, "x"),),))
        told = run(app, jobs, "run", "nag")
        assert told.exit_code == 1
        assert words in told.output
        assert "forkert dato" in told.output


def test_doctor_says_when_the_last_tick_was_and_what_is_wrong(app: Flask, db: Session) -> None:
    make_run(db, "board", failed_in_a_row=2)
    db.commit()
    told = run(app, doctor).output
    assert "ok    job: har ikke kørt endnu; start crm serve eller crm worker; OBS: fejlede sidst: board" in told
    db.execute(delete(JobRun))
    make_leader(db, beat_at=NOW)
    db.commit()
    told = run(app, doctor).output
    assert "maskine:42 leder, sidste livstegn 24.11.2026 kl. 10.00, for" in told
    assert "aldrig kørt" not in told, "it leads since a moment ago"
    for job in JOBS:
        if job.key != "drives":
            make_run(db, job.key, started_at=NOW)
    make_run(db, "gone", failed_in_a_row=1)
    db.get_one(JobRun, "deliver").running_since = NOW - timedelta(hours=1)
    make_aside(db)
    make_aside(db, "18")
    make_aside(db, job="nag_digest")
    db.execute(update(Leader).values(since=NOW - timedelta(hours=1)))
    db.commit()
    told = run(app, doctor).output
    assert "OBS: forsinket: deliver (siden 24.11.2026 kl. 9.00); OBS: aldrig kørt: drives; " in told
    assert "OBS: fejlede sidst: gone; OBS: 3 sat til side, se /jobs: nag 2, nag_digest 1" in told
    db.execute(update(Leader).values(beat_at=NOW - timedelta(hours=1)))
    db.commit()
    told = run(app, doctor)
    silent = next(line for line in told.output.splitlines() if "maskine:42" in line)
    assert silent.startswith("FEJL  job: TAVS: sidste livstegn 24.11.2026 kl. 9.00 fra maskine:42; ingen job kører")
    assert "OBS: fejlede sidst: gone" in silent
    assert told.exit_code == 1
