"""A visit moved or deleted in the consultant's own calendar, on a real server: proposed, never done behind backs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.errors import Refusal
from crm.integrations.models import OutboxMessage
from crm.visits.actions import cancel, move
from crm.visits.actions.proposals import accept, refuse
from tests.calendars.own import HOUR, ONE, TEN, World, uid, utc, world
from tests.calendars.radicale import Server
from tests.visits.checker import wrong_pairs

WEEK = timedelta(days=7)


def mails(here: World) -> list[str]:
    found = here.session.scalars(select(OutboxMessage).where(OutboxMessage.dedupe_key.like("proposal:%")))
    return [row.body_text for row in found]


def test_a_move_there_is_a_proposal_and_yes_moves_the_visit(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.edit(uid(visit), start=ONE, end=ONE + HOUR, description="Passer bedre")
    lies_there = here.own.texts()[uid(visit)]
    here.read()
    (proposal,) = here.proposals()
    assert (proposal.visit_id, proposal.starts_at, proposal.ends_at) == (visit.id, ONE, ONE + HOUR)
    assert visit.starts_at == TEN
    assert here.busy() == []
    here.deliver()
    here.read()
    assert here.own.texts()[uid(visit)] == lies_there, "what they did is left alone until it is settled"
    assert [one.id for one in here.proposals()] == [proposal.id]
    accept(session, here.consultant, here.now, proposal)
    assert (visit.starts_at, proposal.state, proposal.settled_by) == (ONE, "accepted", here.consultant.id)
    assert here.deliver() == 1
    here.read()
    assert here.own.start_of(uid(visit)) == ONE
    assert "Passer bedre" in here.own.texts()[uid(visit)]
    assert here.proposals() == []
    assert here.copy(visit).state == "written"
    told = session.scalars(select(OutboxMessage.recipient).where(OutboxMessage.dedupe_key.like(f"visit:{visit.id}:%")))
    assert "mette@eksempel.invalid" in set(told)


def test_no_writes_our_time_back_and_keeps_their_notes(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.edit(uid(visit), start=ONE, end=ONE + HOUR, description="Passer bedre", alarm=30)
    here.read()
    (proposal,) = here.proposals()
    refuse(session, here.consultant, here.now, proposal)
    assert (visit.starts_at, proposal.state) == (TEN, "refused")
    here.read()
    assert here.proposals() == [], "refused, though not written back yet"
    assert here.deliver() == 1
    here.read()
    text = here.own.texts()[uid(visit)]
    assert here.own.start_of(uid(visit)) == TEN
    assert "Passer bedre" in text
    assert "VALARM" in text
    assert here.proposals() == []
    here.own.edit(uid(visit), start=ONE, end=ONE + HOUR)
    here.read()
    assert len(here.proposals()) == 1, "the same move again is a new question"


def test_deleted_there_asks_what_to_do_and_can_be_put_back(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.delete(uid(visit))
    here.read()
    (proposal,) = here.proposals()
    assert (proposal.starts_at, visit.state) == (None, "booked")
    with pytest.raises(Refusal):
        accept(session, here.consultant, here.now, proposal)
    refuse(session, here.consultant, here.now, proposal)
    assert here.deliver() == 1
    here.read()
    assert here.own.start_of(uid(visit)) == TEN
    assert here.proposals() == []


def test_called_off_there_is_a_question_too(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.edit(uid(visit), status="CANCELLED")
    here.read()
    (proposal,) = here.proposals()
    assert proposal.starts_at is None
    cancel(session, here.consultant, here.now, visit, "jobcentre", "Syg")
    here.deliver()
    here.read()
    assert here.own.texts() == {}
    assert here.proposals() == []


def test_both_changed_at_once_theirs_is_proposed_against_the_new_time(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.edit(uid(visit), start=ONE, end=ONE + HOUR)
    move(session, here.consultant, here.now, visit, ONE + 24 * HOUR - 2 * HOUR, "Virksomheden bad om det")
    assert here.deliver() == 1
    assert here.own.start_of(uid(visit)) == ONE, "their edit, not seen before our write, is not written over"
    here.read()
    (proposal,) = here.proposals()
    assert proposal.starts_at == ONE
    assert visit.starts_at != ONE
    refuse(session, here.consultant, here.now, proposal)
    here.deliver()
    assert here.own.start_of(uid(visit)) == visit.starts_at


def test_both_to_the_same_time_is_no_question(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.edit(uid(visit), start=ONE, end=ONE + HOUR)
    move(session, here.consultant, here.now, visit, ONE, "Virksomheden bad om det")
    here.deliver()
    here.read()
    assert here.proposals() == []
    assert here.copy(visit).state == "written"
    assert here.own.start_of(uid(visit)) == ONE


def test_moved_back_there_lapses(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.edit(uid(visit), start=ONE, end=ONE + HOUR)
    here.read()
    here.own.edit(uid(visit), start=TEN, end=TEN + HOUR)
    here.read()
    assert here.proposals() == []
    assert len(here.proposals("lapsed")) == 1
    here.own.edit(uid(visit), start=ONE, end=ONE + HOUR)
    here.read()
    (second,) = here.proposals()
    here.own.edit(uid(visit), start=ONE + HOUR, end=ONE + 2 * HOUR)
    here.read()
    (third,) = here.proposals()
    assert (second.state, third.starts_at) == ("lapsed", ONE + HOUR)


def test_a_visit_that_changes_otherwise_overtakes_the_proposal(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.edit(uid(visit), start=ONE, end=ONE + HOUR)
    here.read()
    (proposal,) = here.proposals()
    move(session, here.consultant, here.now, visit, ONE + HOUR, "Virksomheden bad om det")
    with pytest.raises(Refusal) as stale:
        accept(session, here.consultant, here.now, proposal)
    assert stale.value.code == "stale"
    assert visit.starts_at == ONE + HOUR
    here.deliver()
    here.read()
    assert here.own.start_of(uid(visit)) == ONE + HOUR
    assert here.proposals() == []
    assert len(here.proposals("lapsed")) == 1


def test_a_time_that_cannot_be_driven_is_refused_with_others(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit, other = here.written(TEN), here.written(ONE)
    here.own.edit(uid(visit), start=ONE + HOUR / 2, end=ONE + 1.5 * HOUR)
    here.read()
    (proposal,) = here.proposals()
    with pytest.raises(Refusal) as refused:
        accept(session, here.consultant, here.now, proposal)
    assert refused.value.code == "overlap"
    assert refused.value.extra["alternatives"]
    assert (visit.starts_at, other.starts_at, proposal.state) == (TEN, ONE, "open")
    assert wrong_pairs(session) == []


def test_only_a_visit_within_two_days_is_told_by_mail(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    soon, late = here.written(TEN), here.written(TEN + WEEK)
    for visit in (soon, late):
        here.own.edit(uid(visit), start=visit.starts_at + HOUR, end=visit.starts_at + 2 * HOUR)
    here.read()
    here.read()
    assert len(here.proposals()) == 2
    (body,) = mails(here)
    assert soon.workplace.name in body
    assert f"/visits/{soon.id}" in body
    assert "kl. 11.00" in body


def test_a_longer_appointment_is_theirs_to_have(session: Session, radicale: Server) -> None:
    here = world(session, radicale)
    visit = here.written()
    here.own.edit(uid(visit), end=TEN + 2 * HOUR)
    here.read()
    assert here.proposals() == []
    assert "DTEND:20261126T110000Z" in here.own.texts()[uid(visit)]
    assert utc(26, 11) == TEN + 2 * HOUR
