"""The bulk helpers of crm.base.db as the import uses them: the same on both databases."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm.base.db import among, unpacked
from crm.companies.models import Workplace
from tests.factories import make_workplace

W = Workplace.__table__
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(TEXT, st.none() | st.integers(0, 10**6), st.booleans(), st.none() | st.floats(54, 58)),
        min_size=1,
        max_size=5,
    )
)
def test_unpacked_rows_are_the_rows_in_their_order(session, rows):
    columns = [W.c.name, W.c.employees, W.c.advertising_protected, W.c.lat]
    found = [tuple(row) for row in session.execute(select(*unpacked(session, columns, rows)))]
    assert found == rows


def test_among_finds_exactly_those(session):
    made = [make_workplace(session).id for _ in range(4)]
    wanted = made[1:3]
    assert sorted(session.scalars(select(Workplace.id).where(among(session, Workplace.id, wanted)))) == wanted
    assert session.scalars(select(Workplace.id).where(among(session, Workplace.id, []))).all() == []
