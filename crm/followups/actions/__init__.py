"""Writes of followups: close a visit, agree, fulfil, snooze, nag."""

from __future__ import annotations

from crm.followups.actions import traces as traces
from crm.followups.actions.agreements import agree, fulfil, reopen, snooze
from crm.followups.actions.nags import nag
from crm.followups.actions.report import NOT_SAVED, add, close_visit, stamp

__all__ = ["NOT_SAVED", "add", "agree", "close_visit", "fulfil", "nag", "reopen", "snooze", "stamp"]
