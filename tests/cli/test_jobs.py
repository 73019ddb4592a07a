"""`crm jobs`: the list, one run, and what `crm doctor` says of the scheduler."""

from __future__ import annotations

import json
from datetime import timedelta

from click.testing import Result
from flask import Flask
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from crm.cli.doctor import doctor
from crm.cli.jobs import jobs
from crm.recurring.models import JobRun, Leader
from crm.scheduler import JOBS, held
from tests.conftest import NOW
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


def test_doctor_says_who_leads_and_what_is_wrong(app: Flask, db: Session) -> None:
    make_run(db, "board", failed_in_a_row=2)
    db.commit()
    told = run(app, doctor).output
    assert "har ikke kørt endnu; start crm serve eller crm worker; OBS: fejlede sidst: board" in told
    db.execute(delete(JobRun))
    make_leader(db, beat_at=NOW)
    db.commit()
    assert "maskine:42 leder, sidste livstegn for" in run(app, doctor).output
    make_run(db, "nag", failed_in_a_row=1)
    make_run(db, "deliver", running_since=NOW - timedelta(hours=1))
    make_aside(db)
    db.commit()
    assert "OBS: forsinket: deliver; OBS: fejlede sidst: nag; OBS: 1 sat til side" in run(app, doctor).output
    db.execute(update(Leader).values(beat_at=NOW - timedelta(hours=1)))
    db.commit()
    told = run(app, doctor).output
    assert "OBS: sidste livstegn 24.11.2026 kl. 9.00" in told
    assert "OBS: fejlede sidst: nag" in told
    assert "OBS: 1 sat til side" in told
