"""Three schedulers, the leader killed again and again: each nag and each digest exactly once. CRM_KILLS sets how often.

GOALS: "three schedulers, leader killed every 10 s: each nag exactly once". The long form is scripts/bench/schedulers.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.conftest import _create_database, _drop_database, build_app
from tests.scheduler import naive
from tests.scheduler.crew import Crew, crm, kill_leaders, say_ready
from tests.scheduler.killing import kill_at_random
from tests.scheduler.owing import Owing, settle
from tests.scheduler.postbox import Postbox

pytestmark = pytest.mark.postgres
KILLS = int(os.environ.get("CRM_KILLS", "3"))


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    made = Postbox()
    yield made
    made.close()


@pytest.fixture
def product(postgres_server: str, postgres_template: str, tmp_path: Path, postbox: Postbox) -> Iterator[Flask]:
    name = f"crm_k_{uuid.uuid4().hex[:12]}"
    url = _create_database(postgres_server, name, postgres_template)
    made = build_app(url, tmp_path, mail_adapter="smtp", smtp_host="127.0.0.1", smtp_port=postbox.port)
    say_ready(made.extensions["crm.engine"])
    yield made
    made.extensions["crm.engine"].dispose()
    _drop_database(postgres_server, name)


def test_each_nag_and_each_digest_is_written_once(product: Flask, tmp_path: Path, postbox: Postbox) -> None:
    mail = {"CRM_MAIL_ADAPTER": "smtp", "CRM_SMTP_HOST": "127.0.0.1", "CRM_SMTP_PORT": str(postbox.port)}
    crew = Crew(product.extensions["crm.engine"], tmp_path, crm("worker"), **mail)
    owing = Owing(product)
    try:
        for _ in range(3):
            crew.start()
        kill_leaders(crew, KILLS, owing, owing.nags)
        handovers = crew.handovers()
    finally:
        crew.end()
    found = settle(product, owing, crew, postbox.repeated)
    assert found.agreements == found.owners * 3 > 0
    assert (found.nags, found.doubled) == (found.agreements, 0)
    assert (found.digests, found.mails) == (found.owners, found.owners), "one digest and one mail a person"
    assert found.lost == 0
    assert found.repeated <= crew.killed, "a mail is in flight at most once for each process that was killed"
    assert handovers >= KILLS


@pytest.mark.parametrize("sabotage", [False, True], ids=["locked", "sabotaged"])
def test_even_a_job_without_unique_keys_does_each_thing_once(product: Flask, tmp_path: Path, sabotage: bool) -> None:
    """The checker is believed because it finds duplicates where the locks are taken away."""
    engine: sa.Engine = product.extensions["crm.engine"]
    naive.prepare(engine)
    crew = Crew(engine, tmp_path, (naive.run, (sabotage,)))

    def more() -> None:
        naive.more(engine)

    try:
        for _ in range(3):
            crew.start()
        kill_leaders(crew, 1, more, lambda: naive.tally(engine)[0])
        wanted = (lambda: naive.tally(engine)[1] > 0) if sabotage else (lambda: naive.tally(engine)[0] > 30)
        crew.until(wanted, "the checker finds nothing" if sabotage else "too little is done", more)
    finally:
        crew.end()
    done, doubled = naive.tally(engine)
    assert (doubled > 0) == sabotage, f"{doubled} of {done} were done twice"


def test_what_was_acknowledged_survives_the_death_of_web_and_worker(
    product: Flask, tmp_path: Path, postbox: Postbox
) -> None:
    """GOALS: acknowledged work lost 0; outbox rows sent twice at most those in flight. Long form: scripts/bench/kill."""
    ended = kill_at_random(product, tmp_path, postbox, kills=max(2, KILLS - 1), pause=(0.0, 1.0))
    assert ended.acknowledged > 10
    assert ended.lost == []
    assert ended.unsent == 0
    assert ended.repeated <= ended.killed
