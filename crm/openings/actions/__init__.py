"""Writes of openings."""

from __future__ import annotations

from crm.openings.actions.details import hand_to as hand_to
from crm.openings.actions.details import relax as relax
from crm.openings.actions.details import set_details as set_details
from crm.openings.actions.details import unrelax as unrelax
from crm.openings.actions.life import close as close
from crm.openings.actions.life import refresh_stage as refresh_stage
from crm.openings.actions.life import reopen as reopen
from crm.openings.actions.life import void as void
from crm.openings.actions.openings import correct as correct
from crm.openings.actions.openings import log as log
from crm.openings.actions.reported import carrying as carrying
from crm.openings.actions.reported import replace_from_report as replace_from_report
from crm.openings.actions.types import add_type as add_type
from crm.openings.actions.types import change_type as change_type
from crm.openings.actions.types import used as used
