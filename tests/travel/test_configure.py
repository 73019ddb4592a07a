"""The engine of the settings: at start, in `crm doctor`, in `crm travel`, in the daily job."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from crm.base.errors import ConfigurationError
from crm.base.settings import Settings
from crm.cli.doctor import doctor
from crm.cli.travel import travel_command
from crm.scheduler import run_job
from crm.travel.configure import configured
from crm.travel.engine import default_engine, embedded_engine, use
from crm.travel.models import TravelLeg
from crm.travel.osrm import Osrm
from crm.travel.remote import RemoteEngine
from crm.travel.table import LegTable
from crm.travel.valhalla import Valhalla
from tests.conftest import NOW, build_app
from tests.travel.osrm_server import OsrmServer, town

AARHUS, AALBORG = town("8000"), town("9000")


@pytest.fixture(autouse=True)
def embedded_again() -> Iterator[None]:
    yield
    use(None)


@pytest.fixture
def osrm_app(server: OsrmServer, app: Flask, tmp_path: Path) -> Flask:
    """The product on the same database as ``app``, set up to drive by the server."""
    url = app.extensions["crm.settings"].database_url
    return build_app(url, tmp_path, travel_engine="osrm", travel_url=server.url, travel_cache_days=30)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ENGINE", {"CRM_TRAVEL_ENGINE": "google"}),
        ("URL", {"CRM_TRAVEL_ENGINE": "osrm"}),
        ("URL", {"CRM_TRAVEL_ENGINE": "valhalla", "CRM_TRAVEL_URL": "ftp://maps"}),
        ("URL", {"CRM_TRAVEL_ENGINE": "osrm", "CRM_TRAVEL_URL": "maps:5000"}),
        ("URL", {"CRM_TRAVEL_ENGINE": "osrm", "CRM_TRAVEL_URL": "http://maps/?key=secret"}),
        ("TIMEOUT_MS", {"CRM_TRAVEL_TIMEOUT_MS": "99"}),
        ("TIMEOUT_MS", {"CRM_TRAVEL_TIMEOUT_MS": "30001"}),
        ("CACHE_DAYS", {"CRM_TRAVEL_CACHE_DAYS": "0"}),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, values: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"CRM_TRAVEL_{name}") as refused:
        Settings.from_environment({"CRM_DATA_DIR": str(tmp_path), **values})
    assert "secret" not in str(refused.value)


def test_each_engine_is_made_as_named() -> None:
    assert configured(Settings()) is None
    osrm = configured(Settings(travel_engine="osrm", travel_url="http://user:word@maps:5000/dk/"))
    valhalla = configured(Settings(travel_engine="valhalla", travel_url="https://maps"))
    assert osrm is not None
    assert valhalla is not None
    assert isinstance(osrm.asker.wire, Osrm)
    assert isinstance(valhalla.asker.wire, Valhalla)
    assert (osrm.name, osrm.asker.host) == ("osrm", "maps:5000")


def test_applications_in_one_process_drive_by_the_latest_ones_settings(osrm_app: Flask, tmp_path: Path) -> None:
    assert default_engine().name == "osrm"
    build_app(osrm_app.extensions["crm.settings"].database_url, tmp_path)
    assert default_engine() is embedded_engine()


def test_the_application_keeps_drives_in_its_database(server: OsrmServer, osrm_app: Flask, tmp_path: Path) -> None:
    first = default_engine().leg(AARHUS, AALBORG)
    settings = osrm_app.extensions["crm.settings"]
    build_app(settings.database_url, tmp_path, travel_engine="osrm", travel_url=server.url)
    assert default_engine().leg(AARHUS, AALBORG) == first
    assert server.hits == 1
    build_app(settings.database_url, tmp_path, travel_engine="osrm", travel_url=f"{server.url}/other")
    default_engine().leg(AARHUS, AALBORG)
    assert server.hits == 2


def test_the_daily_job_forgets_old_drives(server: OsrmServer, osrm_app: Flask) -> None:
    sessions = osrm_app.extensions["crm.sessions"]
    leg = embedded_engine().leg(AARHUS, AALBORG)
    table = LegTable(sessions, "osrm:any")
    table.keep({((1, 1), (2, 2)): leg}, NOW - timedelta(days=31))
    table.keep({((1, 1), (3, 3)): leg}, NOW - timedelta(days=29))
    assert run_job(osrm_app, "drives") == 1
    assert run_job(osrm_app, "drives") == 0
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(TravelLeg)) == 1


def test_the_daily_job_writes_what_was_asked_under_a_lock(server: OsrmServer, osrm_app: Flask) -> None:
    engine, sessions = default_engine(), osrm_app.extensions["crm.sessions"]
    assert isinstance(engine, RemoteEngine)
    with sessions() as caller:
        caller.execute(select(1))  # SQLite: begins as the only writer
        engine.leg(AARHUS, AALBORG)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(TravelLeg)) == 0
    run_job(osrm_app, "drives")
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(TravelLeg)) == 1


def travel_line(app: Flask) -> tuple[str, int]:
    """What `crm doctor` says of driving, and its exit code."""
    with app.app_context():
        result = CliRunner().invoke(doctor, obj=None)
    return next(line for line in result.stdout.splitlines() if "køretid" in line), result.exit_code


def test_the_doctor_asks_the_engine_itself(server: OsrmServer, osrm_app: Flask) -> None:
    default_engine().leg(AALBORG, AARHUS)
    line, _ = travel_line(osrm_app)
    host = server.url.removeprefix("http://")
    assert line.startswith(f"ok    køretid: osrm på {host}: Aalborg-Aarhus ")
    assert "svarer selv, ingen skøn" in line
    assert server.hits == 2


@pytest.mark.parametrize(("mood", "said"), [("500", "HTTP 500"), ("garbage", "ikke JSON"), ("NoTable", "ingen vej")])
def test_the_doctor_fails_when_the_engine_does(server: OsrmServer, osrm_app: Flask, mood: str, said: str) -> None:
    server.mood = mood
    line, code = travel_line(osrm_app)
    assert line.startswith("FEJL  køretid: osrm på 127.0.0.1:")
    assert said in line
    assert ("skøn fra det indbyggede kort" in line) == (mood != "NoTable")
    assert code == 1


def test_the_doctor_says_embedded_when_it_is(app: Flask) -> None:
    assert travel_line(app)[0].startswith("ok    køretid: embedded: Aalborg-Aarhus ")


def test_the_command_asks_the_configured_engine_and_says_so(
    server: OsrmServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CRM_TRAVEL_ENGINE", "osrm")
    monkeypatch.setenv("CRM_TRAVEL_URL", server.url)
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path / "untouched"))
    line = CliRunner().invoke(travel_command, ["8000", "7400"])
    assert "skøn" not in line.output
    assert line.stderr == f"Motor: osrm på {server.url.removeprefix('http://')}.\n"
    record = json.loads(CliRunner().invoke(travel_command, ["8000", "7400", "--format", "json"]).stdout)
    assert (record["engine"], record["estimate"], server.hits) == ("osrm", False, 2)
    assert not (tmp_path / "untouched").exists()


def test_the_command_marks_estimates_and_keeps_its_columns(
    server: OsrmServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CRM_TRAVEL_ENGINE", "osrm")
    monkeypatch.setenv("CRM_TRAVEL_URL", server.url)
    server.mood = "500"
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("from,to\n8000,7400\n3700,8000\n8000,9000\n")
    result = CliRunner().invoke(travel_command, ["--pairs", str(pairs)])
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert list(rows[0]) == ["from", "to", "km", "minutes", "ferry", "reachable"]
    assert [row["reachable"] for row in rows] == ["true", "false", "true"]
    assert "Skøn fra det indbyggede kort, for motoren kunne ikke svare (linje 2, linje 4)." in result.stderr
    assert "(skøn)" in CliRunner().invoke(travel_command, ["8000", "7400"]).stdout
