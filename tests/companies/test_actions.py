from __future__ import annotations

import io

import pytest
from sqlalchemy import func, select

from crm.base.activity import Activity
from crm.base.errors import Invalid, Refusal
from crm.companies.actions import (
    add_contact,
    import_register,
    lift_do_not_call,
    rejects_csv,
    set_do_not_call,
    undo_import,
)
from crm.companies.actions import imports as importing
from crm.companies.models import Company, Contact, ImportBatch, ImportedWorkplace, ImportRemark, Workplace
from tests.conftest import NOW
from tests.factories import make_queue_entry, make_user, make_workplace, valid_cvr
from tests.factories.companies import (
    DANISH,
    ENGLISH,
    csv_extract,
    make_contact,
    register_row,
    xlsx_extract,
)


def load(session, source, **options):
    return import_register(session, None, NOW, source, "udtræk.csv", **options)


def counts(result):
    return (result.read, result.new, result.updated, result.unchanged, result.rejected, result.warnings)


def workplace(session, n=1):
    return session.scalar(select(Workplace).where(Workplace.p_number == f"{1_500_000_000 + n}"))


def test_a_row_becomes_a_company_a_workplace_and_a_contact(session):
    result = load(session, csv_extract([register_row(1, advertising_protected="ja")], headers=DANISH))
    assert counts(result) == (1, 1, 0, 0, 0, 0)
    found = workplace(session)
    assert (found.name, found.postcode, found.municipality_code, found.employees) == (
        "Ærlig Østergård 1 ApS",
        "9500",
        "846",
        14,
    )
    assert (found.phone, found.email, found.advertising_protected) == ("+4520000001", "post1@firma.invalid", True)
    assert (found.lat, found.lon, found.geo_source) == (56.64, 9.79, "file")
    assert (found.industry_code, found.industry_version) == ("432200", "DB25")
    assert (found.company.cvr_number, found.company.name) == (valid_cvr(1), "Ærlig Østergård 1 ApS")
    assert [(contact.name, contact.source) for contact in found.contacts] == [("Åse Prøvesen", "register")]


@pytest.mark.parametrize("make", [csv_extract, xlsx_extract])
def test_loading_again_changes_nothing(session, make):
    rows = [register_row(n) for n in range(1, 6)]
    load(session, make(rows))
    before = [(each.id, each.updated_at) for each in session.scalars(select(Workplace).order_by(Workplace.id))]
    assert counts(load(session, make(list(reversed(rows))))) == (5, 0, 0, 5, 0, 0)
    assert [(each.id, each.updated_at) for each in session.scalars(select(Workplace).order_by(Workplace.id))] == before
    assert session.scalar(select(func.count(Contact.id))) == 5


def test_the_same_facts_in_another_form_are_unchanged(session):
    load(session, csv_extract([register_row(1)]))
    other = register_row(1, phone="+45 20 00 00 01", lat="56.640", municipality_code="846", advertising_protected="0")
    assert counts(load(session, csv_extract([other], headers=DANISH, delimiter=",")))[2:4] == (0, 1)


def test_loading_again_updates_and_never_duplicates(session):
    load(session, csv_extract([register_row(n) for n in (1, 2)]))
    result = load(
        session, csv_extract([register_row(1, name="Nyt Navn ApS", employees="15"), register_row(2), register_row(3)])
    )
    assert counts(result) == (3, 1, 1, 1, 0, 0)
    assert (workplace(session).name, workplace(session).employees) == ("Nyt Navn ApS", 15)
    assert workplace(session).company.name == "Nyt Navn ApS"
    assert session.scalar(select(func.count(Workplace.id))) == 3


def test_an_empty_cell_empties_but_a_missing_column_and_a_bad_value_leave_what_is_known(session):
    load(session, csv_extract([register_row(1)]))
    few = [key for key in ENGLISH if key != "email"]
    result = load(session, csv_extract([register_row(1, phone="abc", employees="")], keys=few))
    assert counts(result) == (1, 0, 1, 0, 0, 1)
    found = workplace(session)
    assert (found.phone, found.email, found.employees) == ("+4520000001", "post1@firma.invalid", None)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"cvr_number": ""}, "cvr_number"),
        ({"cvr_number": "12345678"}, "cvr_number"),
        ({"p_number": "123"}, "p_number"),
        ({"name": " "}, "name"),
        ({"name": "x" * 1_000_000}, "name"),
        ({"postcode": "95"}, "postcode"),
        ({"municipality_code": "999"}, "municipality_code"),
        ({"municipality_code": ""}, "municipality_code"),
    ],
)
def test_a_row_that_cannot_go_in_is_set_aside_with_its_reason(session, cells, column):
    bad = register_row(1, **cells)
    result = load(session, csv_extract([bad, register_row(2)]))
    assert counts(result) == (2, 1, 0, 0, 1, 0)
    remark = session.scalar(select(ImportRemark))
    assert (remark.row_number, remark.kind, remark.column) == (2, "reject", column)
    assert remark.cells == [bad[key] for key in ENGLISH]
    assert remark.reason


