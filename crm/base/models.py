"""Import every room's tables, so that the metadata is whole (migrations, schema tests)."""

from __future__ import annotations

from importlib import import_module

ROOMS = (
    "recurring",
    "people",
    "integrations",
    "companies",
    "travel",
    "calendars",
    "campaigns",
    "calling",
    "visits",
    "openings",
    "followups",
)


def load_all() -> None:
    """By name, because base imports no room."""
    import_module("crm.base.activity")
    for room in ROOMS:
        import_module(f"crm.{room}.models")
