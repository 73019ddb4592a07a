"""Writes of campaigns: set up, segment, draw, strike out, record a basis, approve."""

from __future__ import annotations

from crm.campaigns.actions.approve import approve, record_basis
from crm.campaigns.actions.campaigns import (
    Join,
    create_campaign,
    save_script,
    set_calendars_full,
    update_campaign,
    use_extract,
)
from crm.campaigns.actions.draw import delete_draft, draw_list, redraw, save_segment
from crm.campaigns.actions.strike import restore, strike

__all__ = [
    "Join",
    "approve",
    "create_campaign",
    "delete_draft",
    "draw_list",
    "record_basis",
    "redraw",
    "restore",
    "save_script",
    "save_segment",
    "set_calendars_full",
    "strike",
    "update_campaign",
    "use_extract",
]
