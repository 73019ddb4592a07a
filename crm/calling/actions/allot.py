"""Give approved lists to calling firms, take them back, and put them before or after others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, NotFound
from crm.calling.actions.queue import follow_firms
from crm.calling.models import ListAllotment
from crm.calling.rules.priority import PRIORITIES
from crm.campaigns.models import CallList, Participation
from crm.people.models import CallingFirm

NONE_CHOSEN = N_("Ingen liste er valgt. Sæt flueben ved de lister, det gælder, og prøv igen.")


def approved_lists(session: Session, campaign_id: int, list_ids: Sequence[int]) -> Sequence[CallList]:
    """The campaign's approved lists with these numbers. Raises Invalid for none, NotFound for one that is not."""
    wanted = set(list_ids)
    if not wanted:
        raise Invalid(NONE_CHOSEN, errors={"lists": NONE_CHOSEN})
    found = session.scalars(
        select(CallList)
        .join(Participation, Participation.id == CallList.participation_id)
        .where(CallList.id.in_(wanted), CallList.state == "approved", Participation.campaign_id == campaign_id)
        .order_by(CallList.id)
    ).all()
    if len(found) != len(wanted):
        raise NotFound
    return found


def allot(session: Session, actor: Any, now: datetime, lists: Sequence[CallList], firm_id: int | None) -> int:
    """Let ``firm_id`` call the lists from now on, released ones too; None: whoever calls for their participation.

    Applied at once but for companies in somebody's hands; how many entries changed. Raises Invalid for an unknown
    firm.
    """
    if firm_id is not None and session.get(CallingFirm, firm_id) is None:
        raise Invalid(N_("Vælg et phonerfirma fra listen."), errors={"firm_id": N_("Firmaet findes ikke")})
    return _set(session, actor, now, lists, "calling.allot", calling_firm_id=firm_id, released_at=None)


def release_lists(session: Session, actor: Any, now: datetime, lists: Sequence[CallList]) -> int:
    """Let nobody call the lists until they are allotted again; as ``allot``."""
    return _set(session, actor, now, lists, "calling.release_list", calling_firm_id=None, released_at=now)


def prioritise(session: Session, actor: Any, now: datetime, lists: Sequence[CallList], priority: int) -> int:
    """Call the lists before all others (0), as usual (1) or after all others (2); as ``allot``. Raises Invalid."""
    if priority not in PRIORITIES:
        raise Invalid(N_("Vælg en prioritet fra listen."), errors={"priority": N_("Vælg en prioritet")})
    return _set(session, actor, now, lists, "calling.prioritise", priority=priority)


def _set(session: Session, actor: Any, now: datetime, lists: Sequence[CallList], verb: str, **values: Any) -> int:
    ids = [one.id for one in lists]
    known = {
        row.call_list_id: row
        for row in session.scalars(select(ListAllotment).where(ListAllotment.call_list_id.in_(ids)))
    }
    said = {key: value for key, value in values.items() if key != "released_at"}
    for one in lists:
        row = known.get(one.id)
        if row is None:
            session.add(ListAllotment(call_list_id=one.id, **{"priority": 1, **values}))
        else:
            for key, value in values.items():
                setattr(row, key, value)
        activity.record(session, actor, now, verb, one, campaign_id=one.participation.campaign_id, **said)
    session.flush()
    return follow_firms(session, now, ids)
