"""Nightly care of consultants' own calendars: what the horizon has reached, those of people who have left, and their
keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import read_only_session
from crm.base.seal import SealBroken, Vault
from crm.calendars.actions.busy import respell
from crm.calendars.actions.caldav import disconnect
from crm.calendars.models import BusyObject, BusySource
from crm.calendars.rules.ahead import read_ahead
from crm.people.models import User, UserRole
from crm.recurring.actions import apart, each

JOB, LEAVERS, SEALING = "respell", "respell_leavers", "respell_seal"


def respell_all(sessions: sessionmaker[Session], now: datetime) -> int:
    """Spell out recurring appointments anew, one calendar after the other, each worked out before its transaction
    begins; how many changed time that can be booked."""
    with read_only_session(sessions) as session:
        numbers = session.scalars(select(BusySource.id).order_by(BusySource.id)).all()

    def one(number: int) -> int:
        return _respelled(sessions, now, number)

    return apart(sessions.begin, numbers, one, job=JOB, now=now, complete=True, private=True)


def _respelled(sessions: sessionmaker[Session], now: datetime, source_id: int) -> int:
    with read_only_session(sessions) as session:
        texts = session.scalars(select(BusyObject.text).where(BusyObject.source_id == source_id)).all()
    ahead = read_ahead(now, [])
    for text in texts:
        ahead.spell(text)
    with sessions.begin() as session:
        source = session.get(BusySource, source_id)
        return int(source is not None and respell(session, now, source, ahead))


def let_go_of_leavers(sessions: sessionmaker[Session], now: datetime) -> int:
    """Disconnect the calendars of people who are consultants no longer, or may not sign in any more: nobody else can,
    and their password is not to be kept. Our events are taken out first. How many."""
    with read_only_session(sessions) as session:
        numbers = session.scalars(_left()).all()

    def let_go(session: Session, number: int) -> int:
        if session.scalar(_left().where(BusySource.id == number)) is None:
            return 0
        source = session.get_one(BusySource, number)
        disconnect(session, None, now, source, take_out=source.kind == "caldav")
        return 1

    return each(sessions.begin, numbers, let_go, job=LEAVERS, now=now, complete=True)


def _left() -> Select[int]:
    consultant = exists().where(UserRole.user_id == User.id, UserRole.role == "consultant")
    return (
        select(BusySource.id)
        .join(User, User.id == BusySource.consultant_id)
        .where(BusySource.ending_at.is_(None), ~User.active | ~consultant)
        .order_by(BusySource.id)
    )


SEALED = ("address", "username", "password", "collection")


def seal_anew(sessions: sessionmaker[Session], vault: Vault, now: datetime) -> int:
    """While a key is being replaced: seal everything with the new one, so that the former can be taken away; how many
    calendars. What no key opens is left as it is."""
    numbers: Sequence[int] = ()
    if vault.replaces:
        with read_only_session(sessions) as session:
            numbers = session.scalars(select(BusySource.id).order_by(BusySource.id)).all()

    def one(session: Session, number: int) -> int:
        source = session.get(BusySource, number, with_for_update=True)
        return int(source is not None and _sealed_anew(vault, source))

    return each(sessions.begin, numbers, one, job=SEALING, now=now, complete=True)


def _sealed_anew(vault: Vault, source: BusySource) -> bool:
    try:
        fresh = {name: vault.renewed(getattr(source, name)) for name in SEALED}
    except SealBroken:
        return False
    for name, text in fresh.items():
        setattr(source, name, text)
    return True
