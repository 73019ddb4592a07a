"""Nightly care of consultants' own calendars: what the horizon has reached, those of people who have left, and their
keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import read_only_session
from crm.base.seal import SealBroken, Vault
from crm.calendars.actions.busy import respell
from crm.calendars.actions.caldav import disconnect
from crm.calendars.models import BusyObject, BusySource
from crm.calendars.rules.ahead import read_ahead
from crm.people.models import User, UserRole


def respell_all(sessions: sessionmaker[Session], now: datetime) -> int:
    """Spell out recurring appointments anew, one calendar after the other, each worked out before its transaction
    begins; how many changed time that can be booked."""
    with read_only_session(sessions) as session:
        numbers = session.scalars(select(BusySource.id).order_by(BusySource.id)).all()
    return sum(_respelled(sessions, now, number) for number in numbers)


def _respelled(sessions: sessionmaker[Session], now: datetime, source_id: int) -> bool:
    with read_only_session(sessions) as session:
        texts = session.scalars(select(BusyObject.text).where(BusyObject.source_id == source_id)).all()
    ahead = read_ahead(now, [])
    for text in texts:
        ahead.spell(text)
    with sessions.begin() as session:
        source = session.get(BusySource, source_id)
        return source is not None and respell(session, now, source, ahead)


def let_go_of_leavers(sessions: sessionmaker[Session], now: datetime) -> int:
    """Disconnect the calendars of people who are consultants no longer, or may not sign in any more: nobody else can,
    and their password is not to be kept. Our events are taken out first. How many."""
    with read_only_session(sessions) as session:
        if not _left(session):
            return 0
    with sessions.begin() as session:
        found = _left(session)
        for source in found:
            disconnect(session, None, now, source, take_out=source.kind == "caldav")
        return len(found)


def _left(session: Session) -> Sequence[BusySource]:
    consultant = exists().where(UserRole.user_id == User.id, UserRole.role == "consultant")
    return session.scalars(
        select(BusySource)
        .join(User, User.id == BusySource.consultant_id)
        .where(BusySource.ending_at.is_(None), ~User.active | ~consultant)
        .order_by(BusySource.id)
    ).all()


SEALED = ("address", "username", "password", "collection")


def seal_anew(sessions: sessionmaker[Session], vault: Vault) -> int:
    """While a key is being replaced: seal everything with the new one, so that the former can be taken away; how many
    calendars. What no key opens is left as it is."""
    if not vault.replaces:
        return 0
    with sessions.begin() as session:
        found = session.scalars(select(BusySource).order_by(BusySource.id).with_for_update()).all()
        return sum(_sealed_anew(vault, source) for source in found)


def _sealed_anew(vault: Vault, source: BusySource) -> bool:
    try:
        fresh = {name: vault.renewed(getattr(source, name)) for name in SEALED}
    except SealBroken:
        return False
    for name, text in fresh.items():
        setattr(source, name, text)
    return True
