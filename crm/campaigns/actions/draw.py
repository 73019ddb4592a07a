"""Draw a call list from a segment, draw it again, keep the segment."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, Refusal
from crm.campaigns.actions.frozen import lock_draft
from crm.campaigns.models import CallList, Campaign, ListEntry, Participation, SavedSegment
from crm.campaigns.queries.segment import candidates
from crm.campaigns.rules import Filters, check_filters, draw_key
from crm.companies.rules import SECTIONS

CHUNK = 5000
SEEDS = (0, 2**31 - 1)


def draw_list(
    session: Session, actor: Any, now: datetime, participation: Participation, *, name: str, filters: Filters, seed: int
) -> CallList:
    """A draft list of the workplaces the filters leave, in the random order of ``seed``.

    Protected workplaces and those that asked not to be called are left out before sampling; a workplace on
    another list of the campaign is not drawn again. Raises Invalid; Refusal ``closed`` when the campaign is.
    """
    _check(name, seed, filters)
    _hold_campaign(session, participation)
    made = CallList(
        participation_id=participation.id,
        name=name.strip(),
        filters=filters.to_json(),
        seed=seed,
        state="draft",
        created_at=now,
        created_by=getattr(actor, "id", None),
    )
    session.add(made)
    session.flush()
    drawn = _fill(session, made, participation, filters, now, {})
    activity.record(
        session,
        actor,
        now,
        "campaigns.draw",
        made,
        campaign_id=participation.campaign_id,
        name=made.name,
        drawn=drawn,
        seed=seed,
    )
    session.flush()
    return made


def redraw(
    session: Session, actor: Any, now: datetime, call_list: CallList, *, name: str, filters: Filters, seed: int
) -> int:
    """Draw a draft again, now with protected workplaces when a legal basis is recorded; how many are on it.

    Workplaces that are drawn again keep their strike-out and its reason.
    """
    _check(name, seed, filters)
    _hold_campaign(session, call_list.participation)
    lock_draft(session, call_list)
    struck = dict(
        session.execute(
            select(ListEntry.workplace_id, ListEntry.struck_reason).where(
                ListEntry.call_list_id == call_list.id, ListEntry.struck_reason.is_not(None)
            )
        ).all()
    )
    session.execute(delete(ListEntry).where(ListEntry.call_list_id == call_list.id))
    call_list.name, call_list.filters, call_list.seed = name.strip(), filters.to_json(), seed
    drawn = _fill(session, call_list, call_list.participation, filters, now, struck)
    activity.record(
        session,
        actor,
        now,
        "campaigns.redraw",
        call_list,
        drawn=drawn,
        seed=seed,
        campaign_id=call_list.participation.campaign_id,
    )
    session.flush()
    return drawn


def _check(name: str, seed: int, filters: Filters) -> None:
    check_filters(filters, SECTIONS)
    if not name.strip():
        raise Invalid(N_("Listen er ikke trukket."), errors={"name": N_("Giv listen et navn")})
    if not SEEDS[0] <= seed <= SEEDS[1]:
        raise Invalid(N_("Listen er ikke trukket."), errors={"seed": N_("Nøglen er et tal fra 0 til 2147483647")})


def _hold_campaign(session: Session, participation: Participation) -> None:
    """One draw at a time in a campaign, so that two lists never get the same workplace."""
    state = session.scalar(select(Campaign.state).where(Campaign.id == participation.campaign_id).with_for_update())
    if state != "open":
        raise Refusal("closed", N_("Kampagnen er lukket, så der kan ikke trækkes lister. Intet er ændret."))


def _fill(
    session: Session,
    call_list: CallList,
    participation: Participation,
    filters: Filters,
    now: datetime,
    struck: dict[int, str | None],
) -> int:
    """Insert the drawn workplaces in chunks.

    The order is a hash of seed and P-number, made here and not in SQL: both databases give the same sample.
    """
    list_id, seed, with_protected = call_list.id, call_list.seed, bool(call_list.legal_basis)
    statement = candidates(session, participation, filters, now, call_list=call_list)
    pool = sorted(
        (draw_key(seed, p_number), workplace_id)
        for workplace_id, p_number, protected in session.execute(statement)
        if with_protected or not protected
    )
    drawn = pool[: filters.sample] if filters.sample else pool
    rows = (
        {
            "call_list_id": list_id,
            "workplace_id": workplace_id,
            "position": position,
            "struck_reason": struck.get(workplace_id),
        }
        for position, (_key, workplace_id) in enumerate(drawn, start=1)
    )
    while chunk := list(islice(rows, CHUNK)):
        session.execute(insert(cast(Table, ListEntry.__table__)), chunk)
    return len(drawn)


def delete_draft(session: Session, actor: Any, now: datetime, call_list: CallList) -> None:
    """Drop a draft; its workplaces can be drawn again. Raises Refusal ``frozen`` for an approved list."""
    lock_draft(session, call_list)
    activity.record(
        session,
        actor,
        now,
        "campaigns.delete_draft",
        call_list,
        name=call_list.name,
        campaign_id=call_list.participation.campaign_id,
    )
    session.execute(delete(ListEntry).where(ListEntry.call_list_id == call_list.id))
    session.flush()
    session.delete(call_list)
    session.flush()


def save_segment(
    session: Session, actor: Any, now: datetime, participation: Participation, *, name: str, filters: Filters
) -> SavedSegment:
    """Keep the conditions under a name; the same name again replaces them. Raises Invalid."""
    check_filters(filters, SECTIONS)
    if not name.strip():
        raise Invalid(N_("Udsnittet er ikke gemt."), errors={"segment_name": N_("Giv udsnittet et navn")})
    kept = session.scalar(
        select(SavedSegment).where(SavedSegment.participation_id == participation.id, SavedSegment.name == name.strip())
    )
    if kept is None:
        kept = SavedSegment(participation_id=participation.id, name=name.strip(), created_at=now)
        session.add(kept)
    kept.filters = filters.to_json()
    session.flush()
    activity.record(
        session, actor, now, "campaigns.save_segment", kept, campaign_id=participation.campaign_id, name=kept.name
    )
    return kept
