"""The published tables of report 004 come out of the product digit for digit, on both databases."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from crm.base.scope import Scope
from crm.cli.rates import rates
from crm.reports.queries import booking, opening_types
from crm.reports.rules import percent, wilson
from tests.conftest import NOW
from tests.factories.reports import make_reference_campaign

# The figures as printed (evaluation 2013, section 2.2 and table 3.1); ../shared/oracles holds the same.
BOOKED, DECLINED, HELD, AKUTJOB = 10_572, 23_181, 5_397, 223
OPENINGS = """\
opening_type,label_da,openings,pct_of_held_visits_printed
ordinary,"Ordinære jobordrer, herunder akutjob",945,17.5
upskilling_job,Opkvalificeringsjob,16,0.3
adult_apprentice,Voksenlærling,147,2.7
job_rotation,Jobrotation,243,4.5
wage_subsidy,Løntilskud,437,8.1
work_placement,Virksomhedspraktik,940,17.4
other,Andet,262,4.9
total,Samlet,2990,55.4
"""
TYPES = {row["opening_type"]: int(row["openings"]) for row in csv.DictReader(io.StringIO(OPENINGS))}
PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "oracles"
ALL = Scope(everything=True)


@pytest.fixture(params=["app", "pg_app"], ids=["sqlite", "postgresql"])
def reference(request: pytest.FixtureRequest) -> Iterator[tuple[Flask, int]]:
    """An application whose database holds the campaign of report 004."""
    app: Flask = request.getfixturevalue(request.param)
    told = {key: count for key, count in TYPES.items() if key != "total"}
    with app.extensions["crm.sessions"]() as session:
        campaign = make_reference_campaign(
            session, booked=BOOKED, declined=DECLINED, held=HELD, openings=told, akutjob=AKUTJOB, unanswered=500
        )
        session.commit()
        return app, campaign.id


def run(app: Flask, *arguments: str) -> str:
    result = app.test_cli_runner().invoke(rates, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_published_tables_come_out_digit_for_digit(reference: tuple[Flask, int]) -> None:
    app, campaign_id = reference
    number = f"--campaign={campaign_id}"
    assert "31.3 % (10,572 / 33,753), 95 % interval 30.8-31.8 %" in run(app, "booking", number)
    assert "31,3 % (10.572 / 33.753), 95 %-interval 30,8-31,8 %" in run(app, "booking", number, "--lang=da")
    assert run(app, "openings", number, "--format=csv") == OPENINGS
    printed = run(app, "openings", number)
    for line in OPENINGS.splitlines()[1:]:
        key, *_label, count, share = next(csv.reader([line]))
        assert any(
            words[0] == key and words[-2:] == [count, share] for words in map(str.split, printed.splitlines()) if words
        ), line
    assert "akutjob: 223" in printed
    _totals_are_equal(app, campaign_id)


def _totals_are_equal(app: Flask, campaign_id: int) -> None:
    """Whatever the grouping, the rows add up to the same figures."""
    for what, top, bottom in (("booking", BOOKED, BOOKED + DECLINED), ("openings", TYPES["total"], HELD)):
        for by in ("region", "jobcentre", "firm", "phoner", "consultant", "industry", "week"):
            found: dict[str, Any] = json.loads(
                run(app, what, f"--campaign={campaign_id}", f"--by={by}", "--format=json")
            )
            assert (found["total"]["numerator"], found["total"]["denominator"]) == (top, bottom), by
            assert sum(row["numerator"] for row in found["rows"]) == top
            if (what, by) != ("booking", "consultant"):
                assert sum(row["denominator"] for row in found["rows"]) == bottom
    with app.extensions["crm.sessions"]() as session:
        table = booking(session, ALL, campaign_id, now=NOW).total
        assert percent(table.numerator, table.denominator, 0) == "31"
        assert (table.low, table.high) == wilson(BOOKED, BOOKED + DECLINED)
        assert opening_types(session, ALL, campaign_id, now=NOW).akutjob.numerator == AKUTJOB


def test_the_expected_figures_are_the_published_ones() -> None:
    if not PUBLISHED.exists():
        pytest.skip(f"NO PUBLISHED TABLES at {PUBLISHED}: the copies in this test are not compared with them")
    assert (PUBLISHED / "campaign_openings.csv").read_text(encoding="utf-8") == OPENINGS
    rows = dict(csv.reader((PUBLISHED / "campaign_booking.csv").read_text(encoding="utf-8").splitlines()))
    assert (int(rows["booked"]), int(rows["declined"]), int(rows["contacted"])) == (BOOKED, DECLINED, BOOKED + DECLINED)
