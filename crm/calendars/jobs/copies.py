"""Bring one of our events into a consultant's own calendar, or out of it: the delivery of the outbox's channel
``calendar``.

Delivery is at least once. Before anything is written, what lies there is read, so that a delivery whose answer was lost
finds its own work and does nothing, and what the consultant has changed is never written over unseen (If-Match).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import read_only_session
from crm.base.errors import N_
from crm.base.mentions import Mention
from crm.base.seal import SealBroken, Vault
from crm.calendars.actions.busy import read_failed
from crm.calendars.actions.copies import Outcome, note, note_failed
from crm.calendars.actions.erased import taken_out, to_take_out
from crm.calendars.models import BusySource
from crm.calendars.queries.copies import Sealed, Task, task
from crm.calendars.rules import Entry
from crm.calendars.rules.copies import event_text, merged_text, moved_to, name_of, same, theirs_of
from crm.calendars.rules.erased import without_words
from crm.calendars.rules.notes import note_same, note_text
from crm.integrations.caldav import CalDav, Changed, Open, Stored
from crm.integrations.caldav_wire import BROKEN, NO_ETAG, SILENT, STRANGE, Account, CalDavFailed
from crm.integrations.caldav_xml import path_of

_TRIES = 4
NO_TASKS = (400, 403, 409, 415, 422, 501)
"""How servers refuse a task in a collection for events (RFC 4791, 5.3.2.1: 403 with supported-calendar-component)."""
LOST_KEY = N_("Adgangskoden kan ikke læses mere, fordi nøglen på serveren er skiftet. Forbind kalenderen igen.")


def opened(vault: Vault, sealed: Sealed) -> tuple[Account, str]:
    """The account, and the collection's address. Raises CalDavFailed."""
    try:
        account = Account(vault.open(sealed.address), vault.open(sealed.username), vault.open(sealed.password))
        return account, vault.open(sealed.collection)
    except SealBroken as exc:
        raise CalDavFailed(LOST_KEY) from exc


def write_copy(sessions: sessionmaker[Session], vault: Vault, open_: Open, now: datetime, copy_id: int) -> None:
    """Raises CalDavFailed, an OSError, when it has to be tried again."""
    with read_only_session(sessions) as session:
        wanted = task(session, copy_id)
        erased = to_take_out(session, copy_id)
    if wanted is None and erased:
        with sessions.begin() as session:
            taken_out(session, erased)
    if wanted is None or (wanted.waits and not erased):
        return
    try:
        if wanted.resting and wanted.resting > now:
            raise CalDavFailed(SILENT)
        account, collection = opened(vault, wanted.sealed)
        with open_(account) as dav:
            if erased:
                _without(dav, collection, wanted, erased.values())
            outcome = _brought(dav, collection, wanted) if not wanted.waits else None
    except CalDavFailed as failed:
        with sessions.begin() as session:
            note_failed(session, wanted)
            source = session.get(BusySource, wanted.source_id)
            if source is not None and not wanted.resting and (failed.status in (0, 401) or failed.status >= 500):
                read_failed(session, now, source, failed.sentence)
        raise
    with sessions.begin() as session:
        if outcome is not None:
            note(session, now, wanted, outcome)
        if erased:
            taken_out(session, erased)


def _without(dav: CalDav, collection: str, wanted: Task, erased: Iterable[Mention]) -> None:
    """What lies there, whoever wrote it and whatever waits, without these people."""
    for _try in range(_TRIES):
        there = _there(dav, collection, wanted) or dav.read(collection, _new_path(collection, wanted))
        if there is None:
            return
        try:
            text = there.text
            for mention in erased:
                text = without_words(text, mention.without)
            if text != there.text:
                dav.put(collection, there.path, text, _guard(there))
            return
        except Changed:
            continue
        except ValueError as exc:
            raise CalDavFailed(STRANGE) from exc
    raise CalDavFailed(BROKEN, 412)


def _new_path(collection: str, wanted: Task) -> str:
    return path_of(collection).rstrip("/") + "/" + path_of(name_of(wanted.uid))


