"""Reads of openings. Voided ones are never shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.companies.models import Workplace
from crm.openings.models import Candidacy, Opening, Placement, Relaxation
from crm.openings.rules.candidates import RUNNING
from crm.openings.rules.life import LAPSE_AFTER
from crm.people.models import User
from crm.visits.models import Visit

PAGE = 50


@dataclass(frozen=True)
class Asked:
    """What a list is filtered by. ``state``: open, closed, or ``lapsed`` (open, and proposed for closing);
    ``lacking``: a key of DETAILS, ``any`` for one of them; ``today``: Danish, for ``lapsed``."""

    type: str | None = None
    own_type_id: int | None = None
    campaign_id: int | None = None
    stage: str | None = None
    state: str | None = None
    lacking: str | None = None
    consultant_id: int | None = None
    text: str = ""
    today: date | None = None


@dataclass(frozen=True)
class Found:
    """One page of the list, newest first; ``positions`` and ``total`` are of the whole list. By opening on the page:
    ``under_way`` candidates and ``hired`` positions."""

    rows: Sequence[Opening]
    total: int
    positions: int
    page: int
    under_way: Mapping[int, int] = field(default_factory=dict)
    hired: Mapping[int, int] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1


def statement(
    scope: Scope,
    *,
    type: str | None = None,
    campaign_id: int | None = None,
    state: str | None = None,
    asked: Asked | None = None,
) -> Select[Opening]:
    """The openings in reach, filtered; for pages and for the API's lists."""
    asked = asked or Asked(type=type, campaign_id=campaign_id, state=state)
    wanted = select(Opening).where(
        Opening.voided_at.is_(None), scope.clause(jobcentre=Opening.jobcentre_id, own=Opening.consultant_id)
    )
    for column, value in (
        (Opening.type, asked.type),
        (Opening.own_type_id, asked.own_type_id),
        (Opening.campaign_id, asked.campaign_id),
        (Opening.stage, asked.stage),
        (Opening.consultant_id, asked.consultant_id),
    ):
        if value:
            wanted = wanted.where(column == value)
    if asked.state == "lapsed" and asked.today:
        wanted = wanted.where(*_lapsed(asked.today))
    elif asked.state:
        wanted = wanted.where(Opening.state == asked.state)
    if asked.lacking:
        wanted = wanted.where(_lacks(asked.lacking))
    if text := " ".join(asked.text.replace("\0", "").split())[:100]:
        wanted = wanted.where(_names(text))
    return wanted


def with_visit(wanted: Select[Opening]) -> Select[Opening]:
    """With the visits, whose contact is the opening's where none is named."""
    return wanted.options(joinedload(Opening.visit, innerjoin=True))


def _lacks(key: str) -> ColumnElement[bool]:
    """The same as ``missing`` of the rules, in SQL; a test holds the two together."""
    contact = select(Visit.contact_name).where(Visit.id == Opening.visit_id).scalar_subquery()
    ways: dict[str, ColumnElement[bool]] = {
        "occupation": Opening.occupation == "",
        "tasks": Opening.tasks == "",
        "hours": and_(Opening.weekly_hours.is_(None), Opening.hours_note == ""),
        "start": and_(Opening.starts_on.is_(None), Opening.starts_note == ""),
        "contact": and_(Opening.contact_name == "", func.coalesce(contact, "") == ""),
        "cvs": or_(Opening.cvs_wanted.is_(None), and_(Opening.cvs_wanted != 0, Opening.cvs_by.is_(None))),
    }
    return ways[key] if key in ways else or_(*ways.values())


def _lapsed(today: date) -> list[ColumnElement[bool]]:
    """The same as ``looks_lapsed`` of the rules, in SQL."""
    limit = today - LAPSE_AFTER
    under_way = select(Candidacy.id).where(Candidacy.opening_id == Opening.id, Candidacy.state.in_(RUNNING)).exists()
    return [
        Opening.state == "open",
        or_(Opening.cvs_by.isnot(None), Opening.starts_on.isnot(None)),
        or_(Opening.cvs_by.is_(None), Opening.cvs_by < limit),
        or_(Opening.starts_on.is_(None), Opening.starts_on < limit),
        ~under_way,
    ]


