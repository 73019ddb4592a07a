"""Writes of people: users, roles, tokens, reference data."""

from __future__ import annotations

import csv
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid
from crm.base.types import parse_email, parse_phone
from crm.people.models import ApiToken, CallingFirm, Jobcentre, Municipality, Region, User, UserRole
from crm.people.queries import user_by_email
from crm.people.rules import hash_password, initials_of, new_token, password_problem, token_hash

REGION_NAMES = {"nordjylland": "Nordjylland", "midtjylland": "Midtjylland", "syddanmark": "Syddanmark",
                "sjaelland": "Sjælland", "hovedstaden": "Hovedstaden"}
DATA = Path(__file__).parent / "data" / "municipalities.csv"

_NEEDS = {"phoner": "calling_firm_id", "consultant": "jobcentre_id", "jobcentre_lead": "jobcentre_id",
          "regional_lead": "region_id"}


@dataclass(frozen=True)
class Grant:
    """A role with what it covers. Roles that need a jobcentre, firm or region are refused without one."""

    role: str
    jobcentre_id: int | None = None
    calling_firm_id: int | None = None
    region_id: int | None = None


def load_reference(session: Session) -> int:
    """Regions and the 98 municipalities from the package's own table; existing rows stay. How many are new."""
    regions = {region.key: region for region in session.scalars(select(Region))}
    for key, name in REGION_NAMES.items():
        if key not in regions:
            regions[key] = Region(key=key, name=name)
            session.add(regions[key])
    session.flush()
    known = set(session.scalars(select(Municipality.code)))
    with DATA.open(encoding="utf-8", newline="") as source:
        rows = [row for row in csv.DictReader(source) if row["code"] not in known]
    for row in rows:
        session.add(Municipality(code=row["code"], name=row["name"], region_id=regions[row["region_key"]].id,
                                 tile_x=int(row["tile_x"]), tile_y=int(row["tile_y"])))
    session.flush()
    return len(rows)


def add_jobcentre(session: Session, actor: Any, now: datetime, *, name: str, municipality_codes: Sequence[str],
                  postcode: str, street: str = "", city: str = "", phone: str | None = None) -> Jobcentre:
    """A jobcentre for municipalities that have none yet. Raises Invalid."""
    found = {m.code: m for m in session.scalars(select(Municipality).where(Municipality.code.in_(municipality_codes)))}
    if not found or set(municipality_codes) - set(found):
        raise Invalid(N_("Vælg mindst én kommune, der findes."), errors={"municipalities": N_("Vælg mindst én kommune")})
    taken = [m.name for m in found.values() if m.jobcentre_id]
    if taken:
        raise Invalid(N_("{names} hører allerede til et jobcenter."), names=", ".join(taken),
                      errors={"municipalities": N_("hører allerede til et jobcenter")})
    if session.scalar(select(Jobcentre.id).where(Jobcentre.name == name)):
        raise Invalid(N_("Der findes allerede et jobcenter med det navn."), errors={"name": N_("Navnet er i brug")})
    first = found[municipality_codes[0]]
    jobcentre = Jobcentre(name=name, region_id=first.region_id, postcode=postcode, street=street, city=city, phone=phone)
    session.add(jobcentre)
    session.flush()
    for municipality in found.values():
        municipality.jobcentre_id = jobcentre.id
    activity.record(session, actor, now, "people.add_jobcentre", jobcentre, name=name)
    session.flush()
    return jobcentre


def add_calling_firm(session: Session, actor: Any, now: datetime, name: str) -> CallingFirm:
    if session.scalar(select(CallingFirm.id).where(CallingFirm.name == name)):
        raise Invalid(N_("Der findes allerede et phonerfirma med det navn."), errors={"name": N_("Navnet er i brug")})
    firm = CallingFirm(name=name)
    session.add(firm)
    session.flush()
    activity.record(session, actor, now, "people.add_calling_firm", firm, name=name)
    return firm


def add_user(session: Session, actor: Any, now: datetime, *, email: str, name: str, password: str,
             grants: Sequence[Grant], title: str = "", phone: str | None = None, demo: bool = False) -> User:
    """Admit a user. Raises Invalid naming the field: e-mail in use, short password, role without its scope."""
    errors: dict[str, str] = {}
    email, phone = _contact(email, phone, errors)
    if email and user_by_email(session, email):
        errors["email"] = N_("E-mailadressen er allerede i brug")
    if not name.strip():
        errors["name"] = N_("Navn mangler")
    problem = None if demo else password_problem(password)
    if problem:
        errors["password"] = problem
    _check_grants(grants, errors)
    if errors:
        raise Invalid(N_("Brugeren er ikke oprettet. Ret felterne og prøv igen."), errors=errors)
    user = User(email=email, name=name.strip(), initials=initials_of(name), title=title, phone=phone,
                password_hash=hash_password(password, demo=demo), session_key=secrets.token_hex(16), created_at=now,
                roles=[UserRole(role=g.role, jobcentre_id=g.jobcentre_id, calling_firm_id=g.calling_firm_id,
                                region_id=g.region_id) for g in grants])
    session.add(user)
    session.flush()
    activity.record(session, actor, now, "people.add_user", user, email=email, roles=[g.role for g in grants])
    return user


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
    """Replace the user's roles; open sign-ins end, so that the new rights hold at once. Raises Invalid."""
    errors: dict[str, str] = {}
    _check_grants(grants, errors)
    if errors:
        raise Invalid(N_("Rollerne er ikke ændret. Ret felterne og prøv igen."), errors=errors)
    user.roles.clear()
    session.flush()
    user.roles.extend(UserRole(role=g.role, jobcentre_id=g.jobcentre_id, calling_firm_id=g.calling_firm_id,
                               region_id=g.region_id) for g in grants)
    user.session_key = secrets.token_hex(16)
    activity.record(session, actor, now, "people.set_roles", user, roles=[g.role for g in grants])
    session.flush()


def set_active(session: Session, actor: Any, now: datetime, user: User, active: bool) -> None:
    """Disable or enable; disabling ends open sign-ins and revokes every API token."""
    user.active = active
    user.session_key = secrets.token_hex(16)
    if not active:
        for token in session.scalars(select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))):
            token.revoked_at = now
    activity.record(session, actor, now, "people.enable" if active else "people.disable", user)
    session.flush()


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
