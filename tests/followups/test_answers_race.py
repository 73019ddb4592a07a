"""The company answers by its link while the owner settles or changes the agreement, at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.errors import Refusal
from crm.followups.actions import fulfil, snooze
from crm.followups.actions.answers import confirm, correct, say_kept
from crm.followups.actions.settling import accept, decline, take_note
from crm.followups.models import Answer, FollowUp, Notice
from crm.followups.queries.answers import stamp_of
from crm.followups.rules.answers import stamp
from crm.integrations.models import OutboxMessage
from tests.conftest import NOW
from tests.factories import make_visit
from tests.factories.followups import make_follow_up
from tests.followups.telling import DUE, together

Act = Callable[[Session, FollowUp, Answer | None, str], object]
LATER = NOW + timedelta(hours=1)
ACTS: dict[str, Act] = {
    "confirm": lambda db, f, _said, seen: confirm(db, LATER, f, seen),
    "correct": lambda db, f, _said, seen: correct(db, LATER, f, seen, "Det var fem"),
    "yes": lambda db, f, _said, _seen: say_kept(db, LATER, f, True),
    "accept": lambda db, _f, said, _seen: accept(db, None, LATER, said),  # type: ignore[arg-type]
    "decline": lambda db, _f, said, _seen: decline(db, None, LATER, said, "Vi aftalte to"),  # type: ignore[arg-type]
    "note": lambda db, _f, said, _seen: take_note(db, None, LATER, said),  # type: ignore[arg-type]
    "done": lambda db, f, _said, _seen: fulfil(db, None, LATER, f),
    "later": lambda db, f, _said, _seen: snooze(db, None, LATER, f, date(2026, 12, 8), "Syg"),
}


def arranged(app: Flask, waiting: str) -> tuple[int, int | None, str]:
    """An agreement, what the company has said of it already (``corrected``, ``not_kept`` or nothing), as it was seen."""
    with app.extensions["crm.sessions"].begin() as db:
        visit = make_visit(db, state="held", starts_at=NOW, contact_email="mette@eksempel.invalid")
        made = make_follow_up(db, visit=visit, due_on=DUE, told_at=NOW, asked_at=NOW)
        seen = stamp(made.promise, made.due_on, made.owed_by)
        said: Answer | None = None
        if waiting == "corrected":
            said = correct(db, NOW, made, seen, "Det var tre")
            seen = stamp_of(made, said)
        elif waiting == "not_kept":
            said = say_kept(db, NOW, made, False)
        return made.id, said.id if said else None, seen


def race(app: Flask, waiting: str, names: tuple[str, ...]) -> tuple[int, dict[str, object]]:
    number, said_id, seen = arranged(app, waiting)
    turns = iter(names)

    def act() -> tuple[str, object]:
        name = next(turns)
        with app.extensions["crm.sessions"]() as db:
            found = db.get_one(FollowUp, number)
            said = db.get_one(Answer, said_id) if said_id else None
            try:
                ACTS[name](db, found, said, seen)
                db.commit()
            except Refusal as refused:
                return name, refused.code
            return name, "ok"

    return number, dict(together(len(names), act))  # type: ignore[arg-type]


@pytest.mark.postgres
@pytest.mark.parametrize("_turn", range(5))
def test_a_correction_is_settled_by_one_of_them(pg_app: Flask, _turn: int) -> None:
    number, got = race(pg_app, "corrected", ("confirm", "accept", "decline"))
    with pg_app.extensions["crm.sessions"]() as db:
        found = db.get_one(FollowUp, number)
        [said] = db.scalars(select(Answer).where(Answer.kind == "corrected"))
        mails = db.scalar(select(func.count()).select_from(OutboxMessage))
    assert [got["accept"], got["decline"]].count("ok") <= 1
    assert said.settled_at is not None
    assert said.settled_as == ("accepted" if got["accept"] == "ok" else "declined")
    assert found.promise == ("Det var tre" if got["accept"] == "ok" else "To ansøgere til pladeværkstedet")
    assert mails == [got["accept"], got["decline"]].count("ok")
    if got["accept"] == "ok":
        assert got["confirm"] == "stale", "what it confirmed is no longer what was agreed"


@pytest.mark.postgres
@pytest.mark.parametrize("_turn", range(5))
def test_an_answer_to_what_changes_at_that_moment_counts_or_is_refused(pg_app: Flask, _turn: int) -> None:
    number, got = race(pg_app, "", ("correct", "later", "done"))
    with pg_app.extensions["crm.sessions"]() as db:
        found = db.get_one(FollowUp, number)
        said = db.scalars(select(Answer)).all()
        notices = db.scalars(select(Notice.kind)).all()
    assert got["done"] == "ok"
    assert (found.state, found.snoozes) == ("done", int(got["later"] == "ok"))
    assert got["correct"] in ("ok", "stale")
    assert len(said) == len(notices) == int(got["correct"] == "ok")


@pytest.mark.postgres
@pytest.mark.parametrize("_turn", range(5))
def test_a_no_taken_back_while_it_is_noted_ends_as_a_yes(pg_app: Flask, _turn: int) -> None:
    number, got = race(pg_app, "not_kept", ("yes", "note"))
    with pg_app.extensions["crm.sessions"]() as db:
        found = db.get_one(FollowUp, number)
        [said] = db.scalars(select(Answer))
    assert got["yes"] == "ok"
    assert got["note"] in ("ok", "settled")
    assert (found.company_kept, said.kind, said.settled_at) == (True, "kept", None)
