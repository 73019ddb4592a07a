"""The company's answers to an agreement, and how they are settled. Actions on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import Invalid, Refusal
from crm.base.scope import Scope
from crm.followups.actions.agreements import agree, fulfil, reopen, snooze
from crm.followups.actions.answers import confirm, correct, say_kept
from crm.followups.actions.settling import accept, decline, take_note
from crm.followups.models import Answer, FollowUp, Notice
from crm.followups.queries.answers import correction_of, of_follow_ups, stamp_of, waiting, waiting_in
from crm.followups.queries.kept import kept_rate
from crm.followups.rules import FollowUpDecision
from crm.followups.rules.answers import stamp
from crm.integrations.models import OutboxMessage
from crm.people.permissions import scope_of
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_visit

DUE = date(2026, 12, 1)
SEND = FollowUpDecision("jobcentre", DUE, "To ansøgere til pladeværkstedet", "we_owe")
LATER = NOW + timedelta(hours=2)
EVERYTHING = Scope(everything=True)


@pytest.fixture
def visit(session: Session) -> Visit:
    return make_visit(
        session,
        state="held",
        starts_at=NOW - timedelta(hours=2),
        reported_at=NOW,
        contact_email="mette@eksempel.invalid",
    )


@pytest.fixture
def agreed(session: Session, visit: Visit) -> FollowUp:
    return agree(session, visit.consultant, NOW, visit, SEND, from_report=True)


def seen(follow_up: FollowUp) -> str:
    return stamp(follow_up.promise, follow_up.due_on, follow_up.owed_by)


def shown(session: Session, follow_up: FollowUp) -> str:
    """With the correction that waits."""
    return stamp_of(follow_up, correction_of(session, follow_up))


def mails(session: Session) -> list[OutboxMessage]:
    return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def notices(session: Session) -> list[tuple[int, str]]:
    return [tuple(row) for row in session.execute(select(Notice.user_id, Notice.kind).order_by(Notice.id))]


def verbs(session: Session) -> list[str]:
    return [
        verb for verb in session.scalars(select(Activity.verb).order_by(Activity.id)) if verb.startswith("followups.")
    ]


def test_a_confirmation_is_kept_once_and_tells_nobody(session: Session, agreed: FollowUp) -> None:
    first = confirm(session, LATER, agreed, seen(agreed))
    again = confirm(session, LATER + timedelta(minutes=1), agreed, seen(agreed))
    assert first.id == again.id
    assert agreed.confirmed_at == LATER
    assert notices(session) == []
    assert len(mails(session)) == 1
    assert verbs(session) == ["followups.agree", "followups.confirm"]


def test_an_answer_to_what_was_shown_before_it_changed_is_refused(session: Session, agreed: FollowUp) -> None:
    shown = seen(agreed)
    snooze(session, agreed.owner, NOW, agreed, date(2026, 12, 4), "Ferie")
    for answer in (lambda: confirm(session, LATER, agreed, shown), lambda: correct(session, LATER, agreed, shown, "x")):
        with pytest.raises(Refusal) as refused:
            answer()
        assert refused.value.code == "stale"
    assert of_follow_ups(session, [agreed.id]) == {}
    assert agreed.confirmed_at is None


@pytest.mark.parametrize("over", ["done", "voided"])
def test_what_is_over_is_neither_confirmed_nor_corrected(session: Session, agreed: FollowUp, over: str) -> None:
    if over == "done":
        fulfil(session, agreed.owner, NOW, agreed, "Sendt")
    else:
        agreed.voided_at = NOW
        session.flush()
    with pytest.raises(Refusal):
        confirm(session, LATER, agreed, seen(agreed))
    with pytest.raises(Refusal):
        correct(session, LATER, agreed, seen(agreed), "Det var tre")
    assert notices(session) == []


def test_a_correction_waits_and_may_be_written_anew_but_tells_the_owner_once(
    session: Session, agreed: FollowUp
) -> None:
    confirm(session, NOW, agreed, seen(agreed))
    first = correct(session, LATER, agreed, seen(agreed), "Det var tre\r\nansøgere", date(2026, 12, 3), "jobcentre")
    later = LATER + timedelta(minutes=5)
    second = correct(session, later, agreed, shown(session, agreed), "Det var fire ansøgere", DUE)
    assert first.id == second.id
    assert (second.words, second.due_on, second.owed_by) == ("Det var fire ansøgere", None, None)
    assert notices(session) == [(agreed.owner_id, "answer")]
    assert agreed.confirmed_at is None
    assert (agreed.promise, agreed.due_on) == (SEND.promise, DUE)
    assert waiting(session, [agreed.id]) == {agreed.id: second}


def test_a_confirmation_takes_a_waiting_correction_back(session: Session, agreed: FollowUp) -> None:
    said = correct(session, NOW, agreed, seen(agreed), "Det var tre")
    confirm(session, LATER, agreed, shown(session, agreed))
    assert (said.settled_at, said.settled_by, said.settled_as) == (LATER, None, "declined")
    assert waiting(session, [agreed.id]) == {}
    assert agreed.confirmed_at == LATER


def test_a_second_window_writes_over_nothing_it_has_not_shown(session: Session, agreed: FollowUp) -> None:
    opened = seen(agreed)
    first = correct(session, NOW, agreed, opened, "Det var tre")
    assert correct(session, LATER, agreed, opened, "Det var tre").id == first.id, "sent twice is sent once"
    for answer in (
        lambda: correct(session, LATER, agreed, opened, "Det var fire"),
        lambda: confirm(session, LATER, agreed, opened),
    ):
        with pytest.raises(Refusal) as refused:
            answer()
        assert refused.value.code == "written"
    assert waiting(session, [agreed.id]) == {agreed.id: first}
    assert first.words == "Det var tre"


def test_a_correction_waits_no_longer_once_it_is_done_and_again_when_that_was_a_mistake(
    session: Session, agreed: FollowUp
) -> None:
    said = correct(session, NOW, agreed, seen(agreed), "Det var tre")
    fulfil(session, agreed.owner, LATER, agreed, "Sendt")
    assert (said.settled_at, said.settled_by, said.settled_as) == (LATER, agreed.owner_id, None)
    assert waiting(session, [agreed.id]) == {}
    with pytest.raises(Refusal) as refused:
        decline(session, agreed.owner, LATER, said, "Nej, to")
    assert refused.value.code == "settled"
    reopen(session, agreed.owner, LATER + timedelta(minutes=1), agreed)
    session.refresh(said)
    assert (said.settled_at, said.settled_by) == (None, None)
    assert waiting(session, [agreed.id]) == {agreed.id: said}


def test_a_correction_that_was_answered_stays_answered_when_done_is_taken_back(
    session: Session, agreed: FollowUp
) -> None:
    said = correct(session, NOW, agreed, seen(agreed), "Det var tre")
    decline(session, agreed.owner, LATER, said, "Vi aftalte to")
    fulfil(session, agreed.owner, LATER, agreed, "Sendt")
    reopen(session, agreed.owner, LATER, agreed)
    session.refresh(said)
    assert said.settled_as == "declined"


def test_the_company_that_says_it_happened_wants_nothing_otherwise_any_more(session: Session, agreed: FollowUp) -> None:
    said = correct(session, NOW, agreed, seen(agreed), "Det var tre")
    agreed.asked_at = NOW
    say_kept(session, LATER, agreed, False)
    assert said.settled_at is None
    say_kept(session, LATER, agreed, True)
    assert (said.settled_at, said.settled_as) == (LATER, "declined")
    assert waiting(session, [agreed.id]) == {}


def test_a_broken_promise_becomes_the_companys_by_its_own_word_alone(session: Session, agreed: FollowUp) -> None:
    late = NOW + timedelta(days=10)
    said = correct(session, late, agreed, seen(agreed), "Det var tre")
    with pytest.raises(Invalid) as refused:
        accept(session, agreed.owner, late, said, owed_by="company", due_on=date(2026, 12, 14))
    assert list(refused.value.errors) == ["owed_by"]
    assert kept_rate(session, EVERYTHING, date(2026, 12, 4))["jobcentre"].due == 1
    said = correct(session, late, agreed, shown(session, agreed), "Det var os", date(2026, 12, 14), "company")
    accept(session, agreed.owner, late, said)
    assert kept_rate(session, EVERYTHING, date(2026, 12, 4))["jobcentre"].due == 0


def test_settling_says_whether_anything_was_sent(session: Session, agreed: FollowUp) -> None:
    said = correct(session, NOW, agreed, seen(agreed), "Det var tre")
    assert decline(session, agreed.owner, LATER, said, "Vi aftalte to")
    said = correct(session, NOW, agreed, seen(agreed), "Det var fire")
    agreed.visit.contact_email = None
    before = len(mails(session))
    assert not accept(session, agreed.owner, LATER, said)
    assert len(mails(session)) == before


@pytest.mark.parametrize(
    ("words", "due_on", "owed_by", "field"),
    [
        (" ", None, None, "words"),
        ("", DUE, "jobcentre", "words"),
        ("x" * 1001, None, None, "words"),
        ("ok", date(2026, 11, 20), None, "due_on"),
        ("ok", date(2026, 12, 25), None, "due_on"),
        ("ok", date(2031, 12, 1), None, "due_on"),
        ("ok", None, "kommunen", "owed_by"),
    ],
)
def test_a_correction_names_what_is_wrong_with_it(
    session: Session, agreed: FollowUp, words: str, due_on: date | None, owed_by: str | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        correct(session, LATER, agreed, seen(agreed), words, due_on, owed_by)
    assert list(refused.value.errors) == [field]
    assert of_follow_ups(session, [agreed.id]) == {}


def test_an_accepted_correction_becomes_the_agreement_and_is_sent_anew(session: Session, agreed: FollowUp) -> None:
    said = correct(session, LATER, agreed, seen(agreed), "Vi sender jer opslaget", date(2026, 12, 3), "company")
    accept(session, agreed.owner, LATER, said)
    assert (agreed.promise, agreed.due_on, agreed.first_due_on) == (
        "Vi sender jer opslaget",
        date(2026, 12, 3),
        date(2026, 12, 3),
    )
    assert (agreed.owed_by, agreed.kind) == ("company", "company_owes")
    assert agreed.confirmed_at == said.at, "it is what the company said itself"
    assert (said.settled_as, said.settled_by) == ("accepted", agreed.owner_id)
    mail = mails(session)[-1]
    assert mail.subject.startswith("Aftalen er rettet")
    assert "Vi sender jer opslaget" in mail.body_text
    assert "torsdag den 3. december 2026" in mail.body_text
    assert "/aftale/" in mail.body_text
    with pytest.raises(Refusal) as refused:
        accept(session, agreed.owner, LATER, said)
    assert refused.value.code == "settled"
    assert len(mails(session)) == 2


def test_two_corrections_are_both_sent_anew_and_other_words_are_asked_about_again(
    session: Session, agreed: FollowUp
) -> None:
    for number, words in enumerate(("Det var tre", "Det var fire")):
        said = correct(session, LATER, agreed, seen(agreed), words)
        accept(session, agreed.owner, LATER, said, promise=f"{words} ansøgere")
        assert agreed.confirmed_at is None
        assert len(mails(session)) == number + 2


def test_a_broken_promise_keeps_its_first_day(session: Session, agreed: FollowUp) -> None:
    late = NOW + timedelta(days=10)
    said = correct(session, late, agreed, seen(agreed), "", date(2026, 12, 10))
    accept(session, agreed.owner, late, said)
    assert (agreed.due_on, agreed.first_due_on, agreed.promise) == (date(2026, 12, 10), DUE, SEND.promise)


def test_the_others_debt_begins_on_its_own_day(session: Session, agreed: FollowUp) -> None:
    late = NOW + timedelta(days=10)
    said = correct(session, late, agreed, seen(agreed), "Det var os", date(2026, 12, 10), "company")
    accept(session, agreed.owner, late, said)
    assert (agreed.owed_by, agreed.first_due_on) == ("company", date(2026, 12, 10))


def test_an_old_wish_for_a_day_that_has_passed_needs_another(session: Session, agreed: FollowUp) -> None:
    said = correct(session, NOW, agreed, seen(agreed), "Tre", date(2026, 11, 27))
    with pytest.raises(Invalid) as refused:
        accept(session, agreed.owner, NOW + timedelta(days=10), said)
    assert list(refused.value.errors) == ["due_on"]
    assert said.settled_at is None
    accept(session, agreed.owner, NOW + timedelta(days=10), said, due_on=date(2026, 12, 9), promise="Tre ansøgere")
    assert agreed.due_on == date(2026, 12, 9)


def test_a_declined_correction_leaves_the_agreement_and_says_why(session: Session, agreed: FollowUp) -> None:
    said = correct(session, LATER, agreed, seen(agreed), "Det var ti")
    with pytest.raises(Invalid):
        decline(session, agreed.owner, LATER, said, "  ")
    decline(session, agreed.owner, LATER, said, "Vi aftalte to.")
    assert (agreed.promise, said.settled_as, said.reply) == (SEND.promise, "declined", "Vi aftalte to.")
    mail = mails(session)[-1]
    for part in ("Det var ti", "Vi aftalte to.", SEND.promise, agreed.owner.name):
        assert part in mail.body_text
    assert waiting(session, [agreed.id]) == {}
    again = correct(session, LATER, agreed, seen(agreed), "Jo, ti")
    assert again.id != said.id


def test_a_no_tells_the_owner_reopens_nothing_and_waits_until_noted(session: Session, agreed: FollowUp) -> None:
    fulfil(session, agreed.owner, NOW, agreed, "Sendt")
    said = say_kept(session, LATER, agreed, False)
    say_kept(session, LATER, agreed, False)
    assert notices(session) == [(agreed.owner_id, "not_kept")]
    assert (agreed.state, agreed.company_kept) == ("done", False)
    scope = scope_of(session, agreed.owner, "followups.read")
    assert [one.id for one in waiting_in(session, scope)] == [agreed.id]
    with pytest.raises(Refusal):
        accept(session, agreed.owner, LATER, said)
    take_note(session, agreed.owner, LATER, said)
    assert list(waiting_in(session, scope)) == []
    assert agreed.company_kept is False
    say_kept(session, LATER, agreed, True)
    assert (agreed.company_kept, said.kind, said.settled_at) == (True, "kept", None)
    assert len(session.scalars(select(Answer)).all()) == 1


def test_whether_it_happened_is_asked_only_of_what_we_owed_and_when_it_makes_sense(
    session: Session, visit: Visit, agreed: FollowUp
) -> None:
    theirs = agree(
        session, None, NOW, visit, FollowUpDecision("company", DUE, "De ringer", "company_owes"), from_report=True
    )
    for one, when in ((agreed, NOW), (theirs, NOW + timedelta(days=30))):
        with pytest.raises(Refusal):
            say_kept(session, when, one, True)
    say_kept(session, NOW + timedelta(days=8), agreed, True)
    assert agreed.company_kept is True
