"""Consultants' own calendars: which they are, and the time that they take up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from types import EllipsisType
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid
from crm.base.seal import SealBroken, Vault
from crm.calendars.actions.erased import forget_those_of
from crm.calendars.actions.told import tell_failing
from crm.calendars.models import BusyObject, BusySource, BusyTime
from crm.calendars.rules.ahead import HORIZON as HORIZON
from crm.calendars.rules.ahead import PAST as PAST
from crm.calendars.rules.ahead import Ahead
from crm.calendars.rules.busy import NotACalendar, Taken
from crm.people.models import User

EDGE = timedelta(days=8)
"""What comes into sight this near the horizon is no news: nobody books there."""
MOST_SOURCES = 10
LONGEST_ADDRESS = 2_000
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=15), timedelta(hours=6)
SCHEMES = ("https", "http", "webcal", "webcals")


def add_source(
    session: Session,
    vault: Vault,
    actor: Any,
    now: datetime,
    consultant: User,
    *,
    kind: str,
    name: str,
    address: str,
    username: str = "",
    password: str = "",
    collection: str = "",
    writes: bool = False,
) -> BusySource:
    """Add a calendar of the consultant's own, due to be read at once; what opens it is sealed. Raises Invalid."""
    address = address.strip()
    _check_new(session, vault, consultant, address, collection)
    host = host_of(address)
    source = BusySource(
        consultant_id=consultant.id,
        kind=kind,
        name=name.strip()[:120] or host[:120],
        address=vault.seal(address),
        username=vault.seal(username),
        password=vault.seal(password),
        collection=vault.seal(collection),
        writes=writes,
        created_at=now,
        next_at=now,
    )
    session.add(source)
    session.flush()
    about: dict[str, Any] = {"source_id": source.id, "kind": kind, "host": host, "writes": writes}
    activity.record(session, actor, now, "calendars.add_source", consultant, **about)
    return source


def _check_new(session: Session, vault: Vault, consultant: User, address: str, collection: str) -> None:
    """Raises Invalid."""
    wrong = ""
    if not host_of(address) or len(address) > LONGEST_ADDRESS:
        wrong = N_("Adressen er ikke et kalenderlink. Kopiér hele linket, så det begynder med https://.")
    elif _known(session, vault, consultant, address, collection):
        wrong = N_("Kalenderen er allerede tilføjet.")
    elif _number(session, consultant) >= MOST_SOURCES:
        wrong = N_("Der er allerede 10 kalendere. Fjern en, før du tilføjer en ny.")
    if wrong:
        raise Invalid(N_("Kalenderen er ikke tilføjet. Ret felterne og prøv igen."), errors={"address": wrong})


def remove_source(session: Session, actor: Any, now: datetime, source: BusySource) -> None:
    """Forget the calendar, its address and all time that it took up."""
    consultant = session.get_one(User, source.consultant_id)
    activity.record(session, actor, now, "calendars.remove_source", consultant, source_id=source.id, kind=source.kind)
    removed = _remove(session, BusyTime.source_id == source.id, now)
    if removed:
        _changed(session, now, source)
    forget_those_of(session, source.id)
    session.delete(source)
    session.flush()


def keep_objects(
    session: Session,
    now: datetime,
    source: BusySource,
    changed: Mapping[str, tuple[str | None, str]],
    removed: Collection[str],
    *,
    everything: bool,
    ahead: Ahead | None = None,
) -> bool:
    """Keep what was read: href -> (etag, iCalendar text); whether time to come is taken otherwise than before.

    Only what says when things take place is kept. ``everything``: what is not in ``changed`` is gone. An object among
    several that cannot be read keeps its former time. Raises NotACalendar when it is the only one. ``ahead``: the texts
    as they were read before the transaction began, since reading may take its time.
    """
    ahead = ahead or Ahead(now)
    session.execute(select(BusySource.id).where(BusySource.id == source.id).with_for_update())
    known = {one.href: one for one in session.scalars(select(BusyObject).where(BusyObject.source_id == source.id))}
    gone = [one.id for href, one in known.items() if href in removed or (everything and href not in changed)]
    news = bool(gone) and _remove(session, BusyTime.object_id.in_(gone), now)
    for start in range(0, len(gone), 500):
        session.execute(delete(BusyObject).where(BusyObject.id.in_(gone[start : start + 500])))
    fresh = _store(session, source, known, changed, ahead)
    session.flush()
    news = _spell(session, now, source, fresh, ahead) or news
    if news:
        _changed(session, now, source)
    return news


def _store(
    session: Session,
    source: BusySource,
    known: Mapping[str, BusyObject],
    changed: Mapping[str, tuple[str | None, str]],
    ahead: Ahead,
) -> list[BusyObject]:
    """Those whose text is another than before. Raises NotACalendar."""
    fresh: list[BusyObject] = []
    for href, (etag, text) in changed.items():
        one = known.get(href)
        kept = ahead.keep(text)
        if kept is None:
            if len(changed) == 1:
                raise NotACalendar("the only one, and no calendar")
            kept = one.text if one else ""
        if one is None:
            one = BusyObject(source_id=source.id, href=href, etag=etag, text="")
            session.add(one)
        one.etag = etag
        if one.text != kept:
            one.text = kept
            fresh.append(one)
    return fresh


