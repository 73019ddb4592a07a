"""What the pages of this room share."""

from __future__ import annotations

from datetime import date

from flask import Blueprint

from crm.base.clock import danish_date
from crm.web.edge import now
from crm.web.permit import actor

pages = Blueprint("desk", __name__)


def on_phone() -> bool:
    """Consultants without another role work on the telephone's pages."""
    return {held.role for held in actor().roles} == {"consultant"}


def today() -> date:
    """The Danish day."""
    return danish_date(now())
