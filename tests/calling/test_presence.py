"""What a phoner is doing: one row each, whose ``since`` tells when it began."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.calling.actions import mark_silent, note_presence
from crm.calling.models import Presence
from crm.calling.rules.presence import SILENT_CALLING, SILENT_PAUSED, presence_now
from crm.people.models import User
from tests.conftest import NOW
from tests.factories.core import make_participation, make_user

MINUTE = timedelta(minutes=1)


def _row(session: Session, user: User) -> Presence:
    return session.execute(
        select(Presence).where(Presence.user_id == user.id).execution_options(populate_existing=True)
    ).scalar_one()


def test_since_is_kept_by_repeating_and_changes_with_state_and_with_reason(session: Session) -> None:
    phoner = make_user(session, "phoner")
    note_presence(session, phoner, NOW, "calling")
    note_presence(session, phoner, NOW + MINUTE, "calling")
    row = _row(session, phoner)
    assert (row.since, row.seen_at) == (NOW, NOW + MINUTE)
    note_presence(session, phoner, NOW + 2 * MINUTE, "paused", reason="short")
    note_presence(session, phoner, NOW + 3 * MINUTE, "paused", reason="short")
    assert _row(session, phoner).since == NOW + 2 * MINUTE
    note_presence(session, phoner, NOW + 4 * MINUTE, "paused", reason="lunch")
    row = _row(session, phoner)
    assert (row.since, row.reason) == (NOW + 4 * MINUTE, "lunch")
    note_presence(session, phoner, NOW + 5 * MINUTE, "calling")
    row = _row(session, phoner)
    assert (row.since, row.reason) == (NOW + 5 * MINUTE, None)


def test_where_is_kept_by_a_pause_and_all_jobcentres_clear_the_one(session: Session) -> None:
    phoner, place = make_user(session, "phoner"), make_participation(session)
    at = {"campaign_id": place.campaign_id, "jobcentre_id": place.jobcentre_id}
    note_presence(session, phoner, NOW, "calling", campaign_id=at["campaign_id"], jobcentre_id=at["jobcentre_id"])
    note_presence(session, phoner, NOW + MINUTE, "paused", reason="short")
    row = _row(session, phoner)
    assert (row.campaign_id, row.jobcentre_id) == tuple(at.values())
    note_presence(session, phoner, NOW + 2 * MINUTE, "calling", campaign_id=place.campaign_id)
    row = _row(session, phoner)
    assert (row.campaign_id, row.jobcentre_id) == (place.campaign_id, None)


def test_the_job_marks_the_silent_since_their_last_sign_and_no_one_else(session: Session) -> None:
    silent, lively, eating, gone = (make_user(session, "phoner") for _ in range(4))
    note_presence(session, silent, NOW - SILENT_CALLING - MINUTE, "calling")
    note_presence(session, lively, NOW - SILENT_CALLING, "calling")
    note_presence(session, eating, NOW - SILENT_PAUSED, "paused", reason="lunch")
    note_presence(session, gone, NOW - SILENT_PAUSED - MINUTE, "paused", reason="lunch")
    assert mark_silent(session, NOW) == 2
    assert mark_silent(session, NOW) == 0
    assert {
        who: _row(session, user).state for who, user in zip("sleg", (silent, lively, eating, gone), strict=True)
    } == {
        "s": "away",
        "l": "calling",
        "e": "paused",
        "g": "away",
    }
    assert _row(session, silent).since == NOW - SILENT_CALLING - MINUTE


@given(
    st.sampled_from(["calling", "paused", "away"]),
    st.integers(0, 600),
    st.integers(0, 600),
)
def test_a_board_read_before_the_job_shows_what_the_job_will_write(state: str, busy: int, silent: int) -> None:
    seen: datetime = NOW - silent * MINUTE
    since = seen - busy * MINUTE
    shown, when = presence_now(state, since, seen, NOW)
    limit = {"calling": SILENT_CALLING, "paused": SILENT_PAUSED}.get(state)
    assert (shown, when) == (("away", seen) if limit and NOW - seen > limit else (state, since))
