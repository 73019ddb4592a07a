"""The engine that the settings name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b

from sqlalchemy.orm import Session, sessionmaker

from crm.base.settings import Settings, check_travel
from crm.travel.asking import Asker
from crm.travel.engine import embedded_engine
from crm.travel.osrm import Osrm
from crm.travel.remote import RemoteEngine
from crm.travel.table import LegTable
from crm.travel.valhalla import Valhalla
from crm.travel.wire import Wire

RECIPE = 1
"""Count on when answers read in another way, or the lands and ferries change: kept drives are then asked for anew."""


def configured(
    settings: Settings,
    sessions: sessionmaker[Session] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> RemoteEngine | None:
    """The engine over HTTP, keeping its answers in the database of ``sessions``; None for the embedded engine.

    Raises ConfigurationError for a setting that cannot be used. Nothing is asked yet.
    """
    check_travel(settings)
    if settings.travel_engine == "embedded":
        return None
    wire: Wire = Osrm() if settings.travel_engine == "osrm" else Valhalla()
    asker = Asker(wire, settings.travel_url, settings.travel_timeout_ms)
    table = LegTable(sessions, _key(asker)) if sessions else None
    return RemoteEngine(asker, embedded_engine(), table, days=settings.travel_cache_days, now=now)


def _key(asker: Asker) -> str:
    """Another address or profile never takes these answers for its own; a password in the address stays unseen."""
    whole = f"{asker.url} {asker.wire.profile} {RECIPE}".encode()
    return f"{asker.wire.name}:{blake2b(whole, digest_size=8).hexdigest()}"
