"""Passwords and API tokens."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, NotFound
from crm.people.models import ApiToken, User
from crm.people.rules import hash_password, new_token, password_problem, token_hash, verify_password


def set_password(session: Session, actor: Any, now: datetime, user: User, password: str) -> None:
    """Raises Invalid. Ends open sign-ins."""
    problem = password_problem(password)
    if problem:
        raise Invalid(N_("Adgangskoden er ikke ændret."), errors={"password": problem})
    user.password_hash = hash_password(password)
    user.session_key = secrets.token_hex(16)
    activity.record(session, actor, now, "people.set_password", user)
    session.flush()


def issue_token(session: Session, actor: Any, now: datetime, user: User) -> str:
    """A new bearer token; only its hash is kept."""
    token = new_token()
    row = ApiToken(user_id=user.id, token_hash=token_hash(token), created_at=now)
    session.add(row)
    session.flush()
    activity.record(session, actor, now, "people.issue_token", user)
    return token


def revoke_token(session: Session, actor: Any, now: datetime, user: User, token_id: int) -> None:
    """End one of the user's own tokens at once; again: nothing happens. Raises NotFound for somebody else's."""
    row = session.scalar(select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user.id))
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = now
        activity.record(session, actor, now, "people.revoke_token", user)
        session.flush()


def change_password(session: Session, now: datetime, user: User, current: str, password: str) -> None:
    """The user's own change: the password in use must be given. Raises Invalid."""
    if not verify_password(user.password_hash, current):
        raise Invalid(
            N_("Adgangskoden er ikke ændret."), errors={"current": N_("Den nuværende adgangskode passer ikke")}
        )
    set_password(session, user, now, user, password)
