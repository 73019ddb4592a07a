"""The blueprint, and whose calendar a request is about."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, url_for

from crm.base.errors import NotFound
from crm.calendars import queries
from crm.people.models import User
from crm.web.edge import session
from crm.web.permit import actor, scope, scope_for

pages = Blueprint("calendars", __name__)
LARGEST = 2**53
ASKING = "10 per minute"
"""How often one person may have the product ask a calendar server, by any of ASKS."""
ASKS = ("add_source", "refresh_source", "caldav_find", "caldav_change")


def consultant_of(number: str | None) -> User:
    if not (number or "").isascii() or not (number or "").isdigit() or not 1 <= int(number or 0) <= LARGEST:
        raise NotFound
    return queries.consultant(session(), scope(), int(number or 0))


def may_manage(person: User) -> bool:
    reach = scope_for("calendars.manage")
    return reach.everything or reach.own == person.id or person.jobcentre_id in reach.jobcentres


def back(person: User) -> Any:
    return redirect(url_for("calendars.index", consultant=person.id if person.id != actor().id else None), 303)
