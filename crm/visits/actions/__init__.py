"""Writes of visits: hold, book, undo, move, cancel, arrive, report; whether calendars have room, and fit."""

from __future__ import annotations

from crm.visits.actions.book import book as book
from crm.visits.actions.capacity import refresh_capacity as refresh_capacity
from crm.visits.actions.change import arrive as arrive
from crm.visits.actions.change import cancel as cancel
from crm.visits.actions.change import move as move
from crm.visits.actions.change import report as report
from crm.visits.actions.conflicts import accept as accept
from crm.visits.actions.conflicts import check_day as check_day
from crm.visits.actions.hand_over import hand_over as hand_over
from crm.visits.actions.hold import forget_holds as forget_holds
from crm.visits.actions.hold import hold as hold
from crm.visits.actions.hold import prolong as prolong
from crm.visits.actions.hold import release_hold as release_hold
from crm.visits.actions.late import late_message as late_message
from crm.visits.actions.late import tell_late as tell_late
from crm.visits.actions.reassign import Choice as Choice
from crm.visits.actions.reassign import reassign as reassign
from crm.visits.actions.undo import undo_booking as undo_booking
