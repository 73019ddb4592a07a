"""A morning's digest: what stands in it, once a person a day, and how it goes on when something fails."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from crm.base.clock import DANISH, add_working_days
from crm.followups.actions import fulfil, nag
from crm.followups.actions.notices import mark_seen, notify
from crm.followups.actions.reminders import set_wishes
from crm.followups.rules.digest import Entry, Figure, compose
from crm.people.actions import set_active
from tests.factories import make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.factories.leave import make_leave
from tests.followups.telling import DUE, digests, lead_of, morning, subjects, told


def entry(number: int, **fields: Any) -> Entry:
    values: dict[str, Any] = {
        "kind": "nag",
        "role": "owner",
        "title": f"Aftale {number}",
        "workplace": "Smedjen",
        "owed_by": "jobcentre",
        "due_on": DUE,
        "owner_id": 1,
        "owner": "Mette Holm",
    }
    return Entry(number, **{**values, **fields})


def test_the_sections_and_the_headline() -> None:
    found = compose(
        [
            entry(1, due_on=add_working_days(DUE, 1)),
            entry(2),
            entry(3, due_on=add_working_days(DUE, -3)),
            entry(4, role="copy", owner="Åge", owner_id=3, due_on=add_working_days(DUE, -2)),
            entry(5, role="lead", due_on=add_working_days(DUE, -5)),
            entry(6, kind="answer"),
        ],
        [Figure("Jobcenter Ribe", 4, 10, 30, 1)],
        DUE,
    )
    assert [section.key for section in found.sections] == ["today", "overdue", "lead", "changes", "coming", "copy"]
    assert found.headline == "1 aftale i dag, 1 over fristen, 1 at tage op"


def test_an_agreement_stands_once_in_the_nearest_role() -> None:
    found = compose([entry(1, role="copy"), entry(1, role="lead"), entry(1)], [], DUE)
    assert [(section.key, section.count) for section in found.sections] == [("today", 1)]


def test_a_long_list_is_cut_and_says_so() -> None:
    found = compose(
        [entry(n) for n in range(30)] + [entry(n, due_on=date(2026, 11, 2)) for n in range(50, 72)], [], DUE, shown=40
    )
    assert [(section.count, section.more) for section in found.sections] == [(30, 0), (22, 12)]
    assert sum(len(group.items) for section in found.sections for group in section.groups) == 40


@given(
    st.lists(
        st.tuples(st.integers(1, 30), st.sampled_from(["owner", "lead", "copy", "substitute"]), st.integers(-9, 3))
    )
)
def test_nothing_is_lost_or_told_twice(rows: list[tuple[int, str, int]]) -> None:
    found = compose([entry(n, role=role, due_on=DUE + timedelta(days=off)) for n, role, off in rows], [], DUE, shown=10)
    assert sum(section.count for section in found.sections) == len({n for n, _role, _off in rows})
    shown = [item.follow_up_id for section in found.sections for group in section.groups for item in group.items]
    assert len(set(shown)) == len(shown) <= 10
    assert sum(section.more for section in found.sections) == sum(s.count for s in found.sections) - len(shown)


def test_one_mail_a_morning_says_what_waits(session: Session) -> None:
    visit = make_visit(session, state="held")
    today = make_follow_up(session, visit=visit, due_on=DUE, promise="Ringe om job")
    late = make_follow_up(session, visit=visit, due_on=add_working_days(DUE, -2), promise="Sende CV'er")
    nag(session, morning(0))
    [mail] = digests(session, visit.consultant)
    assert mail.subject == "1 aftale i dag, 1 over fristen"
    for body in (mail.body_text, mail.body_html or ""):
        for agreed in (today, late):
            assert f"/followups/{agreed.id}" in body
        assert "2 arbejdsdage over" in body


def test_what_comes_up_later_waits_for_the_next_morning(session: Session) -> None:
    visit = make_visit(session, state="held")
    make_follow_up(session, visit=visit, due_on=DUE)
    nag(session, morning(0))
    late = make_follow_up(session, visit=visit, due_on=DUE, promise="Aftalt i dag")
    assert nag(session, morning(0) + timedelta(hours=2)) == 1
    assert len(digests(session, visit.consultant)) == 1
    nag(session, morning(1))
    first, second = digests(session, visit.consultant)
    assert f"/followups/{late.id}" not in first.body_text
    assert f"/followups/{late.id}" in second.body_text


def test_nothing_new_brings_no_mail_and_neither_does_what_was_read(session: Session) -> None:
    visit = make_visit(session, state="held")
    agreed = make_follow_up(session, visit=visit, due_on=DUE)
    nag(session, morning(0))
    notify(session, morning(0), visit.consultant_id, agreed, "answer")
    mark_seen(session, morning(0), visit.consultant_id, 2**40)
    nag(session, morning(1))
    assert len(digests(session, visit.consultant)) == 1


def test_what_was_done_meanwhile_is_not_nagged_of(session: Session) -> None:
    visit = make_visit(session, state="held")
    agreed = make_follow_up(session, visit=visit, due_on=DUE)
    nag(session, datetime.combine(DUE, time(6), DANISH).astimezone(UTC) + timedelta(days=5))  # a Sunday: no digest
    fulfil(session, visit.consultant, morning(3), agreed)
    nag(session, morning(4))
    assert digests(session, visit.consultant) == []


def test_changes_are_told_with_the_next_digest(session: Session) -> None:
    visit = make_visit(session, state="held")
    agreed = make_follow_up(session, visit=visit, due_on=date(2026, 12, 15))
    notify(session, morning(0) + timedelta(hours=1), visit.consultant_id, agreed, "handed_over")
    nag(session, morning(1))
    [mail] = digests(session, visit.consultant)
    assert mail.subject == "1 aftale med nyt"
    assert "Du har fået aftalen overdraget" in mail.body_text


def test_the_lead_gets_copies_and_escalations_by_consultant(session: Session) -> None:
    lead = lead_of(session)
    one, other = make_visit(session, state="held"), make_visit(session, state="held")
    make_follow_up(session, visit=one, due_on=add_working_days(DUE, -5), promise="Stadig ikke gjort")
    make_follow_up(session, visit=other, due_on=add_working_days(DUE, -2), promise="Lige over")
    nag(session, morning(0))
    [mail] = digests(session, lead)
    assert f"Tal med {one.consultant.name}" in mail.body_text
    assert f"Hos {other.consultant.name}" in mail.body_text


def test_the_region_gets_figures_and_no_names(session: Session) -> None:
    lead_of(session)
    regional = make_user(session, "regional_lead")
    agreed = make_follow_up(session, due_on=DUE, promise="Hemmelig aftale")
    for count in (0, 10):
        nag(session, morning(count))
    [mail] = digests(session, regional)
    assert "1 aftale, 10 arbejdsdage eller mere over fristen, den ældste 10" in mail.body_text
    for body in (mail.body_text, mail.body_html or ""):
        assert "Hemmelig" not in body
        assert agreed.workplace.name not in body


def test_an_sms_where_it_is_wished_and_no_mail_where_it_is_not(session: Session) -> None:
    visit = make_visit(session, state="held")
    who = visit.consultant
    who.phone = "+4520304050"
    set_wishes(session, who, morning(-2), who, mail=False, sms=True, calendar="none")
    make_follow_up(session, visit=visit, due_on=DUE)
    nag(session, morning(0))
    assert digests(session, who) == []
    [sms] = digests(session, who, "sms")
    assert sms.body_text.startswith("Jobåbner: 1 aftale i dag. http")
    assert len(sms.body_text) < 160


def test_on_leave_the_substitute_hears_and_the_return_is_one_digest(session: Session) -> None:
    lead_of(session)
    visit = make_visit(session, state="held")
    who, other = visit.consultant, make_user(session, "consultant", name="Vera Vikar")
    make_leave(session, who, DUE, add_working_days(DUE, 3), other)
    first = make_follow_up(session, visit=visit, due_on=DUE, promise="Klares af vikaren")
    make_follow_up(session, visit=visit, due_on=add_working_days(DUE, 1), promise="Bliver liggende")
    for count in range(4):
        nag(session, morning(count))
        if count == 1:
            fulfil(session, other, morning(1), first, "Ordnet")
    assert digests(session, who) == []
    assert f"Du vikarierer for {who.name}" in digests(session, other)[0].body_text
    nag(session, morning(4))
    [back] = digests(session, who)
    assert back.body_text.count("Bliver liggende") == 1, "each agreement once, whatever steps it took"
    assert back.body_text.count("Klares af vikaren") == 1
    assert "gjort af Vera Vikar" in back.body_text
    assert back.subject == "1 aftale over fristen, 1 klaret af andre"


def test_the_substitute_s_substitute_then_the_leads(session: Session) -> None:
    lead = lead_of(session)
    visit = make_visit(session, state="held")
    who, second, third = visit.consultant, make_user(session, "consultant"), make_user(session, "consultant")
    make_leave(session, who, DUE, add_working_days(DUE, 9), second)
    make_leave(session, second, DUE, add_working_days(DUE, 9), third)
    make_follow_up(session, visit=visit, due_on=DUE)
    nag(session, morning(0))
    assert told(session, third) == [("due", "substitute")]
    make_leave(session, third, add_working_days(DUE, 1), add_working_days(DUE, 9), who)
    make_follow_up(session, visit=visit, due_on=add_working_days(DUE, 1))
    nag(session, morning(1))
    assert ("due", "lead") in told(session, lead)
    assert "er væk, og ingen på arbejde vikarierer" in digests(session, lead)[0].body_text


def test_who_goes_away_before_being_told_is_stood_in_for(session: Session) -> None:
    lead = lead_of(session)
    visit = make_visit(session, state="held")
    other = make_user(session, "consultant")
    make_follow_up(session, visit=visit, due_on=DUE)
    nag(session, morning(0) - timedelta(hours=1))  # what the day before had reached
    nag(session, morning(0))
    make_follow_up(session, visit=visit, due_on=DUE)
    nag(session, morning(0) + timedelta(hours=3))
    make_leave(session, visit.consultant, add_working_days(DUE, 1), add_working_days(DUE, 5), other)
    nag(session, morning(1))
    assert subjects(session, other) == ["1 aftale som vikar"]
    assert subjects(session, lead) == []
    set_active(session, None, morning(1), visit.consultant, False)
