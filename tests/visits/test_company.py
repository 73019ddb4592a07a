"""The company moves and cancels by itself, and what its link is worth. Actions on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish
from crm.base.errors import Invalid, NotFound, Refusal
from crm.calendars.models import CalendarEvent
from crm.integrations.models import OutboxMessage
from crm.visits.actions import book, move
from crm.visits.actions.company import company_cancel, company_move, reason_text
from crm.visits.models import Visit, VisitEvent
from crm.visits.queries.company import APART, OWN, opened, spread
from crm.visits.rules import link
from crm.visits.rules.slots import Slot
from tests.conftest import NOW
from tests.factories.calendars import make_consultant
from tests.factories.core import make_jobcentre
from tests.factories.visits import METTE, Scene, make_scene

TEN = at(danish(NOW).date() + timedelta(days=3), 600)
EMAIL = METTE.email or ""


@pytest.fixture
def scene(session: Session) -> Scene:
    return make_scene(session, consultants=2, notice_hours=24)


@pytest.fixture
def visit(session: Session, scene: Scene) -> Visit:
    return book(session, scene.phoner, NOW, scene.entry(), scene.consultant.id, TEN, METTE)


def refused(code: str, session: Session, visit: Visit, sequence: int, who: int, when: datetime, now=NOW) -> Refusal:
    before = (visit.starts_at, visit.consultant_id, visit.state, visit.sequence)
    with pytest.raises(Refusal) as caught:
        company_move(session, now, visit, sequence, who, when, "Hej")
    assert caught.value.code == code
    assert (visit.starts_at, visit.consultant_id, visit.state, visit.sequence) == before
    return caught.value


def test_a_move_reaches_everybody_and_is_the_companys_own(session: Session, visit: Visit, scene: Scene) -> None:
    other = scene.consultants[1]
    company_move(session, NOW, visit, 0, other.id, TEN + timedelta(hours=2), "  Vi har\nmøde kl. 10 ")
    assert (visit.consultant_id, visit.responsible_id, visit.sequence) == (other.id, other.id, 1)
    event = session.scalars(select(VisitEvent).where(VisitEvent.kind == "move")).one()
    assert (event.actor_id, event.data["reason"]) == (
        None,
        "Virksomheden har selv flyttet besøget: Vi har møde kl. 10",
    )
    told = {m.recipient: m for m in session.scalars(select(OutboxMessage)) if "moved" in m.dedupe_key}
    assert "Vi har møde kl. 10" in told[other.email].body_text
    assert EMAIL in told
    states = {(e.consultant_id, e.status) for e in session.scalars(select(CalendarEvent))}
    assert states == {(other.id, "CONFIRMED"), (scene.consultant.id, "CANCELLED")}
    # the same click once more, from the page as it was
    company_move(session, NOW, visit, 0, other.id, TEN + timedelta(hours=2), "igen")
    assert visit.sequence == 1


def test_a_change_within_a_day_is_sent_as_sms_too(session: Session, visit: Visit, scene: Scene) -> None:
    company_cancel(session, TEN - timedelta(hours=20), visit, 0, "absent")
    sent = session.scalars(select(OutboxMessage).where(OutboxMessage.channel == "sms")).all()
    assert [m.recipient for m in sent if "cancelled" in m.dedupe_key] == ["+4530303030"]


def test_what_the_company_may_not_do(session: Session, visit: Visit, scene: Scene) -> None:
    own = scene.consultant.id
    soon = refused("hours", session, visit, 0, own, NOW + timedelta(hours=4))
    assert soon.extra["alternatives"]
    earliest = NOW + timedelta(hours=24)
    assert all(datetime.fromisoformat(one["starts_at"]) >= earliest for one in soon.extra["alternatives"])
    refused("stale", session, visit, 1, own, TEN + timedelta(hours=2))
    refused("stale", session, visit, 0, own, TEN + timedelta(days=3), TEN + timedelta(minutes=1))
    stranger = make_consultant(session, jobcentre=make_jobcentre(session, code="851"))
    with pytest.raises(NotFound):
        company_move(session, NOW, visit, 0, stranger.id, TEN + timedelta(hours=2))


def test_a_time_taken_by_another_brings_others(session: Session, visit: Visit, scene: Scene) -> None:
    later = TEN + timedelta(days=3)
    book(session, scene.phoner, NOW, scene.entry(), scene.consultant.id, later, METTE)
    found = refused("overlap", session, visit, 0, scene.consultant.id, later)
    assert len(found.extra["alternatives"]) == 3


def test_moved_meanwhile_by_the_consultant(session: Session, visit: Visit, scene: Scene) -> None:
    move(session, scene.consultant, NOW, visit, TEN + timedelta(hours=1), "Kursus")
    refused("stale", session, visit, 0, scene.consultant.id, TEN + timedelta(hours=3))
    with pytest.raises(Refusal):
        company_cancel(session, NOW, visit, 0, "time")
    assert visit.state == "booked"
    company_cancel(session, NOW, visit, 1, "time", "Beklager")
    company_cancel(session, NOW, visit, 1, "time", "Beklager")
    events = session.scalars(select(VisitEvent).where(VisitEvent.kind == "cancel")).all()
    assert [(event.actor_id, event.data["reason"]) for event in events] == [(None, "Tiden passer os ikke: Beklager")]
    refused("stale", session, visit, visit.sequence, scene.consultant.id, TEN + timedelta(hours=3))


def test_a_reason_is_asked_for() -> None:
    assert reason_text("other", " Vi \n flytter ") == "Vi flytter"
    assert len(reason_text("staff", "x" * 1000)) == 300
    for reason, said in (("", "x"), ("other", " "), ("none", "")):
        with pytest.raises(Invalid):
            reason_text(reason, said)


def test_the_link_follows_the_visit(session: Session, visit: Visit, scene: Scene) -> None:
    token = link.token(visit.id, EMAIL, NOW)
    assert opened(session, NOW, token).state == "open"
    move(session, scene.consultant, NOW, visit, TEN + timedelta(days=3), "Kursus")
    assert opened(session, TEN + timedelta(hours=1), token).state == "open"
    assert opened(session, visit.starts_at, token).state == "begun"
    visit.contact_email = "ny@eksempel.invalid"
    session.flush()
    with pytest.raises(NotFound):
        opened(session, NOW, token)
    assert opened(session, NOW, link.token(visit.id, "NY@eksempel.invalid", NOW)).state == "open"
    visit.contact_email = None
    session.flush()
    for empty in (link.token(visit.id, "", NOW), token):
        with pytest.raises(NotFound):
            opened(session, NOW, empty)


MOMENTS = st.integers(0, 5000).map(lambda day: datetime(2025, 1, 1, 12, tzinfo=UTC) + timedelta(days=day))


@given(st.integers(1, 2**52), st.emails(), MOMENTS)
def test_a_token_says_what_was_put_into_it(visit_id: int, email: str, now: datetime) -> None:
    token = link.token(visit_id, email, now)
    claim = link.read(token)
    assert claim is not None
    assert claim.is_for(visit_id, email.upper().lower())
    assert not claim.is_for(visit_id + 1, email)
    assert not claim.is_for(visit_id, "x" + email)
    assert not claim.is_too_old(now)
    assert claim.is_too_old(now + link.OLDEST + timedelta(days=1))
    assert email not in token
    assert all(char.isalnum() or char in "-_." for char in token)


@given(st.integers(1, 9999), st.integers(0, 120), st.sampled_from("abcXYZ019-_."))
def test_no_changed_token_is_read(visit_id: int, place: int, char: str) -> None:
    token = link.token(visit_id, EMAIL, NOW)
    place %= len(token)
    changed = token[:place] + char + token[place + 1 :]
    claim = link.read(changed)
    # the last character of base64 has bits that mean nothing: what is read must then be what was signed
    assert changed == token or claim is None or (place == len(token) - 1 and claim == link.read(token))


@given(st.text(max_size=220))
def test_no_text_of_a_strangers_is_read(text: str) -> None:
    assert link.read(text) is None


def test_another_installations_key_signs_nothing_here() -> None:
    token, before = link.token(7, EMAIL, NOW), link.outside()
    try:
        link.configure("another key", before.base_url, before.mailbox)
        assert link.read(token) is None
    finally:
        link.configure(before.key, before.base_url, before.mailbox)
    assert link.read(token) is not None


def free(starts_at: datetime) -> Slot:
    return Slot(1, "Karen", "K", starts_at, starts_at + timedelta(hours=1), 0, 0, 0, None, 0, "", "", None)


@given(st.lists(st.integers(16, 31), unique=True, max_size=16))
def test_the_own_times_of_a_day_are_spread_over_it(halves: list[int]) -> None:
    """``halves``: half hours of the day that are free, the best first."""
    day = danish(TEN).date()
    slots = [free(at(day, half * 30)) for half in halves]
    chosen = spread(slots)
    assert len(chosen) <= OWN
    assert len({slot.starts_at for slot in chosen}) == len(chosen)
    assert bool(chosen) == bool(slots)
    for low, high in ((0, 11), (11, 13), (13, 24)):
        part = [slot for slot in slots if low <= danish(slot.starts_at).hour < high]
        assert not part or part[0] in chosen, "the best of each part of the day is there"
    if len(chosen) > 3:
        for slot in chosen[3:]:
            assert all(abs(slot.starts_at - one.starts_at) >= APART for one in chosen if one is not slot)