@pytest.mark.parametrize(
    "cells",
    [
        {"phone": "12"},
        {"email": "nej@"},
        {"employees": "-1"},
        {"lat": "12,5"},
        {"lon": ""},
        {"contact_name": "12345"},
        {"industry_code": "4"},
        {"street": "=HYPERLINK(1)"},
        {"advertising_protected": "måske"},
    ],
)
def test_a_bad_optional_value_is_a_warning_and_the_row_goes_in_without_it(session, cells):
    result = load(session, csv_extract([register_row(1, **cells)]))
    assert counts(result) == (1, 1, 0, 0, 0, 1)
    key = next(iter(cells))
    empty = {"street": "", "advertising_protected": True, "lon": None}
    if key != "contact_name":
        assert getattr(workplace(session), key) == empty.get(key)
    else:
        assert workplace(session).contacts == []


def test_the_same_p_number_twice_in_a_file_is_said(session):
    rows = [register_row(1), register_row(1), register_row(1, name="En Anden ApS")]
    result = load(session, csv_extract(rows))
    assert counts(result) == (3, 1, 0, 1, 1, 1)
    assert [remark.kind for remark in result.remarks] == ["warning", "reject"]
    assert all("række 2" in remark.text for remark in result.remarks)
    assert workplace(session).name == rows[0]["name"]


def test_rejected_rows_corrected_and_loaded_again_are_all_in(session):
    rows = [
        register_row(1, cvr_number="12345678"),
        register_row(2),
        register_row(3, postcode="", phone="+45 20000003"),
        register_row(4, name="=SUM(A1)"),
    ]
    first = load(session, csv_extract(rows, headers=DANISH))
    assert counts(first) == (4, 1, 0, 0, 3, 0)
    file = rejects_csv(session, first.batch_id)
    assert file.startswith(b"\xef\xbb\xbfCVR-nr;P-nr;")
    text = file.decode("utf-8-sig")
    assert "kontrolciffer" in text
    for wrong, right in (("12345678", valid_cvr(1)), (";;Hobro", ";9500;Hobro"), ("'=SUM(A1)", "Sum ApS")):
        assert wrong in text
        text = text.replace(wrong, right)
    again = load(session, io.BytesIO(text.encode("utf-8-sig")))
    assert counts(again) == (3, 3, 0, 0, 0, 0)
    assert workplace(session, 3).phone == "+4520000003"
    assert not [remark for remark in again.remarks if remark.kind == "note"]


def test_rejected_rows_loaded_again_as_they_are_stay_rejected_for_the_same_reason(session):
    head = "cvr_number;p_number;name;postcode;municipality_code\n"
    source = f'{head}{valid_cvr(1)};1500000001;For; mange;9500;846\n{valid_cvr(2)};1500000002;"Uden slut;9500;846\n'
    first = load(session, io.BytesIO(source.encode()))
    second = load(session, io.BytesIO(rejects_csv(session, first.batch_id)))
    assert (first.rejected, second.rejected) == (2, 1)  # the file we write closes its quotation marks
    assert second.remarks[-1].text == first.remarks[-2].text


def test_a_dry_run_says_the_same_and_writes_nothing(session):
    load(session, csv_extract([register_row(1), register_row(2)]))
    rows = [
        register_row(1),
        register_row(2, name="Nyt"),
        register_row(3),
        register_row(3),
        register_row(4, phone="x"),
        register_row(5, postcode=""),
    ]
    tables = (Company, Workplace, Contact, ImportBatch, ImportRemark, ImportedWorkplace, Activity)
    before = [session.scalar(select(func.count()).select_from(table)) for table in tables]
    said = load(session, csv_extract(rows), dry_run=True)
    assert [session.scalar(select(func.count()).select_from(table)) for table in tables] == before
    assert workplace(session, 2).name != "Nyt"
    assert said.batch_id is None
    done = load(session, csv_extract(rows))
    assert counts(said) == counts(done) == (6, 2, 1, 2, 1, 2)
    assert said.correction == rejects_csv(session, done.batch_id)


def test_chunks_do_not_show(session, monkeypatch):
    """Repeats, companies and contacts across chunks come out as within one."""
    rows = [register_row(n, cvr_number=valid_cvr(1 + n % 3), name=f"Enhed {n} ApS") for n in range(1, 20)]
    rows += [rows[0], register_row(3, name="Anden")]
    monkeypatch.setattr(importing, "CHUNK_ROWS", 4)
    told = []
    result = load(session, csv_extract(rows), progress=told.append)
    assert counts(result) == (21, 19, 0, 1, 1, 1)
    assert told[-1] == 21
    assert told == sorted(told)
    assert session.scalar(select(func.count(Company.id))) == 3
    assert sorted(session.scalars(select(Company.name))) == ["Enhed 1 ApS", "Enhed 2 ApS", "Enhed 3 ApS"]
    assert counts(load(session, csv_extract(rows[:19])))[3] == 19


