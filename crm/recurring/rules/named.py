"""What the page of jobs says of things that other rooms know. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Named:
    """``words``: a Danish msgid with ``{name}`` fields. ``endpoint`` and ``values``: the page that shows it."""

    words: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    endpoint: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
