"""Writes of followups: close a visit, agree, fulfil, snooze, nag."""

from __future__ import annotations

from crm.followups.actions.agreements import agree, fulfil, snooze
from crm.followups.actions.nags import nag
from crm.followups.actions.report import NOT_SAVED, close_visit

__all__ = ["NOT_SAVED", "agree", "close_visit", "fulfil", "nag", "snooze"]
