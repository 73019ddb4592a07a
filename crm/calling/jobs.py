"""Work on the queue that comes by itself. Most of it looks without the writer's lock first: nearly always nothing has
changed."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import read_only_session
from crm.calling.actions import follow_firms, follow_letters, rerank
from crm.calling.actions.order import BATCH, reweighed
from crm.calling.actions.phone import close_silent
from crm.calling.queries.allotment import out_of_step
from crm.calling.queries.letters import off_letters, open_campaigns
from crm.calling.queries.phone import silent_phones
from crm.integrations.telephony import Telephony
from crm.recurring.actions import Begin, apart, each

log = logging.getLogger("crm.calling")
Sessions = sessionmaker[Session]


def put_with_firms(sessions: Sessions, begin: Begin, now: datetime) -> int:
    """Give waiting entries to the firm that calls for their jobcentre, list by list."""
    with read_only_session(sessions) as session:
        lists = sorted(number for due in out_of_step(session, now) for number in due.lists)
    return each(begin, lists, lambda s, number: follow_firms(s, now, [number]), job="firms", now=now, complete=True)


def put_with_letters(sessions: Sessions, begin: Begin, now: datetime) -> int:
    """Let entries wait for their letter, and no longer, campaign by campaign."""
    with read_only_session(sessions) as session:
        campaigns = open_campaigns(session)

    def one(campaign_id: int) -> int:
        with read_only_session(sessions) as session:
            if not off_letters(session, now, campaign_id):
                return 0
        with begin() as session:
            return follow_letters(session, now, campaign_id)

    return apart(begin, campaigns, one, job="letters", now=now, complete=True)


def rerank_all(sessions: Sessions, begin: Begin, now: datetime) -> int:
    """In portions, campaign by campaign: until one is committed, claims pass over its entries."""
    with read_only_session(sessions) as session:
        campaigns = reweighed(session)

    def one(campaign_id: int) -> int:
        moved, portion = 0, BATCH
        while portion == BATCH:
            with begin() as session:
                portion = rerank(session, now, [campaign_id])
            moved += portion
        return moved

    return apart(begin, campaigns, one, job="order", now=now, complete=True)


def end_silent_phones(sessions: Sessions, begin: Begin, telephony: Telephony, now: datetime) -> int:
    """The provider is asked outside of any transaction: nothing waits for it."""
    with read_only_session(sessions) as session:
        silent = {phone.id: phone.sid or phone.parent_sid for phone in silent_phones(session, now)}

    def one(phone_id: int) -> int:
        sid = silent[phone_id]
        try:
            reported = telephony.report(sid) if sid else None
        except OSError as exc:
            log.warning("the telephone provider does not answer: %s", exc)
            return 0
        with begin() as session:
            return int(close_silent(session, now, phone_id, reported))

    return apart(begin, silent, one, job="phones", now=now, complete=True)
