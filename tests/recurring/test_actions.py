"""Runs, items set aside, and the leader's row. On both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import Invalid, Refusal
from crm.recurring import actions, queries
from crm.recurring.models import JobRun, Leader, SetAside
from crm.recurring.rules import AGAIN
from tests.conftest import NOW
from tests.factories.core import make_user
from tests.factories.recurring import make_aside, make_run


def the_run(session: Session, key: str = "nag") -> JobRun:
    session.expire_all()
    return session.get_one(JobRun, key)


def test_a_run_is_one_row_with_its_totals(session: Session) -> None:
    for done in (4, 0):
        actions.begin(session, NOW, "nag", "maskine:42")
        assert (the_run(session).running_by, the_run(session).running_since) == ("maskine:42", NOW)
        actions.finish(session, NOW + timedelta(seconds=2), "nag", done=done, seconds=2.0)
    row = the_run(session)
    assert (row.runs, row.failures, row.done, row.done_total, row.seconds_total) == (2, 0, 0, 4, 4.0)
    assert (row.running_since, row.running_by, row.succeeded_at) == (None, "", NOW + timedelta(seconds=2))


def test_a_failure_is_counted_and_tried_again_ever_more_seldom(session: Session) -> None:
    for number, wait in enumerate((*AGAIN, AGAIN[-1]), start=1):
        actions.begin(session, NOW, "nag", "maskine:42")
        actions.failed(session, NOW, "nag", error="ValueError: nej", seconds=0.1)
        row = the_run(session)
        assert (row.failures, row.failed_in_a_row, row.retry_at) == (number, number, NOW + wait)
    assert queries.wanted(session, NOW + AGAIN[-1]) == ["nag"]
    assert queries.failing(queries.runs(session)) == ["nag"]
    actions.begin(session, NOW, "nag", "maskine:42")
    assert the_run(session).retry_at is None
    actions.finish(session, NOW, "nag", done=1, seconds=0.1)
    assert queries.failing(queries.runs(session)) == []
    assert the_run(session).last_error == "ValueError: nej"


def test_a_run_whose_process_died_is_a_failure_and_is_due_at_once(session: Session) -> None:
    actions.begin(session, NOW, "nag", "maskine:42")
    assert queries.wanted(session, NOW) == []
    assert actions.cut_short(session, NOW, "nag")
    assert not actions.cut_short(session, NOW, "nag")
    row = the_run(session)
    assert (row.failures, row.runs, row.running_since) == (1, 1, None)
    assert queries.wanted(session, NOW) == ["nag"]


def test_beginning_over_a_dead_run_counts_it(session: Session) -> None:
    actions.begin(session, NOW, "nag", "maskine:42")
    actions.begin(session, NOW + timedelta(hours=1), "nag", "anden:7")
    assert (the_run(session).failures, the_run(session).running_by) == (1, "anden:7")


def test_asking_twice_asks_once_and_is_on_record(session: Session) -> None:
    admin = make_user(session)
    actions.ask(session, admin, NOW, "nag")
    actions.ask(session, admin, NOW + timedelta(minutes=1), "nag")
    assert (the_run(session).asked_at, the_run(session).asked_by) == (NOW, admin.id)
    assert queries.wanted(session, NOW) == ["nag"]
    assert [fact.data for fact in session.scalars(select(Activity).where(Activity.verb == "recurring.ask"))] == [
        {"job": "nag"}
    ]
    actions.begin(session, NOW, "nag", "maskine:42")
    assert queries.wanted(session, NOW) == []


def test_every_change_of_leader_is_counted_and_a_deposed_one_learns_of_it(session: Session) -> None:
    actions.take_lead(session, NOW, "a:1")
    assert actions.beat(session, NOW + timedelta(seconds=5), "a:1")
    actions.take_lead(session, NOW + timedelta(minutes=1), "b:2")
    assert not actions.beat(session, NOW + timedelta(minutes=1), "a:1")
    session.expire_all()
    row = session.scalars(select(Leader)).one()
    assert (row.name, row.handovers, row.beat_at) == ("b:2", 1, NOW + timedelta(minutes=1))


def test_a_poisoned_item_is_set_aside_and_does_not_stop_the_rest(session: Session) -> None:
    @contextmanager
    def begin() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    poisoned = {2}

    def act(inner: Session, item: int) -> int:
        make_run(inner, f"job{item}-{now:%d%H%M}")
        if item in poisoned:
            raise ValueError("forgiftet")
        return 1

    now = NOW
    assert actions.each(begin, [1, 2, 3], act, job="test", now=now) == 2
    row = session.scalars(select(SetAside)).one()
    assert (row.item, row.tries, row.retry_at) == ("2", 1, NOW + AGAIN[0])
    assert row.error.startswith("ValueError: forgiftet\n")
    assert session.get(JobRun, f"job2-{now:%d%H%M}") is None, "what it had begun is rolled back"
    now = NOW + timedelta(minutes=5)
    assert actions.each(begin, [1, 2, 3], act, job="test", now=now) == 2, "it waits for its next try"
    now = NOW + AGAIN[0]
    assert actions.each(begin, [1, 2, 3], act, job="test", now=now) == 2
    assert session.scalars(select(SetAside)).one().tries == 2
    poisoned.clear()
    now = NOW + timedelta(days=1)
    assert actions.each(begin, [1, 2, 3], act, job="test", now=now) == 3
    assert session.scalars(select(SetAside)).all() == []


@pytest.mark.parametrize("complete", [False, True])
def test_what_is_no_longer_among_all_items_is_forgotten_when_its_time_has_come(
    session: Session, complete: bool
) -> None:
    @contextmanager
    def begin() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    make_aside(session, "7", job="test", retry_at=NOW)
    make_aside(session, "8", job="test", retry_at=NOW + timedelta(minutes=1))
    make_aside(session, "7", job="other", retry_at=NOW)
    assert actions.each(begin, [], lambda _session, _item: 1, job="test", now=NOW, complete=complete) == 0
    left = session.execute(select(SetAside.job, SetAside.item).order_by(SetAside.id)).all()
    assert [tuple(row) for row in left] == [*([] if complete else [("test", "7")]), ("test", "8"), ("other", "7")]


def test_a_next_try_that_a_wrong_clock_wrote_is_not_waited_for(session: Session) -> None:
    @contextmanager
    def begin() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    make_aside(session, "7", job="test", retry_at=NOW + timedelta(days=900))
    assert actions.each(begin, [7], lambda _session, _item: 1, job="test", now=NOW) == 1
    assert session.scalars(select(SetAside)).all() == []


def test_who_is_asked_for_while_it_runs_comes_afterwards(session: Session) -> None:
    actions.begin(session, NOW, "nag", "maskine:42")
    actions.ask(session, make_user(session), NOW, "nag")
    assert queries.wanted(session, NOW) == []
    actions.finish(session, NOW, "nag", done=1, seconds=0.1)
    assert queries.wanted(session, NOW) == ["nag"]


def test_an_item_can_be_let_go_again(session: Session) -> None:
    row = make_aside(session, retry_at=NOW + timedelta(days=1))
    actions.release(session, make_user(session), NOW, row)
    assert row.retry_at == NOW
    assert session.scalars(select(Activity.verb).where(Activity.subject_type == "set_aside")).all() == [
        "recurring.release"
    ]


@pytest.mark.parametrize("job", [None, "nag"])
def test_what_is_set_aside_comes_in_pages(session: Session, job: str | None) -> None:
    made = [make_aside(session, str(n)).id for n in range(5)]
    make_aside(session, "other", job="fit")
    rows = queries.aside(session, "nag", None, 3)
    assert [row.id for row in rows] == made[:1:-1]
    assert [row.id for row in queries.aside(session, "nag", rows[-1].id, 3)] == made[1::-1]
    assert queries.aside_counts(session) == {"nag": 5, "fit": 1}


def test_items_are_taken_as_they_come_and_what_their_errors_say_may_be_private(session: Session) -> None:
    """The second is made when the first is done: mails may be large. A NUL is what PostgreSQL takes in no text."""
    came: list[object] = []

    @contextmanager
    def begin() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    def items() -> Iterator[str]:
        for item in ("a", "b"):
            came.append(item)
            yield item

    def act(item: str) -> int:
        came.append(item.upper())
        raise KeyError("\0 Hemmelig aftale \udcff")

    assert actions.apart(begin, items(), act, job="open", now=NOW) == 0
    assert came == ["a", "A", "b", "B"]
    assert actions.apart(begin, ["a"], act, job="shut", now=NOW, private=True) == 0
    told = dict(session.execute(select(SetAside.job, SetAside.error).where(SetAside.item == "a")).all())
    assert told["open"].startswith("KeyError: ")
    assert "Hemmelig" in told["open"]
    assert told["shut"].startswith("KeyError\n")
    assert "Hemmelig" not in told["shut"]


@pytest.mark.parametrize("kind", ["app", pytest.param("pg_app", marks=pytest.mark.postgres)])
def test_several_at_a_time_each_for_itself(kind: str, request: pytest.FixtureRequest) -> None:
    app = request.getfixturevalue(kind)
    together = threading.Barrier(4, timeout=60)

    def act(item: int) -> int:
        together.wait()
        if item % 2:
            raise ValueError("forgiftet")
        return item

    begin = app.extensions["crm.sessions"].begin
    assert actions.apart(begin, [1, 2, 3, 4], act, job="test", now=NOW, workers=4) == 6
    with begin() as db:
        assert sorted(db.scalars(select(SetAside.item))) == ["1", "3"]
    assert actions.apart(begin, [3, 1], lambda item: item, job="test", now=NOW + AGAIN[0], workers=2) == 4
    with begin() as db:
        assert db.scalars(select(SetAside)).all() == []


def test_what_is_put_away_is_tried_once_a_day_and_comes_back_only_with_another_error(session: Session) -> None:
    @contextmanager
    def begin() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    errors, tried = ["forgiftet", "forgiftet", "en anden fejl", ""], []

    def act(_session: Session, item: int) -> int:
        tried.append(item)
        if error := errors.pop(0):
            raise ValueError(error)
        return 1

    def run(now: datetime) -> None:
        actions.each(begin, [7], act, job="test", now=now)

    admin = make_user(session, name="Anna Admin")
    run(NOW)
    row = session.scalars(select(SetAside)).one()
    with pytest.raises(Invalid) as refused:
        actions.dismiss(session, admin, NOW, row, "  ")
    assert set(refused.value.errors) == {"reason"}
    actions.dismiss(session, admin, NOW, row, "Besøget er slettet")
    assert (queries.aside(session), queries.aside_counts(session)) == ([], {})
    assert queries.aside_counts(session, all_of_them=True) == {"test": 1}
    [(away, said)] = queries.dismissed(session)
    assert (away.id, said.actor_name, said.at, said.data["reason"]) == (row.id, "Anna Admin", NOW, "Besøget er slettet")
    with pytest.raises(Refusal) as again:
        actions.dismiss(session, admin, NOW, row, "Igen")
    assert again.value.code == "dismissed"

    run(NOW + timedelta(hours=23))
    assert tried == [7]
    run(NOW + timedelta(days=1))
    assert (tried, queries.aside_counts(session)) == ([7, 7], {}), "the same error says nothing new"
    run(NOW + timedelta(days=2))
    [row] = queries.aside(session)
    assert row.error.startswith("ValueError: en anden fejl\n")
    assert (row.tries, row.retry_at, queries.dismissed(session)) == (1, NOW + timedelta(days=2) + AGAIN[0], [])
    run(NOW + timedelta(days=3))
    assert session.scalars(select(SetAside)).all() == []


def test_what_is_put_away_can_be_taken_out_again_and_vanishes_when_it_succeeds(session: Session) -> None:
    @contextmanager
    def begin() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    admin, row, other = make_user(session), make_aside(session, "7", job="test"), make_aside(session, "8", job="test")
    actions.dismiss(session, admin, NOW, row, "Derfor")
    actions.dismiss(session, admin, NOW, other, "Også derfor")
    actions.release(session, admin, NOW + timedelta(minutes=1), row)
    assert [one.item for one in queries.aside(session)] == ["7"]
    assert queries.aside_counts(session) == {"test": 1}
    assert actions.each(begin, [7, 8], lambda _s, _i: 1, job="test", now=NOW + timedelta(days=1)) == 2
    assert session.scalars(select(SetAside)).all() == []
    made = make_aside(session, "7", job="test", first_at=NOW + timedelta(days=9))
    assert [one.id for one in queries.aside(session)] == [made.id], "an id given anew inherits no dismissal"
