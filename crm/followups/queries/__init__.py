"""Reads of follow-ups."""

from __future__ import annotations

from crm.followups.queries.agreements import PAGE as PAGE
from crm.followups.queries.agreements import Board as Board
from crm.followups.queries.agreements import Done as Done
from crm.followups.queries.agreements import board as board
from crm.followups.queries.agreements import done as done
from crm.followups.queries.agreements import follow_up as follow_up
from crm.followups.queries.agreements import history as history
from crm.followups.queries.agreements import is_last_promise as is_last_promise
from crm.followups.queries.agreements import next_of as next_of
from crm.followups.queries.agreements import of_visit as of_visit
from crm.followups.queries.agreements import of_workplace as of_workplace
from crm.followups.queries.agreements import open_count as open_count
from crm.followups.queries.agreements import overdue_count as overdue_count
from crm.followups.queries.agreements import statement as statement
from crm.followups.queries.kept import kept_rate as kept_rate
from crm.followups.queries.nags import Due as Due
from crm.followups.queries.nags import due_nags as due_nags
from crm.followups.queries.nags import people_of as people_of
