from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from crm.campaigns.models import CampaignExtract
from crm.cli.register import import_register
from crm.companies.models import ImportBatch, Workplace
from tests.factories import make_campaign
from tests.factories.companies import csv_extract, register_row


@pytest.fixture
def run(app, tmp_path, monkeypatch):
    """The command, run in a folder of its own; ``run(rows_or_bytes, *options)``."""
    monkeypatch.chdir(tmp_path)

    def go(content, *options, name="udtræk.csv"):
        if content is not None:
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else csv_extract(content).getvalue())
        return app.test_cli_runner().invoke(import_register, [name, *options])

    return go


def test_json_is_exactly_the_agreed_keys_and_nothing_else(run, tmp_path):
    done = run([register_row(1), register_row(2, postcode=""), register_row(3, phone="1")], "--format", "json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "read": 3,
        "new": 2,
        "updated": 0,
        "unchanged": 0,
        "rejected": 1,
        "warnings": 1,
        "rejects_file": str(tmp_path / "udtræk-afviste.csv"),
    }


def test_the_rejects_file_is_corrected_and_loaded_on_the_same_command(run, tmp_path, db):
    run([register_row(1), register_row(2, postcode="")])
    file = tmp_path / "udtræk-afviste.csv"
    again = run(file.read_bytes().replace(b";;Hobro", b";9500;Hobro"), "--format", "json", name="rettet.csv")
    assert json.loads(again.stdout)["new"] == 1
    assert json.loads(again.stdout)["rejects_file"] is None
    assert db.scalar(select(func.count(Workplace.id))) == 2


def test_an_earlier_rejects_file_is_not_overwritten(run, tmp_path):
    run([register_row(1, postcode="")])
    (tmp_path / "udtræk-afviste.csv").write_text("halvt rettet")
    run([register_row(1, postcode="")])
    assert (tmp_path / "udtræk-afviste.csv").read_text() == "halvt rettet"
    assert (tmp_path / "udtræk-afviste-2.csv").exists()


def test_a_dry_run_writes_only_the_rejects_file(run, tmp_path, db):
    done = run([register_row(1), register_row(2, postcode="")], "--dry-run")
    assert done.exit_code == 0
    assert "intet er skrevet" in done.stdout
    assert (tmp_path / "udtræk-afviste.csv").exists()
    assert db.scalar(select(func.count(Workplace.id))) == 0
    assert db.scalar(select(func.count(ImportBatch.id))) == 0


def test_the_table_names_the_rows(run):
    done = run([register_row(1, postcode="xx")])
    assert "række 2, postcode »xx«: Postnummer skal have 4 cifre" in done.stdout


@pytest.mark.parametrize("content", [None, b"", b"navn;by\nA;B\n", b"PK\x03\x04"])
def test_what_cannot_be_read_is_refused_with_one_line_and_exit_code_1(run, content):
    done = run(content, "--format", "json")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.output


def test_missing_columns_are_named(run):
    done = run(b"cvr_number;p_number;name\n1;2;3\n")
    assert "postcode" in done.stderr
    assert "municipality_code" in done.stderr


@pytest.mark.parametrize("options", [["--campaign", "x"], ["--format", "xml"], ["--nope"]])
def test_wrong_usage_is_exit_code_2(run, options):
    assert run([register_row(1)], *options).exit_code == 2


def test_a_folder_is_refused(run, tmp_path):
    (tmp_path / "mappe").mkdir()
    assert run(None, name="mappe").exit_code == 1


def test_with_a_campaign_the_extract_is_used_in_it(run, db):
    campaign = make_campaign(db)
    db.commit()
    assert run([register_row(1)], "--campaign", str(campaign.id)).exit_code == 0
    assert db.scalar(select(CampaignExtract.campaign_id)) == campaign.id


def test_an_unknown_campaign_is_refused_before_anything_is_read(run, db):
    done = run([register_row(1)], "--campaign", "77")
    assert done.exit_code == 1
    assert "77" in done.stderr
    assert db.scalar(select(func.count(Workplace.id))) == 0


def test_progress_is_told_on_stderr(run):
    done = run([register_row(n) for n in range(1, 10_050)], "--format", "json")
    assert "10.000 rækker læst" in done.stderr
    assert json.loads(done.stdout)["new"] == 10_049
