"""Reads of the administrators' own types."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.openings.models import Opening, OwnType

RECENT = timedelta(days=365)


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


def offered(session: Session, jobcentre_id: int, now: datetime, *, keep: Collection[int] = ()) -> Sequence[OwnType]:
    """Those in use, what this jobcentre told most the last year first, then by name; of those out of use only ``keep``
    (what an opening has, or a form was sent with), last."""
    told = (
        select(Opening.own_type_id, func.count().label("times"))
        .where(
            Opening.jobcentre_id == jobcentre_id,
            Opening.created_at >= now - RECENT,
            Opening.voided_at.is_(None),
            Opening.own_type_id.is_not(None),
        )
        .group_by(Opening.own_type_id)
        .subquery()
    )
    return session.scalars(
        select(OwnType)
        .outerjoin(told, told.c.own_type_id == OwnType.id)
        .where(OwnType.active | OwnType.id.in_(keep))
        .order_by(OwnType.active.desc(), func.coalesce(told.c.times, 0).desc(), func.lower(OwnType.name), OwnType.id)
    ).all()


def said_type() -> ColumnElement[str]:
    """In SQL: the own type's name where an opening has one, else its key of TYPES."""
    own = select(OwnType.name).where(OwnType.id == Opening.own_type_id).correlate(Opening).scalar_subquery()
    return func.coalesce(own, Opening.type)


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
