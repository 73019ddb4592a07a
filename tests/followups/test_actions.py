"""Agree, decide again, fulfil, snooze, close a visit."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import Invalid, Refusal
from crm.followups.actions import add, agree, close_visit, fulfil, nag, reopen, snooze
from crm.followups.actions.telling import HOLD
from crm.followups.models import Answer, FollowUp
from crm.followups.queries import of_visit
from crm.followups.rules import FollowUpDecision, NoFollowUp
from crm.integrations.mail import as_email
from crm.integrations.models import OutboxMessage
from crm.openings.models import Opening
from crm.openings.queries import of_visit as openings_of
from crm.openings.rules import NewOpening
from crm.visits.models import Visit
from crm.visits.rules import VisitReport
from tests.factories import make_visit
from tests.factories.followups import make_follow_up
from tests.factories.openings import make_opening

HELD = VisitReport("held", pressed=False, schemes=("wage_subsidy",), note="God snak")
SEND = FollowUpDecision("jobcentre", date(2026, 12, 1), "Sende to CV'er", "we_owe")
NONE = NoFollowUp("De lukker afdelingen")


@pytest.fixture
def visit(session: Session, now: datetime) -> Visit:
    """Begun an hour ago, with a contact who has an e-mail."""
    return make_visit(session, starts_at=now - timedelta(hours=1), contact_email="mette@eksempel.invalid")


def close(
    session: Session,
    visit: Visit,
    now: datetime,
    decision: FollowUpDecision | NoFollowUp | None,
    openings: list[NewOpening] | None = None,
    report: VisitReport = HELD,
    **told: Any,
) -> Visit:
    return close_visit(session, visit.consultant, now, visit, report, openings or [], decision, **told)


def mails(session: Session) -> list[OutboxMessage]:
    return list(
        session.scalars(
            select(OutboxMessage).where(OutboxMessage.dedupe_key.like("follow_up:%")).order_by(OutboxMessage.id)
        )
    )


def test_a_report_keeps_visit_openings_and_agreement_together(session: Session, visit: Visit, now: datetime) -> None:
    close(session, visit, now, SEND, [NewOpening("ordinary", 1, akutjob=True), NewOpening("wage_subsidy", 2)])
    [agreed] = of_visit(session, visit.id)
    assert (visit.state, visit.pressed, visit.reported_at, visit.report_note) == ("held", False, now, "God snak")
    assert {o.type: (o.positions, o.akutjob) for o in openings_of(session, visit.id)} == {
        "ordinary": (1, True),
        "wage_subsidy": (2, False),
    }
    assert (agreed.owner_id, agreed.owed_by, agreed.due_on, agreed.first_due_on, agreed.state) == (
        visit.consultant_id,
        "jobcentre",
        date(2026, 12, 1),
        date(2026, 12, 1),
        "open",
    )
    verbs = set(session.scalars(select(Activity.verb).where(Activity.workplace_id == visit.workplace_id)))
    assert verbs == {"visits.report", "openings.log", "followups.agree"}


def test_the_company_gets_the_agreement_in_writing(session: Session, visit: Visit, now: datetime) -> None:
    close(session, visit, now, SEND)
    [mail] = mails(session)
    assert mail.recipient == "mette@eksempel.invalid"
    for part in ("Sende to CV'er", "tirsdag den 1. december 2026", visit.consultant.name, "Mette Prøvesen"):
        assert part in mail.body_text
    assert "Sende to CV&#39;er" in (mail.body_html or "")


def test_line_ends_of_a_browser_and_a_long_name_break_no_mail(session: Session, visit: Visit, now: datetime) -> None:
    visit.workplace.name = "Eksempel " * 33
    decision = FollowUpDecision("jobcentre", date(2026, 12, 1), "Sende CV'er \r\nog ringe", "we_owe")
    for _ in range(2):
        close(session, visit, now, decision)
    nag(session, now + timedelta(days=7))
    assert [f.promise for f in of_visit(session, visit.id)] == ["Sende CV'er\nog ringe"]
    sent = session.scalars(select(OutboxMessage)).all()
    assert len(sent) == 2
    for mail in sent:
        assert len(mail.subject) <= 300
        assert as_email(mail, "Jobåbner <a@b.invalid>")["Subject"] == mail.subject


def test_nothing_is_sent_where_nobody_was_met_or_no_address_is_known(session: Session, now: datetime) -> None:
    missed = make_visit(session, starts_at=now - timedelta(hours=1), contact_email="mette@eksempel.invalid")
    close(session, missed, now, SEND, report=VisitReport("nobody_there"))
    unknown = make_visit(session, starts_at=now - timedelta(hours=1))
    close(session, unknown, now, SEND)
    assert mails(session) == []


@pytest.mark.parametrize("result", ["held", "cancelled_by_company", "cancelled_by_jobcentre", "nobody_there"])
def test_no_result_closes_without_a_decision(session: Session, visit: Visit, now: datetime, result: str) -> None:
    with pytest.raises(Invalid) as refused:
        close(session, visit, now, None, report=VisitReport(result, pressed=False))
    assert list(refused.value.errors) == ["follow_up"]
    assert refused.value.status == 422


def test_a_reason_for_no_follow_up_is_a_decision(session: Session, visit: Visit, now: datetime) -> None:
    close(session, visit, now, NONE, report=VisitReport("cancelled_by_company"))
    assert (visit.state, visit.no_follow_up_because) == ("cancelled_by_company", "De lukker afdelingen")
    assert of_visit(session, visit.id) == []


def test_every_error_is_told_at_once(session: Session, visit: Visit, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        close(
            session,
            visit,
            now,
            FollowUpDecision("jobcentre", None, "", "we_owe"),
            [NewOpening("ordinary", 0)],
            VisitReport("held"),
        )
    assert set(refused.value.errors) == {"pressed", "openings.0.positions", "follow_up.promise", "follow_up.due_on"}


def test_a_day_off_is_refused_and_the_next_working_day_named(session: Session, visit: Visit, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        close(session, visit, now, FollowUpDecision("jobcentre", date(2026, 12, 24), "Ringe", "we_owe"))
    assert refused.value.fields["next_working_day"] == "28.12.2026"


def test_a_visit_that_has_not_begun_cannot_be_reported(session: Session, now: datetime) -> None:
    ahead = make_visit(session, starts_at=now + timedelta(minutes=1))
    for result in ("held", "cancelled_by_company"):
        with pytest.raises(Invalid) as refused:
            close(session, ahead, now, NONE, report=VisitReport(result, pressed=False))
        assert list(refused.value.errors) == ["result"]


def test_a_visit_that_was_not_held_gives_no_openings(session: Session, visit: Visit, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        close(session, visit, now, NONE, [NewOpening("ordinary")], VisitReport("nobody_there"))
    assert list(refused.value.errors) == ["openings"]


def test_a_visit_with_openings_added_later_stays_held(session: Session, visit: Visit, now: datetime) -> None:
    close(session, visit, now, NONE)
    make_opening(session, visit=visit, from_report=False)
    with pytest.raises(Invalid) as refused:
        close(session, visit, now, NONE, report=VisitReport("cancelled_by_company"))
    assert list(refused.value.errors) == ["result"]


def test_the_same_report_again_changes_nothing_that_counts(session: Session, visit: Visit, now: datetime) -> None:
    for _ in range(3):
        close(session, visit, now, SEND, [NewOpening("ordinary", 2)])
    assert session.scalar(select(func.count()).select_from(FollowUp)) == 1
    assert session.scalar(select(func.count()).select_from(Opening)) == 1
    assert len(mails(session)) == 1


def test_a_corrected_agreement_replaces_the_open_one_and_the_company_is_told(
    session: Session, visit: Visit, now: datetime
) -> None:
    close(session, visit, now, SEND)
    close(session, visit, now, FollowUpDecision("company", date(2026, 12, 2), "De ringer", "company_owes"))
    [left] = of_visit(session, visit.id)
    assert (left.promise, left.first_due_on) == ("De ringer", date(2026, 12, 2))
    assert [mail.subject.partition(":")[0] for mail in mails(session)] == ["Vores aftale", "Rettet aftale"]
    close(session, visit, now, NONE)
    assert of_visit(session, visit.id) == []
    assert mails(session)[-1].subject.startswith("Aftalen bortfalder")


def test_a_done_agreement_stays_when_the_report_is_corrected(session: Session, visit: Visit, now: datetime) -> None:
    close(session, visit, now, SEND)
    [first] = of_visit(session, visit.id)
    fulfil(session, visit.consultant, now, first)
    close(session, visit, now, SEND, [NewOpening("other")])
    assert [f.id for f in of_visit(session, visit.id)] == [first.id]
    close(session, visit, now, NONE, may_go=[told.id for told in openings_of(session, visit.id)])
    assert [f.state for f in of_visit(session, visit.id)] == ["done"]


def test_correcting_does_not_make_a_broken_promise_look_kept(session: Session, visit: Visit, now: datetime) -> None:
    close(session, visit, now, SEND)
    later = now + timedelta(days=14)
    close(session, visit, later, FollowUpDecision("jobcentre", date(2026, 12, 15), "Sende tre CV'er", "we_owe"))
    [left] = of_visit(session, visit.id)
    assert (left.due_on, left.first_due_on) == (date(2026, 12, 15), date(2026, 12, 1))


def test_fulfilling_happens_once(session: Session, now: datetime) -> None:
    agreed = make_follow_up(session)
    fulfil(session, agreed.visit.consultant, now, agreed, " To CV'er sendt ")
    assert (agreed.state, agreed.done_at, agreed.done_by, agreed.outcome) == (
        "done",
        now,
        agreed.owner_id,
        "To CV'er sendt",
    )
    with pytest.raises(Refusal) as refused:
        fulfil(session, None, now, agreed)
    assert refused.value.code == "done"


def test_snoozing_keeps_the_first_promise_and_needs_a_reason(session: Session, now: datetime) -> None:
    agreed = make_follow_up(session, due_on=date(2026, 11, 20))
    snooze(session, None, now, agreed, date(2026, 12, 1), "Kandidaten er syg")
    assert (agreed.due_on, agreed.first_due_on, agreed.snooze_reason) == (
        date(2026, 12, 1),
        date(2026, 11, 20),
        "Kandidaten er syg",
    )
    for due_on, reason, field in (
        (date(2026, 11, 24), "x", "due_on"),
        (date(2026, 12, 5), "x", "due_on"),
        (date(2026, 12, 2), " ", "reason"),
        (date.max, "x", "due_on"),
    ):
        with pytest.raises(Invalid) as refused:
            snooze(session, None, now, agreed, due_on, reason)
        assert list(refused.value.errors) == [field]


def test_an_agreement_beside_the_report_outlives_its_correction(session: Session, visit: Visit, now: datetime) -> None:
    close(session, visit, now, NONE)
    made = agree(
        session,
        visit.consultant,
        now,
        visit,
        FollowUpDecision("jobcentre", date(2027, 6, 1), "Ringe i juni", "future_need"),
    )
    close(session, visit, now, NONE)
    assert [f.id for f in of_visit(session, visit.id)] == [made.id]


NEXT = FollowUpDecision("jobcentre", date(2027, 3, 1), "Ringe i marts", "care")


def test_a_company_kept_warm_always_has_a_next_contact_or_a_reason(
    session: Session, visit: Visit, now: datetime
) -> None:
    """Whatever is done about it, one of the two stands when it is done."""
    care = agree(session, None, now, visit, FollowUpDecision("jobcentre", date(2026, 12, 1), "Ringe", "care"))
    for then, field in (
        (None, "then"),
        (NoFollowUp(" "), "no_next_because"),
        (FollowUpDecision("jobcentre", None, "Ringe", "care"), "then.due_on"),
        (FollowUpDecision("jobcentre", date(2026, 12, 24), "Ringe", "care"), "then.due_on"),
        (FollowUpDecision("jobcentre", date(2026, 11, 23), "Ringe", "care"), "then.due_on"),
        (FollowUpDecision("jobcentre", date(2027, 3, 1), " ", "care"), "then.promise"),
    ):
        with pytest.raises(Invalid) as refused:
            fulfil(session, None, now, care, then=then)
        assert list(refused.value.errors) == [field]
        assert care.state == "open"
    fulfil(session, None, now, care, outcome_key="done", then=NEXT)
    after = session.scalars(select(FollowUp).where(FollowUp.follows_id == care.id)).one()
    assert (after.kind, after.due_on, after.state) == ("care", date(2027, 3, 1), "open")
    fulfil(session, None, now, after, outcome_key="no_need", then=NoFollowUp("De lukker"))
    assert after.no_next_because == "De lukker"


def test_the_next_contact_is_told_only_where_somebody_spoke(session: Session, visit: Visit, now: datetime) -> None:
    visit.state = "held"
    for key, told in (("not_reached", False), ("later", True)):
        first = make_follow_up(session, visit=visit)
        fulfil(session, None, now, first, outcome_key=key, then=NEXT)
        after = session.scalars(select(FollowUp).where(FollowUp.follows_id == first.id)).one()
        assert (after.told_at is not None) is told


def test_a_mistaken_done_is_taken_back_with_its_next_contact(session: Session, visit: Visit, now: datetime) -> None:
    visit.state = "held"
    first = make_follow_up(session, visit=visit)
    fulfil(session, None, now, first, "Sendt", then=NEXT)
    for mail in mails(session):
        mail.state = "sent"
    session.flush()
    reopen(session, visit.consultant, now + timedelta(days=1), first)
    assert (first.state, first.done_at, first.outcome, first.outcome_key) == ("open", None, "", None)
    assert [f.id for f in of_visit(session, visit.id)] == [first.id]
    assert any("bortfalder" in mail.subject for mail in mails(session))
    assert session.scalar(select(Activity.verb).order_by(Activity.id.desc()).limit(1)) == "followups.reopen"
    fulfil(session, None, now, first)
    for later, code in ((now + timedelta(days=8), "late"),):
        with pytest.raises(Refusal) as refused:
            reopen(session, None, later, first)
        assert refused.value.code == code


def test_a_done_taken_back_within_minutes_sends_the_company_nothing(
    session: Session, visit: Visit, now: datetime
) -> None:
    visit.state = "held"
    first = make_follow_up(session, visit=visit)
    fulfil(session, None, now, first, "Sendt", then=NEXT)
    [mail] = mails(session)
    assert mail.not_before == now + HOLD
    reopen(session, visit.consultant, now + timedelta(minutes=1), first)
    assert mails(session) == []
    fulfil(session, None, now, first, "Sendt", then=NEXT)
    [mail] = mails(session)
    assert "Vores aftale" in mail.subject


def test_what_changes_before_the_mail_has_left_is_told_as_it_is_by_then(
    session: Session, visit: Visit, now: datetime
) -> None:
    visit.state = "held"
    first = make_follow_up(session, visit=visit)
    fulfil(session, None, now, first, "Sendt", then=NEXT)
    after = session.scalars(select(FollowUp).where(FollowUp.follows_id == first.id)).one()
    snooze(session, None, now + timedelta(minutes=2), after, date(2026, 12, 21), "Ferie")
    [mail] = mails(session)
    assert "Vores aftale" in mail.subject
    assert "21. december" in mail.body_text
    assert mail.not_before > now + HOLD


def test_what_has_gone_on_is_not_opened_again(session: Session, visit: Visit, now: datetime) -> None:
    first = make_follow_up(session, visit=visit)
    with pytest.raises(Refusal) as refused:
        reopen(session, None, now, first)
    assert refused.value.code == "open"
    fulfil(session, None, now, first, then=NEXT)
    after = session.scalars(select(FollowUp).where(FollowUp.follows_id == first.id)).one()
    fulfil(session, None, now, after, then=NoFollowUp("De lukker"))
    with pytest.raises(Refusal) as refused:
        reopen(session, None, now, first)
    assert refused.value.code == "followed"


def test_putting_off_counts_and_tells_the_company_what_we_owe_it(session: Session, visit: Visit, now: datetime) -> None:
    close(session, visit, now, SEND)
    [ours] = of_visit(session, visit.id)
    theirs = make_follow_up(session, visit=visit, owed_by="company", told_at=now)
    internal = make_follow_up(session, visit=visit, kind="data_missing")
    for f in (ours, theirs, internal):
        snooze(session, None, now, f, date(2026, 12, 2), "Syg")
        snooze(session, None, now, f, date(2026, 12, 3), "Stadig syg")
        assert (f.snoozes, f.first_due_on) == (2, date(2026, 12, 1))
    moved = [mail for mail in mails(session) if mail.dedupe_key.startswith("follow_up:moved:")]
    assert [mail.dedupe_key for mail in moved] == [f"follow_up:moved:{ours.id}:{n}" for n in (1, 2)]


def test_an_agreement_is_added_to_a_reported_visit_only(session: Session, visit: Visit, now: datetime) -> None:
    with pytest.raises(Refusal) as refused:
        add(session, None, now, visit, SEND)
    assert refused.value.code == "not_reported"
    close(session, visit, now, NONE)
    add(session, None, now, visit, SEND)
    add(session, None, now, visit, FollowUpDecision("company", date(2026, 12, 2), "Svare", "company_owes"))
    assert [f.from_report for f in of_visit(session, visit.id)] == [False, False]
    assert len(mails(session)) == 2


def test_correcting_keeps_the_owner_the_link_and_settles_what_the_company_wrote(
    session: Session, visit: Visit, now: datetime
) -> None:
    close(session, visit, now, SEND)
    [first] = of_visit(session, visit.id)
    colleague = make_follow_up(session).owner
    first.owner_id = colleague.id
    said = Answer(follow_up_id=first.id, at=now, kind="corrected", words="Tre CV'er")
    session.add(said)
    session.flush()
    close(session, visit, now, FollowUpDecision("jobcentre", date(2026, 12, 2), "Sende tre CV'er", "we_owe"))
    [new] = of_visit(session, visit.id)
    assert (new.follows_id, new.owner_id, new.confirmed_at) == (first.id, colleague.id, None)
    assert (said.settled_as, said.settled_at) == ("accepted", now)
    close(session, visit, now, FollowUpDecision("jobcentre", date(2026, 12, 2), "Sende tre CV'er", "we_owe"))
    assert [f.id for f in of_visit(session, visit.id)] == [new.id]
