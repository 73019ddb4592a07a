"""Reads of reports: grouped figures, the rates made of them, and the rows behind a figure."""

from __future__ import annotations

from crm.reports.queries.groups import EVERYTHING as EVERYTHING
from crm.reports.queries.groups import Within as Within
from crm.reports.queries.life import closed_because as closed_because
from crm.reports.queries.life import events as events
from crm.reports.queries.life import openings_life as openings_life
from crm.reports.queries.life_rows import behind_life as behind_life
from crm.reports.queries.promises import PromiseTable as PromiseTable
from crm.reports.queries.promises import behind_promises as behind_promises
from crm.reports.queries.promises import promises as promises
from crm.reports.queries.quality import quality as quality
from crm.reports.queries.rates import booking as booking
from crm.reports.queries.rates import kept as kept
from crm.reports.queries.rates import opening as opening
from crm.reports.queries.rates import opening_share as opening_share
from crm.reports.queries.rates import opening_types as opening_types
from crm.reports.queries.rates import pressed as pressed
from crm.reports.queries.rates import visit_tables as visit_tables
from crm.reports.queries.reach import campaign as campaign
from crm.reports.queries.reach import campaigns as campaigns
from crm.reports.queries.reach import places as places
from crm.reports.queries.reach import reach as reach
from crm.reports.queries.rows import Page as Page
from crm.reports.queries.rows import behind as behind
