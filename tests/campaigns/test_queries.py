"""Scopes, counts left after each condition, list counts and checks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.campaigns import queries
from crm.campaigns.models import ListEntry
from crm.campaigns.queries.campaigns import Standing
from crm.campaigns.rules import Filters
from tests.conftest import NOW
from tests.factories.campaigns import make_call_list, make_fact
from tests.factories.core import make_campaign, make_firm, make_jobcentre, make_participation, make_workplace


@pytest.fixture
def two(session):
    """Participations of two jobcentres in two campaigns."""
    here = make_participation(session)
    there = make_participation(
        session,
        campaign=make_campaign(session),
        jobcentre=make_jobcentre(session, code="851", postcode="9000"),
        firm=make_firm(session),
    )
    return here, there


def test_a_scope_reaches_its_own_campaigns_and_lists_only(session, two):
    here, there = two
    mine = Scope(jobcentres=frozenset({here.jobcentre_id}))
    firm = Scope(firms=frozenset({there.calling_firm_id}))
    assert [found.id for found in queries.campaigns(session, mine)] == [here.campaign_id]
    assert [found.id for found in queries.campaigns(session, firm)] == [there.campaign_id]
    assert len(queries.campaigns(session, Scope(everything=True))) == 2
    foreign = make_call_list(session, participation=there)
    assert queries.call_list(session, Scope(everything=True), foreign.id) is foreign
    for load in (
        lambda: queries.campaign(session, mine, there.campaign_id),
        lambda: queries.participation(session, mine, there.campaign_id, there.jobcentre_id),
        lambda: queries.call_list(session, mine, foreign.id),
        lambda: queries.call_list(session, Scope(), foreign.id),
    ):
        with pytest.raises(NotFound):
            load()


def test_overview_counts_what_is_in_reach(session, two):
    here, there = two
    approved = make_call_list(
        session, participation=here, state="approved", workplaces=[make_workplace(session) for _ in range(3)]
    )
    session.scalars(select(ListEntry).where(ListEntry.call_list_id == approved.id)).first().struck_reason = "case"
    make_call_list(session, participation=here)
    make_call_list(session, participation=there)
    session.flush()
    assert queries.overview(session, Scope(jobcentres=frozenset({here.jobcentre_id}))) == {
        here.campaign_id: Standing(1, 1, 2, 1)
    }


def test_counts_after_each_condition(session, two):
    here, _there = two
    fits = {"industry_code": "251100", "employees": 12, "postcode": "9550"}
    make_workplace(session, **fits | {"industry_code": "682000"})
    make_workplace(session, **fits | {"employees": 200})
    called = make_workplace(session, **fits)
    make_fact(session, called, NOW - timedelta(days=30), "calling.finish", outcome="booked")
    partner = make_workplace(session, **fits)
    make_fact(session, partner, NOW - timedelta(days=500), "visits.report", result="held")
    make_workplace(session, **fits | {"postcode": "9500"})
    make_workplace(session, **fits, do_not_call_at=NOW)
    make_workplace(session, **fits, advertising_protected=True)
    listed = make_workplace(session, **fits)
    other_list = make_call_list(session, participation=here, workplaces=[listed])
    for _ in range(3):
        make_workplace(session, **fits)
    filters = Filters(
        industries=("C",),
        min_employees=5,
        max_employees=50,
        not_contacted_months=12,
        exclude_partners=True,
        postcodes=("9550",),
        sample=2,
    )
    count = queries.segment_count(session, here, filters, NOW)
    assert (count.total, count.industries, count.size, count.contact, count.partners, count.postcodes) == (
        11,
        10,
        9,
        8,
        7,
        6,
    )
    assert (count.do_not_call, count.elsewhere, count.protected, count.open, count.drawn) == (1, 1, 1, 3, 2)
    own = queries.segment_count(session, here, filters, NOW, call_list=other_list)
    assert (own.elsewhere, own.open) == (0, 4)
    other_list.legal_basis = "Hjemmel"
    assert queries.segment_count(session, here, filters, NOW, call_list=other_list).open == 5


def test_list_counts_and_checks(session, two):
    here, there = two
    twice = make_workplace(session)
    made = [
        twice,
        make_workplace(session, phone=None),
        make_workplace(session, do_not_call_at=NOW),
        make_workplace(session, advertising_protected=True),
        make_workplace(session),
    ]
    draft = make_call_list(session, participation=here, workplaces=made)
    session.scalars(select(ListEntry).where(ListEntry.workplace_id == made[4].id)).one().struck_reason = "case"
    make_call_list(session, participation=there, workplaces=[twice], state="approved")
    session.flush()
    counts = queries.list_sums(session, draft)
    assert (counts.total, counts.struck, counts.no_basis, counts.on_list) == (5, 1, 1, 3)
    found = {check.key: (check.ok, check.count) for check in queries.checks(session, draft, counts, left_out=2)}
    assert found == {
        "running": (False, 1),
        "struck": (True, 1),
        "seed": (True, 4711),
        "protected": (False, 3),
        "do_not_call": (False, 1),
        "no_phone": (False, 1),
    }


def test_entries_come_in_drawn_order_and_by_view(session, two):
    here, _there = two
    made = [make_workplace(session) for _ in range(53)]
    draft = make_call_list(session, participation=here, workplaces=made)
    assert [entry.workplace_id for entry in queries.entries(session, draft, "all", 2)] == [w.id for w in made[50:]]
    assert queries.entries(session, draft, "struck") == []
    session.scalars(select(ListEntry).where(ListEntry.workplace_id == made[7].id)).one().struck_reason = "case"
    session.flush()
    assert [entry.workplace_id for entry in queries.entries(session, draft, "struck")] == [made[7].id]


def test_waiting_for_basis_shows_whom_a_basis_would_let_in(session, two):
    here, _there = two
    matching = make_workplace(session, advertising_protected=True, name="A", employees=20)
    make_workplace(session, advertising_protected=True, employees=1)
    held = make_workplace(session, advertising_protected=True, name="B", employees=1)
    draft = make_call_list(session, participation=here, workplaces=[held], filters=Filters(min_employees=5))
    rows, count = queries.waiting_for_basis(session, draft, NOW)
    assert ([row.id for row in rows], count) == ([matching.id, held.id], 2)


def test_last_contact_is_the_latest_fact(session):
    workplace, silent = make_workplace(session), make_workplace(session)
    make_fact(session, workplace, NOW - timedelta(days=90), "calling.finish", outcome="call_back")
    make_fact(session, workplace, NOW - timedelta(days=30), "calling.finish", outcome="declined")
    make_fact(session, workplace, NOW - timedelta(days=3), "calling.finish", outcome="voicemail")
    assert queries.last_contacts(session, [workplace.id, silent.id]) == {workplace.id: NOW - timedelta(days=30)}
    assert queries.last_contacts(session, []) == {}
