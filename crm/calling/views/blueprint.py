"""The blueprint, and how its routes take a record's number."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("calling", __name__)
ENTRY = "<int(max=9007199254740992):entry_id>"
