"""The room's blueprint; each file of this folder adds its pages."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("followups", __name__)
