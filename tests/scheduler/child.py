"""What runs in the processes of `crew`: they are forked from one that has the product loaded already, so that starting
one costs next to nothing, also on a machine that is busy. Each has its own connections, locks and settings."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import crm.app
import crm.cli.serve
import crm.scheduler  # noqa: F401
from crm.travel.engine import embedded_engine

PDEATHSIG = 1
embedded_engine().prepare()  # some seconds of work that every web process would do anew


def work(act: Callable[..., Any], arguments: Sequence[Any], settings: Mapping[str, str], log: Path) -> None:
    ctypes.CDLL(None).prctl(PDEATHSIG, signal.SIGKILL)  # Linux: a test that is itself killed leaves nobody behind
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(out, 1)
    os.dup2(out, 2)
    for key in [key for key in os.environ if key.startswith("CRM_")]:
        del os.environ[key]
    os.environ.update(settings)
    act(*arguments)


def crm_command(*arguments: str) -> None:
    """A command of ``crm``, as the shell would start it."""
    import sys

    from crm.cli import main

    sys.argv = ["crm", *arguments]
    main()
