"""Who may have a letter, how batches are dealt over days, when calling opens, and what a returned list says."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from crm.base.clock import danish, is_working_day
from crm.campaigns.rules import (
    ADDRESS_COLUMNS,
    EVERY,
    LETTER_LEFT_OUT,
    Candidate,
    addresses_csv,
    addresses_xlsx,
    deal,
    letter_opens,
    mailing_days,
    read_file,
    read_numbers,
    usable_address,
    why_left_out,
)

TUESDAY = date(2026, 12, 1)
days = st.dates(date(2026, 1, 1), date(2028, 12, 31))
candidates = st.lists(st.sampled_from([None, *LETTER_LEFT_OUT]), max_size=60).map(
    lambda reasons: [Candidate(number, why) for number, why in enumerate(reasons)]
)
sizes = st.none() | st.integers(1, 20)


def campaign(**changes: Any) -> Any:
    values = {
        "state": "open",
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2029, 6, 30),
        "calls_from": 8 * 60,
        "calls_to": 17 * 60,
        "calls_any_day": False,
        "letter_days": 4,
    }
    return SimpleNamespace(**{**values, **changes})


@given(candidates, days, sizes, sizes, st.sampled_from([*EVERY]))
def test_everybody_is_dealt_once_in_order_and_no_batch_is_over_its_size(rows, first_on, amount, per, every) -> None:
    made = deal(rows, first_on, amount=amount, per=per, every=every)
    sent = [entry for portion in made for entry in portion.letters]
    can = [row.entry_id for row in rows if row.left_out is None]
    assert sent == can[: amount if amount is not None else len(can)]
    assert all(0 < len(portion.letters) <= (per or len(rows)) for portion in made)
    assert all(len(portion.letters) == per for portion in made[:-1])
    out = [pair for portion in made for pair in portion.left_out]
    reasons = {row.entry_id: row.left_out for row in rows}
    assert len({entry for entry, _why in out}) == len(out)
    assert all(reasons[entry] == why for entry, why in out)
    if made and len(sent) == len(can):  # nobody who could have one is left, so the reading went to the end
        assert len(sent) + len(out) == len(rows)
    elif made:
        assert all(entry < sent[-1] for entry, _why in out)


@given(days, st.sampled_from([*EVERY]))
def test_the_days_of_a_spread_are_working_days_and_come_one_after_the_other(first_on, every) -> None:
    made = [day for day, _n in zip(mailing_days(first_on, every), range(12), strict=False)]
    assert made[0] == first_on
    assert all(is_working_day(day) for day in made[1:])
    assert all(before < after for before, after in zip(made, made[1:], strict=False))


def test_five_hundred_a_week_from_the_first_of_december() -> None:
    made = deal([Candidate(n, None) for n in range(1800)], TUESDAY, per=500, every="week")
    assert [(portion.mailed_on, len(portion.letters)) for portion in made] == [
        (TUESDAY, 500),
        (date(2026, 12, 8), 500),
        (date(2026, 12, 15), 500),
        (date(2026, 12, 22), 300),
    ]
    fifth = list(zip(mailing_days(date(2026, 12, 3), "week"), range(4), strict=False))[3][0]
    assert fifth == date(2026, 12, 28)  # Thursday 24 December is no working day, nor is Christmas


@given(days, st.integers(0, 60), st.booleans(), st.integers(0, 1439))
def test_calling_opens_on_the_first_calling_day_that_is_late_enough(mailed_on, wait, any_day, minute) -> None:
    of = campaign(letter_days=wait, calls_any_day=any_day, calls_from=minute)
    opens = letter_opens(of, mailed_on)
    assert opens is not None
    local = danish(opens)
    earliest = mailed_on + timedelta(days=wait)
    assert local.date() >= earliest
    between = [earliest + timedelta(days=n) for n in range((local.date() - earliest).days)]
    assert all(not (any_day or is_working_day(day)) for day in between)
    assert any_day or is_working_day(local.date())
    skipped = local.hour * 60 + local.minute - minute
    assert skipped in (0, 60)  # an hour on in the night the clocks go forward


@pytest.mark.parametrize(
    ("mailed_on", "changes", "expected"),
    [
        (TUESDAY, {}, "2026-12-07 08:00"),  # Saturday is no calling day
        (TUESDAY, {"calls_any_day": True}, "2026-12-05 08:00"),
        (date(2026, 12, 21), {}, "2026-12-28 08:00"),  # Christmas
        (TUESDAY, {"letter_days": 0, "calls_from": 9 * 60 + 30}, "2026-12-01 09:30"),
        (TUESDAY, {"starts_on": date(2027, 1, 4)}, "2027-01-04 08:00"),
        (TUESDAY, {"ends_on": date(2026, 12, 6)}, None),
        (TUESDAY, {"ends_on": date(2026, 12, 7)}, "2026-12-07 08:00"),
        (TUESDAY, {"state": "closed"}, "2026-12-07 08:00"),
    ],
)
def test_when_calling_opens(mailed_on, changes, expected) -> None:
    opens = letter_opens(campaign(**changes), mailed_on)
    assert (opens and f"{danish(opens):%Y-%m-%d %H:%M}") == expected


@pytest.mark.parametrize(
    ("street", "postcode", "city", "usable"),
    [
        ("Prøvevej 2", "9500", "Hobro", True),
        ("Postboks 12", "0900", "København C", True),
        ("Ålborgvej", "9990", "Skagen", True),
        ("", "9500", "Hobro", False),
        ("12", "9500", "Hobro", False),
        ("-", "9500", "Hobro", False),
        ("Adresse  Ukendt", "9500", "Hobro", False),
        ("Prøvevej 2", "9500", " ", False),
        ("Prøvevej 2", "950", "Hobro", False),
        ("Prøvevej 2", "0000", "Hobro", False),
        ("Prøvevej 2", "9999", "Ukendt", False),
    ],
)
def test_an_address_a_letter_can_reach(street, postcode, city, usable) -> None:
    assert usable_address(street, postcode, city) is usable


FLAGS = ("struck", "do_not_call", "protected", "called", "returned")


@given(st.fixed_dictionaries({flag: st.booleans() for flag in FLAGS}), st.booleans(), st.booleans())
def test_the_first_reason_counts_and_a_basis_lifts_protection_alone(flags, basis, address) -> None:
    found = why_left_out(**flags, basis=basis, street="Prøvevej 2" if address else "", postcode="9500", city="Hobro")
    holds = {**flags, "no_address": not address, "protected": flags["protected"] and not basis}
    expected = [key for key in LETTER_LEFT_OUT if holds[key]]
    assert found == (expected[0] if expected else None)


@given(st.lists(st.lists(st.text(max_size=12), min_size=10, max_size=10), max_size=6))
def test_no_cell_of_a_file_is_a_formula(rows) -> None:
    data = addresses_csv(ADDRESS_COLUMNS, rows)
    assert data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert read[0] == list(ADDRESS_COLUMNS)
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in read for cell in row)


def test_excel_gets_text_in_every_cell() -> None:
    row = ["=1+1", "+45", "-vej", "@x", "0800", "Høje Taastrup", "10000009", "1900000001", "J\x0b", "1.12.2026"]
    sheet = load_workbook(io.BytesIO(addresses_xlsx(ADDRESS_COLUMNS, [row], "Adresser"))).active
    assert sheet is not None
    cells = list(sheet.iter_rows())[1]
    assert [cell.value for cell in cells] == [*row[:8], "J", row[9]]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)


def test_numbers_as_they_are_scanned_pasted_or_typed() -> None:
    found = read_numbers("1900000001\n1900000002, 1900000003;1900000001\n 19 0000 0004 \n\n12345678 hej\n")
    assert list(found.numbers) == ["1900000001", "1900000002", "1900000003", "1900000004"]
    assert found.unread == ["12345678", "hej"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_returned_list_in_any_encoding(encoding, delimiter) -> None:
    rows = [["Navn", "P-nr.", "Årsag"], ["Ærø Øl", "1900000001", "ukendt på adressen"], ["B", "'1900000002", "?"], []]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    found = read_file(text.encode(encoding))
    assert found.numbers == {"1900000001": "unknown", "1900000002": None}
    assert found.unread == []


def test_a_list_without_a_header_and_rows_without_a_number() -> None:
    assert read_file(b"Eksempel;10000009;1900000001\r\n1900000002\r\n").numbers == {
        "1900000001": None,
        "1900000002": None,
    }
    assert read_file(b"P-nummer;Grund\n;flyttet\n1900000003;Flyttet\n").unread == ["2:  flyttet"]


@given(st.binary(max_size=300))
def test_any_file_is_read_or_told_apart(data) -> None:
    found = read_file(data)
    assert all(number.isdigit() and len(number) == 10 for number in found.numbers)
