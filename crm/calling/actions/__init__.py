"""Writes of calling: enqueue, claim and what keeps a claim, finish."""

from __future__ import annotations

from crm.calling.actions.claim import claim as claim
from crm.calling.actions.claim import heartbeat as heartbeat
from crm.calling.actions.claim import release as release
from crm.calling.actions.claim import retake as retake
from crm.calling.actions.claim import save_draft as save_draft
from crm.calling.actions.finish import finish as finish
from crm.calling.actions.finish import finish_and_next as finish_and_next
from crm.calling.actions.queue import enqueue as enqueue
from crm.calling.actions.queue import follow_firms as follow_firms
from crm.calling.actions.queue import pause as pause
