"""`crm travel` from outside: lines, JSON, files and exit codes."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crm.cli.travel import travel_command


def run(*arguments: str) -> Result:
    return CliRunner().invoke(travel_command, list(arguments))


def test_a_danish_line() -> None:
    result = run("8000", "7400")
    assert result.exit_code == 0
    assert result.stdout.startswith("8000 Aarhus C → 7400 Herning: ")
    assert " km, " in result.stdout
    assert "færge" not in result.stdout


def test_a_ferry_is_named_with_a_warning_and_can_be_refused() -> None:
    line = run("3390", "4581").stdout
    assert "færge: Hundested-Rørvig" in line
    assert "Advarsel" in line
    assert "færge" not in run("3390", "4581", "--no-ferries").stdout


def test_no_same_day_is_an_answer() -> None:
    result = run("3700", "1000")
    assert result.exit_code == 0
    assert "kan ikke nås samme dag" in result.stdout


def test_json() -> None:
    record = json.loads(run("55.68;12.57", "4000", "--format", "json").stdout)
    assert list(record) == ["from", "to", "km", "minutes", "ferry", "reachable", "engine", "estimate"]
    assert (record["engine"], record["estimate"]) == ("embedded", False)
    assert (record["from"], record["ferry"], record["reachable"]) == ("55.68;12.57", None, True)


@pytest.mark.parametrize("bad", ["0001", "abc", "1;2;3", "x;12", "95;12", "nan;12"])
def test_an_unknown_place_is_refused_with_one_line(bad: str) -> None:
    result = run(bad, "8000")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [(), ("8000",), ("8000", "9000", "--format", "xml"), ("--pairs", "no.csv")])
def test_usage_errors(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_pairs_answers_each_row_in_order_and_names_the_unknown(tmp_path: Path) -> None:
    source = tmp_path / "pairs.csv"
    source.write_text("from,to\n8000,9000\n0001,9000\n3390,4581\n55.68;12.57,3700\n", encoding="utf-8-sig")
    result = run("--pairs", str(source))
    assert result.exit_code == 0
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert list(rows[0]) == ["from", "to", "km", "minutes", "ferry", "reachable"]
    assert [row["reachable"] for row in rows] == ["true", "false", "true", "false"]
    assert rows[2]["ferry"] == "Hundested-Rørvig"
    assert "Linje 3: Postnummeret 0001" in result.stderr


@pytest.mark.parametrize("content", [b"a,b\n8000,9000\n", b"", b"from,to\n\xe6\xf8\xff,1\n"])
def test_a_file_that_is_no_pairs_file_is_refused(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "pairs.csv"
    source.write_bytes(content)
    result = run("--pairs", str(source))
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_file_that_is_no_csv_ends_with_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "pairs.csv"
    broken.write_text("from,to\n9500," + "x" * 200_000 + "\n")
    limit = csv.field_size_limit(100_000)
    try:
        result = run("--pairs", str(broken))
    finally:
        csv.field_size_limit(limit)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
