"""What becomes of a call from what is told of it: the same end whatever the order, the repetitions and the gaps."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.calling.rules.phone import (
    AGREED,
    CLOSED,
    COMPANY,
    DIAL_RESULT,
    ENDS,
    GIVEN_UP,
    ON_THE_WAY,
    OWN,
    PHONER,
    STATES,
    PhoneFact,
    PhoneState,
    fold,
    length,
)
from tests.conftest import NOW


def after(seconds: float):
    return NOW + timedelta(seconds=seconds)


def fact(name: str, at: float = 0, leg: str = COMPANY, **told) -> PhoneFact:
    return PhoneFact(leg, name, after(at), **told)


BEGUN = [fact("initiated", 1), fact("ringing", 2)]
TALKED = [*BEGUN, fact("in-progress", 8), fact("completed", 142, seconds=134),
          fact(DIAL_RESULT, 143, PHONER, state="completed", seconds=134, by="company")]  # fmt: skip
WHOLE = {
    "talked, the company hung up": (TALKED, PhoneState("completed", after(8), after(142), 134, "company", "webhook")),
    "busy": (
        [fact("initiated", 1), fact("busy", 3, seconds=0), fact(DIAL_RESULT, 3, PHONER, state="busy")],
        PhoneState("busy", None, after(3), None, None, "webhook"),
    ),
    "nobody answered": (
        [*BEGUN, fact("no-answer", 27, seconds=0), fact(DIAL_RESULT, 27, PHONER, state="no-answer")],
        PhoneState("no-answer", None, after(27), None, None, "webhook"),
    ),
    "not in service": (
        [fact("initiated", 1), fact("failed", 2), fact(DIAL_RESULT, 2, PHONER, state="failed")],
        PhoneState("failed", None, after(2), None, None, "webhook"),
    ),
    "the phoner gave up": (
        [*BEGUN, fact("canceled", 9), fact(DIAL_RESULT, 9, PHONER, state="canceled", by="phoner"),
         fact("completed", 9, PHONER)],
        PhoneState("canceled", None, after(9), None, "phoner", "webhook"),
    ),
    "recorded": (
        [*TALKED[:3], fact(AGREED, 12), *TALKED[3:]],
        PhoneState("completed", after(8), after(142), 134, "company", "webhook", after(12)),
    ),
    "closed by the job, then told": (
        [fact(CLOSED, 600, OWN, state="failed"), *TALKED],
        PhoneState("completed", after(8), after(142), 134, "company", "webhook"),
    ),
}  # fmt: skip


def ends_of_every_order(facts, state_of) -> set:
    return {state_of(order) for order in permutations(facts)}


@pytest.mark.parametrize("kind", WHOLE)
def test_every_order_ends_in_the_one_right_state(kind):
    facts, right = WHOLE[kind]
    assert ends_of_every_order(facts, fold) == {right}


def last_word(facts) -> PhoneState:
    """The sabotaged control: what most integrations do, believe whoever spoke last."""
    named = [each for each in facts if each.leg == COMPANY and each.name in STATES]
    return PhoneState(named[-1].name, ended_at=named[-1].at)


def test_the_checker_catches_the_last_writer_winning():
    assert len(ends_of_every_order(TALKED, last_word)) > 1


def orders(facts):
    """Every fact at least once, in any order, some of them again."""
    again = st.lists(st.sampled_from(facts), max_size=6)
    return again.flatmap(lambda more: st.permutations([*facts, *more]))


@given(st.data())
def test_repetitions_change_nothing(data):
    facts, right = WHOLE[data.draw(st.sampled_from(sorted(WHOLE)))]
    assert fold(data.draw(orders(facts))) == right


def rank(state: str) -> int:
    return len(ON_THE_WAY) if state in ENDS else ON_THE_WAY.index(state)


@given(st.data())
def test_a_state_never_goes_back_while_the_news_comes_in(data):
    facts, _right = WHOLE[data.draw(st.sampled_from(sorted(WHOLE)))]
    told = data.draw(orders(facts))
    ranks = [rank(fold(told[:n]).state) for n in range(len(told) + 1)]
    assert ranks == sorted(ranks)


@given(st.data())
def test_any_part_of_the_news_gives_a_state_that_makes_sense(data):
    facts, _right = WHOLE[data.draw(st.sampled_from(sorted(WHOLE)))]
    part = data.draw(st.lists(st.sampled_from(facts), unique=True))
    state = fold(part)
    assert state.state in STATES
    assert (state.ended_at is None) == (state.state in ON_THE_WAY)
    if state.seconds is not None:
        assert state.state == "completed"
        assert state.answered_at is not None
        assert state.seconds >= 0


def test_what_is_missing_in_the_middle_is_worked_out():
    assert fold([TALKED[3]]).answered_at == after(8)  # its end and its length
    assert fold([TALKED[2], fact("completed", 142)]).seconds == 134
    only_result = fold([TALKED[2], TALKED[4]])
    assert (only_result.state, only_result.ended_at, only_result.hangup_by) == ("completed", after(142), "company")


def test_a_call_that_never_rang_is_given_up():
    assert fold([fact(GIVEN_UP, 3, OWN)]) == PhoneState("canceled", None, after(3), None, None, None)


def test_the_job_says_what_it_knows_and_no_more():
    closed = fold([*TALKED[:3], fact(CLOSED, 4000, OWN, state="completed")])
    assert (closed.state, closed.answered_at, closed.seconds, closed.closed_by) == ("completed", after(8), None, "job")


@pytest.mark.parametrize(("seconds", "words"), [(0, "0.00"), (59, "0.59"), (209, "3.29"), (3723, "1.02.03")])
def test_lengths_read_as_on_the_screen(seconds, words):
    assert length(seconds) == words