def test_a_p_number_under_another_cvr_number_moves_with_a_warning(session):
    load(session, csv_extract([register_row(1)]))
    old = workplace(session).id
    result = load(session, csv_extract([register_row(1, cvr_number=valid_cvr(9))]))
    assert counts(result) == (1, 0, 1, 0, 0, 1)
    assert valid_cvr(1) in result.remarks[0].text
    assert (workplace(session).id, workplace(session).company.cvr_number) == (old, valid_cvr(9))
    assert session.scalar(select(Activity.verb).where(Activity.workplace_id == old)) == "companies.moved"


def test_a_new_contact_takes_the_place_of_the_registers_old_one_but_not_of_a_person_we_know(session):
    load(session, csv_extract([register_row(1)]))
    load(session, csv_extract([register_row(1, contact_name="Bo Nysen")]))
    assert [contact.name for contact in session.scalars(select(Contact))] == ["Bo Nysen"]
    add_contact(session, workplace(session), "bo nysen", "Direktør", "+4520000009", None, "call")
    load(session, csv_extract([register_row(1, contact_name="Ib Tredjesen")]))
    assert [(contact.name, contact.title) for contact in session.scalars(select(Contact).order_by(Contact.id))] == [
        ("Bo Nysen", "Direktør"),
        ("Ib Tredjesen", ""),
    ]


@pytest.mark.parametrize("content", [b"", b"navn;by\nA;B\n", b"PK\x03\x04"])
def test_a_file_that_cannot_be_used_writes_nothing(session, content):
    with pytest.raises(Invalid):
        load(session, io.BytesIO(content))
    assert session.scalar(select(func.count(ImportBatch.id))) == 0


def test_columns_that_are_not_read_and_headers_that_repeat_are_noted(session):
    headers = [*ENGLISH, "Intern note", "Navn"]
    result = load(session, csv_extract([register_row(1)], keys=[*ENGLISH, "x", "y"], headers=headers))
    assert counts(result) == (1, 1, 0, 0, 0, 0)
    assert [(remark.kind, remark.column) for remark in result.remarks] == [("note", "Intern note"), ("note", "Navn")]


def test_undo_takes_new_ones_out_and_puts_updated_ones_back(session):
    load(session, csv_extract([register_row(1), register_row(2)]))
    second = load(session, csv_extract([register_row(1, name="Nyt", cvr_number=valid_cvr(8)), register_row(3)]))
    assert undo_import(session, None, NOW, session.get_one(ImportBatch, second.batch_id)) == (1, 1)
    assert (workplace(session).name, workplace(session).company.cvr_number) == ("Ærlig Østergård 1 ApS", valid_cvr(1))
    assert workplace(session, 3) is None
    assert counts(load(session, csv_extract([register_row(1), register_row(2)])))[3] == 2
    with pytest.raises(Refusal):
        undo_import(session, None, NOW, session.get_one(ImportBatch, second.batch_id))


def test_undo_is_refused_once_a_list_holds_one_of_the_companies(session):
    result = load(session, csv_extract([register_row(1), register_row(2)]))
    make_queue_entry(session, workplace=workplace(session, 2))
    with pytest.raises(Refusal) as refusal:
        undo_import(session, None, NOW, session.get_one(ImportBatch, result.batch_id))
    assert refusal.value.code == "used"
    assert session.scalar(select(func.count(Workplace.id))) == 2


def test_undo_waits_for_a_later_import_of_the_same_companies(session):
    first = load(session, csv_extract([register_row(1)]))
    load(session, csv_extract([register_row(1, name="Nyt")]))
    with pytest.raises(Refusal) as refusal:
        undo_import(session, None, NOW, session.get_one(ImportBatch, first.batch_id))
    assert refusal.value.code == "later"


def test_do_not_call_is_set_once_and_lifted_with_a_reason(session):
    user, found = make_user(session, "campaign_manager"), make_workplace(session)
    set_do_not_call(session, user, NOW, found, "Bad om det i telefonen")
    set_do_not_call(session, None, NOW.replace(year=2027), found, "igen")
    assert (found.do_not_call_at, found.do_not_call_by) == (NOW, user.id)
    with pytest.raises(Invalid):
        lift_do_not_call(session, user, NOW, found, "  ")
    lift_do_not_call(session, user, NOW, found, "Har selv ringet")
    assert found.do_not_call_at is None
    verbs = session.scalars(select(Activity.verb).where(Activity.workplace_id == found.id).order_by(Activity.id))
    assert list(verbs) == ["companies.do_not_call", "companies.lift_do_not_call"]


def test_a_contact_of_the_same_name_is_the_same_contact(session):
    found = make_workplace(session)
    known = make_contact(session, found, "Mette Prøvesen", phone="+4520000001")
    assert add_contact(session, found, " mette  prøvesen ", "Chef", None, "m@x.invalid", "visit") is known
    assert (known.title, known.phone, known.email) == ("Chef", "+4520000001", "m@x.invalid")
    assert add_contact(session, found, "Bo", "", None, None, "call").id != known.id
    with pytest.raises(Invalid):
        add_contact(session, found, " ", "", None, None, "call")
