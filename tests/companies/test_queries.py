from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.companies.models import ImportRemark
from crm.companies.queries import batches, remarks, same_phone, search, siblings, workplace, workplace_in
from tests.factories import make_jobcentre, make_workplace, valid_cvr
from tests.factories.companies import make_batch, make_contact


def names(found):
    return [each.name for each in found]


@pytest.fixture
def known(session):
    made = make_workplace(
        session,
        name="Østbirk Maskinværksted A/S",
        p_number="1777000001",
        cvr_number=valid_cvr(500),
        phone="+4576543210",
    )
    make_contact(session, made, "Åse Bjørnsen")
    make_workplace(session, name="Nye Østbirk Tømrer", municipality_code="101")
    return made


@pytest.mark.parametrize(
    "text",
    [
        "østbirk maskin",
        "ØSTBIRK MASKIN",
        "maskinværk",
        "1777000001",
        "17770000",
        valid_cvr(500),
        "76543210",
        "76 54 32",
        "+4576543210",
        "åse bj",
        "Bjørnsen",
    ],
)
def test_a_workplace_is_found_by_what_people_know_of_it(session, known, text):
    assert names(search(session, text)) == ["Østbirk Maskinværksted A/S"]


def test_names_that_begin_with_the_text_come_first(session, known):
    assert names(search(session, "Østbirk")) == ["Østbirk Maskinværksted A/S", "Nye Østbirk Tømrer"]


def test_search_stays_inside_the_municipalities(session, known):
    assert names(search(session, "Østbirk", ["101"])) == ["Nye Østbirk Tømrer"]
    assert search(session, "Østbirk", []) == []


@pytest.mark.parametrize("text", ["", "x", "%%", "__", "Østbirk%Maskin", "Ustbirk", "Aase", "\\"])
def test_signs_are_letters_not_patterns(session, known, text):
    assert search(session, text) == []


def test_search_stops_at_its_limit(session):
    for n in range(8):
        make_workplace(session, name=f"Ål {n}")
    assert len(search(session, "ål", limit=5)) == 5


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=150))
def test_any_text_can_be_searched(session, text):
    search(session, text.encode("utf-8", "ignore").decode())


def test_same_phone_and_siblings(session):
    first = make_workplace(session, name="A", phone="+4530000000")
    second = make_workplace(session, name="B", phone="+4530000000", company=first.company)
    silent = make_workplace(session, name="C", phone=None)
    make_workplace(session, name="D", phone=None)
    assert same_phone(session, first) == [second]
    assert siblings(session, first) == [second]
    assert same_phone(session, silent) == []


def test_a_workplace_outside_the_scope_does_not_exist(session):
    mine = make_workplace(session, municipality_code="846")
    other = make_workplace(session, municipality_code="101")
    make_jobcentre(session, code="101", name="Jobcenter Andet")
    scope = Scope(jobcentres=frozenset({make_jobcentre(session, code="846").id}))
    assert workplace_in(session, scope, mine.id) is mine
    for number in (other.id, 2**31 - 1):
        with pytest.raises(NotFound):
            workplace_in(session, scope, number)
    with pytest.raises(NotFound):
        workplace(session, 2**31 - 1)


def test_imports_and_remarks_come_in_pages(session):
    made = [make_batch(session) for _ in range(27)]
    assert [len(batches(session, page)[0]) for page in (1, 2, 3)] == [25, 2, 0]
    assert batches(session)[0][0] is made[-1]
    for row in range(2, 55):
        session.add(
            ImportRemark(
                batch_id=made[0].id, row_number=row, kind="reject", column="Navn", value="", reason="Navn mangler"
            )
        )
    session.flush()
    first, count = remarks(session, made[0].id, "reject")
    assert (len(first), count, first[0].row_number) == (50, 53, 2)
    assert [each.row_number for each in remarks(session, made[0].id, "reject", 2)[0]] == [52, 53, 54]
    assert remarks(session, made[0].id, "warning") == ([], 0)
