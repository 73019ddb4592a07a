"""The days on which a participation's calling firm may call."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid
from crm.campaigns.models import Participation


def set_contract(
    session: Session, actor: Any, now: datetime, participation: Participation, frm: date | None, until: date | None
) -> bool:
    """Both days with; None: the campaign's own first or last day. Activity ``campaigns.contract``; whether anything
    changed. Raises Invalid when it would end before it begins."""
    campaign = participation.campaign
    if (until or campaign.ends_on) < (frm or campaign.starts_on):
        raise Invalid(
            N_("Aftalen for {name} slutter, før den begynder. Intet er gemt; ret datoerne, og prøv igen."),
            name=participation.jobcentre.name,
            errors={f"until-{participation.id}": N_("Slutter, før den begynder")},
        )
    if (participation.contract_from, participation.contract_until) == (frm, until):
        return False
    participation.contract_from, participation.contract_until = frm, until
    said: dict[str, Any] = {"frm": frm.isoformat() if frm else None, "until": until.isoformat() if until else None}
    activity.record(
        session, actor, now, "campaigns.contract", participation, campaign_id=participation.campaign_id, **said
    )
    session.flush()
    return True
