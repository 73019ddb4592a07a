"""A real CalDAV server for tests: Radicale in a process of its own, on a free loopback port, with files in a folder.

``calendar()`` makes a fresh user with one empty calendar; the consultant's own program is played by the ``caldav``
library, which is not what the product speaks with.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import caldav
import pytest

USERS = 600
"""One for each test that asks for a calendar, on each database."""
PASSWORD = "hemmelig-radicale-7431"
_serial = count(1)


@dataclass(frozen=True)
class Server:
    """``users`` were made beforehand: Radicale reads its list of passwords at start."""

    url: str
    users: tuple[str, ...]

    def calendar(self, name: str = "Arbejde") -> Own:
        """An empty calendar of a user that no other test has."""
        user = self.users[next(_serial) - 1]
        client = caldav.DAVClient(url=self.url, username=user, password=PASSWORD)
        made = client.principal().make_calendar(name=name, supported_calendar_component_set=["VEVENT"])
        return Own(self.url, user, str(made.url), made)


@dataclass(frozen=True)
class Own:
    """A consultant's calendar, seen from their own program."""

    server: str
    user: str
    url: str
    calendar: Any

    def texts(self) -> dict[str, str]:
        """UID -> object, as it lies on the server."""
        found = [*self.calendar.events(), *self.calendar.todos(include_completed=True)]
        return {str(one.icalendar_component["uid"]): one.data for one in found}

    def put(self, uid: str, body: str) -> None:
        """An appointment of their own: ``body`` is what stands in the VEVENT beside UID and DTSTAMP."""
        lines = "\r\n".join(line.strip() for line in body.strip().splitlines())
        self.calendar.save_event(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Konsulent//DA\r\nBEGIN:VEVENT\r\n"
            f"UID:{uid}\r\nDTSTAMP:20261101T120000Z\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )

    def edit(self, uid: str, **changes: Any) -> None:
        """Change properties of an event: ``start``, ``end`` (moments), ``summary``, ``alarm`` (minutes) …"""
        one = self.calendar.event_by_uid(uid)
        with one.edit_icalendar_component() as part:
            for name, value in changes.items():
                if name == "alarm":
                    part.add_component(_alarm(value))
                    continue
                key = {"start": "dtstart", "end": "dtend"}.get(name, name)
                part.pop(key, None)
                part.add(key, value)
        one.save(increase_seqno=False)

    def delete(self, uid: str) -> None:
        self.calendar.object_by_uid(uid).delete()

    def start_of(self, uid: str) -> datetime:
        found: datetime = self.calendar.event_by_uid(uid).icalendar_component["dtstart"].dt
        return found


def _alarm(minutes: int) -> Any:
    from datetime import timedelta

    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "Kør nu")
    alarm.add("trigger", timedelta(minutes=-minutes))
    return alarm


def free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        port: int = asking.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if importlib.util.find_spec("radicale") is None:
        if "radicale" in os.environ.get("CRM_TEST_REQUIRE", ""):
            pytest.fail("CRM_TEST_REQUIRE asks for Radicale, which is not installed")
        pytest.skip("NO RADICALE, tests of CalDAV do not run: pip install -r requirements-dev.lock")
    folder = tmp_path_factory.mktemp("radicale")
    users = tuple(f"konsulent{n}" for n in range(USERS))
    (folder / "users").write_text("".join(f"{user}:{PASSWORD}\n" for user in users), encoding="utf-8")
    port = free_port()
    process = start(folder, port)
    yield Server(f"http://127.0.0.1:{port}/", users)
    process.terminate()
    process.wait(30)


def start(folder: Path, port: int) -> subprocess.Popen[str]:
    """Start a server on the folder; it answers when this returns."""
    options = {
        "server-hosts": f"127.0.0.1:{port}",
        "auth-type": "htpasswd",
        "auth-htpasswd-filename": str(folder / "users"),
        "auth-htpasswd-encryption": "plain",
        "auth-delay": "0",
        "storage-filesystem-folder": str(folder / "collections"),
        "logging-level": "info",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "radicale", "--config", "", *(f"--{name}={value}" for name, value in options.items())],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "Listening on" in line or "server ready" in line.lower():
            break
    else:
        pytest.fail("Radicale did not start:\n" + "".join(said))
    threading.Thread(target=process.stderr.read, daemon=True).start()  # nobody reads on, and the pipe must not fill
    return process
