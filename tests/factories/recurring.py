"""Factories of the recurring room."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from crm.recurring.models import JobRun, Leader, SetAside
from tests.conftest import NOW


def make_run(session: Session, key: str = "nag", **fields: Any) -> JobRun:
    values = {
        "started_at": NOW, "finished_at": NOW, "succeeded_at": NOW, "seconds": 1.5, "seconds_total": 1.5, "done": 3,
        "done_total": 3, "runs": 1, "failures": 0, "failed_in_a_row": 0, "running_by": "", **fields,
    }  # fmt: skip
    made = JobRun(key=key, **values)
    session.add(made)
    session.flush()
    return made


def make_leader(session: Session, **fields: Any) -> Leader:
    made = Leader(id=1, **{"name": "maskine:42", "since": NOW, "beat_at": NOW, "handovers": 0, **fields})
    session.add(made)
    session.flush()
    return made


def make_aside(session: Session, item: str = "17", job: str = "nag", **fields: Any) -> SetAside:
    values = {"error": "ValueError: forkert", "tries": 1, "first_at": NOW, "last_at": NOW, "retry_at": NOW, **fields}
    made = SetAside(job=job, item=item, **values)
    session.add(made)
    session.flush()
    return made
