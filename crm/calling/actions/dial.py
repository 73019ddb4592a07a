"""The dial rules once more, when the number is about to be dialled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base.db import lock_name
from crm.base.errors import N_, Refusal
from crm.calling.actions.keep import STALE, number_lock
from crm.calling.models import QueueEntry
from crm.calling.queries import held_back

_HOURS = N_("Der må ikke ringes i kampagnen lige nu: den er lukket, eller klokken er uden for ringetiden. Ring senere.")
_CAP = N_("Virksomheden er ringet op det højeste antal gange, kampagnen tillader. Slip den, og tag den næste.")
_NUMBER = N_(
    "Nummeret må ikke ringes op i dag: det er allerede ringet op i dag eller det højeste antal gange, "
    "eller en anden phoner har det. Slip virksomheden, og tag den næste."
)
REFUSED: dict[str, tuple[str, str]] = {
    "campaign_closed": ("hours", _HOURS),
    "campaign_not_begun": ("hours", _HOURS),
    "campaign_ended": ("hours", _HOURS),
    "calling_hours": ("hours", _HOURS),
    "contract": ("hours", N_("Firmaets aftale om at ringe for jobcentret løber ikke i dag. Spørg kampagnelederen.")),
    "no_firm": ("stale", STALE),
    "do_not_call": ("do_not_call", N_("Virksomheden har bedt om ikke at blive ringet op. Slip den, og tag den næste.")),
    "protected": (
        "protected",
        N_("Virksomheden er reklamebeskyttet, og listen har ingen registreret hjemmel. Slip den, og tag den næste."),
    ),
    "no_phone": ("number", N_("Virksomheden har intet telefonnummer. Slip den, og tag den næste.")),
    "quarantine": (
        "quarantine",
        N_("Virksomheden har for nylig svaret i en anden kampagne. Slip den, og tag den næste."),
    ),
    "attempt_cap": ("cap", _CAP),
    "day_cap": ("cap", N_("Virksomheden er ringet op det højeste antal gange i dag. Slip den, og tag den næste.")),
    "number_cap": ("number", _NUMBER),
    "same_number": ("number", _NUMBER),
    "capacity": (
        "capacity",
        N_("Konsulenternes kalendere er fulde, så der er ingen tid at tilbyde. Slip virksomheden, og prøv senere."),
    ),
}
"""Reason of WHY_DRY -> code and sentence. Whatever is refused, the notes stay on the entry."""


def dial(session: Session, actor: Any, now: datetime, entry: QueueEntry) -> None:
    """Whether the actor may dial the entry's number now; returns nothing when they may.

    Every dial rule is checked again, for the campaign may have closed and the company may have asked not to be called
    since the claim. Raises Refusal with code ``stale`` (not the actor's current claim), ``hours``, ``cap``, ``number``,
    ``protected``, ``do_not_call``, ``quarantine`` or ``capacity``. A number that stands on several entries is checked
    under a lock on it, held until the transaction ends.
    """
    session.flush()
    if entry.shared_phone:
        lock_name(session, number_lock(entry.phone))
    session.refresh(entry, ["state", "claimed_by", "claimed_at", "claimed_until"])
    live = entry.claimed_until is not None and entry.claimed_until > now
    if entry.state != "waiting" or entry.claimed_by != actor.id or entry.claimed_at is None or not live:
        raise Refusal("stale", STALE)
    reason = held_back(session, now, entry)
    if reason is not None:
        code, message = REFUSED[reason]
        raise Refusal(code, message)
