"""Which workplaces are being called, or soon will be."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, exists

from crm.campaigns.models import CallList, Campaign, ListEntry, Participation
from crm.companies.models import Workplace


def on_live_list(today: date) -> ColumnElement[bool]:
    """A clause on Workplace: it stands, not struck out, on an approved list of an open campaign that has not ended.
    ``today``: the Danish date."""
    return exists().where(
        ListEntry.workplace_id == Workplace.id,
        ListEntry.struck_reason.is_(None),
        CallList.id == ListEntry.call_list_id,
        CallList.state == "approved",
        Participation.id == CallList.participation_id,
        Campaign.id == Participation.campaign_id,
        Campaign.state == "open",
        Campaign.ends_on >= today,
    )
