"""Leave: away from work with or without a substitute; changed, and ended early."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.clock import danish_date
from crm.base.db import lock_person
from crm.base.errors import N_, Invalid
from crm.people.models import Leave, User
from crm.people.queries.leave import colleagues, overlapping

LONGEST = timedelta(days=2 * 366)
_KEPT = N_("Fraværet er ikke gemt. Ret felterne, og prøv igen.")


def add_leave(
    session: Session,
    actor: Any,
    now: datetime,
    person: User,
    *,
    from_on: date,
    until_on: date,
    substitute_id: int | None = None,
) -> Leave:
    """Danish dates, both included. Raises Invalid naming ``from_on``, ``until_on`` or ``substitute_id``."""
    lock_person(session, person.id)
    _check(session, now, person, from_on, until_on, substitute_id, None)
    made = Leave(
        user_id=person.id,
        from_on=from_on,
        until_on=until_on,
        substitute_id=substitute_id,
        created_at=now,
        created_by=getattr(actor, "id", None),
    )
    session.add(made)
    session.flush()
    _note(session, actor, now, "people.add_leave", made)
    return made


def change_leave(
    session: Session,
    actor: Any,
    now: datetime,
    leave: Leave,
    *,
    from_on: date,
    until_on: date,
    substitute_id: int | None = None,
) -> Leave:
    """Other days or another substitute. Raises Invalid as ``add_leave`` does."""
    lock_person(session, leave.user_id)
    person = session.get_one(User, leave.user_id)
    _check(session, now, person, from_on, until_on, substitute_id, leave)
    leave.from_on, leave.until_on, leave.substitute_id = from_on, until_on, substitute_id
    session.flush()
    _note(session, actor, now, "people.change_leave", leave)
    return leave


def end_leave(session: Session, actor: Any, now: datetime, leave: Leave) -> None:
    """The person is back today; a leave that has not begun is taken away altogether."""
    today = danish_date(now)
    lock_person(session, leave.user_id)
    _note(session, actor, now, "people.end_leave", leave)
    if leave.from_on >= today:
        session.delete(leave)
    elif leave.until_on >= today:
        leave.until_on = today - timedelta(days=1)
    session.flush()


def _check(
    session: Session,
    now: datetime,
    person: User,
    from_on: date,
    until_on: date,
    substitute_id: int | None,
    leave: Leave | None,
) -> None:
    errors: dict[str, str] = {}
    other = overlapping(session, person.id, from_on, until_on, leave.id if leave else None)
    if until_on < from_on:
        errors["until_on"] = N_("Sidste dag ligger før den første")
    elif until_on - from_on > LONGEST:
        errors["until_on"] = N_("Vælg højst to år")
    elif until_on < danish_date(now):
        errors["until_on"] = N_("Dagene er gået. Fravær skrives for i dag eller senere")
    elif other is not None:
        errors["from_on"] = N_("Der er allerede fravær fra {other_from} til {other_until}. Ret det i stedet")
    if substitute_id is not None and substitute_id not in {one.id for one in colleagues(session, person)}:
        errors["substitute_id"] = N_("Vælg en kollega fra samme jobcenter")
    if errors:
        days = {"other_from": _text(other.from_on), "other_until": _text(other.until_on)} if other else {}
        raise Invalid(_KEPT, errors=errors, **days)


def _text(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _note(session: Session, actor: Any, now: datetime, verb: str, leave: Leave) -> None:
    activity.record(
        session,
        actor,
        now,
        verb,
        leave,
        user_id=leave.user_id,
        from_on=leave.from_on.isoformat(),
        until_on=leave.until_on.isoformat(),
        substitute_id=leave.substitute_id,
    )
