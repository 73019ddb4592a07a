"""Read consultants' own CalDAV calendars: busy time, and what they have done with our events in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import read_only_session
from crm.base.seal import Vault
from crm.calendars.actions import copies
from crm.calendars.actions.busy import keep_objects, read_ok, remove_source
from crm.calendars.jobs.copies import opened
from crm.calendars.jobs.reading import failed, read_each
from crm.calendars.models import BusySource
from crm.calendars.queries.copies import Reading, left_in, reading
from crm.calendars.rules.ahead import Ahead, read_ahead
from crm.calendars.rules.busy import OWN_UID, NotACalendar, uids
from crm.calendars.rules.copies import theirs_of
from crm.integrations.caldav import Open, Stored
from crm.integrations.caldav_wire import CalDavFailed
from crm.integrations.caldav_xml import Listing

EVERY = timedelta(minutes=5)
CLAIM = timedelta(minutes=15)
LONGEST_PATH = 500


def read_due(sessions: sessionmaker[Session], vault: Vault, open_: Open, now: datetime, *, workers: int = 1) -> int:
    """Read the CalDAV calendars that are due; how many. Each in transactions of its own, ``workers`` at a time."""

    def read(source_id: int) -> bool:
        return read_source(sessions, vault, open_, now, source_id)

    return read_each(sessions, "caldav", read, now, job="caldav", claim=CLAIM, workers=workers)


def read_source(sessions: sessionmaker[Session], vault: Vault, open_: Open, now: datetime, source_id: int) -> bool:
    """One calendar; False when it could not be read, which is then told on the consultant's page."""
    with read_only_session(sessions) as session:
        start = reading(session, source_id)
    if start is None:
        return False
    try:
        account, collection = opened(vault, start.sealed)
        with open_(account) as dav:
            listing = dav.changes(collection, start.token)
            wanted = _wanted(start, listing)
            told = dav.fetch(collection, wanted)
    except CalDavFailed as exc:
        return failed(sessions, now, source_id, exc.sentence)
    read = _read(now, start, listing, wanted, told)
    with sessions.begin() as session:
        _keep(session, now, start, read)
    return True


@dataclass(frozen=True)
class Read:
    """What a reading brought, understood before anything is written. ``token``: where the next one goes on."""

    changed: dict[str, tuple[str | None, str]]
    gone: set[str]
    token: str | None
    ahead: Ahead
    ours: Sequence[copies.Seen]


def _read(
    now: datetime, start: Reading, listing: Listing, wanted: list[str], told: Mapping[str, Stored | None]
) -> Read:
    """What the server only failed to tell is not gone: it is asked for again from the same token."""
    texts = {path: one for path, one in told.items() if one is not None}
    gone = _gone(start, listing) | {path for path, one in told.items() if one is None}
    token = listing.token if told.keys() >= set(wanted) else start.token
    ahead = read_ahead(now, [one.text for one in texts.values()] if start.reads else [])
    changed = {path: (one.etag, one.text) for path, one in texts.items()}
    return Read(changed, gone, token, ahead, _ours(texts.values()))


def _wanted(start: Reading, listing: Listing) -> list[str]:
    """What has to be fetched: of a full listing only what is not kept as it is there."""
    return [
        path
        for path, etag in listing.changed.items()
        if len(path) <= LONGEST_PATH
        and not (listing.everything and etag is not None and start.objects.get(path) == etag)
    ]


def _gone(start: Reading, listing: Listing) -> set[str]:
    if not listing.everything:
        return set(listing.removed)
    known = set(start.objects) | {copy.href for copy in start.copies.values() if copy.href}
    return (known | listing.removed) - listing.changed.keys()


def _keep(session: Session, now: datetime, start: Reading, read: Read) -> None:
    source = session.get(BusySource, start.source_id)
    if source is None:
        return
    if source.ending_at is not None:
        if source.ending_at <= now or not left_in(session, source.id):
            remove_source(session, None, now, source)
        else:
            read_ok(session, now, source, next_in=next_in(source.id), sync_token=start.token)
        return
    if source.reads:
        try:
            keep_objects(session, now, source, read.changed, read.gone, everything=False, ahead=read.ahead)
        except NotACalendar:  # the only object that changed makes no sense: the rest of the calendar still counts
            keep_objects(session, now, source, {}, read.gone, everything=False)
    if source.writes:
        copies.saw(session, now, source, start.copies, read.ours, read.gone)
    recovered = source.failing_since is not None
    read_ok(session, now, source, next_in=next_in(source.id), sync_token=read.token)
    if recovered:
        copies.want_failed(session, now, source)


def _ours(texts: Iterable[Stored]) -> Sequence[copies.Seen]:
    """Our own events among what was read."""
    found = []
    for one in texts:
        try:
            for uid in uids(one.text):
                if uid.endswith(OWN_UID):
                    found.append(copies.Seen(uid, one.path, one.etag, theirs_of(one.text, uid)))
        except ValueError:
            continue  # no calendar object: nothing of ours
    return found


def next_in(source_id: int) -> timedelta:
    """About five minutes, a little different for each, so that they do not all come at once."""
    return EVERY + timedelta(seconds=source_id * 37 % 61 - 30)
