"""Tables of the followups room."""

from __future__ import annotations

from crm.followups.models.agreements import Answer as Answer
from crm.followups.models.agreements import FollowUp as FollowUp
from crm.followups.models.nags import Digest as Digest
from crm.followups.models.nags import Nag as Nag
from crm.followups.models.nags import Notice as Notice
from crm.followups.models.nags import ReminderWishes as ReminderWishes
