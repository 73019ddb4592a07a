"""Finding companies, candidates and openings in reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session, joinedload

from crm.base.scope import Scope
from crm.companies import queries as companies
from crm.companies.models import Workplace
from crm.desk.queries.reach import workplaces
from crm.openings.models import Candidate, Opening
from crm.openings.queries.candidates import filtered
from crm.openings.queries.openings import Asked, statement


def search(session: Session, scope: Scope, text: str, today: date, limit: int = 20) -> Sequence[Workplace]:
    """By name, CVR number, P-number, telephone or contact; two characters at least."""
    return companies.search(session, text, within=workplaces(scope, today), limit=limit)


def candidates(session: Session, scope: Scope, text: str, now: datetime, limit: int = 5) -> Sequence[Candidate]:
    """By reference, occupation or postcode; those whose reference it is first."""
    wanted = filtered(scope, now, search=text, active=None)
    exact = Candidate.reference.icontains(text, autoescape=True)
    return session.scalars(
        wanted.options(joinedload(Candidate.owner)).order_by(exact.desc(), Candidate.id.desc()).limit(limit)
    ).all()


def openings(session: Session, scope: Scope, text: str, limit: int = 5) -> Sequence[Opening]:
    """By occupation or company; the open ones first, then the newest."""
    wanted = statement(scope, asked=Asked(text=text))
    return session.scalars(wanted.order_by((Opening.state == "open").desc(), Opening.id.desc()).limit(limit)).all()
