"""Writes of campaigns: set up, segment, draw, strike out, record a basis, approve."""

from __future__ import annotations

from crm.campaigns.actions.approve import approve, record_basis
from crm.campaigns.actions.campaigns import (
    Join,
    create_campaign,
    set_calendars_full,
    update_campaign,
    use_extract,
)
from crm.campaigns.actions.contract import set_contract
from crm.campaigns.actions.draw import delete_draft, draw_list, redraw, save_segment
from crm.campaigns.actions.letters import cancel_letters as cancel_letters
from crm.campaigns.actions.letters import export_letters as export_letters
from crm.campaigns.actions.letters import make_letters as make_letters
from crm.campaigns.actions.letters import move_letters as move_letters
from crm.campaigns.actions.letters import refuse_letters as refuse_letters
from crm.campaigns.actions.returned import mark_returned as mark_returned
from crm.campaigns.actions.returned import undo_returned as undo_returned
from crm.campaigns.actions.scripts import discard_script as discard_script
from crm.campaigns.actions.scripts import publish_script as publish_script
from crm.campaigns.actions.scripts import restore_script as restore_script
from crm.campaigns.actions.scripts import save_script as save_script
from crm.campaigns.actions.scripts import script_stamp as script_stamp
from crm.campaigns.actions.scripts import use_common_script as use_common_script
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
    "set_contract",
    "strike",
    "update_campaign",
    "use_extract",
]
