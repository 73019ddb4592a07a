"""Work on consultants' own calendars: the network outside of every transaction, short transactions around it."""

from __future__ import annotations

from crm.calendars.jobs.caldav import read_due as read_due
from crm.calendars.jobs.copies import write_copy as write_copy
from crm.calendars.jobs.keeping import let_go_of_leavers as let_go_of_leavers
from crm.calendars.jobs.keeping import respell_all as respell_all
from crm.calendars.jobs.keeping import seal_anew as seal_anew
from crm.calendars.jobs.links import read_links as read_links
