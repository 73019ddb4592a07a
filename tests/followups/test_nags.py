"""Nags: each step once, to the right person, in bulk."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at
from crm.followups.actions import close_visit, fulfil, nag, snooze
from crm.followups.models import Nag
from crm.followups.queries import board, of_visit, open_count
from crm.followups.rules import FollowUpDecision
from crm.integrations.models import OutboxMessage
from crm.people.actions import set_active
from crm.people.models import Jobcentre, User
from crm.visits.rules import VisitReport
from tests.factories import make_jobcentre, make_queue_entry, make_user, make_visit
from tests.factories.followups import make_follow_up

DUE = date(2026, 12, 1)


def morning(count: int, due: date = DUE) -> datetime:
    """07.30 Danish time, ``count`` working days after the due date."""
    return at(add_working_days(due, count), 450)


def lead_of(session: Session) -> User:
    return make_user(session, "jobcentre_lead", jobcentre=make_jobcentre(session), name="Lea Leder")


def steps(session: Session) -> list[tuple[str, int]]:
    return [(row.step, row.recipient_id) for row in session.scalars(select(Nag).order_by(Nag.id))]


def mails(session: Session) -> list[tuple[str, str]]:
    rows = session.scalars(
        select(OutboxMessage).where(OutboxMessage.dedupe_key.like("nag:%")).order_by(OutboxMessage.id)
    )
    return [(mail.recipient, mail.subject.partition(":")[0]) for mail in rows]


def test_the_ladder_day_by_day_each_step_once(session: Session) -> None:
    lead = lead_of(session)
    agreed = make_follow_up(session, due_on=DUE)
    owner = session.get_one(User, agreed.owner_id)
    written = [nag(session, morning(count)) + nag(session, morning(count)) for count in range(-1, 8)]
    assert written == [0, 1, 0, 1, 0, 0, 1, 0, 0]
    assert steps(session) == [("due", owner.id), ("overdue", owner.id), ("escalated", lead.id)]
    assert mails(session) == [
        (owner.email, "Frist i dag"),
        (owner.email, "Over fristen"),
        (lead.email, "Over fristen"),
        (lead.email, "Stadig ikke på plads"),
    ]


def test_nothing_before_half_past_seven(session: Session) -> None:
    make_follow_up(session, due_on=DUE)
    assert nag(session, morning(0) - timedelta(minutes=1)) == 0
    assert nag(session, morning(0)) == 1


def test_a_late_start_writes_the_step_that_fits_and_no_flood(session: Session) -> None:
    lead = lead_of(session)
    make_follow_up(session, due_on=DUE)
    assert nag(session, morning(9)) == 1
    assert steps(session) == [("escalated", lead.id)]
    assert nag(session, morning(10)) == 0


def test_a_weekend_brings_nothing_new(session: Session) -> None:
    make_follow_up(session, due_on=date(2026, 12, 4))
    assert nag(session, morning(0, date(2026, 12, 4))) == 1
    assert nag(session, datetime(2026, 12, 6, 12, tzinfo=UTC)) == 0


def test_done_voided_and_snoozed_ones_are_left_in_peace(session: Session) -> None:
    done, moved = make_follow_up(session, due_on=DUE), make_follow_up(session, due_on=DUE)
    make_follow_up(session, due_on=DUE, voided_at=morning(-2))
    fulfil(session, None, morning(-1), done)
    snooze(session, None, morning(-1), moved, date(2026, 12, 8), "Kandidaten er syg")
    assert nag(session, morning(0)) == 0
    assert nag(session, morning(0, date(2026, 12, 8))) == 1


def test_a_snoozed_one_climbs_the_ladder_anew(session: Session) -> None:
    agreed = make_follow_up(session, due_on=DUE)
    nag(session, morning(0))
    nag(session, morning(2))
    snooze(session, None, morning(2), agreed, date(2026, 12, 8), "Kandidaten er syg")
    assert nag(session, morning(0, date(2026, 12, 8))) == 1
    assert [step for step, _who in steps(session)] == ["due", "overdue", "due"]


def test_the_owner_who_left_is_stood_in_for_by_the_lead(session: Session) -> None:
    lead = lead_of(session)
    agreed = make_follow_up(session, due_on=DUE)
    set_active(session, None, morning(-1), session.get_one(User, agreed.owner_id), False)
    assert nag(session, morning(0)) == 1
    assert steps(session) == [("due", lead.id)]


def test_without_a_lead_the_region_is_told_and_without_anyone_it_waits(session: Session) -> None:
    agreed = make_follow_up(session, due_on=DUE)
    set_active(session, None, morning(-1), session.get_one(User, agreed.owner_id), False)
    assert nag(session, morning(0)) == 0
    regional = make_user(session, "regional_lead", region_id=session.get_one(Jobcentre, agreed.jobcentre_id).region_id)
    assert nag(session, morning(0)) == 1
    assert steps(session) == [("due", regional.id)]


def test_the_company_that_owes_is_said_to(session: Session) -> None:
    make_follow_up(session, due_on=DUE, owed_by="company", promise="De melder tilbage")
    nag(session, morning(0))
    body = session.scalars(select(OutboxMessage.body_text)).one()
    assert "Virksomheden skylder" in body
    assert "ring til dem" in body


def test_many_at_once_take_few_queries(session: Session) -> None:
    lead_of(session)
    visit = make_visit(session, state="held", entry=make_queue_entry(session))
    for number in range(450):
        make_follow_up(session, visit=visit, due_on=DUE, promise=f"Aftale {number}")
    seen: list[str] = []
    bind = session.connection()
    event.listen(bind, "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert nag(session, morning(2)) == 450
    assert len(seen) < 40
    assert len(mails(session)) == 900


def test_from_no_opening_today_to_a_kept_promise_in_march(session: Session) -> None:
    """The story of the report's section 4.3: no opening now, perhaps in spring."""
    lead = lead_of(session)
    visit = make_visit(session, starts_at=datetime(2026, 11, 24, 9, tzinfo=UTC), contact_email="a@eksempel.invalid")
    who = visit.consultant
    close_visit(
        session,
        who,
        datetime(2026, 11, 24, 10, tzinfo=UTC),
        visit,
        VisitReport("held", pressed=False),
        [],
        FollowUpDecision("jobcentre", date(2027, 3, 1), "Ringe om sæsonjob", "future_need"),
    )
    [agreed] = of_visit(session, visit.id)
    march = date(2027, 3, 1)
    moments = [datetime(2026, 11, 25, 6, 30, tzinfo=UTC) + timedelta(days=day) for day in range(110)]
    by_day = {now.date(): written for now in moments if (written := nag(session, now))}
    assert by_day == {march: 1, date(2027, 3, 3): 1, date(2027, 3, 8): 1}
    assert steps(session)[-1] == ("escalated", lead.id)
    assert open_count(session, who.id, march) == 1
    assert open_count(session, who.id, march - timedelta(days=1)) == 0
    fulfil(session, who, moments[-1], agreed, "To sæsonjob meldt ind")
    assert open_count(session, who.id, date(2027, 3, 20)) == 0
    assert nag(session, moments[-1] + timedelta(days=30)) == 0


def test_the_board_of_the_one_who_owes(session: Session) -> None:
    from crm.base.scope import Scope

    agreed = make_follow_up(session, due_on=DUE)
    make_follow_up(session, due_on=DUE)
    found = board(session, Scope(own=agreed.owner_id), DUE)
    assert [f.id for f in found.due] == [agreed.id]
