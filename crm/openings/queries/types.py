"""Reads of the administrators' own types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.openings.models import Opening, OwnType


@dataclass(frozen=True)
class TypeRow:
    """``openings`` and ``positions`` that count; ``used``: also where they were taken back, so that it is fixed."""

    own: OwnType
    openings: int
    positions: int
    used: bool


def own_types(session: Session, *, active: bool | None = True) -> Sequence[OwnType]:
    """By name; with ``active`` None those out of use as well."""
    wanted = select(OwnType).order_by(OwnType.name)
    return session.scalars(wanted if active is None else wanted.where(OwnType.active == active)).all()


def own_type(session: Session, type_id: int) -> OwnType:
    """Raises NotFound."""
    found = session.get(OwnType, type_id)
    if found is None:
        raise NotFound
    return found


def type_rows(session: Session) -> list[TypeRow]:
    """All of them with how much they are used, those in use first."""
    counts = Opening.voided_at.is_(None)
    found = session.execute(
        select(
            OwnType,
            func.count(Opening.id).filter(counts),
            func.coalesce(func.sum(Opening.positions).filter(counts), 0),
            func.count(Opening.id),
        )
        .outerjoin(Opening, Opening.own_type_id == OwnType.id)
        .group_by(OwnType.id)
        .order_by(OwnType.active.desc(), OwnType.name)
    )
    return [TypeRow(own, openings, int(positions), every > 0) for own, openings, positions, every in found]
