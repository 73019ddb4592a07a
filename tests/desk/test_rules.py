"""Navigation by role, and how many visits free time holds."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crm.base.clock import DANISH
from crm.desk.rules import fits, navigation, week_of
from crm.people.permissions import TABLE

DAY = datetime(2026, 11, 24, 8, 0, tzinfo=DANISH)


def labels(role: str) -> list[str]:
    def may(verb: str) -> bool:
        return role in TABLE[verb]

    return [item.label for item in navigation(may, consultant_only=role == "consultant")]


def test_each_role_has_its_own_way_in() -> None:
    assert labels("phoner") == ["Overblik", "Ring"]
    assert labels("consultant") == ["I dag", "Opfølgning", "Åbninger", "Kalender", "Søg"]
    lead = ["Overblik", "Jobcenter", "Ringestatus", "Opfølgning", "Åbninger", "Kalender", "Rapporter"]
    assert labels("jobcentre_lead") == lead
    assert labels("regional_lead") == ["Overblik", "Åbninger", "Rapporter"]
    assert labels("admin") == ["Overblik", "Brugere", "Åbningstyper", "Planlægger", "Udbakke"]


def test_free_time_holds_whole_visits_up_to_the_days_most() -> None:
    spans = [(DAY, DAY + timedelta(hours=3, minutes=59)), (DAY + timedelta(hours=5), DAY + timedelta(hours=6))]
    assert fits(spans, 60, 10) == {date(2026, 11, 24): 4}
    assert fits(spans, 60, 2) == {date(2026, 11, 24): 2}
    assert fits([], 60, 4) == {}


@given(st.lists(st.integers(0, 600), max_size=5), st.integers(1, 240), st.integers(0, 8))
def test_no_day_holds_more_than_its_most(lengths: list[int], minutes: int, most: int) -> None:
    spans = [(DAY, DAY + timedelta(minutes=length)) for length in lengths]
    assert all(0 <= count <= most for count in fits(spans, minutes, most).values())


@given(st.dates(date(2000, 1, 1), date(2099, 1, 1)))
def test_a_week_begins_on_monday(day: date) -> None:
    assert week_of(day).weekday() == 0
    assert 0 <= (day - week_of(day)).days < 7
