"""The navigation of each role as data, and how many visits free time holds: pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crm.base.clock import danish_date
from crm.base.errors import N_


@dataclass(frozen=True)
class NavItem:
    """``rooms``: blueprint names (or full endpoints) during which the item is marked as the current one."""

    label: str
    endpoint: str
    verb: str
    icon: str
    active: tuple[str, ...]


NAVIGATION = (
    NavItem(N_("I dag"), "visits.today", "visits.today", "route", ("visits.",)),
    NavItem(N_("Overblik"), "desk.today", "people.self", "home", ("desk.today",)),
    NavItem(N_("Ring"), "calling.call", "calling.call", "phone", ("calling.call", "calling.outcome", "calling.retake")),
    NavItem(N_("Jobcenter"), "desk.jobcentre", "campaigns.segment", "building", ("desk.jobcentre",)),
    NavItem(N_("Kampagner"), "campaigns.index", "campaigns.manage", "list", ("campaigns.",)),
    NavItem(
        N_("Ringestatus"),
        "calling.board",
        "calling.supervise",
        "phone",
        (
            "calling.board",
            "calling.allot",
            "calling.contracts",
            "calling.supervised_call_backs",
            "calling.move_call_backs",
            "reports.quality",
        ),
    ),
    NavItem(N_("Register"), "companies.imports", "companies.import", "upload", ("companies.",)),
    NavItem(N_("Opfølgning"), "followups.index", "followups.read", "checklist", ("followups.",)),
    NavItem(N_("Åbninger"), "openings.index", "openings.read", "briefcase", ("openings.", "people.partners")),
    NavItem(N_("Kalender"), "calendars.index", "calendars.read", "calendar", ("calendars.",)),
    NavItem(N_("Søg"), "desk.search", "desk.search", "search", ("desk.search", "desk.company")),
    NavItem(
        N_("Rapporter"),
        "reports.index",
        "reports.read",
        "chart",
        (
            "reports.index",
            "reports.rows",
            "reports.followups",
            "reports.followup_rows",
            "reports.openings",
            "reports.opening_rows",
        ),
    ),
    NavItem(
        N_("Brugere"), "people.users", "people.manage", "user", ("people.users", "people.jobcentres", "people.firms")
    ),
    NavItem(N_("Åbningstyper"), "openings.types", "openings.types", "briefcase", ("openings.types", "openings.type")),
    NavItem(N_("Planlægger"), "recurring.jobs", "recurring.read", "clock", ("recurring.",)),
    NavItem(N_("Udbakke"), "integrations.outbox", "outbox.read", "mail", ("integrations.",)),
)


def navigation(may: Callable[[str], bool], *, consultant_only: bool) -> list[NavItem]:
    """The items a person may open. A consultant without other roles has Today instead of the overview, and search
    among the tabs; everyone else searches from the top bar."""
    return [
        item
        for item in NAVIGATION
        if may(item.verb) and item.endpoint != ("desk.today" if consultant_only else "desk.search")
    ]


def fits(spans: Sequence[tuple[datetime, datetime]], minutes: int, most_a_day: int) -> dict[date, int]:
    """Visits of ``minutes`` (drive not counted) that free time holds, by Danish day, at most ``most_a_day``."""
    found: dict[date, int] = {}
    for start, end in spans:
        day = danish_date(start)
        whole = int((end - start).total_seconds() // 60) // max(minutes, 1)
        found[day] = min(most_a_day, found.get(day, 0) + whole)
    return found


def week_of(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())
