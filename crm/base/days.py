"""Danish days inside SQL, the same on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Date, Integer, case, cast, func, type_coerce
from sqlalchemy.orm import Session

from crm.base.db import is_sqlite


def danish_day(session: Session, moment: Any) -> Any:
    """The Danish date of a stored moment, as an expression. SQLite knows no zones: there summer time is reckoned by
    the rule of the European Union, from the last Sunday of March to the last of October, both at 01.00 UTC (since
    1996)."""
    if not is_sqlite(session):
        return cast(func.timezone("Europe/Copenhagen", moment), Date)
    second = func.substr(moment, 1, 19)  # with its fraction, SQLite rounds the last half millisecond into the next day
    year = func.strftime("%Y", second)
    begins = func.datetime(year.op("||")("-03-25"), "weekday 0", "+1 hour")
    ends = func.datetime(year.op("||")("-10-25"), "weekday 0", "+1 hour")
    ahead = case(((second >= begins) & (second < ends), "+2 hours"), else_="+1 hour")
    return func.date(second, ahead, type_=Date)


def days_between(session: Session, earlier: Any, later: Any) -> Any:
    """Days from one date to another, as an expression."""
    if is_sqlite(session):
        return cast(func.julianday(later) - func.julianday(earlier), Integer)
    return type_coerce(later, Integer) - type_coerce(earlier, Integer)
