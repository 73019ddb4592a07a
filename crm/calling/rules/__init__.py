"""Pure rules of calling: outcomes as data, retry times, times as people type them."""

from __future__ import annotations

from crm.calling.rules.check import checked as checked
from crm.calling.rules.check import days_since as days_since
from crm.calling.rules.check import outside_hours as outside_hours
from crm.calling.rules.outcomes import BY_PHONE as BY_PHONE
from crm.calling.rules.outcomes import CONTACTED as CONTACTED
from crm.calling.rules.outcomes import DECLINE_REASONS as DECLINE_REASONS
from crm.calling.rules.outcomes import GROUPS as GROUPS
from crm.calling.rules.outcomes import LEASE as LEASE
from crm.calling.rules.outcomes import OUTCOMES as OUTCOMES
from crm.calling.rules.outcomes import PAUSES as PAUSES
from crm.calling.rules.outcomes import RANK_CALL_BACK as RANK_CALL_BACK
from crm.calling.rules.outcomes import RANK_FRESH as RANK_FRESH
from crm.calling.rules.outcomes import RANK_RETRY as RANK_RETRY
from crm.calling.rules.outcomes import WHY_DRY as WHY_DRY
from crm.calling.rules.outcomes import Outcome as Outcome
from crm.calling.rules.outcomes import Retry as Retry
from crm.calling.rules.retry import day_part as day_part
from crm.calling.rules.retry import next_try as next_try
from crm.calling.rules.times import parse_time as parse_time
