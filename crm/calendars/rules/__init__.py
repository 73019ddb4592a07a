"""Pure rules of calendars: working hours as spans of time, iCalendar texts."""

from __future__ import annotations

from crm.calendars.rules.hours import DEFAULT_HOURS as DEFAULT_HOURS
from crm.calendars.rules.hours import MAX_VISITS as MAX_VISITS
from crm.calendars.rules.hours import WEEKDAYS as WEEKDAYS
from crm.calendars.rules.hours import Span as Span
from crm.calendars.rules.hours import Stretch as Stretch
from crm.calendars.rules.hours import days_between as days_between
from crm.calendars.rules.hours import hours_between as hours_between
from crm.calendars.rules.hours import merged as merged
from crm.calendars.rules.hours import stretch_problem as stretch_problem
from crm.calendars.rules.hours import without as without
from crm.calendars.rules.ical import Entry as Entry
from crm.calendars.rules.ical import busy_only as busy_only
from crm.calendars.rules.ical import feed_text as feed_text
from crm.calendars.rules.itip import Answer as Answer
from crm.calendars.rules.itip import Party as Party
from crm.calendars.rules.itip import answers as answers
from crm.calendars.rules.itip import invitation_text as invitation_text
from crm.calendars.rules.weeks import monday_of as monday_of
from crm.calendars.rules.weeks import week_bounds as week_bounds
from crm.calendars.rules.weeks import week_name as week_name
from crm.calendars.rules.weeks import week_of as week_of