def _brought(dav: CalDav, collection: str, wanted: Task) -> Outcome:
    for _try in range(_TRIES):
        there = _there(dav, collection, wanted)
        try:
            if wanted.entry is not None and wanted.entry.kind != "engagement" and wanted.entry.status != "CANCELLED":
                return _noted(dav, collection, wanted, wanted.entry, there)
            if wanted.entry is None or wanted.entry.status == "CANCELLED":
                return _taken_out(dav, collection, wanted, there)
            return _put_in(dav, collection, wanted, wanted.entry, there)
        except Changed:
            continue  # somebody was there between our reading and our writing: read again
        except ValueError as exc:
            raise CalDavFailed(STRANGE) from exc
    raise CalDavFailed(BROKEN, 412)


def _there(dav: CalDav, collection: str, wanted: Task) -> Stored | None:
    """The object under the name we know, else whatever it is called: it may have come in by an invitation."""
    found = dav.read(collection, wanted.path) if wanted.path else None
    return found or next(iter(dav.find(collection, wanted.uid)), None)


def _put_in(dav: CalDav, collection: str, wanted: Task, entry: Entry, there: Stored | None) -> Outcome:
    if there is None:
        if wanted.known:
            return Outcome("theirs", wanted.path, None)
        path = _new_path(collection, wanted)
        return _written(dav, collection, path, lambda: dav.put(collection, path, event_text(entry), None))
    theirs = theirs_of(there.text, wanted.uid)
    if moved_to(theirs, (entry.starts_at, entry.ends_at), wanted.settled):
        return Outcome("theirs", there.path, there.etag, theirs.span)
    if same(there.text, entry):
        return Outcome("written", there.path, there.etag)
    text = merged_text(there.text, entry)
    return _written(dav, collection, there.path, lambda: dav.put(collection, there.path, text, _guard(there)))


def _noted(dav: CalDav, collection: str, wanted: Task, entry: Entry, there: Stored | None) -> Outcome:
    """A note or a task is theirs to move and delete: one they deleted stays so. A calendar that takes no tasks gets the
    day's event instead."""
    if there is None and wanted.known:
        return Outcome("written", wanted.path, None)
    new = _new_path(collection, wanted)
    there = there or dav.read(collection, new)  # servers look for events alone by their UID
    if there is not None and note_same(there.text, entry):
        return Outcome("written", there.path, there.etag)
    path = there.path if there else new
    guard, before = (_guard(there), there.text) if there else (None, "")
    try:
        return _written(dav, collection, path, lambda: dav.put(collection, path, note_text(entry, before), guard))
    except CalDavFailed as failed:
        if entry.kind != "todo" or failed.status not in NO_TASKS:
            raise
    as_note = replace(entry, kind="note", all_day=True)
    if there is not None and note_same(there.text, as_note):
        return Outcome("written", there.path, there.etag)
    return _written(dav, collection, path, lambda: dav.put(collection, path, note_text(as_note, before), guard))


def _written(dav: CalDav, collection: str, path: str, put: Callable[[], str | None]) -> Outcome:
    """A server that rewrites what it gets tells no ETag: it is asked."""
    etag = put()
    if etag is None:
        now_there = dav.read(collection, path)
        etag = now_there.etag if now_there else None
    return Outcome("written", path, etag)


def _guard(there: Stored) -> str:
    """The ETag that what lies there must still have. Raises CalDavFailed: nothing is written over unseen."""
    if not there.etag:
        raise CalDavFailed(NO_ETAG, 422)
    return there.etag


def _taken_out(dav: CalDav, collection: str, wanted: Task, there: Stored | None) -> Outcome:
    """Taken out; one in which they have written something of their own stays, called off and taking up no time."""
    if there is None:
        return Outcome("gone", "", None)
    if wanted.entry is not None and wanted.entry.kind == "engagement" and theirs_of(there.text, wanted.uid).edited:
        if not same(there.text, wanted.entry):
            dav.put(collection, there.path, merged_text(there.text, wanted.entry), _guard(there))
    else:
        dav.delete(collection, there.path, _guard(there))
    return Outcome("gone", "", None)
