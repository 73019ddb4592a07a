"""Writes of followups: close a visit, agree, fulfil, snooze, nag."""

from __future__ import annotations

from crm.followups.actions.agreements import agree, fulfil, snooze
from crm.followups.actions.nags import nag

__all__ = ["agree", "fulfil", "nag", "snooze"]
