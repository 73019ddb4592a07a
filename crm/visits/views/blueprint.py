"""The room's blueprint, and how its routes take a visit's number; each file of this folder adds its pages."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("visits", __name__)
VISIT = "<int:visit_id>"
