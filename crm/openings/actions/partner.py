"""Mails to partners that hold a link to their board."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.integrations.actions import send
from crm.integrations.render import render_mail
from crm.openings.rules import board_link
from crm.people.models import Partner


def send_fresh_link(session: Session, now: datetime, partner: Partner) -> bool:
    """To the partner's own address; False when one went there today already."""
    subject, text, html = render_mail(
        "board_link",
        greeted=partner.contact_name or partner.name,
        days=board_link.GOOD_FOR.days,
        link=board_link.url(partner.id, partner.link_key, now),
    )
    key = f"board-link:{partner.id}:{partner.link_key[:8]}:{danish_date(now).isoformat()}"
    return send(session, now, channel="mail", dedupe_key=key, to=partner.email, text=text, subject=subject, html=html)
