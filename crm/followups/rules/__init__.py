"""Rules of follow-ups: what an agreement must hold, the ladder of nags, what counts as kept."""

from __future__ import annotations

from crm.followups.rules.kept import Kept as Kept
from crm.followups.rules.ladder import LADDER as LADDER
from crm.followups.rules.ladder import LAST_MINUTE as LAST_MINUTE
from crm.followups.rules.ladder import NAG_MINUTE as NAG_MINUTE
from crm.followups.rules.ladder import ORDER as ORDER
from crm.followups.rules.ladder import STANDARD as STANDARD
from crm.followups.rules.ladder import UNANSWERED as UNANSWERED
from crm.followups.rules.ladder import Ladder as Ladder
from crm.followups.rules.ladder import Step as Step
from crm.followups.rules.ladder import may_tell as may_tell
from crm.followups.rules.ladder import missed as missed
from crm.followups.rules.ladder import nag_day as nag_day
from crm.followups.rules.ladder import overdue_days as overdue_days
from crm.followups.rules.ladder import reached_until as reached_until
from crm.followups.rules.ladder import step_on as step_on
from crm.followups.rules.ladder import thresholds as thresholds
from crm.followups.rules.ladder import unanswered_steps as unanswered_steps
from crm.followups.rules.promises import AGREED as AGREED
from crm.followups.rules.promises import FITTING as FITTING
from crm.followups.rules.promises import KINDS as KINDS
from crm.followups.rules.promises import MAX_PROMISE as MAX_PROMISE
from crm.followups.rules.promises import MAX_REASON as MAX_REASON
from crm.followups.rules.promises import OUTCOMES as OUTCOMES
from crm.followups.rules.promises import OWED_BY as OWED_BY
from crm.followups.rules.promises import SPOKEN as SPOKEN
from crm.followups.rules.promises import FollowUpDecision as FollowUpDecision
from crm.followups.rules.promises import NoFollowUp as NoFollowUp
from crm.followups.rules.promises import due_problem as due_problem
from crm.followups.rules.promises import kind_of as kind_of
from crm.followups.rules.promises import needs_next as needs_next
from crm.followups.rules.promises import plain as plain
from crm.followups.rules.promises import problems as problems
from crm.followups.rules.promises import quick_dates as quick_dates
