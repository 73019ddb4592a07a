"""Pages: the visit report, the work list, one follow-up."""

from __future__ import annotations

from crm.followups.views import adding, answers, company, hand_over, listing, notices, reminders, report, work
from crm.followups.views.blueprint import pages

__all__ = ["adding", "answers", "company", "hand_over", "listing", "notices", "pages", "reminders", "report", "work"]
