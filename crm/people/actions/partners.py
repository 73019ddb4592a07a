"""Writes of partners: add, change, let go, end their links, the morning's mail."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid
from crm.base.types import parse_email, parse_phone
from crm.people.models import Jobcentre, Partner, Region
from crm.people.rules import PARTNER_KINDS


@dataclass(frozen=True)
class PartnerDetails:
    """What is known of a partner. With a jobcentre it works with that one alone, with a region with all of the
    region's, with neither everywhere."""

    name: str
    kind: str
    email: str
    contact_name: str = ""
    phone: str | None = None
    jobcentre_id: int | None = None
    region_id: int | None = None
    digest: bool = True


def add_partner(session: Session, actor: Any, now: datetime, details: PartnerDetails) -> Partner:
    """Raises Invalid naming the fields."""
    email, phone = _checked(session, details, None)
    partner = Partner(
        created_at=now, created_by=getattr(actor, "id", None), link_key=secrets.token_hex(16), active=True
    )
    _set(partner, details, email, phone)
    session.add(partner)
    session.flush()
    activity.record(session, actor, now, "people.add_partner", partner, name=partner.name, kind=partner.kind)
    session.flush()
    return partner


def update_partner(session: Session, actor: Any, now: datetime, partner: Partner, details: PartnerDetails) -> None:
    """A new address ends the links that went to the old one. Raises Invalid naming the fields."""
    session.refresh(partner, with_for_update={"of": Partner})
    email, phone = _checked(session, details, partner)
    if email != partner.email:
        partner.link_key = secrets.token_hex(16)
    _set(partner, details, email, phone)
    activity.record(session, actor, now, "people.update_partner", partner, name=partner.name, kind=partner.kind)
    session.flush()


def set_partner_active(session: Session, actor: Any, now: datetime, partner: Partner, active: bool) -> None:
    """Let go of a partner, or take it up again. Links of before hold neither way."""
    session.refresh(partner, with_for_update={"of": Partner})
    if partner.active == active:
        return
    partner.active, partner.link_key = active, secrets.token_hex(16)
    activity.record(session, actor, now, "people.enable_partner" if active else "people.disable_partner", partner)
    session.flush()


def renew_link(session: Session, actor: Any, now: datetime, partner: Partner) -> None:
    """End every link the partner holds; the next one is made with the new key."""
    partner.link_key = secrets.token_hex(16)
    activity.record(session, actor, now, "people.renew_partner_link", partner)
    session.flush()


def set_digest(session: Session, actor: Any, now: datetime, partner: Partner, wanted: bool) -> bool:
    """Whether the partner gets the morning's mail; False when nothing changed. By its own link actor is None."""
    session.refresh(partner, with_for_update={"of": Partner})
    if partner.digest == wanted:
        return False
    partner.digest = wanted
    activity.record(session, actor, now, "people.partner_digest", partner, wanted=wanted)
    session.flush()
    return True


def _set(partner: Partner, details: PartnerDetails, email: str, phone: str | None) -> None:
    partner.name, partner.kind, partner.email, partner.phone = details.name.strip(), details.kind, email, phone
    partner.contact_name, partner.digest = details.contact_name.strip(), details.digest
    partner.jobcentre_id, partner.region_id = details.jobcentre_id, details.region_id


def _checked(session: Session, details: PartnerDetails, there: Partner | None) -> tuple[str, str | None]:
    """Mail address and telephone as they are kept."""
    errors: dict[str, str] = {}
    email, phone = details.email.strip().lower(), details.phone
    try:
        email = parse_email(details.email).lower()
    except ValueError as exc:
        errors["email"] = str(exc)
    try:
        phone = parse_phone(details.phone) if details.phone else None
    except ValueError as exc:
        errors["phone"] = str(exc)
    name = details.name.strip()
    taken = session.scalar(select(Partner.id).where(func.lower(Partner.name) == name.lower()))
    if not name:
        errors["name"] = N_("Navn mangler")
    elif len(name) > 120:
        errors["name"] = N_("Skriv højst 120 tegn")
    elif taken is not None and taken != getattr(there, "id", None):
        errors["name"] = N_("Navnet er i brug. Skriv by eller afdeling med, så de kan kendes fra hinanden")
    if details.kind not in PARTNER_KINDS:
        errors["kind"] = N_("Vælg, hvad det er for en organisation")
    if not _placed(session, details):
        errors["reach"] = N_("Vælg et jobcenter, en region eller hele landet")
    if errors:
        raise Invalid(N_("Partneren er ikke gemt. Ret felterne, og prøv igen."), errors=errors)
    return email, phone


def _placed(session: Session, details: PartnerDetails) -> bool:
    if details.jobcentre_id and details.region_id:
        return False
    if details.jobcentre_id:
        return session.get(Jobcentre, details.jobcentre_id) is not None
    return details.region_id is None or session.get(Region, details.region_id) is not None
