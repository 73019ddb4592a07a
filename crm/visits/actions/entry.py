"""Whose an entry is before its time is booked or held, and whether its company may be asked at all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.db import lock_person
from crm.base.errors import N_, Refusal
from crm.calling.actions import heartbeat
from crm.calling.models import QueueEntry
from crm.campaigns.models import CallList, ListEntry
from crm.people.models import User
from crm.visits.models import Visit


def own_entry(session: Session, actor: User, now: datetime, entry: QueueEntry) -> None:
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
