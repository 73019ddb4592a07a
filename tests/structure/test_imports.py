"""Imports run downward: between rooms, and between the files of a room. Pure files stay free of the web."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CRM = ROOT / "crm"
# top to bottom; a room imports only from rooms beneath it (DESIGN: Rooms)
ROOMS = (
    "desk",
    "reports",
    "followups",
    "openings",
    "visits",
    "calling",
    "campaigns",
    "calendars",
    "travel",
    "companies",
    "people",
    "integrations",
    "recurring",
    "web",
    "base",
)
COMPOSITION = ("app.py", "__main__.py", "cli", "demo", "scheduler")
# within a room, top to bottom
LAYERS = ("views", "api", "forms", "jobs", "actions", "queries", "rules", "models")
SHARED_LAYERS = {"actions", "queries", "rules", "models"}
WEB_ONLY = ("flask", "flask_babel", "flask_wtf", "flask_login", "wtforms", "twilio", "werkzeug")
# rooms that are plumbing, not features: their files have names of their own
PLUMBING = {"web", "base", "integrations", "travel"}


def files() -> list[Path]:
    return [
        path
        for path in sorted(CRM.rglob("*.py"))
        if path.relative_to(CRM).parts[0] not in COMPOSITION and path.parent != CRM
    ]


def imports(path: Path) -> Iterator[str]:
    """Absolute names of everything a file imports, functions' own imports too; ``from a import b`` gives a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the direction"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(parts: tuple[str, ...]) -> str:
    """``visits/actions/book.py`` and ``visits/actions.py`` are both in layer ``actions``."""
    return parts[1].removesuffix(".py")


def wrong_import(path: Path, name: str) -> str | None:
    here = path.relative_to(CRM).parts
    there = tuple(name.split("."))
    if there[0] != "crm":
        if layer(here) in ("models", "rules", "queries", "actions") and here[0] != "web" and there[0] in WEB_ONLY:
            return f"{name}: no web in {layer(here)}"
        return None
    if len(there) < 2 or there[1] not in ROOMS:
        return f"{name}: composition is imported by nobody"
    if here[0] != there[1]:
        if ROOMS.index(there[1]) <= ROOMS.index(here[0]):
            return f"{name}: {here[0]} may not import {there[1]}"
        if there[1] not in PLUMBING and len(there) > 2 and there[2] in LAYERS and there[2] not in SHARED_LAYERS:
            return f"{name}: another room's {there[2]} is its own"
        return None
    if here[0] in PLUMBING or len(there) < 3 or there[2] not in LAYERS or layer(here) not in LAYERS:
        return None
    if LAYERS.index(there[2]) < LAYERS.index(layer(here)):
        return f"{name}: {layer(here)} may not import {there[2]}"
    return None


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(CRM)))
def test_imports_run_downward(path: Path) -> None:
    assert [wrong for name in imports(path) if (wrong := wrong_import(path, name))] == []


def test_the_check_fails_on_what_it_forbids() -> None:
    assert wrong_import(CRM / "calling" / "actions.py", "crm.visits.models")
    assert wrong_import(CRM / "visits" / "rules.py", "crm.visits.actions")
    assert wrong_import(CRM / "visits" / "queries.py", "flask.g")
    assert wrong_import(CRM / "reports" / "queries.py", "crm.visits.views")
    assert wrong_import(CRM / "visits" / "actions.py", "crm.app")
    assert not wrong_import(CRM / "visits" / "actions.py", "crm.calling.actions")
