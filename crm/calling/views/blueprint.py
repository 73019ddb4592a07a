"""The blueprint, and how its routes take a record's number."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("calling", __name__)
ENTRY = "<int:entry_id>"
