"""`crm serve` and `crm worker` end when they are told to, also while a job runs: real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask

from crm.base.settings import Settings
from crm.cli.serve import PATIENCE
from crm.recurring.models import JobRun
from crm.scheduler.running import clear_dead
from tests.conftest import NOW
from tests.scheduler.crew import free_port, say_ready

ROOT = Path(__file__).resolve().parents[2]
WAIT = 180.0  # seconds; only a failing test waits so long

SERVING = """
import signal, sys, time
from pathlib import Path
from apscheduler.triggers.interval import IntervalTrigger
from crm.scheduler import Job, clock, running

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts the tests in the background takes it away
seconds, began, *command = sys.argv[1:]

def work(_app):
    Path(began).touch()
    time.sleep(float(seconds))
    return 1

jobs = (Job("work", IntervalTrigger(hours=1), work, "Arbejder"),)
clock.JOBS = jobs
running.run_job.__defaults__ = (jobs,)
sys.argv = ["crm", *command]
from crm.cli import main
main()
"""


def serve(app: Flask, seconds: float, began: Path, *command: str) -> subprocess.Popen[bytes]:
    told: Settings = app.extensions["crm.settings"]
    say_ready(app.extensions["crm.engine"])
    process = subprocess.Popen(
        [sys.executable, "-c", SERVING, str(seconds), str(began), *command],
        cwd=ROOT,
        env={
            **{key: value for key, value in os.environ.items() if not key.startswith("CRM_")},
            "PYTHONPATH": str(ROOT),
            "CRM_DATABASE_URL": told.database_url,
            "CRM_DATA_DIR": str(told.data_dir),
            "CRM_SECRET_KEY": "test",
            "CRM_CLOCK": NOW.isoformat(),
        },
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + WAIT
    while not began.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert began.exists(), process.communicate(timeout=5)[1].decode()
    return process


def row(app: Flask) -> JobRun:
    with app.extensions["crm.sessions"]() as db:
        return db.get_one(JobRun, "work")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_job_that_goes_on_for_long_is_cut_short_and_runs_again(app: Flask, tmp_path: Path, number: int) -> None:
    process = serve(app, 600, tmp_path / "began", "serve", "--port", str(free_port()))
    process.send_signal(number)
    _out, said = process.communicate(timeout=WAIT)
    assert process.returncode == 0, said.decode()
    assert b"Traceback" not in said
    assert row(app).running_since is not None
    assert clear_dead(app) == 1, "its lock ended with it"
    assert row(app).retry_at is not None


@pytest.mark.postgres
def test_a_worker_lets_a_short_job_finish(pg_app: Flask, tmp_path: Path) -> None:
    process = serve(pg_app, PATIENCE / 3, tmp_path / "began", "worker")
    process.terminate()
    assert process.wait(WAIT) == 0
    assert (row(pg_app).running_since, row(pg_app).done) == (None, 1)
