"""A transaction that fills a database outlives Python's long silences."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from crm.base.bulk import bear_silence

SHORT = "SET idle_in_transaction_session_timeout = 100"
LONGER = sa.text("SELECT pg_sleep(0.5)")


def idle(app: Flask, patient: bool) -> str:
    """What a transaction says of its time limit after the server has seen it stand idle for five times as long."""
    engine: sa.Engine = app.extensions["crm.engine"]
    with engine.connect() as mine, engine.connect() as clock:
        mine.exec_driver_sql(SHORT)
        mine.commit()
        with Session(mine) as session:
            if patient:
                bear_silence(session)
            session.execute(sa.text("SELECT 1"))
            clock.execute(LONGER)
            session.execute(sa.text("SELECT 1"))
            session.commit()
            return str(session.scalar(sa.text("SHOW idle_in_transaction_session_timeout")))


@pytest.mark.postgres
def test_a_patient_transaction_is_not_ended_and_the_next_one_is_as_before(pg_app: Flask) -> None:
    assert idle(pg_app, patient=True) == "100ms"


@pytest.mark.postgres
def test_control_others_are_ended(pg_app: Flask) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="idle-in-transaction"):
        idle(pg_app, patient=False)