def respell(session: Session, now: datetime, source: BusySource, ahead: Ahead | None = None) -> bool:
    """Spell out what the moving horizon has brought into sight, and forget what has passed; whether that changes time
    that can be booked. ``ahead``: as in ``keep_objects``."""
    objects = session.scalars(select(BusyObject).where(BusyObject.source_id == source.id)).all()
    news = _spell(session, now, source, objects, ahead or Ahead(now))
    if news:
        _changed(session, now, source)
    return news


def read_ok(
    session: Session,
    now: datetime,
    source: BusySource,
    *,
    next_in: timedelta,
    sync_token: str | None | EllipsisType = ...,
    etag: str | None | EllipsisType = ...,
    last_modified: str | None | EllipsisType = ...,
) -> None:
    """The calendar was read, or has not changed; what is left out stays as it was."""
    source.checked_at = source.read_at = now
    source.next_at = now + next_in
    source.failing_since, source.failures, source.last_error = None, 0, None
    if not isinstance(sync_token, EllipsisType):
        source.sync_token = sync_token
    if not isinstance(etag, EllipsisType):
        source.etag = etag[:300] if etag and len(etag) <= 300 else None
    if not isinstance(last_modified, EllipsisType):
        source.last_modified = last_modified if last_modified and len(last_modified) <= 100 else None
    session.flush()


def read_failed(
    session: Session, now: datetime, source: BusySource, sentence: str, *, retry_after: timedelta | None = None
) -> None:
    """The calendar could not be read; its last known time stays. ``sentence``: why, in Danish.

    Tried again after 15 minutes, then twice as long each time up to six hours, and not before ``retry_after``. When
    it has failed for a day, the consultant gets a mail, once until it has worked again.
    """
    source.failures += 1
    source.failing_since = source.failing_since or now
    source.checked_at, source.last_error = now, sentence
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(source.failures - 1, 10))
    source.next_at = now + max(pause, min(retry_after or timedelta(), timedelta(days=1)))
    session.flush()
    tell_failing(session, now, source)


def host_of(address: str) -> str:
    """The host of a calendar's address, empty when it is none: all that is ever shown of it."""
    try:
        parts = urlsplit(address)
        return (parts.hostname or "") if parts.scheme.lower() in SCHEMES else ""
    except ValueError:
        return ""


def _known(session: Session, vault: Vault, consultant: User, address: str, collection: str) -> bool:
    rows = session.execute(
        select(BusySource.address, BusySource.collection).where(BusySource.consultant_id == consultant.id)
    )
    for sealed, inner in rows:
        try:
            if (vault.open(sealed), vault.open(inner)) == (address, collection):
                return True
        except SealBroken:
            continue
    return False


def _number(session: Session, consultant: User) -> int:
    return len(session.scalars(select(BusySource.id).where(BusySource.consultant_id == consultant.id)).all())


def _changed(session: Session, now: datetime, source: BusySource) -> None:
    activity.record(
        session, None, now, "calendars.busy", session.get_one(User, source.consultant_id), source_id=source.id
    )
    session.flush()


def _remove(session: Session, which: Any, now: datetime) -> bool:
    """Whether any of it was still to come."""
    ends = session.scalars(select(BusyTime.ends_at).where(which)).all()
    session.execute(delete(BusyTime).where(which))
    return any(end > now for end in ends)


def _spell(session: Session, now: datetime, source: BusySource, objects: Iterable[BusyObject], ahead: Ahead) -> bool:
    """Make the busy times of these objects what their texts say; whether that changes time that can be booked."""
    wanted: dict[tuple[int, Taken], None] = {}
    numbers = set()
    for one in objects:
        numbers.add(one.id)
        for taken in ahead.spell(one.text):
            wanted[one.id, taken] = None
    if not numbers:
        return False
    had: dict[tuple[int, Taken], int] = {}
    for row in session.scalars(select(BusyTime).where(BusyTime.source_id == source.id)):
        if row.object_id in numbers:
            had[row.object_id, Taken(row.starts_at, row.ends_at, row.kind, row.all_day)] = row.id
    gone = [had[key] for key in had if key not in wanted]
    for start in range(0, len(gone), 500):
        session.execute(delete(BusyTime).where(BusyTime.id.in_(gone[start : start + 500])))
    new = [key for key in wanted if key not in had]
    if new:
        session.execute(insert(BusyTime), [_row(source, object_id, taken) for object_id, taken in new])
    session.expire_all() if gone else None
    soon = now + HORIZON - EDGE
    return any(
        taken.ends_at > now and taken.starts_at < soon for _, taken in [*(k for k in had if k not in wanted), *new]
    )


def _row(source: BusySource, object_id: int, taken: Taken) -> dict[str, Any]:
    return {
        "source_id": source.id,
        "object_id": object_id,
        "consultant_id": source.consultant_id,
        "starts_at": taken.starts_at,
        "ends_at": taken.ends_at,
        "kind": taken.kind,
        "all_day": taken.all_day,
    }
