"""Reads of calling: entries through a scope, what holds the queue back, what the phoner's screen shows."""

from __future__ import annotations

from crm.calling.queries.dry import next_due as next_due
from crm.calling.queries.dry import why_dry as why_dry
from crm.calling.queries.entries import HistoryLine as HistoryLine
from crm.calling.queries.entries import callable_now as callable_now
from crm.calling.queries.entries import calling_campaign as calling_campaign
from crm.calling.queries.entries import entry as entry
from crm.calling.queries.entries import firms_of as firms_of
from crm.calling.queries.entries import history as history
from crm.calling.queries.entries import live_claim as live_claim
from crm.calling.queries.screen import Desk as Desk
from crm.calling.queries.screen import Pace as Pace
from crm.calling.queries.screen import SameNumber as SameNumber
from crm.calling.queries.screen import desks as desks
from crm.calling.queries.screen import pace as pace
from crm.calling.queries.screen import queue_left as queue_left
from crm.calling.queries.screen import same_number as same_number
