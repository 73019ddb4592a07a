"""The telephone: begin a call to a claimed entry, take in what the provider tells, end what nobody ended."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.base.db import insert_new
from crm.base.errors import N_, Refusal
from crm.calling.actions.dial import dial
from crm.calling.actions.keep import STALE
from crm.calling.models import Call, PhoneCall, PhoneEvent, QueueEntry
from crm.calling.queries.phone import REPORTING, facts, open_phones
from crm.calling.rules.phone import CLOSED, COMPANY, CONNECT_WITHIN, ENDS, GIVEN_UP, OWN, PHONER, fold
from crm.integrations.telephony.line import Reported, identity

NOT_YOURS = N_("Opkaldet kan ikke sættes i gang. Læg på, og ring op igen.")


@dataclass(frozen=True)
class Told:
    """One webhook. sid: the leg it is about. name: the leg's state, or a word of ``rules.phone``. raw: the fields
    worth keeping for whoever looks into a call."""

    sid: str
    name: str
    at: datetime
    state: str = ""
    seconds: int | None = None
    by: str | None = None
    raw: Mapping[str, str] = field(default_factory=dict)


def start_call(session: Session, actor: Any, now: datetime, entry: QueueEntry, provider: str) -> PhoneCall:
    """Re-check every dial rule and open a telephone call to the entry, with a one-time token.

    The actor's earlier calls that nobody ended are over for us. Raises Refusal as ``dial`` does.
    """
    dial(session, actor, now, entry)
    for earlier in open_phones(session, actor.id):
        if earlier.provider not in REPORTING:
            earlier.state, earlier.ended_at = "completed", now
        elif earlier.parent_sid is None:
            give_up(session, now, earlier)
    phone = PhoneCall(
        token=secrets.token_urlsafe(24),
        entry_id=entry.id,
        user_id=actor.id,
        provider=provider,
        number=entry.phone,
        state="dialling",
        started_at=now,
    )
    session.add(phone)
    session.flush()
    return phone


def connect(session: Session, now: datetime, token: str, parent_sid: str, caller: str) -> PhoneCall:
    """The provider asks whom to call for a token: the number of the entry, as long as its phoner holds it.

    A token is good for one call, soon after it was made, by the user it was made for; the same leg may ask again
    while nothing has come of it. Raises Refusal ``unknown`` or ``stale``.
    """
    phone = _locked(session, token)
    if (
        phone is None
        or phone.provider not in REPORTING
        or caller != f"client:{identity(phone.user_id)}"
        or phone.parent_sid not in (None, parent_sid)
        or phone.state != "dialling"
        or phone.sid is not None
        or now - phone.started_at > CONNECT_WITHIN
    ):
        raise Refusal("unknown", NOT_YOURS)
    entry = session.get_one(QueueEntry, phone.entry_id, populate_existing=True)
    held = entry.claimed_by == phone.user_id and entry.claimed_at and entry.claimed_until and entry.claimed_until > now
    if not held or entry.state != "waiting" or not entry.phone:
        raise Refusal("stale", STALE)
    phone.parent_sid, phone.number = parent_sid, entry.phone
    session.flush()
    return phone


def take_in(session: Session, now: datetime, token: str, told: Told) -> PhoneCall | None:
    """Keep one webhook, once, and let the call be what all of them tell; None for a call we do not know.

    Without a token the call is found by its leg.
    """
    phone = _locked(session, token) if token else _by_sid(session, told.sid)
    if phone is None or phone.provider not in REPORTING:
        return None
    leg = PHONER if told.sid == phone.parent_sid else COMPANY
    if leg == COMPANY and phone.sid != told.sid:
        taken = select(PhoneCall.id).where(PhoneCall.sid == told.sid)
        if phone.sid is not None or session.scalar(taken) is not None:
            return None
        phone.sid = told.sid
    _keep(session, now, phone, told, leg)
    return phone


def give_up(session: Session, now: datetime, phone: PhoneCall) -> None:
    """The phoner hung up, or dialled anew, before the provider knew of the call; its token is void from now on."""
    _keep(session, now, phone, Told(phone.token, GIVEN_UP, now), OWN)


def close_silent(session: Session, now: datetime, phone_id: int, reported: Reported | None) -> bool:
    """End a call whose webhooks never came: as the provider reports it, else as far as we know it.

    False when it is over already, or the provider says that it goes on. A late webhook still corrects it.
    """
    token = session.scalar(select(PhoneCall.token).where(PhoneCall.id == phone_id))
    phone = _locked(session, token or "")
    if phone is None or phone.ended_at is not None:
        return False
    if reported is not None and reported.state not in ENDS:
        return False
    unknown = "completed" if phone.answered_at else "canceled" if phone.parent_sid is None else "failed"
    told = Told(
        phone.token,
        CLOSED,
        (reported.ended_at if reported else None) or now,
        state=reported.state if reported else unknown,
        seconds=reported.seconds if reported else None,
    )
    _keep(session, now, phone, told, OWN)
    return True


def link_phone(session: Session, call: Call) -> None:
    """A finished call takes its telephone calls: those of this phoner to this entry without an outcome, or with one
    that was taken back. Calls that no provider reports on are over with it."""
    undone = select(Call.id).where(Call.entry_id == call.entry_id, Call.undone_at.is_not(None))
    mine = (
        PhoneCall.entry_id == call.entry_id,
        PhoneCall.user_id == call.user_id,
        PhoneCall.started_at <= call.ended_at,
    )
    session.execute(
        update(PhoneCall)
        .where(*mine, PhoneCall.provider.not_in(REPORTING), PhoneCall.ended_at.is_(None))
        .values(state="completed", ended_at=call.ended_at)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(PhoneCall)
        .where(*mine, PhoneCall.call_id.is_(None) | PhoneCall.call_id.in_(undone))
        .values(call_id=call.id)
        .execution_options(synchronize_session=False)
    )


def _locked(session: Session, token: str) -> PhoneCall | None:
    """The call as it is now, held until the transaction ends, so that two webhooks do not fold past each other."""
    return session.scalars(
        select(PhoneCall).where(PhoneCall.token == token).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()


def _by_sid(session: Session, sid: str) -> PhoneCall | None:
    token = session.scalar(select(PhoneCall.token).where((PhoneCall.sid == sid) | (PhoneCall.parent_sid == sid)))
    return _locked(session, token) if token else None


def _keep(session: Session, now: datetime, phone: PhoneCall, told: Told, leg: str) -> None:
    data: dict[str, Any] = {"leg": leg, "state": told.state, "seconds": told.seconds, "by": told.by}
    row = {"sid": told.sid, "event": told.name[:40], "at": told.at, "received_at": now, "data": data | dict(told.raw)}
    session.flush()
    if not insert_new(session, PhoneEvent, [row], ["sid", "event"]):
        return
    state = fold(facts(session, phone))
    for name in ("state", "answered_at", "ended_at", "seconds", "hangup_by", "closed_by", "recording_agreed_at"):
        setattr(phone, name, getattr(state, name))
    session.flush()
