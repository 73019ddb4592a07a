"""Connect and disconnect a consultant's own CalDAV calendar."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, Refusal
from crm.base.seal import SealBroken, Vault
from crm.calendars.actions.busy import add_source, keep_objects, remove_source
from crm.calendars.actions.copies import want_all, want_failed, want_gone
from crm.calendars.models import BusySource
from crm.calendars.queries import sources
from crm.calendars.queries.copies import left_in
from crm.integrations.caldav_wire import Account
from crm.integrations.caldav_xml import Found
from crm.people.models import User

LASTS = timedelta(minutes=30)
"""How long the choice of a calendar may wait."""
TAKES_OUT = timedelta(days=1)
"""A calendar that is being disconnected is tried for so long; then it is let go with what is left in it."""
NEITHER = N_("Vælg mindst én af delene; ellers er der intet at forbinde.")
READ_ONLY = N_("Serveren tillader ikke, at der skrives i den kalender. Vælg en anden, eller kun at læse.")
TOO_LATE = N_("Der gik for lang tid, så adgangskoden er glemt. Intet er forbundet. Skriv den igen.")


@dataclass(frozen=True)
class Draft:
    """An account that has let us in, and what was found there; it waits for the choice of a calendar."""

    account: Account
    found: Sequence[Found]


def keep_draft(vault: Vault, now: datetime, consultant_id: int, draft: Draft) -> str:
    """The draft as one sealed text, for this consultant and a short while: the page carries it, the database does not
    see a password before a calendar is chosen."""
    account = draft.account
    return vault.seal(
        json.dumps(
            {
                "for": consultant_id,
                "until": (now + LASTS).isoformat(),
                "account": [account.address, account.username, account.password],
                "found": [[one.url, one.name, one.writable] for one in draft.found],
            }
        )
    )


def kept_draft(vault: Vault, now: datetime, consultant_id: int, text: str) -> Draft:
    """Raises Refusal ``stale`` when it is too old, another's, or was changed."""
    try:
        told = json.loads(vault.open(text) or "{}")
    except (SealBroken, ValueError):
        told = {}
    if told.get("for") != consultant_id or datetime.fromisoformat(told["until"]) < now:
        raise Refusal("stale", TOO_LATE)
    return Draft(Account(*told["account"]), [Found(*one) for one in told["found"]])


def connect(
    session: Session,
    vault: Vault,
    actor: Any,
    now: datetime,
    consultant: User,
    draft: Draft,
    url: str,
    *,
    writes: bool,
    reads: bool,
) -> BusySource:
    """Read the calendar's busy time, write the consultant's visits to come into it, or both. Raises Invalid."""
    chosen = next((one for one in draft.found if one.url == url), None)
    errors: dict[str, str] = {}
    if chosen is None:
        errors["collection"] = N_("Vælg en af kalenderne.")
    elif writes and not chosen.writable:
        errors["writes"] = READ_ONLY
    if not writes and not reads:
        errors["reads"] = NEITHER
    if any(_same(vault, source, url) for source in sources(session, consultant.id)):
        errors["collection"] = N_("Kalenderen er allerede forbundet. Afbryd den først, hvis noget skal ændres.")
    if errors or chosen is None:
        raise Invalid(N_("Kalenderen er ikke forbundet. Ret det, der mangler."), errors=errors)
    account = draft.account
    way: dict[str, Any] = {"address": account.address, "username": account.username, "password": account.password}
    what: dict[str, Any] = {"kind": "caldav", "name": chosen.name, "collection": chosen.url, "writes": writes}
    source = add_source(session, vault, actor, now, consultant, **way, **what)
    source.reads = reads
    session.flush()
    want_all(session, now, source)
    return source


def change(
    session: Session,
    vault: Vault,
    actor: Any,
    now: datetime,
    source: BusySource,
    *,
    writes: bool,
    reads: bool,
    password: str = "",
) -> BusySource:
    """What the calendar is used for, and its password where that has been changed at the provider (empty: as before).

    Visits go in when writing begins and come out when it ends; busy time likewise, that of reading. Raises Invalid, and
    Refusal ``stale`` for a calendar that is being disconnected.
    """
    if source.ending_at is not None:
        raise Refusal("stale", N_("Kalenderen er ved at blive afbrudt. Intet er ændret."))
    if not writes and not reads:
        raise Invalid(N_("Intet er ændret. Ret det, der mangler."), errors={"reads": NEITHER})
    began, ended = writes and not source.writes, source.writes and not writes
    if source.reads and not reads:
        keep_objects(session, now, source, {}, (), everything=True)
    source.sync_token = source.sync_token if source.reads else None
    source.writes, source.reads = writes, reads
    if password:
        source.password = vault.seal(password)
        source.failing_since, source.failures, source.last_error = None, 0, None
    source.next_at = now
    session.flush()
    if ended:
        want_gone(session, now, source)
    if began:
        want_all(session, now, source)
    elif password:
        want_failed(session, now, source)
    consultant, told = session.get_one(User, source.consultant_id), {"password": bool(password), "source_id": source.id}
    activity.record(session, actor, now, "calendars.change_source", consultant, writes=writes, reads=reads, **told)
    return source


def _same(vault: Vault, source: BusySource, url: str) -> bool:
    try:
        return source.kind == "caldav" and source.ending_at is None and vault.open(source.collection) == url
    except SealBroken:
        return False


def disconnect(session: Session, actor: Any, now: datetime, source: BusySource, *, take_out: bool) -> bool:
    """No more reading and writing; the busy time from it is free at once. ``take_out``: our events come out first,
    which the outbox does, so the calendar is kept as ending until then. True when it is gone already."""
    if not take_out or not left_in(session, source.id):
        remove_source(session, actor, now, source)
        return True
    keep_objects(session, now, source, {}, (), everything=True)
    source.ending_at, source.next_at = now + TAKES_OUT, now + timedelta(minutes=1)
    source.failing_since, source.failures, source.sync_token = None, 0, None
    want_gone(session, now, source)
    activity.record(session, actor, now, "calendars.disconnect", session.get_one(User, source.consultant_id))
    session.flush()
    return False
