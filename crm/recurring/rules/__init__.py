"""Pure rules of recurring jobs: schedules, and how a job stands."""

from __future__ import annotations

from crm.recurring.rules.named import Named as Named
from crm.recurring.rules.schedule import AGAIN as AGAIN
from crm.recurring.rules.schedule import SILENT as SILENT
from crm.recurring.rules.schedule import Plan as Plan
from crm.recurring.rules.schedule import as_cron as as_cron
from crm.recurring.rules.schedule import describe as describe
from crm.recurring.rules.schedule import in_words as in_words
from crm.recurring.rules.schedule import is_due as is_due
from crm.recurring.rules.schedule import next_after as next_after
from crm.recurring.rules.schedule import overdue_since as overdue_since
from crm.recurring.rules.standing import Standing as Standing
from crm.recurring.rules.standing import is_silent as is_silent
from crm.recurring.rules.standing import standing as standing
