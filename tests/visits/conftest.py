"""Fixtures of the visits' tests."""

from __future__ import annotations

from tests.calendars.radicale import radicale as radicale
