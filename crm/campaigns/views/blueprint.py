"""The room's blueprint."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("campaigns", __name__)
