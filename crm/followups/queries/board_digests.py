"""What of the board belongs in a user's morning mail, by the same rules of who is away as for agreements."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.followups.models import Digest
from crm.followups.queries.away import substitutes
from crm.followups.rules import NAG_MINUTE
from crm.openings.queries.digests import FRESH, Edition, News, owners_of_waiting, people_with_news, user_news
from crm.people.models import User


def with_board_news(session: Session, day: date) -> set[int]:
    """Users to whom something of the board is new on the morning of the working day ``day``."""
    return people_with_news(session, _edition(session, day))


def board_news(session: Session, user_id: int, day: date) -> News:
    """What is new to the user, who is at work."""
    return user_news(session, user_id, _edition(session, day, [user_id]))


def _edition(session: Session, day: date, user_ids: Collection[int] | None = None) -> Edition:
    """``user_ids``: whose last mail matters; None for everybody's."""
    morning = at(day, NAG_MINUTE)
    last = select(Digest.user_id, func.max(Digest.day)).where(Digest.day >= day - FRESH).group_by(Digest.user_id)
    if user_ids is not None:
        last = last.where(Digest.user_id.in_(user_ids))
    told = {user_id: at(latest, NAG_MINUTE) for user_id, latest in session.execute(last)}
    owners = owners_of_waiting(session, morning)
    active = set(session.scalars(select(User.id).where(User.id.in_(owners), User.active))) if owners else set()
    return Edition(morning, told, dict.fromkeys(owners - active) | substitutes(session, active, day))
