"""An opening's life: its stage from facts, what is missing, closing and reopening, and that it is never counted twice."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import Invalid, Refusal
from crm.base.scope import Scope
from crm.openings import actions, queries
from crm.openings.actions import candidacies, placements
from crm.openings.models import Opening
from crm.openings.rules import DETAILS, STAGES, TYPES, Details, NewOpening, missing, resized
from crm.openings.rules.life import looks_lapsed, stage_of
from crm.people.models import Jobcentre
from crm.reports.queries import rates
from tests.factories import make_jobcentre, make_user, make_visit
from tests.factories.candidates import make_candidacy, make_candidate
from tests.factories.openings import make_opening

EVERYTHING = Scope(everything=True)
FULL = Details("Kok", None, "Koge", 37, "", date(2027, 1, 4), "", (), "", 2, date(2026, 12, 1))


def bare(**given_: Any) -> SimpleNamespace:
    empty = {name: getattr(Details(), name) for name in Details.__dataclass_fields__}
    return SimpleNamespace(**{"positions": 1, "visit": SimpleNamespace(contact_name="Bo"), **empty, **given_})


@given(st.integers(1, 5), st.booleans(), st.booleans(), st.integers(0, 6))
def test_more_facts_never_take_the_stage_back(positions: int, presented: bool, interviewed: bool, hired: int) -> None:
    order = list(STAGES)
    opening = bare(positions=positions)
    stage = order.index(stage_of(opening, presented=presented, interviewed=interviewed, hired=hired))
    assert order.index(stage_of(opening, presented=True, interviewed=interviewed, hired=hired)) >= stage
    assert order.index(stage_of(opening, presented=presented, interviewed=True, hired=hired)) >= stage
    assert order.index(stage_of(opening, presented=presented, interviewed=interviewed, hired=hired + 1)) >= stage
    assert (order[stage] == "hired") == (hired >= positions)


def test_what_is_missing_is_named_in_order_and_words_are_as_good_as_figures() -> None:
    assert missing(bare(visit=SimpleNamespace(contact_name=""))) == list(DETAILS)
    said = bare(occupation="Kok", tasks="x", hours_note="efter aftale", starts_note="snart", cvs_wanted=0)
    assert missing(said) == []
    assert stage_of(said, presented=False, interviewed=False, hired=0) == "specified"
    assert missing(bare(cvs_wanted=3))[-1] == "cvs"


@pytest.mark.parametrize(
    ("cvs_by", "starts_on", "state", "under_way", "lapsed"),
    [
        (date(2026, 10, 1), None, "open", 0, True),
        (date(2026, 10, 1), None, "open", 1, False),
        (date(2026, 10, 1), None, "closed", 0, False),
        (date(2026, 10, 1), date(2027, 2, 1), "open", 0, False),
        (None, None, "open", 0, False),
        (date(2026, 11, 20), None, "open", 0, False),
    ],
)
def test_closing_is_proposed_a_month_after_the_last_day_it_named(
    cvs_by: date | None, starts_on: date | None, state: str, under_way: int, lapsed: bool
) -> None:
    opening = bare(cvs_by=cvs_by, starts_on=starts_on, state=state)
    assert looks_lapsed(opening, date(2026, 11, 24), under_way=under_way) is lapsed


@given(
    st.lists(st.builds(NewOpening, st.just("ordinary"), st.integers(1, 9), st.booleans(), st.sampled_from("abc"))),
    st.integers(1, 30),
    st.booleans(),
)
def test_a_corrected_sum_stays_with_the_openings_it_came_from(
    there: list[NewOpening], positions: int, urgent: bool
) -> None:
    told = resized(there, positions, urgent)
    if there:
        assert sum(one.positions for one in told) == positions
        assert any(one.akutjob for one in told) == urgent
    assert [one.occupation for one in told] == [one.occupation for one in there[: len(told)]]
    assert all(one.positions >= 1 for one in told)


def test_sql_and_rule_agree_on_what_is_missing_and_what_lapsed(session: Session, now: datetime) -> None:
    rng = random.Random(7)
    visits = [make_visit(session, state="held", starts_at=now, contact_name=name) for name in ("Bo", "")]
    today = date(2026, 11, 24)
    for _ in range(60):
        opening = make_opening(
            session,
            visit=rng.choice(visits),
            occupation=rng.choice(["", "Kok"]),
            tasks=rng.choice(["", "x"]),
            weekly_hours=rng.choice([None, 30.0]),
            hours_note=rng.choice(["", "aften"]),
            starts_on=rng.choice([None, date(2026, 10, 1), date(2027, 1, 1)]),
            starts_note=rng.choice(["", "snart"]),
            contact_name=rng.choice(["", "Ida"]),
            cvs_wanted=rng.choice([None, 0, 3]),
            cvs_by=rng.choice([None, date(2026, 10, 5), date(2026, 12, 1)]),
            state=rng.choice(["open", "closed"]),
        )
        if rng.random() < 0.3:
            make_candidacy(session, opening, state=rng.choice(["proposed", "ended"]))
    everything = session.scalars(select(Opening)).all()
    for key in (*DETAILS, "any"):
        found = queries.openings(session, EVERYTHING, asked=queries.Asked(lacking=key)).total
        assert found == sum(bool(missing(o)) if key == "any" else key in missing(o) for o in everything), key
    under_way = queries.under_way_of(session, [o.id for o in everything])
    lapsed = queries.openings(session, EVERYTHING, asked=queries.Asked(state="lapsed", today=today)).total
    assert lapsed == sum(looks_lapsed(o, today, under_way=under_way.get(o.id, 0)) for o in everything)
    assert 0 < lapsed < len(everything)


def test_the_stage_follows_details_candidates_and_placements(session: Session, now: datetime) -> None:
    opening = make_opening(session, positions=2)
    actions.set_details(session, None, now, opening, FULL)
    assert (opening.stage, opening.occupation_code) == ("specified", "5120")
    first = candidacies.propose(session, None, now, opening, make_candidate(session, jobcentre_id=opening.jobcentre_id))
    assert opening.stage == "specified"
    candidacies.present(session, None, now, first)
    assert opening.stage == "presented"
    candidacies.interview(session, None, now, first)
    assert opening.stage == "interview"
    hired = candidacies.hire(session, None, now, first, type="ordinary", starts_on=date(2026, 12, 1), ends_on=None)
    assert (opening.stage, opening.state) == ("part", "open")
    second = make_candidacy(session, opening, state="interview")
    third = make_candidacy(session, opening, state="sent")
    other = candidacies.hire(session, None, now, second, type="ordinary", starts_on=date(2026, 12, 1), ends_on=None)
    assert (opening.stage, opening.state, opening.closed_reason) == ("hired", "closed", "filled_by_us")
    assert (third.state, third.ended_because) == ("ended", "opening_closed")
    with pytest.raises(Refusal) as refused:
        actions.reopen(session, None, now, opening)
    assert refused.value.code == "filled"
    placements.void(session, None, now, other)
    assert (opening.stage, opening.state) == ("part", "open")
    assert third.state == "sent"
    placements.void(session, None, now, hired)
    assert opening.stage == "interview"


def test_telling_the_company_of_somebody_is_no_presentation(session: Session, now: datetime) -> None:
    """Report 003: who was shown a concrete job."""
    opening = make_opening(session, contact_email="a@b.invalid", positions=2)
    row, seen = make_candidacy(session, opening), make_candidacy(session, opening)
    candidacies.send(session, None, now, opening, [row], by_mail=False)
    assert (row.state, row.presented_at, opening.stage) == ("sent", None, "told")
    candidacies.send(session, None, now, opening, [seen], shown=[seen.id, row.id])
    assert (seen.state, seen.presented_at, opening.stage) == ("sent", now, "presented")
    assert row.presented_at is None  # not among those who are sent now
    candidacies.present(session, None, now, row)
    for one in (row, seen):
        candidacies.unpresent(session, None, now, one)
    assert (opening.stage, row.state) == ("told", "sent")


def test_closing_leaves_nobody_waiting_and_reopening_takes_them_up_where_they_were(
    session: Session, now: datetime
) -> None:
    opening = make_opening(session, positions=3)
    states = ("proposed", "presented", "sent", "interview", "offered")
    running = [make_candidacy(session, opening, state=state) for state in states]
    before = make_candidacy(
        session, opening, state="ended", ended_at=now - timedelta(days=1), ended_because="company_declined"
    )
    withdrawn = make_candidacy(session, opening, state="sent")
    assert actions.close(session, None, now, opening, "withdrawn") == 6
    assert {one.state for one in running} == {"ended"}
    assert {one.ended_because for one in running} == {"opening_closed"}
    assert before.ended_because == "company_declined"
    withdrawn.candidate.consent_withdrawn_at = now
    assert actions.reopen(session, None, now + timedelta(hours=1), opening) == 5
    assert [one.state for one in running] == list(states)
    assert (before.state, withdrawn.state) == ("ended", "ended")


def test_filled_by_us_needs_somebody_hired_and_goes_when_the_hire_goes(session: Session, now: datetime) -> None:
    opening = make_opening(session, positions=2)
    with pytest.raises(Invalid) as refused:
        actions.close(session, None, now, opening, "filled_by_us")
    assert (list(refused.value.errors), opening.state) == (["reason"], "open")
    one, other = (make_candidacy(session, opening, state="interview") for _ in range(2))
    hired = candidacies.hire(session, None, now, one, type="ordinary", starts_on=date(2026, 12, 1))
    actions.close(session, None, now, opening, "filled_by_us")  # the second position went away
    actions.set_details(session, None, now, opening, FULL)
    assert (opening.state, opening.stage, other.state) == ("closed", "part", "ended")
    placements.void(session, None, now, hired)
    assert (opening.state, opening.closed_reason, opening.stage) == ("open", None, "interview")
    assert (one.state, other.state) == ("interview", "interview")


def test_more_positions_in_a_corrected_report_open_a_filled_opening_again(session: Session, now: datetime) -> None:
    visit = make_visit(session, state="held", starts_at=now)
    [opening] = actions.replace_from_report(session, None, now, visit, [NewOpening("ordinary")])
    one = make_candidacy(session, opening, state="interview")
    candidacies.hire(session, None, now, one, type="ordinary", starts_on=date(2026, 12, 1), ends_on=None)
    assert opening.state == "closed"
    actions.replace_from_report(session, None, now, visit, [NewOpening("ordinary", 2)])
    assert (opening.state, opening.stage) == ("open", "part")
    actions.replace_from_report(session, None, now, visit, [NewOpening("ordinary", 1)])
    assert (opening.state, opening.closed_reason) == ("closed", "filled_by_us")


def test_a_report_never_loses_candidates_and_says_which_opening(session: Session, now: datetime) -> None:
    visit = make_visit(session, state="held", starts_at=now)
    told = [NewOpening("ordinary", occupation="Smed"), NewOpening("ordinary", 2, occupation="Kok")]
    smith, cook = actions.replace_from_report(session, None, now, visit, told)
    running = make_candidacy(session, cook, state="sent")
    with pytest.raises(Refusal) as refused:
        actions.replace_from_report(session, None, now, visit, [], may_go=[smith.id, cook.id])
    assert refused.value.code == "under_way"
    assert "Kok (2)" in str(refused.value)
    assert (cook.voided_at, smith.voided_at) == (None, None)
    three = [NewOpening("ordinary", 3)]
    with pytest.raises(Refusal) as asked:
        actions.replace_from_report(session, None, now, visit, three, may_go=[cook.id])
    assert (asked.value.code, asked.value.extra, smith.voided_at) == ("would_go", {"openings": [smith.id]}, None)
    [kept] = actions.replace_from_report(session, None, now, visit, three, may_go=[smith.id])
    assert (kept, cook.positions, running.state) == (cook, 3, "sent")
    assert smith.voided_at is not None


def test_an_added_opening_with_candidates_is_closed_not_removed(session: Session, now: datetime) -> None:
    opening = make_opening(session, from_report=False)
    make_candidacy(session, opening, state="ended", presented_at=now, ended_because="other")
    with pytest.raises(Refusal) as refused:
        actions.void(session, None, now, opening)
    assert refused.value.code == "under_way"


def test_the_same_report_again_keeps_what_was_made_better_since(session: Session, now: datetime) -> None:
    visit = make_visit(session, state="held", starts_at=now)
    told = NewOpening("ordinary", 1, False, "Smed", "Kørekort", 2, date(2026, 12, 1))
    [opening] = actions.replace_from_report(session, None, now, visit, [told])
    better = Details.of(opening).__class__(**{**Details.of(opening).__dict__, "occupation": "Klejnsmed"})
    actions.set_details(session, None, now, opening, better)
    actions.relax(session, None, now, opening, wishes="Ingen", agreed_with="Bo")
    actions.replace_from_report(session, None, now, visit, [told])
    assert (opening.occupation, opening.wishes) == ("Klejnsmed", "Ingen")
    actions.replace_from_report(session, None, now, visit, [NewOpening("ordinary", 1, False, "Svejser", "Truck")])
    assert (opening.occupation, opening.occupation_code, opening.wishes) == ("Svejser", "7212", "Ingen")


def test_a_relaxed_wish_keeps_what_it_was_and_who_agreed(session: Session, now: datetime) -> None:
    opening = make_opening(session, wishes="Kørekort og truck")
    who = make_user(session, "consultant")
    for bad in ({"wishes": "x", "agreed_with": " "}, {"wishes": "Kørekort og truck", "agreed_with": "Bo"}):
        with pytest.raises(Invalid):
            actions.relax(session, who, now, opening, **bad)
    actions.relax(session, who, now, opening, wishes="Kørekort", agreed_with="Bo Berg")
    actions.relax(session, who, now, opening, wishes="", agreed_with="Ida")
    rows = queries.relaxations(session, opening.id)
    assert [(row.was, row.now, row.agreed_with, row.by) for row in rows] == [
        ("Kørekort og truck", "Kørekort", "Bo Berg", who.id),
        ("Kørekort", "", "Ida", who.id),
    ]
    with pytest.raises(Invalid) as refused:
        actions.set_details(session, who, now, opening, Details(wishes="Noget andet"))
    assert list(refused.value.errors) == ["wishes"]
    with pytest.raises(Invalid):
        actions.relax(session, who, now, make_opening(session), wishes="x", agreed_with="Bo")


def test_a_colleague_of_the_jobcentre_takes_over_and_a_stranger_does_not(session: Session, now: datetime) -> None:
    opening = make_opening(session)
    was = opening.consultant
    colleague = make_user(session, "consultant", jobcentre=session.get_one(Jobcentre, opening.jobcentre_id))
    stranger = make_user(session, "consultant", jobcentre=make_jobcentre(session, code="101", postcode="1550"))
    for nobody in (stranger.id, None, 987654):
        with pytest.raises(Invalid):
            actions.hand_to(session, was, now, opening, nobody)
    actions.hand_to(session, was, now, opening, colleague.id)
    assert opening.consultant_id == colleague.id
    [fact] = session.scalars(select(Activity).where(Activity.verb == "openings.hand_to"))
    assert (fact.data["was"], fact.data["to"]) == (was.name, colleague.name)


def test_the_history_tells_each_change_and_when_a_stage_was_reached(session: Session, now: datetime) -> None:
    opening = make_opening(session, positions=1)
    actions.set_details(session, None, now, opening, FULL)
    one = make_candidacy(session, opening)
    candidacies.present(session, None, now + timedelta(days=1), one)
    actions.close(session, None, now + timedelta(days=2), opening, "withdrawn")
    facts = queries.history(session, opening)
    assert {fact.verb for fact in facts[:2]} == {"openings.close", "openings.candidacy_end"}
    assert {"openings.details", "openings.stage", "openings.candidacy_present"} <= {fact.verb for fact in facts}
    days = queries.reached(opening, facts)
    assert (days["specified"], days["presented"]) == (now, now + timedelta(days=1))
    assert "interview" not in days


@pytest.mark.parametrize("seed", range(6))
def test_any_life_counts_what_the_last_report_and_the_additions_say(session: Session, now: datetime, seed: int) -> None:
    """Reports, corrections, additions, details, candidates, hires, closings in any order."""
    rng = random.Random(seed)
    visit = make_visit(session, state="held", starts_at=now, reported_at=now)
    who = visit.consultant
    report: list[NewOpening] = []
    added: dict[int, NewOpening] = {}
    refusals: set[str] = set()
    for step in range(30):
        at = now + timedelta(minutes=step)
        live = list(queries.of_visit(session, visit.id))
        told = [
            NewOpening(
                kind, rng.randint(1, 4), kind == "ordinary" and rng.random() < 0.4, rng.choice(["", "Kok", "Smed"])
            )
            for kind in rng.choices(sorted(TYPES)[:3] + ["ordinary"], k=rng.randint(0, 3))
        ]
        move = rng.choice(("report", "report", "again", "add", "details", "person", "hire", "close", "reopen", "void"))
        chosen = rng.choice(live) if live else None
        try:
            with session.begin_nested():
                if move == "report":
                    ids = [one.id for one in live]
                    actions.replace_from_report(session, who, at, visit, told, may_go=ids)
                    report = told
                elif move == "again":
                    actions.replace_from_report(session, who, at, visit, report, may_go=[one.id for one in live])
                elif move == "add":
                    new = NewOpening("other", rng.randint(1, 3))
                    added[actions.log(session, who, at, visit, new).id] = new
                elif chosen is not None:
                    _live(session, at, move, chosen, rng)
                    if move == "void":
                        added.pop(chosen.id, None)
        except Refusal as refused:
            refusals.add(refused.code)
        session.expire_all()
        expected: dict[str, int] = {}
        for one in (*report, *added.values()):
            expected[one.type] = expected.get(one.type, 0) + one.positions
        found: dict[str, int] = {}
        for opening in queries.of_visit(session, visit.id):
            found[opening.type] = found.get(opening.type, 0) + opening.positions
        assert found == expected, (step, move)
        rate = rates.opening(session, EVERYTHING, visit.campaign_id, now=at).total
        assert (rate.numerator, rate.denominator) == (sum(expected.values()), 1)
    assert refusals <= {"under_way", "closed", "open", "filled", "from_report", "hired"}


def _live(session: Session, at: datetime, move: str, opening: Opening, rng: random.Random) -> None:
    if move == "details":
        actions.set_details(session, None, at, opening, rng.choice([FULL, Details(occupation="Tjener")]))
    elif move in ("person", "hire"):
        who = make_candidate(session, jobcentre_id=opening.jobcentre_id)
        made = candidacies.propose(session, None, at, opening, who)
        candidacies.present(session, None, at, made)
        if move == "hire":
            candidacies.hire(session, None, at, made, type="ordinary", starts_on=date(2026, 12, 1), ends_on=None)
    elif move == "close":
        actions.close(session, None, at, opening, "withdrawn")
    elif move == "reopen":
        actions.reopen(session, None, at, opening)
    elif move == "void":
        actions.void(session, None, at, opening)
