"""Tables of calling."""

from __future__ import annotations

from crm.calling.models.outcomes import CampaignOutcome as CampaignOutcome
from crm.calling.models.outcomes import DeclineReason as DeclineReason
from crm.calling.models.phone import PhoneCall as PhoneCall
from crm.calling.models.phone import PhoneEvent as PhoneEvent
from crm.calling.models.queue import Call as Call
from crm.calling.models.queue import ListAllotment as ListAllotment
from crm.calling.models.queue import Presence as Presence
from crm.calling.models.queue import QueueEntry as QueueEntry
