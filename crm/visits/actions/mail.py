"""One mail about a visit, from its template into the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.integrations.actions import send
from crm.integrations.render import render_mail
from crm.visits.models import Visit


def write_mail(
    session: Session,
    now: datetime,
    visit: Visit,
    key: str,
    to: str,
    template: str,
    parts: Mapping[str, Any],
    **more: Any,
) -> str:
    """Write it once for ``key``; its subject. ``more``: attachments, not_before, reply_to."""
    subject, text, html = render_mail(template, **parts)
    about: dict[str, Any] = {"subject": subject, "text": text, "html": html, "workplace_id": visit.workplace_id}
    send(session, now, channel="mail", dedupe_key=key, to=to, **about, **more)
    return subject
