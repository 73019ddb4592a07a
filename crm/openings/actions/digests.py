"""The board's part of the mornings: partners get a mail of their own with their link; what users are told of stands in
their one mail of the morning (crm.followups), and here is kept what they were told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.db import lock_name
from crm.integrations.actions import send
from crm.integrations.models import OutboxMessage
from crm.integrations.render import render_mail
from crm.openings.models import Candidacy, Opening, OpeningShare
from crm.openings.queries.digests import News, lines, partner_news, settled_untold, waits_untold
from crm.openings.rules import board_link
from crm.openings.rules.types import SHORT
from crm.people.models import Partner


def write_partner_digest(session: Session, now: datetime, partner_id: int) -> int:
    """A partner's mail and the note that it was told; how many mails. Who was told this morning already waits for the
    next one, with everything that is new by then."""
    lock_name(session, f"board-digest partner:{partner_id}")
    partner = session.get(Partner, partner_id)
    if partner is None or not partner.active or not partner.digest:
        return 0
    key, news = f"board:p{partner.id}:{danish_date(now).isoformat()}", partner_news(session, partner)
    if not news or session.scalar(select(OutboxMessage.id).where(OutboxMessage.dedupe_key == key)) is not None:
        return 0
    subject, text, html = render_mail(
        "board_digest",
        greeted=partner.contact_name or partner.name,
        link=board_link.url(partner.id, partner.link_key, now),
        days=board_link.GOOD_FOR.days,
        board=lines(session, news, danish_date(now)),
        types=SHORT,
    )
    send(session, now, channel="mail", dedupe_key=key, to=partner.email, text=text, subject=subject, html=html)
    for share in news.shares:
        share.told_at = now
    for answered in news.answers:
        answered.told_at = now
    session.flush()
    return 1


def announce(session: Session, morning: datetime) -> int:
    """Let the mails of ``morning`` (07.30, UTC) tell of what was shared with jobcentres by then; how many shares.

    To be called before the first of that morning's mails and never after it: who has had theirs would not be told.
    Each user then hears of a share once, in their first mail of that morning or a later one.
    """
    live = select(Opening.id).where(Opening.state == "open", Opening.voided_at.is_(None))
    fresh = (
        update(OpeningShare)
        .where(
            OpeningShare.jobcentre_id.is_not(None),
            OpeningShare.told_at.is_(None),
            OpeningShare.withdrawn_at.is_(None),
            OpeningShare.shared_at <= morning,
            OpeningShare.opening_id.in_(live),
        )
        .values(told_at=morning)
        .returning(OpeningShare.id)
    )
    return len(session.scalars(fresh).all())


def mark_told(session: Session, morning: datetime, news: News) -> None:
    """Note that a user's mail of ``morning`` tells of these proposals and answers, in the mail's own transaction. What
    has been answered since it was read keeps the moment of that answer."""
    for rows, untold in ((news.offers, waits_untold()), (news.answers, settled_untold())):
        if rows:
            mine = Candidacy.id.in_([one.id for one in rows])
            session.execute(
                update(Candidacy)
                .where(mine, untold)
                .values(told_at=morning)
                .execution_options(synchronize_session="fetch")
            )
