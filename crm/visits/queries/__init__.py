"""Reads of visits: slots, visits, the consultant's day."""

from __future__ import annotations

from crm.visits.queries.conflicts import count_conflicts as count_conflicts
from crm.visits.queries.conflicts import open_conflicts as open_conflicts
from crm.visits.queries.plan import DayPlan as DayPlan
from crm.visits.queries.plan import day_plan as day_plan
from crm.visits.queries.replies import replies_of as replies_of
from crm.visits.queries.slots import Ask as Ask
from crm.visits.queries.slots import Board as Board
from crm.visits.queries.slots import ask_for_entry as ask_for_entry
from crm.visits.queries.slots import ask_for_visit as ask_for_visit
from crm.visits.queries.slots import board as board
from crm.visits.queries.slots import place_of as place_of
from crm.visits.queries.slots import search as search
from crm.visits.queries.slots import slots as slots
from crm.visits.queries.visits import booked_with as booked_with
from crm.visits.queries.visits import reach as reach
from crm.visits.queries.visits import unreported as unreported
from crm.visits.queries.visits import upcoming as upcoming
from crm.visits.queries.visits import visit as visit
from crm.visits.queries.visits import visits as visits
