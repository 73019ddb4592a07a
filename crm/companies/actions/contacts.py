"""The people at a workplace."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.errors import N_, Invalid
from crm.companies.models import Contact, Workplace


def add_contact(
    session: Session,
    workplace: Workplace,
    name: str,
    title: str = "",
    phone: str | None = None,
    email: str | None = None,
    source: str = "call",
) -> Contact:
    """The contact of this name, with what is newly known filled in; a new one when there is none. Raises Invalid.

    phone is E.164, email checked (crm.base.types); source: ``register``, ``call`` or ``visit``.
    """
    name = " ".join(name.split())
    if not name:
        raise Invalid(N_("Kontaktpersonen mangler et navn."), errors={"name": N_("Skriv et navn")})
    known = session.scalars(select(Contact).where(Contact.workplace_id == workplace.id).order_by(Contact.id))
    found = next((contact for contact in known if contact.name.casefold() == name.casefold()), None)
    if found is None:
        found = Contact(workplace=workplace, name=name, title=title.strip(), phone=phone, email=email, source=source)
        session.add(found)
    else:
        found.title = title.strip() or found.title
        found.phone = phone or found.phone
        found.email = email or found.email
    session.flush()
    return found
