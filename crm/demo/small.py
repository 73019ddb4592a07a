"""``crm demo --scale small``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from crm.campaigns.models import Campaign


def build(session: Session, now: datetime, seed: int, path: Path, say: Any) -> Campaign:
    raise NotImplementedError
