"""Record why protected companies may be called, and freeze a list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, Refusal
from crm.campaigns.actions.frozen import lock_draft
from crm.campaigns.models import CallList, ListEntry
from crm.campaigns.queries.lists import list_sums
from crm.campaigns.rules import BASIS_MINIMUM
from crm.companies.models import Workplace


def record_basis(session: Session, actor: Any, now: datetime, call_list: CallList, text: str) -> None:
    """Who decided when, on what legal basis, that protected companies on this draft may be called.

    The list itself is not changed: draw it again to take in those that were left out. Raises Invalid for a
    text under 20 characters, Refusal ``frozen``.
    """
    if len(text.strip()) < BASIS_MINIMUM:
        raise Invalid(
            N_("Hjemlen er ikke gemt."),
            errors={"basis": N_("Skriv mindst 20 tegn: hvilken hjemmel, og hvem der har vurderet den")},
        )
    lock_draft(session, call_list)
    call_list.legal_basis, call_list.legal_basis_at = text.strip(), now
    call_list.legal_basis_by = getattr(actor, "id", None)
    activity.record(
        session,
        actor,
        now,
        "campaigns.record_basis",
        call_list,
        text=text.strip(),
        campaign_id=call_list.participation.campaign_id,
    )
    session.flush()


def approve(session: Session, actor: Any, now: datetime, call_list: CallList) -> CallList:
    """Freeze the draft. Those who have asked not to be called since it was drawn are struck out first.

    Raises Refusal: ``frozen``; ``protected`` when protected companies are on it without a legal basis;
    ``empty`` when nothing is left; ``closed`` when the campaign is.
    """
    lock_draft(session, call_list)
    if call_list.participation.campaign.state != "open":
        raise Refusal("closed", N_("Kampagnen er lukket, så listen kan ikke godkendes. Intet er ændret."))
    _strike_unwilling(session, call_list)
    counts = list_sums(session, call_list)
    if counts.no_basis:
        raise Refusal(
            "protected",
            N_(
                "{count} virksomheder på listen er reklamebeskyttede, og der er ikke "
                "angivet hjemmel. Angiv hjemmel eller streg dem ud. Listen er stadig en kladde."
            ),
            count=counts.no_basis,
        )
    if not counts.on_list:
        raise Refusal("empty", N_("Der er ingen virksomheder tilbage på listen. Den er stadig en kladde."))
    call_list.state, call_list.approved_at = "approved", now
    call_list.approved_by = getattr(actor, "id", None)
    activity.record(
        session,
        actor,
        now,
        "campaigns.approve",
        call_list,
        name=call_list.name,
        count=counts.on_list,
        protected=counts.protected,
        campaign_id=call_list.participation.campaign_id,
    )
    session.flush()
    return call_list


def _strike_unwilling(session: Session, call_list: CallList) -> None:
    """Strike out those who have asked not to be called since the draw."""
    session.execute(
        update(ListEntry)
        .execution_options(synchronize_session="fetch")
        .where(
            ListEntry.call_list_id == call_list.id,
            ListEntry.struck_reason.is_(None),
            ListEntry.workplace_id.in_(select(Workplace.id).where(Workplace.do_not_call_at.is_not(None))),
        )
        .values(struck_reason="do_not_call")
    )
