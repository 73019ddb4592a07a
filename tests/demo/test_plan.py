"""The parted figures add up to the published ones, whatever the seed."""

from __future__ import annotations

import csv
from importlib.resources import files
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from crm.demo import plan
from crm.demo.register import shares

SEEDS = st.integers(0, 10_000)
weights = st.lists(st.floats(0.01, 1000), min_size=1, max_size=80)


@given(st.integers(0, 100_000), weights)
def test_shares_are_exact_and_fair(total: int, parts: list[float]) -> None:
    found = shares(total, parts)
    assert sum(found) == total
    assert all(abs(count - total * part / sum(parts)) <= 1 for count, part in zip(found, parts, strict=True))


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_the_campaign_adds_up(seed: int) -> None:
    plans = plan.campaign(Random(seed))
    assert len(plans) == len({one.centre.name for one in plans}) == 74
    assert sum(one.workplaces for one in plans) == 80_000
    assert (sum(one.booked for one in plans), sum(one.declined for one in plans)) == (10_572, 23_181)
    assert sum(one.held for one in plans) == 5_397
    assert all(one.held < one.booked and one.booked + one.declined < one.listed < one.workplaces for one in plans)
    assert {one.firm for one in plans} == {0, 1}


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_openings_add_up_and_each_falls_on_one_visit(seed: int) -> None:
    rng = Random(seed)
    told = plan.openings(rng)
    by_type = {kind: sum(one.positions for one in told if one.type == kind) for kind in plan.OPENINGS}
    assert by_type == plan.OPENINGS
    assert sum(one.positions for one in told if one.akutjob) == 223
    assert {one.positions for one in told} == {1, 2, 3}
    given_by = plan.spread(rng, told, plan.HELD)
    assert len(given_by) == plan.HELD
    assert sorted(map(id, (one for visit in given_by for one in visit))) == sorted(map(id, told))


def test_jobcentres_differ() -> None:
    plans = plan.campaign(Random(1))
    rates = [one.booked / (one.booked + one.declined) for one in plans]
    assert max(rates) - min(rates) > 0.12


def test_no_municipality_belongs_to_two_jobcentres() -> None:
    codes = [code for one in plan.campaign(Random(1)) for code in one.centre.codes]
    table = files("crm.people").joinpath("data/municipalities.csv")
    real = {row["code"] for row in csv.DictReader(table.open(encoding="utf-8"))}
    assert len(codes) == len(set(codes))
    assert set(codes) <= real
