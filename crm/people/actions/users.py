"""Users and what their roles cover."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, Refusal
from crm.base.types import parse_email, parse_phone
from crm.people.models import ApiToken, User, UserRole
from crm.people.queries import user_by_email
from crm.people.rules import hash_password, initials_of, password_problem

_NEEDS = {
    "phoner": "calling_firm_id",
    "consultant": "jobcentre_id",
    "jobcentre_lead": "jobcentre_id",
    "regional_lead": "region_id",
}


@dataclass(frozen=True)
class Grant:
    """A role with what it covers. Roles that need a jobcentre, firm or region are refused without one."""

    role: str
    jobcentre_id: int | None = None
    calling_firm_id: int | None = None
    region_id: int | None = None


def add_user(
    session: Session,
    actor: Any,
    now: datetime,
    *,
    email: str,
    name: str,
    password: str,
    grants: Sequence[Grant],
    title: str = "",
    phone: str | None = None,
    demo: bool = False,
) -> User:
    """Admit a user. Raises Invalid naming the field: e-mail in use, short password, role without its scope."""
    errors: dict[str, str] = {}
    email, phone = _contact(email, phone, errors)
    if user_by_email(session, email):
        errors["email"] = N_("E-mailadressen er allerede i brug")
    if not name.strip():
        errors["name"] = N_("Navn mangler")
    if not demo and (problem := password_problem(password)):
        errors["password"] = problem
    _check_grants(grants, errors)
    if errors:
        raise Invalid(N_("Brugeren er ikke oprettet. Ret felterne og prøv igen."), errors=errors)
    user = User(
        email=email,
        name=name.strip(),
        initials=initials_of(name),
        title=title,
        phone=phone,
        password_hash=hash_password(password, demo=demo),
        session_key=secrets.token_hex(16),
        created_at=now,
        roles=_roles(grants),
    )
    session.add(user)
    session.flush()
    activity.record(session, actor, now, "people.add_user", user, email=email, roles=[g.role for g in grants])
    return user


def _roles(grants: Sequence[Grant]) -> list[UserRole]:
    return [
        UserRole(role=g.role, jobcentre_id=g.jobcentre_id, calling_firm_id=g.calling_firm_id, region_id=g.region_id)
        for g in grants
    ]


def _contact(email: str, phone: str | None, errors: dict[str, str]) -> tuple[str, str | None]:
    try:
        email = parse_email(email).lower()
    except ValueError as exc:
        errors["email"] = str(exc)
    try:
        phone = parse_phone(phone) if phone else None
    except ValueError as exc:
        errors["phone"] = str(exc)
    return email, phone


def _check_grants(grants: Sequence[Grant], errors: dict[str, str]) -> None:
    if not grants:
        errors["roles"] = N_("Vælg mindst én rolle")
    for grant in grants:
        need = _NEEDS.get(grant.role)
        if need and not getattr(grant, need):
            errors[need] = N_("Rollen kræver, at dette felt er valgt")


def set_roles(session: Session, actor: Any, now: datetime, user: User, grants: Sequence[Grant]) -> None:
    """Replace the user's roles; open sign-ins end, so that the new rights hold at once.

    Raises Invalid; Refusal ``last_admin`` when the last active administrator would lose that role.
    """
    errors: dict[str, str] = {}
    _check_grants(grants, errors)
    if errors:
        raise Invalid(N_("Rollerne er ikke ændret. Ret felterne og prøv igen."), errors=errors)
    if not any(grant.role == "admin" for grant in grants):
        _keep_an_admin(session, user)
    user.roles.clear()
    session.flush()
    user.roles.extend(_roles(grants))
    user.session_key = secrets.token_hex(16)
    activity.record(session, actor, now, "people.set_roles", user, roles=[g.role for g in grants])
    session.flush()


def _keep_an_admin(session: Session, user: User) -> None:
    """Refuse to lose the last active administrator; the rows are held, so that two cannot disable each other."""
    admins = session.scalars(
        select(User.id)
        .join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role == "admin", User.active)
        .order_by(User.id)
        .with_for_update(of=User)
    ).all()
    if set(admins) == {user.id}:
        raise Refusal(
            "last_admin",
            N_("{name} er den sidste aktive administrator. Giv først en anden bruger rollen; intet er ændret."),
            name=user.name,
        )


def update_user(
    session: Session,
    actor: Any,
    now: datetime,
    user: User,
    *,
    email: str,
    name: str,
    title: str = "",
    phone: str | None = None,
) -> None:
    """Change name and contact details; initials follow the name. Raises Invalid naming the field."""
    errors: dict[str, str] = {}
    email, phone = _contact(email, phone, errors)
    known = user_by_email(session, email)
    if known is not None and known.id != user.id:
        errors["email"] = N_("E-mailadressen er allerede i brug")
    if not name.strip():
        errors["name"] = N_("Navn mangler")
    if errors:
        raise Invalid(N_("Brugeren er ikke ændret. Ret felterne og prøv igen."), errors=errors)
    user.email, user.name, user.title, user.phone = email, name.strip(), title.strip(), phone
    user.initials = initials_of(name)
    activity.record(session, actor, now, "people.update_user", user, email=email)
    session.flush()


def set_active(session: Session, actor: Any, now: datetime, user: User, active: bool) -> None:
    """Disable or enable; disabling ends open sign-ins and revokes every API token.

    Raises Refusal ``last_admin``: somebody must be able to let people in.
    """
    if not active:
        _keep_an_admin(session, user)
    user.active = active
    user.session_key = secrets.token_hex(16)
    if not active:
        for token in session.scalars(
            select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
        ):
            token.revoked_at = now
    activity.record(session, actor, now, "people.enable" if active else "people.disable", user)
    session.flush()
