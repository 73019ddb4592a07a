"""Fill an empty database with the demo, in one transaction: all of it or nothing."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.activity import Activity
from crm.base.bulk import bear_silence, refresh_statistics
from crm.base.errors import Refusal
from crm.base.seal import Vault
from crm.calling.models import Call, QueueEntry
from crm.campaigns.models import Campaign, ListEntry
from crm.companies.models import Contact, Workplace
from crm.demo import reference, small
from crm.demo.people import PASSWORD
from crm.people.models import User
from crm.visits.models import Visit

VERB = "demo.fill"
SCALES = ("small", "reference")
Say = Callable[[str], None]


@dataclass(frozen=True)
class SignIn:
    email: str
    name: str
    roles: tuple[str, ...]
    password: str = PASSWORD


@dataclass(frozen=True)
class Demo:
    """What was filled: the campaign, and everybody who can sign in, in the order of the chain."""

    campaign_id: int
    scale: str
    users: Sequence[SignIn]

    def one_per_role(self) -> list[SignIn]:
        first: dict[tuple[str, ...], SignIn] = {}
        for user in self.users:
            first.setdefault(user.roles, user)
        return list(first.values())


def fill(session: Session, now: datetime, *, scale: str, seed: int, folder: Path, say: Say, vault: Vault) -> Demo:
    """Write the demo; the caller commits. ``folder``: where the register file goes; ``vault`` seals what
    opens a consultant's own calendar.

    Raises Refusal ``not_empty`` when the database already holds data; use ``found`` first.
    """
    if not is_empty(session):
        raise Refusal("not_empty", "Databasen indeholder allerede data; demoen fyldes kun i en tom database.")
    now = now.replace(second=0, microsecond=0)
    bear_silence(session)
    path = folder / f"register-{scale}.csv"
    with _seldom_collected():
        if scale == "small":
            campaign = small.build(session, now, seed, path, say, vault=vault)
        else:
            campaign = reference.build(session, now, seed, path, say)
    activity.record(session, None, now, VERB, campaign, campaign_id=campaign.id, scale=scale, seed=seed)
    session.flush()
    refresh_statistics(session, (Workplace, Contact, QueueEntry, Call, Visit, ListEntry, Activity))
    return Demo(campaign.id, scale, sign_ins(session))


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Python looks for circles of garbage once every 200,000 objects: nearly all that a demo makes, it keeps, and
    looking through it again and again is a quarter of its time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def is_empty(session: Session) -> bool:
    """No people, no companies, no campaign; regions and municipalities may be there."""
    return all(session.scalar(select(model.id).limit(1)) is None for model in (User, Workplace, Campaign))


def found(session: Session, scale: str, seed: int) -> Demo | None:
    """The same demo, if it is what the database holds already."""
    fact = session.scalar(select(Activity).where(Activity.verb == VERB).limit(1))
    if fact is None or (fact.data.get("scale"), fact.data.get("seed")) != (scale, seed):
        return None
    return Demo(fact.subject_id, scale, sign_ins(session))


def sign_ins(session: Session) -> list[SignIn]:
    """The demo's users, each role's in the order of their numbers."""
    rank = {
        role: number
        for number, role in enumerate(
            ("phoner", "consultant", "jobcentre_lead", "regional_lead", "campaign_manager", "admin")
        )
    }
    users = session.scalars(select(User).where(User.email.endswith("@demo.invalid")).order_by(User.id)).all()
    made = [SignIn(user.email, user.name, tuple(held.role for held in user.roles)) for user in users]
    return sorted(made, key=lambda one: rank[one.roles[0]])
