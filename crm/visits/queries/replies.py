"""Answers to a visit's invitations as they count now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.visits.models import Visit, VisitReply


@dataclass(frozen=True)
class Reply:
    """``partstat``: ACCEPTED, DECLINED or TENTATIVE. ``former``: it answers the time the visit had before.
    ``other``: it came from another address than the contact's. ``superseded``: the same party answered again later."""

    party: str
    email: str
    partstat: str
    comment: str
    at: datetime
    former: bool
    other: bool
    superseded: bool

    def as_json(self) -> dict[str, Any]:
        return {**self.__dict__, "at": self.at.isoformat()}


def replies_of(session: Session, visit: Visit) -> Sequence[Reply]:
    """Newest first; one query."""
    rows = session.scalars(
        select(VisitReply).where(VisitReply.visit_id == visit.id).order_by(VisitReply.at.desc(), VisitReply.id.desc())
    ).all()
    seen: set[tuple[str, str]] = set()
    found = []
    for row in rows:
        who = (row.party, row.email)
        former = row.sequence < visit.sequence
        other = row.party == "company" and row.email != (visit.contact_email or "").strip().lower()
        found.append(Reply(*who, row.partstat, row.comment, row.at, former, other, who in seen))
        seen.add(who)
    return found
