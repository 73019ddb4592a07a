"""Stretches of work in which no engine is called: others wait for a lock that is held."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)


@contextmanager
def without_asking() -> Iterator[None]:
    """Drives that neither the process nor the table knows are estimated in here; the estimates are not kept, so that
    whoever asks afterwards hears the engine."""
    token = _QUIET.set(True)
    try:
        yield
    finally:
        _QUIET.reset(token)


def quiet() -> bool:
    """Whether this stretch of work is such a one."""
    return _QUIET.get()
