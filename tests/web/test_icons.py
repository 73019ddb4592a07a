"""An icon that is named and not drawn is a hole on the page: nothing else reports it."""

from __future__ import annotations

import re
from pathlib import Path

from crm.desk.rules import NAVIGATION

ROOT = Path(__file__).resolve().parents[2]
DRAWN = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "crm/static/icons.svg").read_text(encoding="utf-8")))


def test_every_icon_of_the_navigation_is_drawn() -> None:
    assert {item.icon for item in NAVIGATION} <= DRAWN


def test_every_icon_named_in_a_template_is_drawn() -> None:
    named = {
        name
        for page in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"""(?:\bicon\(|icon_name=)["']([a-z-]+)["']""", page.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= DRAWN
