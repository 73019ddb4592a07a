"""Factories of people beyond the backbone in core."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from crm.people.models import ApiToken, User, UserRole
from crm.people.rules import token_hash
from tests.conftest import NOW


def make_role(session: Session, user: User, role: str, **place: Any) -> UserRole:
    """One more role for the user: jobcentre_id, calling_firm_id or region_id as the role needs."""
    made = UserRole(role=role, **place)
    user.roles.append(made)
    session.flush()
    return made


def make_token(session: Session, user: User, token: str, **fields: Any) -> ApiToken:
    made = ApiToken(user_id=user.id, token_hash=token_hash(token), **{"created_at": NOW, **fields})
    session.add(made)
    session.flush()
    return made
