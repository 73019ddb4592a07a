"""Writes of consultants' time."""

from __future__ import annotations

from crm.calendars.actions.absence import LONGEST_ABSENCE as LONGEST_ABSENCE
from crm.calendars.actions.absence import add_absence as add_absence
from crm.calendars.actions.absence import remove_absence as remove_absence
from crm.calendars.actions.busy import HORIZON as HORIZON
from crm.calendars.actions.busy import add_source as add_source
from crm.calendars.actions.busy import host_of as host_of
from crm.calendars.actions.busy import keep_objects as keep_objects
from crm.calendars.actions.busy import read_failed as read_failed
from crm.calendars.actions.busy import read_ok as read_ok
from crm.calendars.actions.busy import remove_source as remove_source
from crm.calendars.actions.busy import respell as respell
from crm.calendars.actions.feed import new_feed_link as new_feed_link
from crm.calendars.actions.feed import revoke_feed_link as revoke_feed_link
from crm.calendars.actions.hours import default_calendar as default_calendar
from crm.calendars.actions.hours import set_bases as set_bases
from crm.calendars.actions.hours import set_hours as set_hours
from crm.calendars.actions.hours import set_profile as set_profile
from crm.calendars.actions.publish import publish as publish
from crm.calendars.actions.publish import unpublish as unpublish
from crm.calendars.actions.wishes import set_wishes as set_wishes
