"""What comes after an opening and after a promise, in the small demo."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.scope import Scope
from crm.followups.models import Answer, FollowUp, Nag, Notice, ReminderWishes
from crm.followups.queries import kept_rate
from crm.openings.models import Candidacy, Candidate, Opening, OpeningShare, Placement
from crm.openings.rules.life import stage_of
from crm.people.models import Leave, Partner
from tests.conftest import NOW
from tests.demo.conftest import count


def test_openings_have_come_every_part_of_their_way(db: Session) -> None:
    stages = set(db.scalars(select(Opening.stage).where(Opening.voided_at.is_(None))))
    assert {"told", "presented", "interview", "hired"} <= stages
    assert count(db, Opening, Opening.state == "closed", Opening.closed_reason != "filled_by_us") > 0
    states = set(db.scalars(select(Candidacy.state).distinct()))
    assert {"offered", "refused", "proposed", "presented", "sent", "interview", "hired", "ended"} <= states
    assert count(db, Candidate, Candidate.consent_on.is_(None)) > 5
    assert count(db, Candidate, Candidate.consent_on.is_not(None)) > 20
    assert count(db, OpeningShare, OpeningShare.partner_id.is_not(None)) > 0
    assert count(db, OpeningShare, OpeningShare.jobcentre_id.is_not(None)) > 0
    assert count(db, Partner, ~Partner.email.endswith(".invalid")) == 0
    assert count(db, Placement) > 3
    unsent = select(Candidacy).join(Candidate).where(Candidacy.sent_at.is_not(None), Candidate.consent_on.is_(None))
    assert db.scalars(unsent).all() == [], "nobody is told of without consent"
    hired = select(Placement.opening_id).where(Placement.voided_at.is_(None))
    ours = [Opening.closed_reason == "filled_by_us", Opening.voided_at.is_(None), Opening.id.not_in(hired)]
    assert count(db, Opening, *ours) == 0
    assert count(db, Placement, Placement.ended_on > danish_date(NOW)) == 0


def test_each_opening_stands_where_its_candidates_have_brought_it(db: Session) -> None:
    """As openings.actions.refresh_stage says, had it been asked now."""
    for opening in db.scalars(select(Opening).where(Opening.voided_at.is_(None))):
        own = list(db.scalars(select(Candidacy).where(Candidacy.opening_id == opening.id)))
        stage = stage_of(
            opening,
            presented=any(one.presented_at for one in own if one.state != "refused"),
            interviewed=any(one.interview_at for one in own if one.state != "refused"),
            hired=count(db, Placement, Placement.opening_id == opening.id, Placement.voided_at.is_(None)),
        )
        assert opening.stage == stage


def test_agreements_are_kept_put_off_forgotten_and_answered(db: Session) -> None:
    kinds = set(db.scalars(select(FollowUp.kind).where(FollowUp.voided_at.is_(None)).distinct()))
    assert {"we_owe", "company_owes", "future_need", "care", "data_missing"} <= kinds
    assert count(db, FollowUp, FollowUp.snoozes > 0) > 0
    assert count(db, FollowUp, FollowUp.confirmed_at.is_not(None)) > 5
    assert count(db, FollowUp, FollowUp.asked_at.is_not(None)) > 3
    assert {"confirmed", "corrected", "kept"} <= set(db.scalars(select(Answer.kind).distinct()))
    care = select(FollowUp).where(FollowUp.kind == "care", FollowUp.state == "done", FollowUp.voided_at.is_(None))
    for one in db.scalars(care):
        assert one.no_next_because or count(db, FollowUp, FollowUp.follows_id == one.id)
    today = danish_date(NOW)
    sides = kept_rate(db, Scope(everything=True), today)
    assert 0 < sides["jobcentre"].kept < sides["jobcentre"].due, "it does not flatter"
    away = db.scalars(select(Leave).where(Leave.from_on <= today, Leave.until_on >= today)).one()
    assert away.substitute_id is not None
    assert count(db, ReminderWishes) == 3
    assert count(db, Notice, Notice.kind == "nag", Notice.digest_id.is_not(None)) > 10


def test_every_nag_has_the_notices_of_its_step(db: Session) -> None:
    assert count(db, Nag) > 20
    told = set(db.scalars(select(Notice.nag_id).where(Notice.nag_id.is_not(None))))
    assert told == set(db.scalars(select(Nag.id)))


def test_placements_end_soon_offers_wait_and_partners_have_openings(db: Session) -> None:
    today = danish_date(NOW)
    near = [Placement.state == "agreed", Placement.ends_on > today, Placement.ends_on <= today + timedelta(days=21)]
    assert count(db, Placement, *near) >= 1
    endings = [FollowUp.kind == "placement_ending", FollowUp.placement_id.is_not(None), FollowUp.voided_at.is_(None)]
    assert count(db, FollowUp, *endings) >= 1
    assert count(db, Candidacy, Candidacy.state == "offered") >= 1
    assert count(db, OpeningShare, OpeningShare.withdrawn_at.is_(None), OpeningShare.partner_id.is_not(None)) >= 3
    assert count(db, FollowUp, FollowUp.company_kept.is_not(None), FollowUp.asked_at.is_(None)) == 0
