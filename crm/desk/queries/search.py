"""Finding companies in reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from crm.base.scope import Scope
from crm.companies import queries as companies
from crm.companies.models import Workplace
from crm.desk.queries.reach import workplaces


def search(session: Session, scope: Scope, text: str, today: date, limit: int = 20) -> Sequence[Workplace]:
    """By name, CVR number, P-number, telephone or contact; two characters at least."""
    return companies.search(session, text, within=workplaces(scope, today), limit=limit)
