"""Making, moving and cancelling batches of letters, and handing out their addresses, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.base.activity import Activity
from crm.base.errors import Invalid, NotFound, Refusal
from crm.base.scope import Scope
from crm.campaigns.actions import cancel_letters, export_letters, make_letters, move_letters
from crm.campaigns.models import Letter, LetterBatch, ListEntry
from crm.campaigns.queries import (
    batch_counts,
    left_out_counts,
    letter_batch,
    letter_candidates,
    letter_rows,
    list_letters,
)
from crm.companies.actions import add_contact
from tests.conftest import NOW
from tests.factories.campaigns import make_fact
from tests.factories.core import make_jobcentre, make_participation, make_user, make_workplace
from tests.factories.letters import TEXT, make_batch, make_mailing_list

TODAY = NOW.date()
EVERYTHING = Scope(everything=True)


def spread(session, listed, **fields):
    values = {"name": "Postkort", "first_on": date(2026, 12, 1), **fields}
    return make_letters(session, None, NOW, listed, **values)


def mixed(session):
    """Seven who can have a letter, and one for each reason why not."""
    fine = [make_workplace(session) for _n in range(7)]
    odd = {
        "do_not_call": make_workplace(session, do_not_call_at=NOW),
        "protected": make_workplace(session, advertising_protected=True),
        "no_address": make_workplace(session, street=""),
        "returned": make_workplace(session, mail_returned_at=NOW),
        "called": make_workplace(session),
        "struck": make_workplace(session),
    }
    listed = make_mailing_list(session, workplaces=[*fine[:3], *odd.values(), *fine[3:]])
    entry = session.scalars(select(ListEntry).where(ListEntry.workplace_id == odd["struck"].id)).one()
    entry.struck_reason = "contact"
    campaign_id = listed.participation.campaign_id
    fact = make_fact(session, odd["called"], NOW - timedelta(days=1), "calling.finish", outcome="no_answer")
    fact.campaign_id = campaign_id
    session.flush()
    return listed, fine, odd


def letters(session, batch):
    rows = session.execute(
        select(ListEntry.workplace_id, Letter.left_out)
        .join(Letter, Letter.list_entry_id == ListEntry.id)
        .where(Letter.batch_id == batch.id)
        .order_by(ListEntry.position)
    ).all()
    return [workplace for workplace, why in rows if not why], {why: workplace for workplace, why in rows if why}


def test_a_batch_holds_who_can_have_a_letter_and_counts_the_others_with_a_reason(session) -> None:
    listed, fine, odd = mixed(session)
    (batch,) = spread(session, listed)
    sent, out = letters(session, batch)
    assert sent == [workplace.id for workplace in fine]
    assert out == {why: workplace.id for why, workplace in odd.items()}
    counts = batch_counts(session, [batch.id])[batch.id]
    assert (counts.letters, counts.left_out, counts.returned) == (7, 6, 0)
    assert left_out_counts(session, batch) == dict.fromkeys(odd, 1)
    rows, total = letter_rows(session, batch, "left_out")
    assert total == 6
    assert {letter.left_out for letter, _w in rows} == set(odd)
    fact = session.scalars(select(Activity).where(Activity.verb == "campaigns.make_letters")).one()
    assert (fact.data["letters"], fact.data["left_out"]["protected"], fact.campaign_id) == (
        7,
        1,
        listed.participation.campaign_id,
    )


def test_a_spread_takes_the_first_so_many_on_each_day_and_the_rest_stay(session) -> None:
    listed, fine, _odd = mixed(session)
    made = spread(session, listed, per=2, amount=5)
    assert [(batch.name, batch.mailed_on) for batch in made] == [
        ("Postkort 1", date(2026, 12, 1)),
        ("Postkort 2", date(2026, 12, 8)),
        ("Postkort 3", date(2026, 12, 15)),
    ]
    sent = [workplace for batch in made for workplace in letters(session, batch)[0]]
    assert sent == [workplace.id for workplace in fine[:5]]
    (standing,) = list_letters(session, listed.participation.campaign_id, EVERYTHING, TODAY)
    assert (standing.on_list, standing.sent, standing.planned, standing.left_out, standing.rest) == (12, 0, 5, 5, 2)
    assert standing.next_on == date(2026, 12, 1)
    (rest,) = spread(session, listed, first_on=date(2026, 12, 22))
    assert letters(session, rest) == ([workplace.id for workplace in fine[5:]], {})  # a reason is told once


def test_who_was_left_out_has_a_letter_when_the_reason_is_gone(session) -> None:
    listed, _fine, odd = mixed(session)
    spread(session, listed)
    with pytest.raises(Refusal, match="Ingen på listen") as nobody:
        spread(session, listed)
    assert nobody.value.code == "empty"
    odd["protected"].advertising_protected = False
    odd["no_address"].street = "Ny Prøvevej 3"
    session.flush()
    (again,) = spread(session, listed)
    assert letters(session, again) == ([odd["protected"].id, odd["no_address"].id], {})


def test_a_recorded_basis_lets_protected_companies_have_mail(session) -> None:
    protected = make_workplace(session, advertising_protected=True)
    listed = make_mailing_list(session, workplaces=[protected], legal_basis="Samtykke, vurderet af jurist KM")
    (batch,) = spread(session, listed)
    assert letters(session, batch) == ([protected.id], {})
    assert [row.name for row in export_letters(session, None, NOW, batch, "csv")] == [protected.name]


def test_the_database_holds_one_letter_under_way_to_an_entry(session) -> None:
    listed = make_mailing_list(session, 1)
    first = make_batch(session, listed)
    other = LetterBatch(call_list_id=listed.id, name="B", mailed_on=TODAY, created_at=NOW)
    session.add(other)
    session.flush()
    entry_id = session.scalar(select(Letter.list_entry_id).where(Letter.batch_id == first.id))
    session.add(Letter(batch_id=other.id, list_entry_id=entry_id))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


@pytest.mark.parametrize(("change", "code"), [("draft", "not_approved"), ("closed", "closed"), ("text", "no_text")])
def test_no_letters_without_an_approved_list_an_open_campaign_and_a_text(session, change, code) -> None:
    listed = make_mailing_list(session)
    if change == "draft":
        listed.state = "draft"
    elif change == "closed":
        listed.participation.campaign.state = "closed"
    else:
        listed.participation.campaign.information_text = "  "
    session.flush()
    with pytest.raises(Refusal) as refused:
        spread(session, listed)
    assert refused.value.code == code
    assert session.scalars(select(LetterBatch)).all() == []


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"first_on": TODAY - timedelta(days=1)}, "first_on"),
        ({"first_on": TODAY + timedelta(days=119)}, "first_on"),  # the campaign ends on the 120th
        ({"first_on": TODAY + timedelta(days=110), "per": 1}, "per"),
        ({"name": " "}, "name"),
        ({"amount": 0}, "amount"),
        ({"per": 0}, "per"),
        ({"every": "month"}, "every"),
    ],
)
def test_fields_that_cannot_be_used_are_named(session, fields, named) -> None:
    listed = make_mailing_list(session)
    with pytest.raises(Invalid) as refused:
        spread(session, listed, **fields)
    assert list(refused.value.errors) == [named]
    assert letter_candidates(session, listed)[0].left_out is None


def test_too_many_batches_are_refused_whole(session) -> None:
    listed = make_mailing_list(session, 61)
    with pytest.raises(Invalid, match="ikke lavet") as refused:
        spread(session, listed, per=1, every="day")
    assert refused.value.fields["count"] == 61


def test_a_batch_is_moved_and_cancelled_until_its_day(session) -> None:
    batch = make_batch(session, mailed_on=date(2026, 12, 1))
    move_letters(session, None, NOW, batch, date(2026, 12, 3))
    assert batch.mailed_on == date(2026, 12, 3)
    with pytest.raises(Invalid) as past:
        move_letters(session, None, NOW, batch, TODAY - timedelta(days=1))
    assert list(past.value.errors) == ["mailed_on"]
    evening_before = NOW.replace(day=2, month=12, hour=22, minute=59)  # 23.59 in Denmark
    on_the_day = evening_before + timedelta(minutes=1)
    for change in (lambda when: move_letters(session, None, when, batch, date(2026, 12, 9)),
                   lambda when: cancel_letters(session, None, when, batch)):  # fmt: skip
        with pytest.raises(Refusal) as mailed:
            change(on_the_day)
        assert mailed.value.code == "mailed"
    batch_id, listed = batch.id, batch.call_list
    cancel_letters(session, None, evening_before, batch)
    assert session.get(LetterBatch, batch_id) is None
    assert session.scalars(select(Letter).where(Letter.batch_id == batch_id)).all() == []
    assert len(letter_candidates(session, listed)) == 5


def test_who_became_protected_or_was_struck_out_is_in_no_file(session) -> None:
    user = make_user(session, "campaign_manager")
    workplaces = [make_workplace(session, name=f"Eksempel {n}") for n in range(6)]
    add_contact(session, workplaces[0], "Mette Prøvesen")
    add_contact(session, workplaces[0], "Anden Person")
    listed = make_mailing_list(session, workplaces=workplaces)
    batch = make_batch(session, listed, mailed_on=date(2026, 12, 1))
    workplaces[1].advertising_protected = True
    workplaces[2].do_not_call_at = NOW
    workplaces[3].street = ""
    session.scalars(select(ListEntry).where(ListEntry.workplace_id == workplaces[4].id)).one().struck_reason = "case"
    session.flush()
    rows = export_letters(session, user, NOW, batch, "xlsx")
    assert [(row.name, row.contact) for row in rows] == [("Eksempel 0", "Mette Prøvesen"), ("Eksempel 5", "")]
    assert letters(session, batch)[1] == {
        "protected": workplaces[1].id,
        "do_not_call": workplaces[2].id,
        "no_address": workplaces[3].id,
        "struck": workplaces[4].id,
    }
    fact = session.scalars(select(Activity).where(Activity.verb == "campaigns.export_letters")).one()
    assert fact.actor_id == user.id
    assert (fact.data["rows"], fact.data["kind"], fact.data["text"]) == (2, "xlsx", TEXT)
    assert fact.data["held_back"] == {"struck": 1, "do_not_call": 1, "protected": 1, "no_address": 1}


def test_after_the_day_the_file_leaves_them_out_but_the_letter_was_sent(session) -> None:
    workplaces = [make_workplace(session) for _n in range(2)]
    batch = make_batch(session, make_mailing_list(session, workplaces=workplaces))
    workplaces[0].advertising_protected = True
    session.flush()
    later = NOW + timedelta(days=3)
    assert len(export_letters(session, None, later, batch, "csv")) == 1
    assert letters(session, batch)[1] == {}
    workplaces[1].advertising_protected = True
    session.flush()
    with pytest.raises(Refusal) as nobody:
        export_letters(session, None, later, batch, "csv")
    assert nobody.value.code == "empty"


def test_a_batch_is_found_through_the_scope_alone(session) -> None:
    batch = make_batch(session)
    mine = batch.call_list.participation.jobcentre_id
    other = make_participation(session, jobcentre=make_jobcentre(session, code="840")).jobcentre_id
    assert letter_batch(session, Scope(jobcentres=frozenset({mine})), batch.id) is batch
    for scope in (Scope(jobcentres=frozenset({other})), Scope(firms=frozenset({1})), Scope()):
        with pytest.raises(NotFound):
            letter_batch(session, scope, batch.id)
        assert list_letters(session, batch.call_list.participation.campaign_id, scope, TODAY) == []
