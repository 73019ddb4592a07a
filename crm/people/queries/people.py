"""Reads of people."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.people.models import ApiToken, CallingFirm, Jobcentre, Municipality, Region, User, UserRole
from crm.people.rules import token_hash


def user_by_email(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def user_by_id(session: Session, user_id: int) -> User | None:
    return session.get(User, user_id)


def user_by_session(session: Session, session_id: str) -> User | None:
    """The active user of a sign-in cookie ``id:session_key``, or None when it no longer holds."""
    number, _, key = session_id.partition(":")
    user = session.get(User, int(number), options=[joinedload(User.roles)]) if number.isdigit() else None
    return user if user and user.active and user.session_key == key else None


def user_by_token(session: Session, token: str) -> User | None:
    return session.scalar(
        select(User)
        .join(ApiToken, ApiToken.user_id == User.id)
        .where(ApiToken.token_hash == token_hash(token), ApiToken.revoked_at.is_(None), User.active)
    )


def users(session: Session) -> Sequence[User]:
    return session.scalars(select(User).order_by(User.name)).all()


def users_page(
    session: Session, *, text: str = "", role: str = "", active: bool | None = None, page: int = 1, size: int = 50
) -> tuple[Sequence[User], int]:
    """Users by name: those whose name or e-mail holds ``text``, with the role, active or not; and how many in all."""
    statement = select(User)
    for word in text.lower().split():
        like = f"%{word.replace('%', '').replace('_', '')}%"
        statement = statement.where(or_(func.lower(User.name).like(like), User.email.like(like)))
    if role:
        statement = statement.where(exists().where(UserRole.user_id == User.id, UserRole.role == role))
    if active is not None:
        statement = statement.where(User.active.is_(active))
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    rows = session.scalars(statement.order_by(User.name, User.id).offset((page - 1) * size).limit(size)).all()
    return rows, total


def tokens_of(session: Session, user_id: int) -> Sequence[ApiToken]:
    """Those in force, newest first."""
    return session.scalars(
        select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None)).order_by(ApiToken.id.desc())
    ).all()


def people_at(session: Session) -> tuple[dict[int, int], dict[int, int]]:
    """Active users by jobcentre id and by calling firm id."""
    counts = []
    for column in (UserRole.jobcentre_id, UserRole.calling_firm_id):
        rows = session.execute(
            select(column, func.count(func.distinct(User.id)))
            .join(User, User.id == UserRole.user_id)
            .where(column.is_not(None), User.active)
            .group_by(column)
        )
        counts.append({int(place): int(count) for place, count in rows if place is not None})
    return counts[0], counts[1]


def user(session: Session, user_id: int) -> User:
    """Raises NotFound."""
    found = session.get(User, user_id)
    if found is None:
        raise NotFound
    return found


def consultants_of(session: Session, jobcentre_ids: Sequence[int]) -> Sequence[User]:
    """Active consultants of these jobcentres, by name."""
    return session.scalars(
        select(User)
        .join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role == "consultant", UserRole.jobcentre_id.in_(jobcentre_ids), User.active)
        .order_by(User.name)
        .distinct()
    ).all()


def leads_of(session: Session, jobcentre_id: int) -> Sequence[User]:
    return session.scalars(
        select(User)
        .join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role == "jobcentre_lead", UserRole.jobcentre_id == jobcentre_id, User.active)
        .order_by(User.id)
    ).all()


def jobcentres(session: Session, scope: Scope | None = None) -> Sequence[Jobcentre]:
    statement = select(Jobcentre).order_by(Jobcentre.name)
    if scope is not None:
        statement = statement.where(scope.clause(jobcentre=Jobcentre.id))
    return session.scalars(statement).all()


def jobcentre_rows(session: Session) -> Sequence[Jobcentre]:
    """Every jobcentre by name, with region and municipalities loaded."""
    return session.scalars(
        select(Jobcentre)
        .order_by(Jobcentre.name)
        .options(joinedload(Jobcentre.region), selectinload(Jobcentre.municipalities))
    ).all()


def jobcentre(session: Session, scope: Scope, jobcentre_id: int) -> Jobcentre:
    """Raises NotFound outside the scope."""
    found = session.scalar(select(Jobcentre).where(Jobcentre.id == jobcentre_id, scope.clause(jobcentre=Jobcentre.id)))
    if found is None:
        raise NotFound
    return found


def regions(session: Session) -> Sequence[Region]:
    return session.scalars(select(Region).order_by(Region.name)).all()


def municipalities(session: Session) -> Sequence[Municipality]:
    return session.scalars(select(Municipality).order_by(Municipality.name)).all()


def municipality_codes(session: Session, jobcentre_id: int) -> list[str]:
    return list(session.scalars(select(Municipality.code).where(Municipality.jobcentre_id == jobcentre_id)))


def calling_firms(session: Session) -> Sequence[CallingFirm]:
    return session.scalars(select(CallingFirm).order_by(CallingFirm.name)).all()


def names_of(session: Session, user_ids: Sequence[int | None]) -> dict[int, str]:
    """User id -> name, for saying who did something."""
    wanted = {user_id for user_id in user_ids if user_id}
    if not wanted:
        return {}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return dict(rows.all())
