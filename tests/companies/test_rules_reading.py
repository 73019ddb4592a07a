"""Files as people's hands and programs leave them: every good row is read, every bad one named, nothing raises."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.base.errors import Invalid
from crm.companies.rules import RowReader, open_extract
from crm.companies.rules.csv_file import MAX_LINE
from tests.factories.companies import DANISH, ENGLISH, csv_extract, register_row, xlsx_extract

HEAD = "cvr_number;p_number;name;postcode;municipality_code\n"
GOOD = "10000009;1500000001;Ærlig ApS;9500;846\n"
NEXT = "10000017;1500000002;Næste ApS;9500;846\n"


def read(source):
    """(good rows' names, [(row number, reasons)] of the rejected)."""
    if isinstance(source, str | bytes):
        source = io.BytesIO(source.encode() if isinstance(source, str) else source)
    good, bad = [], []
    with open_extract(source) as (header, records):
        reader = RowReader(header, frozenset({"846", "101"}))
        for number, cells, fault in records:
            row = reader.read(number, cells)
            if fault or row.values is None:
                bad.append((number, [fault] if fault else [remark.text for remark in row.remarks]))
            else:
                good.append(row.values["name"])
    return good, bad


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("headers", [ENGLISH, DANISH])
def test_every_encoding_delimiter_and_language(encoding, delimiter, headers):
    rows = [register_row(n, name=f"Æblegård; Østerå, {n}") for n in range(1, 4)]
    good, bad = read(csv_extract(rows, headers=headers, delimiter=delimiter, encoding=encoding))
    assert (good, bad) == ([row["name"] for row in rows], [])


@pytest.mark.parametrize("headers", [ENGLISH, DANISH])
def test_a_workbook(headers):
    rows = [
        register_row(1),
        register_row(2, cvr_number=10000017.0, postcode=800, employees=12.0, municipality_code=846),
    ]
    good, bad = read(xlsx_extract(rows, headers=headers))
    assert (good, bad) == ([row["name"] for row in rows], [])


def test_one_name_in_another_encoding_does_not_spoil_the_file():
    body = HEAD.encode() + GOOD.encode() + "10000017;1500000002;Rødgrød ApS;9500;846\n".encode("cp1252")
    assert read(body)[0] == ["Ærlig ApS", "Rødgrød ApS"]


def test_a_title_above_the_header_and_excels_own_line():
    assert read("sep=;\nUdtræk 20.11.2026\n\n" + HEAD + GOOD)[0] == ["Ærlig ApS"]


def test_line_breaks_and_marks_inside_quotation_marks():
    text = HEAD + '10000009;1500000001;"Ærlig ""Blik""\r\nog Rør; ApS";9500;846\n' + NEXT
    assert read(text) == (['Ærlig "Blik" og Rør; ApS', "Næste ApS"], [])


@pytest.mark.parametrize(
    "line", ['10000025;1500000009;"Uden slut;9500;846\n', '"10000025;1500000009;Uden slut;9500;846\n']
)
def test_an_open_quotation_mark_costs_only_its_own_row(line):
    for text in (
        HEAD + line + GOOD + NEXT,
        HEAD + GOOD + line + NEXT.replace("Næste ApS", '"Næste ApS"'),
        HEAD + GOOD + NEXT + line,
    ):
        good, bad = read(text)
        assert good == ["Ærlig ApS", "Næste ApS"]
        assert [reasons for _number, reasons in bad] == [["Et anførselstegn er åbnet, men ikke lukket i rækken"]]


def test_row_numbers_count_as_a_spreadsheet_does():
    bad = read(HEAD + GOOD + "\n" + "x;1500000002;B;9500;846\n")[1]
    assert [number for number, _reasons in bad] == [4]


def test_shifted_rows_are_rejected_and_short_ones_read():
    good, bad = read(HEAD + "10000009;1500000001;Ærlig; ApS;9500;846\n" + "10000017;1500000002;Kort\n" + NEXT)
    assert good == ["Næste ApS"]
    assert "flere celler" in bad[0][1][0]
    assert bad[1][1] == ["Postnummer mangler", "Kommunekode mangler"]


def test_empty_columns_at_the_end_are_nothing():
    assert read(HEAD.strip() + ";;\n" + GOOD.strip() + ";;\n")[0] == ["Ærlig ApS"]


@pytest.mark.parametrize("size", [1_000_000, MAX_LINE + 10])
def test_a_cell_of_any_size_costs_only_its_own_row(size):
    good, bad = read(HEAD + GOOD + f"10000025;1500000009;{'x' * size};9500;846\n" + NEXT)
    assert good == ["Ærlig ApS", "Næste ApS"]
    assert len(bad) == 1


def test_nul_bytes_are_left_out():
    assert read(HEAD + GOOD.replace("lig", "l\0ig"))[0] == ["Ærlig ApS"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n\n",
        b"navn\n",
        b"\x89PNG\r\n\x1a\n\0\0\0",
        b"%PDF-1.7\n\xff\xff",
        b"PK\x03\x04 no workbook",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\xff\xfe",
        b'"',
    ],
)
def test_what_is_no_extract_is_refused_with_one_line(content):
    with pytest.raises(Invalid) as refusal:
        read(content)
    assert "\n" not in str(refusal.value)


def test_a_damaged_workbook_is_refused():
    whole = xlsx_extract([register_row(n) for n in range(1, 200)]).getvalue()
    for part in (whole[: len(whole) // 2], whole[:200] + b"\0" * 300 + whole[500:]):
        with pytest.raises(Invalid):
            read(part)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet='ab1;,"\n\r\t\0=æ', max_size=200).map(str.encode))
def test_nothing_below_the_header_ever_raises(body):
    read(HEAD.encode() + body)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet='ab1;"\næ', max_size=20), max_size=6), st.integers(0, 3))
def test_good_rows_survive_whatever_stands_between_them(lines, place):
    """Except a quotation mark that swallows text which looks like no row: then the row after it is lost with it."""
    junk = [line.replace('"', "").replace("\n", " ") for line in lines]
    rows = [GOOD, NEXT]
    text = HEAD + "\n".join(junk[:place]) + "\n" + rows[0] + "\n".join(junk[place:]) + "\n" + rows[1]
    assert read(text)[0] == ["Ærlig ApS", "Næste ApS"]
