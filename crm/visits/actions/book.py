"""Book a visit: one transaction from the claim to the mails, which wait while a phoner can take the booking back."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, Refusal
from crm.calling.actions import finish
from crm.calling.models import QueueEntry
from crm.calling.rules import UNDO
from crm.companies.actions import add_contact
from crm.people.models import User
from crm.visits.actions import history
from crm.visits.actions.check import drivable, lock_days, others, warm_day, whole_minute, write
from crm.visits.actions.conflicts import recheck
from crm.visits.actions.entry import own_entry, refuse_protected
from crm.visits.actions.hold import drop_hold, lost
from crm.visits.actions.messages import tell_booked
from crm.visits.actions.publish import publish_visit
from crm.visits.models import Visit
from crm.visits.queries.slots import Ask, ask_for_entry
from crm.visits.rules.slots import Slot
from crm.visits.rules.words import ContactDetails


def book(
    session: Session,
    actor: User,
    now: datetime,
    entry: QueueEntry,
    consultant_id: int,
    starts_at: datetime,
    contact: ContactDetails,
    note: str = "",
    *,
    idempotency_key: str | None = None,
) -> Visit:
    """Book the entry's workplace into the consultant's calendar; the entry is finished as booked, and the call keeps
    ``idempotency_key`` (``queries.booked_with``).

    The consultant answers for the visit from here on. Raises Refusal stale, protected, overlap, travel, hours,
    capacity (with ``alternatives``; when the time had been held for the entry, also ``hold``) or no_place; Invalid
    without a contact's name; NotFound for a consultant of another jobcentre.
    """
    starts_at = whole_minute(starts_at)
    if not contact.name.strip():
        raise Invalid(N_("Skriv, hvem konsulenten skal møde."), errors={"contact_name": N_("Navn mangler")})
    notice = actor.has_role("phoner")
    warm_day(session, now, lambda: ask_for_entry(entry, notice=notice), starts_at)
    own_entry(session, actor, now, entry)
    refuse_protected(session, entry)
    ask = ask_for_entry(entry, notice=notice)
    lock_days(session, [(consultant_id, danish_date(starts_at))])
    with lost(session, entry, consultant_id, starts_at):
        slot = drivable(session, now, ask, consultant_id, starts_at)
        visit = _new_visit(entry, actor, now, slot, ask, contact, note)
        write(session, lambda: session.add(visit), lambda: _taken(session, now, ask, slot))
    add_contact(session, entry.workplace, visit.contact_name, contact.title, contact.phone, contact.email, "call")
    finish(session, actor, now, entry, "booked", note=note, idempotency_key=idempotency_key)
    _record(session, actor, now, entry, visit)
    session.flush()
    return visit


def _taken(session: Session, now: datetime, ask: Ask, slot: Slot) -> NoReturn:
    raise Refusal(
        "overlap",
        N_("Tiden er lige blevet taget af en anden. Besøget er ikke booket."),
        extra=others(session, now, ask, slot.consultant_id, slot.starts_at),
    )


def _new_visit(
    entry: QueueEntry, actor: User, now: datetime, slot: Slot, ask: Ask, contact: ContactDetails, note: str
) -> Visit:
    return Visit(
        queue_entry_id=entry.id,
        campaign_id=entry.campaign_id,
        jobcentre_id=entry.jobcentre_id,
        workplace_id=entry.workplace_id,
        consultant_id=slot.consultant_id,
        responsible_id=slot.consultant_id,
        booked_by=actor.id,
        booked_firm_id=actor.calling_firm_id,
        booked_at=now,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        state="booked",
        sequence=0,
        lat=ask.place.lat,
        lon=ask.place.lon,
        contact_name=contact.name.strip(),
        contact_title=contact.title.strip(),
        contact_phone=contact.phone,
        contact_email=contact.email,
        note=note.strip(),
    )


def _record(session: Session, actor: User, now: datetime, entry: QueueEntry, visit: Visit) -> None:
    """Everything that follows from a booking, in the same transaction."""
    drop_hold(session, entry.id)
    history.record(
        session, actor, now, visit, "book", starts_at=visit.starts_at.isoformat(), consultant_id=visit.consultant_id
    )
    publish_visit(session, now, visit)
    recheck(session, now, [(visit.consultant_id, danish_date(visit.starts_at))])
    tell_booked(session, now, visit, now + UNDO if actor.has_role("phoner") else None)
