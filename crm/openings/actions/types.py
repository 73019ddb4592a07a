"""Writes of the administrators' own types."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.db import lock_name
from crm.base.errors import N_, Invalid
from crm.openings.models import Opening, OwnType
from crm.openings.rules.types import type_problems

NOT_SAVED = N_("Typen er ikke gemt. Ret felterne, og prøv igen.")


def add_type(session: Session, actor: Any, now: datetime, name: str, reports_as: str) -> OwnType:
    """A finer type of one that reports know. Raises Invalid naming the field."""
    name = " ".join(name.split())
    _check(session, name, reports_as, None)
    made = OwnType(name=name, reports_as=reports_as, created_at=now, created_by=getattr(actor, "id", None))
    session.add(made)
    session.flush()
    activity.record(session, actor, now, "openings.type_add", made, name=name, reports_as=reports_as)
    return made


def change_type(
    session: Session, actor: Any, now: datetime, own: OwnType, *, name: str, reports_as: str, active: bool
) -> None:
    """Another name, out of use or in use again; what it counts as only while no opening has it, so that no rate ever
    changes after the fact. Raises Invalid naming the field."""
    name = " ".join(name.split())
    session.refresh(own, with_for_update={"of": OwnType})
    _check(session, name, reports_as, own)
    was = {"name": own.name, "reports_as": own.reports_as, "active": own.active}
    own.name, own.reports_as, own.active = name, reports_as, active
    if was != {"name": name, "reports_as": reports_as, "active": active}:
        activity.record(
            session, actor, now, "openings.type_change", own, was=was, name=name, reports_as=reports_as, active=active
        )
    session.flush()


def _check(session: Session, name: str, reports_as: str, own: OwnType | None) -> None:
    lock_name(session, "opening_types")
    errors = type_problems(name, reports_as)
    same = [found for found in session.scalars(select(OwnType)) if found.name.casefold() == name.casefold()]
    if any(found is not own for found in same):
        errors.setdefault("name", N_("Den type findes i forvejen"))
    if own is not None and reports_as != own.reports_as and used(session, own):
        errors["reports_as"] = N_("Typen er brugt og tæller, som den gør. Lav en ny type, og tag denne ud af brug")
    if errors:
        raise Invalid(NOT_SAVED, errors=errors)


def used(session: Session, own: OwnType) -> bool:
    """Whether an opening has it, one taken back included."""
    wanted = select(func.count()).select_from(Opening).where(Opening.own_type_id == own.id)
    return bool(session.scalar(wanted))
