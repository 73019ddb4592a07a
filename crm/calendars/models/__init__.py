"""Tables of consultants' time: hours, base, wishes, absence; published events and feed links; own calendars."""

from __future__ import annotations

from crm.calendars.models.busy import BusyObject as BusyObject
from crm.calendars.models.busy import BusySource as BusySource
from crm.calendars.models.busy import BusyTime as BusyTime
from crm.calendars.models.busy import CalendarCopy as CalendarCopy
from crm.calendars.models.events import CalendarEvent as CalendarEvent
from crm.calendars.models.events import FeedLink as FeedLink
from crm.calendars.models.hours import Absence as Absence
from crm.calendars.models.hours import CalendarProfile as CalendarProfile
from crm.calendars.models.hours import CalendarWishes as CalendarWishes
from crm.calendars.models.hours import WeekdayBase as WeekdayBase
from crm.calendars.models.hours import WorkingHours as WorkingHours
