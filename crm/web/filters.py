"""Jinja filters: Danish dates and numbers from UTC moments. The same functions serve mails and commands."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Flask
from flask_babel import gettext as _

from crm.base.clock import danish
from crm.base.types import format_cvr, format_phone
from crm.base.words import DAYS, LONG_DAYS, LONG_MONTHS, MONTHS


def _local(value: date | datetime) -> date | datetime:
    return danish(value) if isinstance(value, datetime) else value


def dk_date(value: date | datetime | None) -> str:
    """``20.11.2026``"""
    return f"{_local(value):%d.%m.%Y}" if value else ""


def dk_time(value: datetime | None) -> str:
    """``9.05`` on the Danish clock."""
    if not value:
        return ""
    local = danish(value)
    return f"{local.hour}.{local.minute:02d}"


def dk_datetime(value: datetime | None) -> str:
    """``20.11.2026 kl. 14.05``"""
    return str(_("%(date)s kl. %(time)s", date=dk_date(value), time=dk_time(value))) if value else ""


def dk_day(value: date | datetime | None) -> str:
    """``ti. 24. nov.``; ``Tue 24 Nov`` in English."""
    if not value:
        return ""
    day = _local(value)
    weekday, month = _(DAYS[day.weekday()]), _(MONTHS[day.month - 1])
    return str(_("%(weekday)s %(day)d. %(month)s", weekday=weekday, day=day.day, month=month))


def dk_long_day(value: date | datetime | None) -> str:
    """``tirsdag den 24. november``"""
    if not value:
        return ""
    day = _local(value)
    weekday, month = _(LONG_DAYS[day.weekday()]), _(LONG_MONTHS[day.month - 1])
    return str(_("%(weekday)s den %(day)d. %(month)s", weekday=weekday, day=day.day, month=month))


def dk_number(value: float | int | None, decimals: int = 0) -> str:
    """``33.753`` or ``17,5``; a missing figure prints as ``-``, never 0."""
    if value is None:
        return "-"
    return f"{value:,.{decimals}f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def dk_pct(value: float | None, decimals: int = 1) -> str:
    """A ratio (0.313) as ``31,3 %``."""
    return "-" if value is None else f"{dk_number(value * 100, decimals)} %"


def minutes_hm(minutes: int | None) -> str:
    """``94`` as ``1 t 34 min``"""
    if minutes is None:
        return ""
    hours, rest = divmod(int(minutes), 60)
    return (f"{hours} t " if hours else "") + f"{rest} min" if rest or not hours else f"{hours} t"


def iso(value: date | datetime | None) -> str:
    """For ``datetime`` attributes."""
    return value.isoformat() if value else ""


FILTERS: dict[str, Any] = {
    "dk_date": dk_date,
    "dk_time": dk_time,
    "dk_datetime": dk_datetime,
    "dk_day": dk_day,
    "dk_long_day": dk_long_day,
    "dk_number": dk_number,
    "dk_pct": dk_pct,
    "minutes_hm": minutes_hm,
    "phone": format_phone,
    "cvr": format_cvr,
    "iso": iso,
    "danish": lambda value: danish(value) if value else None,
}


def install(app: Flask) -> None:
    app.jinja_env.filters.update(FILTERS)
