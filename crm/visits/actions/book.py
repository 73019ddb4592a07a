"""Book a visit: one transaction from the claim to the mails."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.clock import danish_date
from crm.base.db import lock_person
from crm.base.errors import N_, Invalid, Refusal
from crm.calling.actions import finish, heartbeat
from crm.calling.models import QueueEntry
from crm.campaigns.models import CallList, ListEntry
from crm.companies.actions import add_contact
from crm.people.models import User
from crm.visits.actions.check import drivable, lock_days, others, whole_minute, write
from crm.visits.actions.messages import tell_booked
from crm.visits.actions.publish import publish_visit
from crm.visits.models import Visit, VisitEvent
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
) -> Visit:
    """Book the entry's workplace into the consultant's calendar; the entry is finished as booked.

    The consultant answers for the visit from here on. Raises Refusal stale, protected, overlap, travel, hours,
    capacity (with ``alternatives``) or no_place; Invalid without a contact's name; NotFound for a consultant of
    another jobcentre.
    """
    starts_at = whole_minute(starts_at)
    if not contact.name.strip():
        raise Invalid(N_("Skriv, hvem konsulenten skal møde."), errors={"contact_name": N_("Navn mangler")})
    hold_entry(session, actor, now, entry)
    refuse_protected(session, entry)
    ask = ask_for_entry(entry, notice=actor.has_role("phoner"))
    lock_days(session, [(consultant_id, danish_date(starts_at))])
    slot = drivable(session, now, ask, consultant_id, starts_at)
    visit = _new_visit(entry, actor, now, slot, ask, contact, note)

    def taken() -> NoReturn:
        raise Refusal(
            "overlap",
            N_("Tiden er lige blevet taget af en anden. Besøget er ikke booket."),
            extra=others(session, now, ask, consultant_id, starts_at),
        )

    write(session, lambda: session.add(visit), taken)
    _record(session, actor, now, entry, visit, contact, note)
    session.flush()
    return visit


def hold_entry(session: Session, actor: User, now: datetime, entry: QueueEntry) -> None:
    """Lock the entry's row and make sure that it is the actor's to book. Raises Refusal stale.

    A phoner needs a claim that nobody has taken since. A jobcentre's own people book without one, but never over
    somebody else's live claim.
    """
    lock_person(session, actor.id)
    session.execute(select(QueueEntry.id).where(QueueEntry.id == entry.id).with_for_update())
    live = session.scalar(select(Visit.id).where(Visit.queue_entry_id == entry.id, Visit.state == "booked").limit(1))
    if live is not None:
        raise Refusal("stale", N_("Virksomheden har allerede et booket besøg i denne kampagne. Intet er ændret."))
    if actor.has_role("phoner"):
        heartbeat(session, actor, now, entry)
    session.refresh(entry, ["state", "claimed_by", "claimed_at", "claimed_until", "final_outcome"])
    held = entry.claimed_until is not None and entry.claimed_until > now
    if held and entry.claimed_by != actor.id:
        raise Refusal(
            "stale", N_("En anden har virksomheden i røret lige nu. Besøget er ikke booket; dine noter er bevaret.")
        )


def refuse_protected(session: Session, entry: QueueEntry) -> None:
    """The register's protection needs a recorded basis; the company's own wish not to be called none can lift."""
    workplace = entry.workplace
    if workplace.do_not_call_at is not None:
        raise Refusal("protected", N_("Virksomheden har bedt om ikke at blive kontaktet. Besøget er ikke booket."))
    if workplace.advertising_protected:
        basis = session.scalar(
            select(CallList.legal_basis)
            .join(ListEntry, ListEntry.call_list_id == CallList.id)
            .where(ListEntry.id == entry.list_entry_id)
        )
        if not (basis or "").strip():
            raise Refusal(
                "protected",
                N_(
                    "Virksomheden er reklamebeskyttet, og der er ingen registreret hjemmel på "
                    "listen. Besøget er ikke booket."
                ),
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


def _record(
    session: Session, actor: User, now: datetime, entry: QueueEntry, visit: Visit, contact: ContactDetails, note: str
) -> None:
    """Everything that follows from a booking, in the same transaction."""
    add_contact(session, entry.workplace, visit.contact_name, contact.title, contact.phone, contact.email, "call")
    finish(session, actor, now, entry, "booked", note=note)
    data: dict[str, Any] = {"starts_at": visit.starts_at.isoformat(), "consultant_id": visit.consultant_id}
    session.add(
        VisitEvent(
            visit_id=visit.id, at=now, kind="book", actor_id=actor.id, responsible_id=visit.responsible_id, data=data
        )
    )
    activity.record(
        session,
        actor,
        now,
        "visits.book",
        visit,
        workplace_id=visit.workplace_id,
        campaign_id=visit.campaign_id,
        **data,
    )
    publish_visit(session, now, visit)
    tell_booked(session, now, visit)