def _names(text: str) -> ColumnElement[bool]:
    """In the occupation or the company's name. Letters beyond ASCII match any: SQLite folds the case of ASCII only."""
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    loose = "%" + "".join(sign if sign.isascii() else "_" for sign in escaped) + "%"
    company = select(Workplace.id).where(Workplace.id == Opening.workplace_id, Workplace.name.ilike(loose, escape="\\"))
    return or_(Opening.occupation.ilike(loose, escape="\\"), company.exists())


def openings(
    session: Session,
    scope: Scope,
    *,
    type: str | None = None,
    campaign_id: int | None = None,
    state: str | None = None,
    asked: Asked | None = None,
    page: int = 1,
) -> Found:
    """One page of at most 50, with the number and the positions of all."""
    wanted = statement(scope, asked=asked or Asked(type=type, campaign_id=campaign_id, state=state))
    ids = wanted.with_only_columns(Opening.id, Opening.positions).subquery()
    total, positions = session.execute(
        select(func.count(), func.coalesce(func.sum(ids.c.positions), 0)).select_from(ids)
    ).one()
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    rows = session.scalars(
        with_visit(wanted)
        .options(joinedload(Opening.consultant, innerjoin=True).lazyload(User.roles), joinedload(Opening.own_type))
        .order_by(Opening.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    ).all()
    shown = [row.id for row in rows]
    return Found(rows, total, int(positions), page, under_way_of(session, shown), hired_of(session, shown))


def under_way_of(session: Session, opening_ids: Sequence[int]) -> dict[int, int]:
    """Opening -> candidates under way, those without any left out."""
    return _counted(
        session,
        select(Candidacy.opening_id, func.count())
        .where(Candidacy.opening_id.in_(opening_ids), Candidacy.state.in_(RUNNING))
        .group_by(Candidacy.opening_id),
        opening_ids,
    )


def hired_of(session: Session, opening_ids: Sequence[int]) -> dict[int, int]:
    """Opening -> positions hired."""
    return _counted(
        session,
        select(Placement.opening_id, func.count())
        .where(Placement.opening_id.in_(opening_ids), Placement.voided_at.is_(None))
        .group_by(Placement.opening_id),
        opening_ids,
    )


def _counted(session: Session, wanted: Select[int, int], opening_ids: Sequence[int]) -> dict[int, int]:
    return dict(session.execute(wanted).all()) if opening_ids else {}


def consultants_in(session: Session, scope: Scope) -> dict[int, str]:
    """Those who answer for openings in reach, by name: the choices of the list's filter."""
    held = statement(scope).with_only_columns(Opening.consultant_id).distinct()
    found = session.execute(select(User.id, User.name).where(User.id.in_(held)).order_by(User.name))
    return dict(found.all())


def opening(session: Session, scope: Scope, opening_id: int) -> Opening:
    """With its visit, consultant and own type. Raises NotFound outside the scope and for a voided one."""
    found = session.scalar(
        statement(scope)
        .where(Opening.id == opening_id)
        .options(
            joinedload(Opening.visit, innerjoin=True).joinedload(Visit.consultant, innerjoin=True),
            joinedload(Opening.consultant, innerjoin=True),
            joinedload(Opening.own_type),
        )
    )
    if found is None:
        raise NotFound
    return found


def of_visit(session: Session, visit_id: int, *, from_report: bool | None = None) -> Sequence[Opening]:
    wanted = select(Opening).where(Opening.visit_id == visit_id, Opening.voided_at.is_(None))
    if from_report is not None:
        wanted = wanted.where(Opening.from_report == from_report)
    return session.scalars(wanted.order_by(Opening.id)).all()


def of_workplace(session: Session, workplace_id: int, scope: Scope, limit: int = 50) -> Sequence[Opening]:
    """Newest first: for the company's page."""
    return session.scalars(
        statement(scope).where(Opening.workplace_id == workplace_id).order_by(Opening.id.desc()).limit(limit)
    ).all()


def relaxations(session: Session, opening_id: int) -> Sequence[Relaxation]:
    """What the company gave way on, the oldest first."""
    return session.scalars(
        select(Relaxation).where(Relaxation.opening_id == opening_id).order_by(Relaxation.at, Relaxation.id)
    ).all()
