"""Reads of consultants' time."""

from __future__ import annotations

from crm.calendars.queries.busy import due_sources as due_sources
from crm.calendars.queries.busy import source as source
from crm.calendars.queries.busy import sources as sources
from crm.calendars.queries.feed import FEED_PAST as FEED_PAST
from crm.calendars.queries.feed import KEEP_CANCELLED as KEEP_CANCELLED
from crm.calendars.queries.feed import Feed as Feed
from crm.calendars.queries.feed import entry_of as entry_of
from crm.calendars.queries.feed import feed as feed
from crm.calendars.queries.feed import feed_events as feed_events
from crm.calendars.queries.feed import feed_link as feed_link
from crm.calendars.queries.people import absence as absence
from crm.calendars.queries.people import absences as absences
from crm.calendars.queries.people import consultant as consultant
from crm.calendars.queries.people import consultants as consultants
from crm.calendars.queries.people import events as events
from crm.calendars.queries.people import profiles as profiles
from crm.calendars.queries.people import weekly_hours as weekly_hours
from crm.calendars.queries.times import Home as Home
from crm.calendars.queries.times import Terms as Terms
from crm.calendars.queries.times import Time as Time
from crm.calendars.queries.times import free as free
from crm.calendars.queries.times import terms as terms
from crm.calendars.queries.times import times as times
