"""The queue as past days saw it: hands out entries in the order of ``calling.actions.claim``, from memory.

A claim asks the database for every dial rule; over a thousand past calls that is most of the demo's time. The days
before today take from here, today's calls from the real claim.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.calling.models import QueueEntry
from crm.calling.rules import LEASE, RANK_CALL_BACK
from crm.campaigns.models import Campaign
from crm.companies.models import Workplace
from crm.people.models import User


class Pile:
    """The campaign's entries that may be called, by jobcentre."""

    def __init__(self, session: Session, campaign: Campaign) -> None:
        self._max = campaign.max_attempts
        self._waiting: dict[int, list[QueueEntry]] = {}
        entries = session.scalars(
            select(QueueEntry)
            .join(Workplace, Workplace.id == QueueEntry.workplace_id)
            .where(
                QueueEntry.campaign_id == campaign.id, QueueEntry.phone.is_not(None), Workplace.do_not_call_at.is_(None)
            )
            .order_by(QueueEntry.id)
        )
        for entry in entries:
            self._waiting.setdefault(entry.jobcentre_id, []).append(entry)

    def take(self, phoner: User, when: datetime, jobcentre_ids: Collection[int]) -> QueueEntry | None:
        """The next entry, claimed for the phoner as of ``when``; None when nothing is due."""
        best: tuple[tuple[int, int, bool, int, datetime, int], QueueEntry] | None = None
        for number in jobcentre_ids:
            waiting = self._waiting[number] = [entry for entry in self._waiting[number] if entry.state == "waiting"]
            for entry in waiting:
                if entry.due_at > when or not self._offered(entry, phoner):
                    continue
                key = (entry.priority, entry.rank, entry.call_back_by is None, entry.behind, entry.due_at, entry.id)
                if best is None or key < best[0]:
                    best = key, entry
        if best is None:
            return None
        entry = best[1]
        entry.claimed_by, entry.claimed_at, entry.claimed_until = phoner.id, when, when + LEASE
        return entry

    def _offered(self, entry: QueueEntry, phoner: User) -> bool:
        if entry.rank == RANK_CALL_BACK:
            return entry.call_back_by in (None, phoner.id)
        return entry.attempts < self._max
