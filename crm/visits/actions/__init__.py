"""Writes of visits: book, move, cancel, arrive, report, and whether calendars have room."""

from __future__ import annotations

from crm.visits.actions.book import book as book
from crm.visits.actions.capacity import refresh_capacity as refresh_capacity
from crm.visits.actions.change import arrive as arrive
from crm.visits.actions.change import cancel as cancel
from crm.visits.actions.change import move as move
from crm.visits.actions.change import report as report
