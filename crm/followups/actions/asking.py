"""The company is asked, once, whether what we promised has happened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.followups.actions.settling import write
from crm.followups.actions.telling import lock, note
from crm.followups.models import FollowUp
from crm.followups.queries.asking import to_ask


def ask_company(session: Session, now: datetime, follow_up_id: int) -> int:
    """Send the question, where it is still to be asked; 1 when it was sent.

    What we say is done is told and asked about in one mail; never on a day on which the company had another mail about
    the agreement.
    """
    follow_up = session.get(FollowUp, follow_up_id)
    if follow_up is None:
        return 0
    lock(session, follow_up)
    if follow_up_id not in to_ask(session, danish_date(now), only=follow_up_id):
        return 0
    done = follow_up.state == "done"
    follow_up.asked_at = now
    sent = write(session, now, follow_up, "follow_up_ask", f"follow_up:asked:{follow_up.id}", done=done)
    if sent:
        note(session, None, now, "followups.ask", follow_up, done=done)
    session.flush()
    return int(sent)
