"""Read the calendars that consultants have given a link to: the network outside of every transaction."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import read_only_session
from crm.base.errors import N_
from crm.base.seal import SealBroken, Vault
from crm.calendars.actions import keep_objects, read_ok
from crm.calendars.jobs.reading import failed, read_each
from crm.calendars.models import BusyObject, BusySource, BusyTime
from crm.calendars.rules.ahead import Ahead, read_ahead
from crm.calendars.rules.busy import NotACalendar
from crm.integrations.fetch import Fetched, Fetcher, FetchFailed

EVERY = timedelta(minutes=15)
CLAIM = timedelta(minutes=5)
WHOLE = "link"
"""The one object of a link: all of it."""
NO_CALENDAR = N_("Serveren svarer, men det, den sender, er ikke en kalender.")
NO_KEY = N_("Adressen kan ikke åbnes mere, fordi nøglen på serveren er skiftet. Tilføj kalenderen igen.")


@dataclass(frozen=True)
class Found:
    """What a link held: how many stretches are taken in the time to come, how many appointments made no sense."""

    taken: int
    skipped: int


def read_links(sessions: sessionmaker[Session], vault: Vault, fetcher: Fetcher, now: datetime, workers: int = 4) -> int:
    """Read the links that are due; how many could be read."""

    def read(source_id: int) -> bool:
        return read_link(sessions, vault, fetcher, now, source_id)

    return read_each(sessions, "ics", read, now, job="links", claim=CLAIM, workers=workers)


def read_link(sessions: sessionmaker[Session], vault: Vault, fetcher: Fetcher, now: datetime, source_id: int) -> bool:
    """One link; False when it could not be read, which is then told on the consultant's page."""
    with read_only_session(sessions) as session:
        source = session.get(BusySource, source_id)
        if source is None:
            return False
        sealed, etag, last_modified = source.address, source.etag, source.last_modified
        known = session.scalars(select(BusyObject.text).where(BusyObject.source_id == source_id)).all()
    try:
        fetched = fetcher.get(vault.open(sealed), etag=etag, last_modified=last_modified)
    except SealBroken:
        return failed(sessions, now, source_id, NO_KEY)
    except FetchFailed as exc:
        return failed(sessions, now, source_id, exc.sentence, exc.retry_after)
    ahead = read_ahead(now, [fetched.text] if fetched.text is not None else [], known)
    try:
        with sessions.begin() as session:
            source = session.get(BusySource, source_id)
            if source is not None:  # not removed in the meantime
                keep_fetched(session, now, source, fetched, ahead)
    except NotACalendar:
        return failed(sessions, now, source_id, NO_CALENDAR)
    return True


def keep_fetched(session: Session, now: datetime, source: BusySource, fetched: Fetched, ahead: Ahead) -> None:
    """What a link answered, read ``ahead`` of the transaction. Raises NotACalendar."""
    if fetched.text is not None:
        whole = {WHOLE: (fetched.etag, fetched.text)}
        keep_objects(session, now, source, whole, (), everything=True, ahead=ahead)
        read_ok(
            session,
            now,
            source,
            next_in=next_in(source.id, now),
            etag=fetched.etag,
            last_modified=fetched.last_modified,
        )
    else:
        read_ok(session, now, source, next_in=next_in(source.id, now))


def found_in(session: Session, now: datetime, source: BusySource, skipped: int = 0) -> Found:
    """What is told when a link has just been read."""
    taken = session.scalar(
        select(func.count()).select_from(BusyTime).where(BusyTime.source_id == source.id, BusyTime.ends_at > now)
    )
    return Found(taken or 0, skipped)


def next_in(source_id: int, now: datetime) -> timedelta:
    """A quarter of an hour, give or take a fifth, so that not all ask at once."""
    return EVERY * (0.8 + 0.4 * (zlib.crc32(f"{source_id} {now:%Y%m%d%H}".encode()) % 1000) / 1000)
