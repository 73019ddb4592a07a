"""Reads of companies."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.companies.models import Company, Contact, Geocoding, ImportBatch, ImportedWorkplace, ImportRemark, Workplace
from crm.companies.rules.place import LOOKED_UP
from crm.people.models import Municipality

REMARKS_PER_PAGE = 50
BATCHES_PER_PAGE = 25


def workplace(session: Session, workplace_id: int) -> Workplace:
    """Raises NotFound. For callers that have checked reach already; else ``workplace_in``."""
    found = session.get(Workplace, workplace_id)
    if found is None:
        raise NotFound
    return found


def workplace_in(session: Session, scope: Scope, workplace_id: int) -> Workplace:
    """The workplace in a municipality of the scope's jobcentres. Raises NotFound outside it."""
    found = session.scalar(
        select(Workplace)
        .join(Municipality, Municipality.code == Workplace.municipality_code)
        .where(Workplace.id == workplace_id, scope.clause(jobcentre=Municipality.jobcentre_id))
    )
    if found is None:
        raise NotFound
    return found


def same_phone(session: Session, workplace: Workplace) -> list[Workplace]:
    """Other workplaces with the same number, at most 20, by name."""
    if not workplace.phone:
        return []
    return list(
        session.scalars(
            select(Workplace)
            .where(Workplace.phone == workplace.phone, Workplace.id != workplace.id)
            .order_by(Workplace.name, Workplace.id)
            .limit(20)
        )
    )


def siblings(session: Session, workplace: Workplace) -> list[Workplace]:
    """The company's other workplaces, at most 50, by P-number."""
    return list(
        session.scalars(
            select(Workplace)
            .where(Workplace.company_id == workplace.company_id, Workplace.id != workplace.id)
            .order_by(Workplace.p_number)
            .limit(50)
        )
    )


def _pattern(text: str, *, inside: bool) -> str:
    """A LIKE pattern (escape ``\\``). Letters beyond ASCII become ``_``: SQLite folds the case of ASCII only."""
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    loose = "".join(char if char.isascii() else "_" for char in escaped)
    return f"%{loose}%" if inside else f"{loose}%"


def search(
    session: Session,
    text: str,
    municipality_codes: Collection[str] | None = None,
    limit: int = 20,
    *,
    within: ColumnElement[bool] | None = None,
) -> list[Workplace]:
    """Workplaces by name, CVR number, P-number, telephone or contact person; names that begin with the text first.

    municipality_codes: where the asker may look; None is everywhere. within: a further clause on workplaces.
    Fewer than two characters find nothing.
    """
    text = " ".join(text.replace("\0", "").split())[:100]
    if len(text) < 2 or municipality_codes is not None and not municipality_codes:
        return []
    begins = Workplace.name.ilike(_pattern(text, inside=False), escape="\\")
    statement = (
        select(Workplace).where(or_(*_hits(text))).order_by(case((begins, 0), else_=1), Workplace.name, Workplace.id)
    )
    if municipality_codes is not None:
        statement = statement.where(Workplace.municipality_code.in_(list(municipality_codes)))
    if within is not None:
        statement = statement.where(within)
    if text.isascii():
        return list(session.scalars(statement.limit(limit)))
    return _really(session, session.scalars(statement.limit(limit * 5)).all(), text)[:limit]


def _hits(text: str) -> list[ColumnElement[bool]]:
    """The ways a text may name a workplace."""
    inside = _pattern(text, inside=True)
    ways: list[ColumnElement[bool]] = [
        Workplace.name.ilike(inside, escape="\\"),
        Workplace.company_id.in_(select(Company.id).where(Company.name.ilike(inside, escape="\\"))),
        Workplace.id.in_(select(Contact.workplace_id).where(Contact.name.ilike(inside, escape="\\"))),
    ]
    digits = re.sub(r"[\s.\-]", "", text.removeprefix("+45"))
    if digits.isascii() and digits.isdigit() and len(digits) >= 3:
        cvr = select(Company.id).where(Company.cvr_number.startswith(digits))
        ways += [
            Workplace.company_id.in_(cvr),
            Workplace.p_number.startswith(digits),
            Workplace.phone.startswith(f"+45{digits}"),
            Workplace.phone == f"+{digits}",
        ]
    return ways


