"""A candidate's way through an opening, and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import Invalid, Refusal
from crm.integrations.models import OutboxMessage
from crm.openings.actions import candidacies as actions
from crm.openings.actions import life, placements
from crm.openings.models import Candidacy, Placement
from tests.conftest import NOW
from tests.factories import make_jobcentre
from tests.factories.candidates import make_candidacy, make_candidate
from tests.factories.openings import make_opening

START, END = date(2026, 12, 1), date(2027, 2, 26)


def code_of(refused: pytest.ExceptionInfo[Refusal]) -> str:
    return refused.value.code


def presentations(session: Session) -> int:
    return session.scalar(select(func.count()).where(Candidacy.presented_at.isnot(None))) or 0


def test_the_whole_way_moves_the_opening_and_counts_each_event_once(session: Session, now: datetime) -> None:
    opening = make_opening(session, contact_email="a@b.invalid")
    who = make_candidate(session, jobcentre_id=opening.jobcentre_id)
    row = actions.propose(session, None, now, opening, who)
    assert presentations(session) == 0  # thought of is not shown
    actions.present(session, None, now, row)
    assert (row.state, opening.stage) == ("presented", "presented")
    with pytest.raises(Refusal) as refused:
        actions.present(session, None, now, row)
    assert code_of(refused) == "presented"
    actions.send(session, None, now, opening, [row])
    actions.interview(session, None, now, row, now + timedelta(days=2))
    assert opening.stage == "interview"
    placement = actions.hire(session, None, now, row, type="wage_subsidy", starts_on=START, ends_on=END)
    assert (row.state, opening.stage, opening.state, opening.closed_reason) == (
        "hired",
        "hired",
        "closed",
        "filled_by_us",
    )
    assert (placement.campaign_id, placement.workplace_id) == (opening.campaign_id, opening.workplace_id)
    assert presentations(session) == 1
    notes = session.scalars(select(Activity.verb).where(Activity.subject_type == "candidacies").order_by(Activity.id))
    assert [verb.removeprefix("openings.candidacy_") for verb in notes] == [
        "propose",
        "present",
        "send",
        "interview",
        "hire",
    ]


def test_steps_may_be_skipped_and_a_job_shown_late_does_not_lead_back(session: Session, now: datetime) -> None:
    opening = make_opening(session, positions=2)
    row = make_candidacy(session, opening, state="sent", presented_at=None)
    actions.present(session, None, now, row)
    assert (row.state, row.presented_at) == ("sent", now)
    other = make_candidacy(session, opening)
    actions.hire(session, None, now, other, type="ordinary", starts_on=START)
    assert (other.state, other.presented_at) == ("hired", None)  # hired without being shown is no presentation
    assert opening.stage == "part"


def test_others_candidates_come_through_the_board(session: Session, now: datetime) -> None:
    opening = make_opening(session)
    stranger = make_candidate(session, jobcentre=make_jobcentre(session, code="101", postcode="1550"))
    with pytest.raises(Refusal) as refused:
        actions.propose(session, None, now, opening, stranger)
    assert code_of(refused) == "other_jobcentre"
    offered = make_candidacy(session, opening, stranger, state="offered")
    with pytest.raises(Refusal) as refused:
        actions.present(session, None, now, offered)
    assert code_of(refused) == "offered"


def test_a_candidate_is_on_an_opening_once_and_can_be_taken_up_again(session: Session, now: datetime) -> None:
    opening = make_opening(session)
    row = make_candidacy(session, opening, state="sent")
    with pytest.raises(Refusal) as refused:
        actions.propose(session, None, now, opening, row.candidate)
    assert code_of(refused) == "already"
    actions.end(session, None, now, row, "company_declined")
    again = actions.propose(session, None, now, opening, row.candidate)
    assert (again.id, again.state, again.sent_at, again.presented_at) == (row.id, "presented", None, NOW)
    assert presentations(session) == 1


def test_one_mail_names_the_candidates_and_nothing_more(session: Session, now: datetime) -> None:
    opening = make_opening(session, occupation="Kok", contact_email="chef@b.invalid", contact_name="Bo Hansen")
    rows = [
        make_candidacy(session, opening, make_candidate(session, jobcentre_id=opening.jobcentre_id, **fields))
        for fields in (
            {"reference": "K-1", "weekly_hours": 32.5, "languages": ["da", "en"], "postcode": "9541"},
            {"reference": "K-2", "occupation": "Køkkenassistent"},
        )
    ]
    actions.send(session, None, now, opening, rows)
    mail = session.scalars(select(OutboxMessage)).one()
    assert (mail.recipient, mail.reply_to) == ("chef@b.invalid", opening.consultant.email)
    assert mail.subject == "2 kandidater til jer: Kok"
    for shown in ("K-1: Kok", "32,5 timer om ugen", "Taler dansk, engelsk", "K-2: Køkkenassistent", "Kære Bo Hansen"):
        assert shown in mail.body_text
    for body in (mail.body_text, mail.body_html or ""):
        assert "9541" not in body
        assert "2026-11-01" not in body
    assert {row.state for row in rows} == {"sent"}
    with pytest.raises(Refusal) as refused:
        actions.send(session, None, now, opening, [rows[0]])
    assert code_of(refused) == "sent"


def test_the_visits_contact_gets_it_where_the_opening_names_none(session: Session, now: datetime) -> None:
    opening = make_opening(session)
    row = make_candidacy(session, opening)
    opening.visit.contact_email = None
    with pytest.raises(Refusal) as refused:
        actions.send(session, None, now, opening, [row])
    assert code_of(refused) == "no_contact"
    opening.visit.contact_email = "besoeg@b.invalid"
    actions.send(session, None, now, opening, [row])
    assert session.scalars(select(OutboxMessage.recipient)).one() == "besoeg@b.invalid"


def test_one_without_consent_stops_the_whole_mail_and_is_named(session: Session, now: datetime) -> None:
    opening = make_opening(session, contact_email="a@b.invalid")
    willing = make_candidacy(session, opening)
    silent = make_candidacy(
        session, opening, make_candidate(session, jobcentre_id=opening.jobcentre_id, reference="K-77", consent_on=None)
    )
    with pytest.raises(Refusal, match="K-77") as refused:
        actions.send(session, None, now, opening, [willing, silent])
    assert code_of(refused) == "consent"
    assert refused.value.extra == {"candidates": [silent.candidate_id]}
    assert (willing.sent_at, session.scalars(select(OutboxMessage)).all()) == (None, [])
    with pytest.raises(Refusal) as refused:
        actions.send(session, None, now, opening, [])
    assert code_of(refused) == "nobody"


@pytest.mark.parametrize(
    "lacks", [{"consent_on": None}, {"consent_withdrawn_at": NOW}, {"consent_on": date(2025, 11, 23)}]
)
def test_without_a_valid_consent_the_company_hears_of_nobody_by_any_way(
    session: Session, now: datetime, lacks: dict[str, Any]
) -> None:
    opening = make_opening(session, contact_email="a@b.invalid")
    row = make_candidacy(session, opening)
    for name, value in lacks.items():
        setattr(row.candidate, name, value)
    session.flush()
    ways: list[Callable[[], object]] = [
        lambda: actions.send(session, None, now, opening, [row], by_mail=False),
        lambda: actions.interview(session, None, now, row),
        lambda: actions.hire(session, None, now, row, type="ordinary", starts_on=START),
    ]
    for way in ways:
        with pytest.raises(Refusal) as refused:
            way()
        assert (code_of(refused), refused.value.extra) == ("consent", {"candidates": [row.candidate_id]})
    assert (row.state, row.sent_at, row.interview_at, row.hired_at) == ("proposed", None, None, None)
    actions.present(session, None, now, row)  # showing the person a job tells nobody of them
    assert row.state == "presented"


def test_an_interview_far_off_is_a_slip(session: Session, now: datetime) -> None:
    row = make_candidacy(session, make_opening(session))
    with pytest.raises(Invalid) as refused:
        actions.interview(session, None, now, row, datetime(2020, 1, 1, 9, tzinfo=UTC))
    assert (list(refused.value.errors), row.interview_at) == (["at"], None)


def test_who_is_in_work_is_not_hired_again_unnoticed(session: Session, now: datetime) -> None:
    first, second, third = (make_opening(session) for _ in range(3))
    who = make_candidate(session, jobcentre_id=first.jobcentre_id)
    rows = [make_candidacy(session, one, who, state="interview") for one in (first, second, third)]
    work = actions.hire(session, None, now, rows[0], type="wage_subsidy", starts_on=START, ends_on=END)
    for starts, ends in ((START, None), (date(2026, 11, 25), START), (END, END)):
        with pytest.raises(Refusal, match="01.12.2026–26.02.2027") as refused:
            actions.hire(session, None, now, rows[1], type="ordinary", starts_on=starts, ends_on=ends)
        assert (code_of(refused), refused.value.extra) == ("employed", {"placements": [work.id]})
    before = actions.hire(
        session, None, now, rows[1], type="work_placement", starts_on=date(2026, 11, 24), ends_on=date(2026, 11, 30)
    )
    assert before.id != work.id
    actions.hire(session, None, now, rows[2], type="ordinary", starts_on=START, beside=True)
    assert rows[2].state == "hired"


def test_a_hire_may_end_what_else_the_person_is_under_way_on(session: Session, now: datetime) -> None:
    opening, mine = make_opening(session), make_opening(session)
    elsewhere = make_opening(session)
    elsewhere.jobcentre_id = make_jobcentre(session, code="101", postcode="1550").id
    who = make_candidate(session, jobcentre_id=opening.jobcentre_id)
    row, own = make_candidacy(session, opening, who), make_candidacy(session, mine, who, state="sent")
    offered = make_candidacy(session, elsewhere, who, state="offered")
    guest = make_candidate(session, jobcentre_id=elsewhere.jobcentre_id)
    theirs, here = make_candidacy(session, elsewhere, guest), make_candidacy(session, mine, guest)
    actions.hire(session, None, now, row, type="ordinary", starts_on=START, ends_others=True)
    assert [(one.state, one.ended_because) for one in (own, offered)] == [("ended", "hired_elsewhere")] * 2
    actions.hire(session, None, now, here, type="ordinary", starts_on=START, ends_others=True)
    assert theirs.state == "proposed"  # another jobcentre's opening, another jobcentre's candidate


def test_positions_are_never_exceeded(session: Session, now: datetime) -> None:
    opening = make_opening(session, positions=1)
    first, second = make_candidacy(session, opening), make_candidacy(session, opening)
    actions.hire(session, None, now, first, type="ordinary", starts_on=START)
    assert (second.state, second.ended_because) == ("ended", "opening_closed")
    opening.state, second.state = "open", "proposed"  # as if the closing had not been seen
    session.flush()
    with pytest.raises(Refusal) as refused:
        actions.hire(session, None, now, second, type="ordinary", starts_on=START)
    assert code_of(refused) == "full"


def test_a_hire_with_days_that_cannot_be_used_is_refused(session: Session, now: datetime) -> None:
    row = make_candidacy(session, make_opening(session))
    with pytest.raises(Invalid) as refused:
        actions.hire(session, None, now, row, type="wage_subsidy", starts_on=START)
    assert list(refused.value.errors) == ["ends_on"]


def test_ending_needs_a_reason_one_may_give(session: Session, now: datetime) -> None:
    row = make_candidacy(session, make_opening(session))
    for because in ("", "bored", "opening_closed"):
        with pytest.raises(Invalid):
            actions.end(session, None, now, row, because)
    actions.end(session, None, now, row, "candidate_declined")
    with pytest.raises(Refusal) as refused:
        actions.end(session, None, now, row, "other")
    assert code_of(refused) == "over"


def test_each_step_can_be_taken_back(session: Session, now: datetime) -> None:
    opening = make_opening(session)
    row = make_candidacy(session, opening)
    actions.present(session, None, now, row)
    actions.send(session, None, now, opening, [row], by_mail=False)
    actions.interview(session, None, now, row)
    actions.end(session, None, now, row, "other")
    states = []
    for _ in range(4):
        actions.undo(session, None, now, row)
        states.append(row.state)
    assert states == ["interview", "sent", "presented", "proposed"]
    assert (row.presented_at, row.sent_at, row.interview_at, row.ended_because) == (None, None, None, None)
    assert opening.stage == "told"
    with pytest.raises(Refusal) as refused:
        actions.undo(session, None, now, row)
    assert code_of(refused) == "nothing"


def test_a_mail_that_was_sent_is_not_taken_back(session: Session, now: datetime) -> None:
    opening = make_opening(session, contact_email="a@b.invalid")
    row = make_candidacy(session, opening)
    actions.send(session, None, now, opening, [row])
    with pytest.raises(Refusal) as refused:
        actions.undo(session, None, now, row)
    assert code_of(refused) == "mailed"


def test_a_presentation_can_be_taken_back_whatever_came_after(session: Session, now: datetime) -> None:
    row = make_candidacy(session, make_opening(session), state="sent")
    actions.unpresent(session, None, now, row)
    assert (row.state, row.presented_at, presentations(session)) == ("sent", None, 0)


def test_a_voided_placement_frees_the_position_and_everybody_stands_where_they_stood(
    session: Session, now: datetime
) -> None:
    opening = make_opening(session, positions=1)
    row, other = make_candidacy(session, opening, state="interview"), make_candidacy(session, opening)
    placement = actions.hire(session, None, now, row, type="ordinary", starts_on=START)
    with pytest.raises(Refusal) as refused:
        actions.undo(session, None, now, row)
    assert code_of(refused) in ("hired", "closed")
    placements.void(session, None, now, placement)
    assert (row.state, row.hired_at, opening.state, opening.stage) == ("interview", None, "open", "interview")
    assert other.state == "proposed"
    again = actions.hire(session, None, now, row, type="ordinary", starts_on=START)
    counted = session.scalars(select(Placement.id).where(Placement.voided_at.is_(None))).all()
    assert counted == [again.id]


def test_closing_an_opening_ends_what_runs_on_it(session: Session, now: datetime) -> None:
    opening = make_opening(session)
    running, refused = make_candidacy(session, opening, state="sent"), make_candidacy(session, opening, state="refused")
    life.close(session, None, now, opening, "withdrawn")
    assert (running.state, running.ended_because, refused.state) == ("ended", "opening_closed", "refused")
    with pytest.raises(Refusal) as said:
        actions.present(session, None, now, running)
    assert code_of(said) == "closed"
