"""A worker killed (SIGKILL) between handing a message over and writing that down: real processes, real mail server.

A mail is delivered again once, with the Message-ID of the first time, so that its receiver can tell; an SMS, which
nobody can recognise, is not sent again but stands as in doubt. Nothing is lost.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from crm.base.settings import Settings
from crm.integrations.actions import LEASE, deliver_due
from crm.integrations.mail import SmtpMail
from crm.integrations.models import OutboxMessage
from crm.integrations.sms import FileSms
from tests.conftest import NOW
from tests.factories.integrations import make_message
from tests.scheduler.postbox import Postbox

ROOT = Path(__file__).resolve().parents[2]
MAILS, FATAL = 4, 2


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    made = Postbox()
    yield made
    made.close()


@pytest.fixture(params=["app", pytest.param("pg_app", marks=pytest.mark.postgres)])
def either(request: pytest.FixtureRequest) -> Flask:
    made: Flask = request.getfixturevalue(request.param)
    return made


def process(app: Flask, *command: str, **settings: str) -> subprocess.Popen[bytes]:
    told: Settings = app.extensions["crm.settings"]
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={
            **{key: value for key, value in os.environ.items() if not key.startswith("CRM_")},
            "PYTHONPATH": str(ROOT),
            "CRM_DATABASE_URL": told.database_url,
            "CRM_DATA_DIR": str(told.data_dir),
            "CRM_SECRET_KEY": "test",
            "CRM_CLOCK": NOW.isoformat(),
            **settings,
        },
    )


def states(app: Flask) -> list[str]:
    with app.extensions["crm.sessions"]() as db:
        return list(db.scalars(select(OutboxMessage.state).order_by(OutboxMessage.id)))


def test_a_mail_in_flight_is_delivered_once_more_and_none_is_lost(either: Flask, postbox: Postbox) -> None:
    with either.extensions["crm.sessions"].begin() as db:
        for _ in range(MAILS):
            make_message(db)
    mail = {"CRM_MAIL_ADAPTER": "smtp", "CRM_SMTP_HOST": "127.0.0.1", "CRM_SMTP_PORT": str(postbox.port)}
    worker = process(either, "-m", "crm", "jobs", "run", "deliver", **mail)
    postbox.victim, postbox.fatal = worker.pid, FATAL
    assert worker.wait(timeout=60) == -signal.SIGKILL
    assert states(either) == ["sent", "sending", "pending", "pending"]
    way = {"mail": SmtpMail(Settings(smtp_host="127.0.0.1", smtp_port=postbox.port))}
    sessions = either.extensions["crm.sessions"]
    assert deliver_due(sessions, way, NOW + timedelta(minutes=2)) == 2, "the others wait for nobody"
    assert states(either) == ["sent", "sending", "sent", "sent"]
    assert deliver_due(sessions, way, NOW + LEASE + timedelta(minutes=5)) == 1
    assert states(either) == ["sent"] * MAILS
    assert deliver_due(sessions, way, NOW + timedelta(days=1)) == 0
    assert sorted(postbox.taken.values()) == [1, 1, 1, 2], "one in flight, delivered once more"
    assert len(postbox.taken) == MAILS, "with the Message-ID of the first time"


DYING = """
import os, signal
from crm.app import create_app
from crm.integrations.sms import FileSms
from crm.scheduler import run_job

class Dying(FileSms):
    def deliver(self, message):
        super().deliver(message)
        os.kill(os.getpid(), signal.SIGKILL)

app = create_app()
app.extensions["crm.adapters"]["sms"] = Dying(app.extensions["crm.settings"].data_dir / "outbox")
run_job(app, "deliver")
"""


def test_an_sms_in_flight_stands_as_in_doubt_and_is_never_sent_again(either: Flask, tmp_path: Path) -> None:
    with either.extensions["crm.sessions"].begin() as db:
        first = make_message(db, channel="sms", recipient="+4520123456", body_text="Besøg i morgen").id
        make_message(db, channel="sms", recipient="+4520123457", body_text="Besøg i morgen")
    assert process(either, "-c", DYING).wait(timeout=60) == -signal.SIGKILL
    assert states(either) == ["sending", "pending"]
    sent = tmp_path / "outbox" / f"{first:08d}.sms.txt"
    sent.unlink()  # it left; a second copy would be written anew
    way = {"sms": FileSms(tmp_path / "outbox")}
    for later in (timedelta(minutes=2), LEASE + timedelta(minutes=5), timedelta(days=1)):
        deliver_due(either.extensions["crm.sessions"], way, NOW + later)
    assert states(either) == ["unknown", "sent"]
    assert not sent.exists()


class Frozen:
    """Hands over, and learns only after another has done the same that it failed."""

    quick = True

    def __init__(self, meanwhile: object) -> None:
        self.meanwhile = meanwhile

    def deliver(self, _message: OutboxMessage) -> None:
        self.meanwhile()  # type: ignore[operator]
        raise OSError("timed out")


def test_who_was_frozen_past_its_lease_does_not_undo_what_the_next_one_did(app: Flask, tmp_path: Path) -> None:
    with app.extensions["crm.sessions"].begin() as db:
        make_message(db)
    sessions, taken = app.extensions["crm.sessions"], []

    class Taking:
        quick = True

        def deliver(self, message: OutboxMessage) -> None:
            taken.append(message.id)

    later = NOW + LEASE + timedelta(minutes=1)
    assert deliver_due(sessions, {"mail": Frozen(lambda: deliver_due(sessions, {"mail": Taking()}, later))}, NOW) == 0
    assert states(app) == ["sent"]
    assert deliver_due(sessions, {"mail": Taking()}, later + timedelta(days=1)) == 0
    assert len(taken) == 1


def test_a_row_that_breaks_the_adapter_backs_off_and_lets_the_others_pass(app: Flask) -> None:
    with app.extensions["crm.sessions"].begin() as db:
        broken = make_message(db, subject="går galt").id
        make_message(db)

    class Picky:
        quick = True

        def deliver(self, message: OutboxMessage) -> None:
            if message.id == broken:
                raise ValueError("no such charset")

    assert deliver_due(app.extensions["crm.sessions"], {"mail": Picky()}, NOW) == 1
    assert states(app) == ["pending", "sent"]
    with app.extensions["crm.sessions"]() as db:
        assert db.get_one(OutboxMessage, broken).not_before == NOW + timedelta(minutes=1)