def _really(session: Session, found: Sequence[Workplace], text: str) -> list[Workplace]:
    """Those that have the text in one of their names, letter for letter but for case (the pattern was looser)."""
    names = {each.id: [each.name, each.company.name] for each in found}
    for workplace_id, name in session.execute(
        select(Contact.workplace_id, Contact.name).where(Contact.workplace_id.in_(names))
    ):
        names[workplace_id].append(name)
    folded = text.casefold()
    return [each for each in found if any(folded in name.casefold() for name in names[each.id])]


def batches(session: Session, page: int = 1) -> tuple[Sequence[ImportBatch], int]:
    """One page of imports, newest first, and how many there are."""
    count = session.scalar(select(func.count(ImportBatch.id))) or 0
    rows = session.scalars(
        select(ImportBatch)
        .order_by(ImportBatch.id.desc())
        .limit(BATCHES_PER_PAGE)
        .offset((page - 1) * BATCHES_PER_PAGE)
    ).all()
    return rows, count


def batch(session: Session, batch_id: int) -> ImportBatch:
    """Raises NotFound."""
    found = session.get(ImportBatch, batch_id)
    if found is None:
        raise NotFound
    return found


def _remarks_of(batch_id: int, kind: str) -> Select[Any]:
    return select(ImportRemark).where(ImportRemark.batch_id == batch_id, ImportRemark.kind == kind)


def remarks(session: Session, batch_id: int, kind: str, page: int = 1) -> tuple[Sequence[ImportRemark], int]:
    """One page of an import's remarks of one kind (reject, warning, note) in the file's order, and their number."""
    wanted = _remarks_of(batch_id, kind)
    count = session.scalar(select(func.count()).select_from(wanted.with_only_columns(ImportRemark.id).subquery())) or 0
    rows = session.scalars(
        wanted.order_by(ImportRemark.row_number, ImportRemark.id)
        .limit(REMARKS_PER_PAGE)
        .offset((page - 1) * REMARKS_PER_PAGE)
    ).all()
    return rows, count


def holds(batch_id: int) -> ColumnElement[bool]:
    """A clause on Workplace: the extract held it."""
    return exists().where(ImportedWorkplace.batch_id == batch_id, ImportedWorkplace.workplace_id == Workplace.id)


def workplace_count(session: Session) -> int:
    return session.scalar(select(func.count(Workplace.id))) or 0


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A workplace whose address is to be looked up. ``asked``: the address as one line, to know it again."""

    workplace_id: int
    street: str
    postcode: str
    asked: str


ASKED = Workplace.street + ", " + Workplace.postcode + " " + Workplace.city


def unplaced(session: Session, now: datetime, first: ColumnElement[bool], limit: int) -> list[Unplaced]:
    """Workplaces with a street to look up: those placed by postcode or not at all, and those whose address was changed
    since. Those that ``first`` holds for come first, then those never asked for.

    One that was asked for in vain comes again at its time, or when its address is another.
    """
    vague = Workplace.geo_source.not_in(("file", *LOOKED_UP))
    waiting = (Geocoding.asked == ASKED) & (Geocoding.state != "found") & (Geocoding.next_at > now)
    changed = Workplace.geo_source.in_(LOOKED_UP) & (Geocoding.asked != ASKED)
    rows = session.execute(
        select(Workplace.id, Workplace.street, Workplace.postcode, ASKED)
        .outerjoin(Geocoding, Geocoding.workplace_id == Workplace.id)
        .where(Workplace.street != "", or_(vague & (Geocoding.workplace_id.is_(None) | ~waiting), changed))
        .order_by(case((first, 0), else_=1), case((Geocoding.workplace_id.is_(None), 0), else_=1), Workplace.id)
        .limit(limit)
    )
    return [Unplaced(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Outage:
    """Look-ups that failed since the last answer: how many workplaces, and when the last one was."""

    failed: int
    last: datetime


def outage(session: Session) -> Outage | None:
    """None when the service answered last."""
    answered = select(func.max(Geocoding.at)).where(Geocoding.state != "failed").scalar_subquery()
    since = (Geocoding.state == "failed") & (answered.is_(None) | (Geocoding.at > answered))
    failed, last = session.execute(select(func.count(), func.max(Geocoding.at)).where(since)).one()
    return Outage(failed, last) if failed else None


def geocoding(session: Session, workplace_id: int) -> Geocoding | None:
    """What looking up the workplace's address came to; None when it was never looked up."""
    return session.get(Geocoding, workplace_id)
