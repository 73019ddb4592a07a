"""Candidates: kept with the least data, consent, retiring, erasing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.activity import Activity
from crm.base.errors import Invalid, Refusal
from crm.followups.models import Answer, FollowUp
from crm.integrations.actions import send
from crm.integrations.models import OutboxMessage
from crm.openings.actions import candidacies, erasing, placements
from crm.openings.actions import candidates as actions
from crm.openings.models import Candidacy, Candidate, Opening, Placement
from crm.openings.rules.candidates import NewCandidate
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user
from tests.factories.candidates import make_candidacy, make_candidate
from tests.factories.followups import make_follow_up
from tests.factories.openings import make_opening

TOLD = NewCandidate("K-1", "  Kok ", "9500", languages=("en", "da"), consent_on=date(2026, 11, 20))


def verbs(session: Session, candidate: Candidate) -> list[str]:
    wanted = (
        select(Activity.verb)
        .where(Activity.subject_type == "candidates", Activity.subject_id == candidate.id)
        .order_by(Activity.id)
    )
    return list(session.scalars(wanted))


def test_a_candidate_is_kept_with_its_occupation_found(session: Session, now: datetime) -> None:
    who = make_user(session, "consultant", jobcentre=make_jobcentre(session))
    made = actions.add(session, who, now, make_jobcentre(session).id, TOLD)
    assert (made.reference, made.occupation, made.occupation_code, made.owner_id) == ("K-1", "Kok", "5120", who.id)
    assert made.languages == ["da", "en"]
    assert verbs(session, made) == ["openings.candidate_add", "openings.consent_given"]


def test_a_reference_is_used_once_and_the_rest_of_the_work_goes_on(session: Session, now: datetime) -> None:
    home = make_jobcentre(session).id
    actions.add(session, None, now, home, TOLD)
    with pytest.raises(Invalid) as refused:
        actions.add(session, None, now, home, replace(TOLD, occupation="Tjener"))
    assert list(refused.value.errors) == ["reference"]
    other = actions.add(session, None, now, make_jobcentre(session, code="101", postcode="1550").id, TOLD)
    assert other.reference == "K-1"
    second = actions.add(session, None, now, home, replace(TOLD, reference="K-2"))
    with pytest.raises(Invalid):
        actions.change(session, None, now, second, TOLD)


def test_personal_data_is_refused_and_written_nowhere(session: Session, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        actions.add(session, None, now, make_jobcentre(session).id, replace(TOLD, reference="010190-1234"))
    assert "CPR" in refused.value.errors["reference"]
    assert session.scalars(select(Candidate)).all() == []


def test_a_change_says_what_was_and_is_until_the_candidate_is_erased(session: Session, now: datetime) -> None:
    made = make_candidate(session, reference="K-9")
    actions.change(session, None, now, made, NewCandidate("K-9", "Tjener", "9000", weekly_hours=20))
    note = session.scalars(select(Activity).where(Activity.verb == "openings.candidate_change")).one()
    assert note.data["changed"] == {
        "occupation": {"was": "Kok", "is": "Tjener"},
        "postcode": {"was": "9500", "is": "9000"},
        "languages": {"was": ["da"], "is": []},
        "weekly_hours": {"was": None, "is": 20},
    }
    assert made.occupation_code == "5131"
    assert made.consent_on is not None  # the form of changes does not know consent
    erasing.erase(session, None, now, made)
    assert note.data == {}


def test_another_reference_is_another_person_and_has_agreed_to_nothing(session: Session, now: datetime) -> None:
    opening = make_opening(session, positions=2)
    who = make_candidate(session, jobcentre_id=opening.jobcentre_id, reference="SAG-77")
    other = replace(TOLD, reference="ANDEN-99", occupation="Tjener")
    row = candidacies.propose(session, None, now, opening, who)
    with pytest.raises(Invalid) as refused:
        actions.change(session, None, now, who, other)
    assert (list(refused.value.errors), who.reference) == (["reference"], "SAG-77")
    actions.change(session, None, now, who, replace(TOLD, reference="sag-77"))  # the same one
    assert who.consent_on == date(2026, 11, 1)
    placed = candidacies.hire(session, None, now, row, type="ordinary", starts_on=date(2026, 11, 24))
    with pytest.raises(Invalid):
        actions.change(session, None, now, who, other)
    placements.finish(session, None, now, placed, ended_on=date(2026, 11, 24))
    actions.change(session, None, now, who, other)
    assert (who.reference, who.consent_on, who.consent_withdrawn_at) == ("ANDEN-99", None, None)
    note = session.scalars(
        select(Activity).where(Activity.verb == "openings.candidate_change").order_by(Activity.id.desc())
    ).first()
    assert note is not None
    assert note.data["changed"]["reference"] == {"was": "sag-77", "is": "ANDEN-99"}
    assert note.data["changed"]["consent_on"] == {"was": "2026-11-01", "is": None}


def test_withdrawn_consent_ends_what_is_under_way_and_blocks_sending(session: Session, now: datetime) -> None:
    opening, other = make_opening(session, contact_email="a@b.invalid"), make_opening(session)
    who = make_candidate(session, jobcentre_id=opening.jobcentre_id)
    first, second = make_candidacy(session, opening, who, state="sent"), make_candidacy(session, other, who)
    assert actions.withdraw_consent(session, None, now, who) == 2
    assert {(row.state, row.ended_because) for row in (first, second)} == {("ended", "consent_withdrawn")}
    assert first.sent_at == NOW  # what happened stays
    with pytest.raises(Refusal) as refused:
        actions.withdraw_consent(session, None, now, who)
    assert refused.value.code == "no_consent"
    again = candidacies.propose(session, None, now, other, who)
    with pytest.raises(Refusal) as refused:
        candidacies.send(session, None, now, other, [again])
    assert refused.value.code == "consent"
    actions.give_consent(session, None, now, who, date(2026, 11, 24))
    assert who.consent_withdrawn_at is None
    candidacies.send(session, None, now, other, [again], by_mail=False)
    assert again.state == "sent"


def test_consent_cannot_be_given_on_a_day_to_come_or_long_ago(session: Session, now: datetime) -> None:
    for wrong in (date(2026, 11, 25), date(2025, 11, 23), date(2001, 1, 1)):
        with pytest.raises(Invalid) as refused:
            actions.give_consent(session, None, now, make_candidate(session), wrong)
        assert list(refused.value.errors) == ["consent_on"]


def test_a_retired_candidate_is_proposed_for_nothing_and_may_come_back(session: Session, now: datetime) -> None:
    opening = make_opening(session)
    who = make_candidate(session, jobcentre_id=opening.jobcentre_id)
    running = make_candidacy(session, opening, who)
    assert actions.retire(session, None, now, who) == 1
    assert running.ended_because == "candidate_gone"
    with pytest.raises(Refusal) as refused:
        candidacies.propose(session, None, now, opening, who)
    assert refused.value.code == "retired"
    actions.activate(session, None, now, who)
    assert candidacies.propose(session, None, now, opening, who).id == running.id


def test_erasing_leaves_counts_and_nothing_else(session: Session, now: datetime) -> None:
    """Reference, occupation and words are found in no table afterwards; presentation and placement still count."""
    opening = make_opening(session, contact_email="a@b.invalid", positions=2)
    jobcentre_id = opening.jobcentre_id
    told = NewCandidate("ZEBRA-77X", "Glaspuster", "9500", consent_on=date(2026, 11, 20), weekly_hours=31)
    who = actions.add(session, None, now, jobcentre_id, told)
    row = candidacies.propose(session, None, now, opening, who)
    row.offered_words, row.answered_words = "Glaspuster med ZEBRA-77X", "ZEBRA-77X er fin"
    candidacies.present(session, None, now, row)
    candidacies.send(session, None, now, opening, [row])
    for mail in session.scalars(select(OutboxMessage)):
        assert "ZEBRA-77X" in mail.body_text
        mail.state = "sent"
    candidacies.hire(session, None, now, row, type="ordinary", starts_on=date(2026, 12, 1))
    erasing.erase(session, None, now, who)
    session.expire_all()
    tables = [Candidate, Candidacy, Placement, Activity, OutboxMessage]
    everything = json.dumps(
        [
            {column.name: str(getattr(record, column.key)) for column in table.__table__.columns}
            for table in tables
            for record in session.scalars(select(table))
        ]
    )
    assert "Glaspuster" not in everything
    assert "ZEBRA" not in everything
    assert who.reference == f"slettet-{who.id}"
    assert (who.consent_on, who.weekly_hours, who.postcode, who.active) == (None, None, "", False)
    assert row.presented_at == NOW
    assert session.scalars(select(Placement).where(Placement.voided_at.is_(None))).one().candidacy_id == row.id
    with pytest.raises(Refusal):
        erasing.erase(session, None, now, who)


def test_a_mail_that_has_not_left_does_not_leave_once_its_candidate_is_erased(session: Session, now: datetime) -> None:
    opening = make_opening(session, contact_email="a@b.invalid")
    row = make_candidacy(session, opening)
    candidacies.send(session, None, now, opening, [row])
    erasing.erase(session, None, now, row.candidate)
    assert session.scalars(select(OutboxMessage)).all() == []
    assert (row.state, row.sent_at) == ("ended", None)


def test_a_mail_about_somebody_whose_way_is_over_does_not_leave_either(session: Session, now: datetime) -> None:
    opening = make_opening(session, contact_email="a@b.invalid")
    row = make_candidacy(session, opening)
    candidacies.send(session, None, now, opening, [row])
    candidacies.end(session, None, now, row, "candidate_declined")
    actions.withdraw_consent(session, None, now, row.candidate)
    assert session.scalars(select(OutboxMessage)).all() == []


@pytest.mark.parametrize("goes", ["withdrawn", "erased"])
@pytest.mark.parametrize("state", ["pending", "failed", "sent"])
def test_a_mail_of_several_that_has_not_left_goes_without_who_took_the_consent_back(
    session: Session, now: datetime, state: str, goes: str
) -> None:
    opening = make_opening(session, contact_email="a@b.invalid", positions=3)
    stays, leaves = (
        make_candidate(session, jobcentre_id=opening.jobcentre_id, reference=name) for name in ("A-1", "B-2")
    )
    rows = [candidacies.propose(session, None, now, opening, one) for one in (stays, leaves)]
    candidacies.send(session, None, now, opening, rows)
    mail = session.scalars(select(OutboxMessage)).one()
    mail.state = state
    session.flush()
    if goes == "erased":
        erasing.erase(session, None, now, leaves)
    else:
        actions.withdraw_consent(session, None, now, leaves)
    session.expire_all()
    left = state == "sent"
    assert ("B-2" in mail.body_text, "B-2" in (mail.body_html or "")) == (left and goes == "withdrawn",) * 2
    assert ("A-1" in mail.body_text) == (not left or goes == "withdrawn")
    assert (rows[0].state, rows[0].sent_at, rows[1].state) == ("sent", now, "ended")
    assert bool(rows[1].sent_at) == left


def test_erasing_takes_the_reference_out_of_what_people_wrote_around_it(session: Session, now: datetime) -> None:
    """Agreements, what the company answered to them, reports, wishes, mails, their history; not of other words."""
    opening = make_opening(session, wishes="Helst K-77, ellers K-770", tasks="Koge")
    who = make_candidate(session, jobcentre_id=opening.jobcentre_id, reference="K-77")
    row = make_candidacy(session, opening, who, state="sent")
    opening.visit.report_note = "De vil gerne se k-77."
    agreed = make_follow_up(session, visit=opening.visit, promise="Send CV for K-77", outcome="K-77 var der")
    agreed.snooze_reason = "K-77 er syg"
    session.add(Answer(follow_up_id=agreed.id, at=now, kind="corrected", words="K-77 skal ringe", reply="Ja, K-77"))
    activity.record(
        session, None, now, "followups.agree", agreed, workplace_id=opening.workplace_id, promise="Send CV for K-77"
    )
    for key, subject in (("digest:1:2026-11-24", "I dag"), (f"board-answer:{row.id}:x", "Ja tak til K-77: Kok")):
        send(session, now, channel="mail", dedupe_key=key, to="a@b.invalid", text="K-77 til Kok", subject=subject)
    for mail in session.scalars(select(OutboxMessage)):
        mail.state = "sent"
    session.flush()
    erasing.erase(session, None, now, who)
    session.flush()
    session.expire_all()
    assert opening.wishes == "Helst (slettet), ellers K-770"
    assert opening.visit.report_note == "De vil gerne se (slettet)."
    assert (agreed.promise, agreed.outcome, agreed.snooze_reason) == (
        "Send CV for (slettet)",
        "(slettet) var der",
        "(slettet) er syg",
    )
    tables = [Candidate, Candidacy, Activity, OutboxMessage, Opening, Visit, FollowUp, Answer]
    everything = " ".join(
        str(getattr(record, column.key))
        for table in tables
        for record in session.scalars(select(table))
        for column in table.__table__.columns
    )
    assert re.findall(r"K-77(?!0)", everything, re.IGNORECASE) == []


def test_a_colleague_takes_over_a_candidate_and_a_stranger_does_not(session: Session, now: datetime) -> None:
    home = make_jobcentre(session)
    who = make_candidate(session, jobcentre=home)
    colleague = make_user(session, "consultant", jobcentre=home)
    stranger = make_user(session, "consultant", jobcentre=make_jobcentre(session, code="101", postcode="1550"))
    for nobody in (stranger.id, None, 987654):
        with pytest.raises(Invalid):
            actions.hand_to(session, None, now, who, nobody)
    actions.hand_to(session, None, now, who, colleague.id)
    actions.hand_to(session, None, now, who, colleague.id)
    assert who.owner_id == colleague.id
    note = session.scalars(select(Activity).where(Activity.verb == "openings.candidate_hand_to")).one()
    assert note.data["to"] == colleague.name
