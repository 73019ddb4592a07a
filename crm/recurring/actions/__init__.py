"""Writes about recurring jobs: items one by one, runs, who leads."""

from __future__ import annotations

from crm.recurring.actions.items import Begin as Begin
from crm.recurring.actions.items import apart as apart
from crm.recurring.actions.items import dismiss as dismiss
from crm.recurring.actions.items import each as each
from crm.recurring.actions.items import put_aside as put_aside
from crm.recurring.actions.items import reading as reading
from crm.recurring.actions.items import release as release
from crm.recurring.actions.leading import beat as beat
from crm.recurring.actions.leading import take_lead as take_lead
from crm.recurring.actions.runs import ask as ask
from crm.recurring.actions.runs import begin as begin
from crm.recurring.actions.runs import cut_short as cut_short
from crm.recurring.actions.runs import failed as failed
from crm.recurring.actions.runs import finish as finish
