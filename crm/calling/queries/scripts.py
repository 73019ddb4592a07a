"""The script of an entry's call, and what its fields stand for."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from crm.calling.models import QueueEntry
from crm.campaigns.queries import script_for
from crm.campaigns.rules import DEFAULT_SCRIPT, NOBODY, NOWHERE, clean_steps, first_name, street_name
from crm.companies.models import Contact


def entry_script(session: Session, entry: QueueEntry) -> tuple[int, list[dict[str, Any]]]:
    """(version's id, its steps); 0 is the standard script.

    A claimed entry keeps the version in force when it was claimed, also when the page is loaded again; a reserved one
    has the newest.
    """
    found = script_for(session, entry.campaign_id, entry.jobcentre_id, entry.claimed_at)
    return (found.id, clean_steps(found.steps)) if found else (0, clean_steps(DEFAULT_SCRIPT))


def script_values(entry: QueueEntry, contact: Contact | None, phoner: str) -> dict[str, str]:
    """Field -> value in this call; the live fields come with the chosen time."""
    return {
        "phoner": phoner,
        "contact": contact.name if contact else NOBODY,
        "contact_first": first_name(contact.name) if contact else "",
        "company": entry.workplace.name,
        "street": street_name(entry.workplace.street) or NOWHERE,
        "jobcentre": entry.jobcentre.name,
    }
