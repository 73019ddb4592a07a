"""Fixtures of the calendars' tests."""

from __future__ import annotations

from tests.calendars.radicale import radicale as radicale
