"""A booking taken back within ten seconds leaves nothing behind but the log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import at, danish
from crm.base.errors import NotFound, Refusal
from crm.calendars.models import CalendarEvent
from crm.calling.actions import finish
from crm.calling.models import Call
from crm.calling.rules import UNDO
from crm.integrations.models import OutboxMessage
from crm.visits.actions import book, move, undo_booking
from crm.visits.models import SlotHold, Visit, VisitEvent
from tests.conftest import NOW
from tests.factories import make_user
from tests.factories.visits import METTE, Scene, make_scene

TEN = at(danish(NOW).date() + timedelta(days=2), 600)
SOON = NOW + timedelta(seconds=6)


def booked(scene: Scene) -> tuple[Visit, Call]:
    visit = book(scene.session, scene.phoner, NOW, scene.entry(), scene.consultant.id, TEN, METTE, "Ring på")
    return visit, scene.session.scalars(select(Call).where(Call.entry_id == visit.queue_entry_id)).one()


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_nothing_leaves_before_the_phoner_can_no_longer_take_it_back(session: Session) -> None:
    visit, _call = booked(make_scene(session, notice_hours=0))
    waiting = session.scalars(select(OutboxMessage)).all()
    assert len(waiting) >= 2
    assert min(message.not_before for message in waiting) == NOW + UNDO
    scene = make_scene(session)
    own = book(session, scene.consultant, NOW, scene.entry(held=False), scene.consultant.id, TEN, METTE)
    told = session.scalars(select(OutboxMessage).where(OutboxMessage.dedupe_key.like(f"visit:{own.id}:visit_%"))).all()
    assert {message.not_before for message in told} == {NOW}, "who books for themselves has no such button"
    assert visit.state == "booked"


def test_it_is_as_if_never_booked(session: Session) -> None:
    scene = make_scene(session)
    visit, call = booked(scene)
    entry = undo_booking(session, scene.phoner, SOON, call)
    for model in (Visit, VisitEvent, CalendarEvent, OutboxMessage):
        assert count(session, model) == 0, model
    assert (entry.state, entry.final_outcome, entry.claimed_by) == ("waiting", None, scene.phoner.id)
    assert entry.claimed_at is not None
    assert entry.draft_note == "Ring på"
    assert call.undone_at == SOON
    verbs = session.scalars(select(Activity.verb).where(Activity.verb.like("visits.%"))).all()
    assert verbs == ["visits.undo_booking"]
    held = session.scalars(select(SlotHold)).one()
    assert (held.starts_at, held.user_id) == (TEN, scene.phoner.id), "the phoner goes on about the same time"
    again = book(session, scene.phoner, SOON, entry, scene.consultant.id, TEN, METTE)
    assert again.state == "booked"
    assert undo_booking(session, scene.phoner, SOON, call).id == entry.id, "twice is once"
    assert count(session, Visit) == 1
    assert visit is not again


def test_too_late_another_and_changed(session: Session) -> None:
    scene = make_scene(session)
    visit, call = booked(scene)
    with pytest.raises(Refusal) as caught:
        undo_booking(session, scene.phoner, NOW + UNDO + timedelta(seconds=1), call)
    assert caught.value.code == "too_late"
    with pytest.raises(NotFound):
        undo_booking(session, make_user(session, "phoner"), SOON, call)
    with session.begin_nested() as point:
        move(session, scene.consultant, SOON, visit, TEN + timedelta(hours=2), "Byttet")
        with pytest.raises(Refusal) as caught:
            undo_booking(session, scene.phoner, SOON, call)
        assert caught.value.code == "stale"
        point.rollback()
    session.expire_all()
    session.scalars(select(OutboxMessage).where(OutboxMessage.dedupe_key.like("%visit_new%"))).one().state = "sent"
    session.flush()
    with pytest.raises(Refusal) as caught:
        undo_booking(session, scene.phoner, SOON, call)
    assert caught.value.code == "too_late"


def test_a_call_that_booked_nothing_is_not_found(session: Session) -> None:
    scene = make_scene(session)
    call = finish(session, scene.phoner, NOW, scene.entry(), "no_answer")
    with pytest.raises(NotFound):
        undo_booking(session, scene.phoner, SOON, call)
