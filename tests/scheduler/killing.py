"""Web and worker killed at random under load, and what is found afterwards."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
from flask import Flask
from sqlalchemy import func, select

from crm.integrations.actions import LEASE, deliver_due
from crm.integrations.models import OutboxMessage
from tests.scheduler.crew import Crew, crm, free_port
from tests.scheduler.postbox import Postbox
from tests.scheduler.pressure import Pressure, lost

AT_LEAST = 4
"""Answers of success between two kills, so that each kill meets work."""


@dataclass(frozen=True)
class Ended:
    """``kills``: web and worker while they worked; ``killed``: those and the ones killed at the end."""

    kills: int
    killed: int
    acknowledged: int
    lost: list[str]
    mails: int
    unsent: int
    repeated: int
    other: dict[str, int]


def kill_at_random(
    app: Flask,
    folder: Path,
    postbox: Postbox,
    *,
    kills: int,
    pause: tuple[float, float],
    seconds: float = 3600.0,
    seed: int = 1,
) -> Ended:
    """One web process and one worker; each time either is killed and started again, until ``kills`` or ``seconds``.
    Before each kill some work has been acknowledged, and a random pause has passed."""
    mail = {"CRM_MAIL_ADAPTER": "smtp", "CRM_SMTP_HOST": "127.0.0.1", "CRM_SMTP_PORT": str(postbox.port)}
    crew, port = Crew(app.extensions["crm.engine"], folder, crm("worker"), **mail), free_port()
    chance = random.Random(seed)
    web = crm("web", "--port", str(port))
    pressure = Pressure(app, [port], size=60 + 40 * kills)
    running = {"web": crew.start(web), "worker": crew.start()}
    until = time.monotonic() + seconds
    try:
        crew.wait_for_leader()
        pressure.start()
        for number in range(kills):
            _let_work(crew, pressure, port)
            time.sleep(chance.uniform(*pause))
            name = ("web", "worker")[number % 2] if number < 2 else chance.choice(("web", "worker"))
            crew.kill(running[name])
            running[name] = crew.start(web if name == "web" else None)
            if time.monotonic() > until:
                break
        _let_work(crew, pressure, port)
        done = crew.killed
        ledger = pressure.end()
    finally:
        pressure.stop.set()
        crew.end()
    crew.bury()
    ways = {"mail": app.extensions["crm.adapters"]["mail"], "sms": app.extensions["crm.adapters"]["sms"]}
    while deliver_due(app.extensions["crm.sessions"], ways, crew.product_now() + LEASE + timedelta(days=60)):
        pass
    with app.extensions["crm.sessions"]() as db:
        mails = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.channel == "mail")
        unsent = db.scalar(mails.where(OutboxMessage.state != "sent")) or 0
        total = db.scalar(mails) or 0
    found = (lost(app, ledger), total, unsent, postbox.repeated(), dict(ledger.other))
    return Ended(done, crew.killed, ledger.acknowledged(), *found)


def _let_work(crew: Crew, pressure: Pressure, port: int) -> None:
    """Until the web process answers, and some more has been acknowledged."""
    crew.until(lambda: answers(port), "the web process does not answer")
    before = pressure.ledger.acknowledged()
    crew.until(
        lambda: pressure.ledger.acknowledged() >= before + AT_LEAST or not pressure.goes_on(),
        f"nothing is acknowledged; other answers: {dict(pressure.ledger.other)}",
    )


def answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/sign-in", timeout=30)
    except httpx.HTTPError:
        return False
    return True
