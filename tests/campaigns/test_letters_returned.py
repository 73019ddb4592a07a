"""Returned mail: all or none, the address is marked until the register has a new one, and a mark is taken back."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.base.errors import Invalid, NotFound, Refusal
from crm.base.scope import Scope
from crm.campaigns.actions import make_letters, mark_returned, undo_returned
from crm.campaigns.models import Letter, ListEntry
from crm.campaigns.queries import batch_counts, list_letters, returned_counts, returned_letter
from crm.companies.actions import import_register, undo_import
from crm.companies.models import ImportBatch
from tests.conftest import NOW
from tests.factories.core import make_participation, make_workplace
from tests.factories.letters import make_batch, make_mailing_list

BACK = NOW + timedelta(days=6)
EVERYTHING = Scope(everything=True)


@pytest.fixture
def sent(session):
    """A batch mailed today to three workplaces."""
    workplaces = [make_workplace(session, name=f"Eksempel {n}") for n in range(3)]
    return make_batch(session, make_mailing_list(session, workplaces=workplaces)), workplaces


def mark(session, batch, *workplaces, because="moved", now=BACK):
    return mark_returned(session, None, now, batch, {w.p_number: None for w in workplaces}, because)


def entry_of(session, batch, workplace):
    return session.scalar(
        select(Letter.list_entry_id)
        .join(ListEntry, ListEntry.id == Letter.list_entry_id)
        .where(Letter.batch_id == batch.id, ListEntry.workplace_id == workplace.id)
    )


def test_letter_and_address_are_marked_once(session, sent) -> None:
    batch, (first, second, third) = sent
    assert mark_returned(session, None, BACK, batch, {first.p_number: None, second.p_number: "closed"}, "moved") == (
        2,
        0,
    )
    assert mark(session, batch, first, third, because="unknown", now=BACK + timedelta(days=1)) == (1, 1)
    assert returned_counts(session, batch) == {"moved": 1, "closed": 1, "unknown": 1}
    assert batch_counts(session, [batch.id])[batch.id].returned == 3
    assert (first.mail_returned_at, third.mail_returned_at) == (BACK, BACK + timedelta(days=1))
    assert returned_letter(session, EVERYTHING, first.id).batch_id == batch.id
    assert returned_letter(session, Scope(), first.id) is None


def test_unknown_numbers_are_named_and_nothing_is_half_saved(session, sent) -> None:
    batch, (first, *_others) = sent
    stranger = make_workplace(session)
    with pytest.raises(Invalid) as refused:
        mark(session, batch, first, stranger)
    assert refused.value.fields["numbers"] == stranger.p_number
    assert first.mail_returned_at is None
    assert batch_counts(session, [batch.id])[batch.id].returned == 0


def test_who_had_no_letter_cannot_return_it(session) -> None:
    left = make_workplace(session, street="")
    batch = make_batch(session, make_mailing_list(session, workplaces=[make_workplace(session), left]))
    with pytest.raises(Invalid):
        mark(session, batch, left)
    with pytest.raises(Invalid):
        mark_returned(session, None, BACK, batch, {}, "moved")
    with pytest.raises(Invalid):
        mark(session, batch, because="lost")


def test_nothing_comes_back_before_it_is_sent(session) -> None:
    workplace = make_workplace(session)
    batch = make_batch(session, make_mailing_list(session, workplaces=[workplace]), mailed_on=date(2026, 12, 1))
    with pytest.raises(Refusal) as early:
        mark(session, batch, workplace, now=NOW)
    assert early.value.code == "not_mailed"


def test_a_marked_address_is_left_out_until_the_register_has_another(session, sent) -> None:
    batch, (first, *_others) = sent
    mark(session, batch, first)
    campaign_mates = make_mailing_list(session, workplaces=[first, make_workplace(session)])
    (other,) = make_letters(session, None, BACK, campaign_mates, name="B", first_on=BACK.date())
    assert batch_counts(session, [other.id])[other.id].left_out == 1
    register(session, first, street=first.street)
    session.refresh(first)
    assert first.mail_returned_at == BACK  # the register says the same address: nothing has changed
    batch_id = register(session, first, street="Ny Prøvevej 7")
    session.refresh(first)
    assert (first.street, first.mail_returned_at) == ("Ny Prøvevej 7", None)
    (again,) = make_letters(session, None, BACK, batch.call_list, name="C", first_on=BACK.date())
    assert batch_counts(session, [again.id])[again.id].letters == 1
    (standing,) = list_letters(session, batch.call_list.participation.campaign_id, EVERYTHING, BACK.date())
    assert (standing.sent, standing.returned, standing.rest) == (3, 0, 0)
    with pytest.raises(Refusal) as newer:
        undo_returned(session, None, BACK, batch, entry_of(session, batch, first))
    assert newer.value.code == "again"
    undo_import(session, None, BACK, session.get_one(ImportBatch, batch_id))
    session.refresh(first)
    assert first.mail_returned_at == BACK  # the old address is back


def register(session, workplace, **changes):
    """Import one row for the workplace; the batch's id."""
    values = {"street": workplace.street, "postcode": workplace.postcode, "city": workplace.city, **changes}
    text = (
        "CVR-nr;P-nr;Navn;Adresse;Postnr;By;Kommunekode;Antal ansatte\r\n"
        f"{workplace.company.cvr_number};{workplace.p_number};{workplace.name};{values['street']};{values['postcode']};"
        f"{values['city']};0846;{99 if values['street'] == workplace.street else 98}\r\n"
    )
    return import_register(session, None, BACK, io.BytesIO(text.encode()), "nyt.csv").batch_id


def test_a_mark_is_taken_back(session, sent) -> None:
    batch, (first, *_others) = sent
    mark(session, batch, first)
    entry_id = entry_of(session, batch, first)
    undo_returned(session, None, BACK, batch, entry_id)
    assert first.mail_returned_at is None
    assert returned_counts(session, batch) == {}
    with pytest.raises(Refusal) as twice:
        undo_returned(session, None, BACK, batch, entry_id)
    assert twice.value.code == "stale"
    with pytest.raises(NotFound):
        undo_returned(session, None, BACK, batch, 999_999)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_address_stays_marked_while_another_letter_came_back_from_it(session, sent, order) -> None:
    first, (workplace, *_others) = sent
    elsewhere = make_mailing_list(session, workplaces=[workplace])
    assert elsewhere.participation_id != first.call_list.participation_id
    second = make_batch(session, elsewhere)
    times = (BACK, BACK + timedelta(days=2))
    for batch, when in zip((first, second), times, strict=True):
        mark(session, batch, workplace, now=when)
    assert workplace.mail_returned_at == times[0]
    batches = (first, second)
    undo_returned(session, None, BACK, batches[order[0]], entry_of(session, batches[order[0]], workplace))
    assert workplace.mail_returned_at == times[order[1]]
    undo_returned(session, None, BACK, batches[order[1]], entry_of(session, batches[order[1]], workplace))
    assert workplace.mail_returned_at is None


def test_lists_of_two_campaigns_are_counted_apart(session) -> None:
    batch = make_batch(session)
    other = make_participation(session)
    assert list_letters(session, other.campaign_id, EVERYTHING, NOW.date()) == []
    assert len(list_letters(session, batch.call_list.participation.campaign_id, EVERYTHING, NOW.date())) == 1
