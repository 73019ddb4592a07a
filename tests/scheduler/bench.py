"""The product on a PostgreSQL database of its own, for the long forms in scripts/bench."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from tests.conftest import POSTGRES, _create_database, _drop_database, _fill, build_app
from tests.scheduler.crew import say_ready
from tests.scheduler.postbox import Postbox


@contextmanager
def product(folder: Path) -> Iterator[tuple[Flask, Postbox]]:
    name = f"crm_b_{uuid.uuid4().hex[:12]}"
    url, postbox = _create_database(POSTGRES, name), Postbox()
    try:
        app = build_app(url, folder, mail_adapter="smtp", smtp_host="127.0.0.1", smtp_port=postbox.port)
        _fill(app.extensions["crm.engine"])
        say_ready(app.extensions["crm.engine"])
        yield app, postbox
        app.extensions["crm.engine"].dispose()
    finally:
        postbox.close()
        _drop_database(POSTGRES, name)
