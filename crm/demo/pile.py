"""The queue as past days saw it: hands out entries in the order of ``calling.actions.claim``, from memory, and takes
back calls as ``calling.actions.finish`` writes them.

A claim asks the database for every dial rule, and a call's end for locks and telephones; over a thousand past calls
that is most of the demo's time. The days before today take from here, today's calls from the real claim.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.calling.actions.finish import SETTLED
from crm.calling.models import Call, QueueEntry
from crm.calling.rules import LEASE, OUTCOMES, RANK_CALL_BACK
from crm.campaigns.models import Campaign
from crm.companies.models import Workplace
from crm.demo.bulk import said, settled
from crm.demo.rows import STATE
from crm.people.models import User


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry as a claim sees it. ``order``: what the claim sorts by after whose call-back it is."""

    entry: QueueEntry
    first: tuple[int, int]
    back_by: int | None
    rest: tuple[int, datetime, int]
    due_at: datetime

    @classmethod
    def of(cls, entry: QueueEntry) -> Seen:
        rest = (entry.behind, entry.due_at, entry.id)
        return cls(entry, (entry.priority, entry.rank), entry.call_back_by, rest, entry.due_at)


class Pile:
    """The campaign's entries that may be called, by jobcentre."""

    def __init__(self, session: Session, campaign: Campaign) -> None:
        self.session, self.campaign = session, campaign
        self._waiting: dict[int, dict[int, Seen]] = {}
        self._ends: dict[int, list[datetime]] = {}
        self._out: list[QueueEntry] = []
        entries = session.scalars(
            select(QueueEntry)
            .join(Workplace, Workplace.id == QueueEntry.workplace_id)
            .where(
                QueueEntry.campaign_id == campaign.id, QueueEntry.phone.is_not(None), Workplace.do_not_call_at.is_(None)
            )
            .order_by(QueueEntry.id)
        )
        for entry in entries:
            self._waiting.setdefault(entry.jobcentre_id, {})[entry.id] = Seen.of(entry)

    def take(self, phoner: User, when: datetime, jobcentre_ids: Collection[int]) -> QueueEntry | None:
        """The next entry, claimed for the phoner as of ``when``; None when nothing is due."""
        self._look_again()
        offered = (
            seen
            for number in jobcentre_ids
            for seen in self._waiting[number].values()
            if seen.due_at <= when and self._offered(seen, phoner)
        )
        best = min(offered, key=lambda seen: (seen.first, seen.back_by is None, seen.rest), default=None)
        if best is None:
            return None
        entry = best.entry
        entry.claimed_by, entry.claimed_at, entry.claimed_until = phoner.id, when, when + LEASE
        self._out.append(entry)
        return entry

    def finish(
        self,
        phoner: User,
        now: datetime,
        entry: QueueEntry,
        outcome: str,
        *,
        reason: str | None = None,
        call_back_at: datetime | None = None,
        mine: bool = True,
        note: str = "",
    ) -> None:
        """The claimed entry's call with any outcome but ``booked`` and ``do_not_call``, which mean more."""
        ends = self._ends.setdefault(entry.id, [])
        call: dict[str, Any] = {
            "user_id": phoner.id,
            "calling_firm_id": entry.calling_firm_id,
            "ended_at": now,
            "outcome": outcome,
            "reason": reason,
            "call_back_at": call_back_at,
        }
        before = {name: _json(getattr(entry, name)) for name in SETTLED}
        row = Call(
            **call,
            entry_id=entry.id,
            started_at=entry.claimed_at or now,
            answer=OUTCOMES[outcome].answer,
            note=note,
            before=before,
        )
        state = {name: getattr(entry, name) for name in STATE}
        for name, value in settled(self.campaign, state, ends, call, mine).items():
            setattr(entry, name, value)
        entry.claimed_by = entry.claimed_at = entry.claimed_until = None
        ends.append(now)
        self.session.add(row)
        where = {"workplace_id": entry.workplace_id, "campaign_id": entry.campaign_id}
        activity.record(self.session, phoner, now, "calling.finish", entry, **where, **said(call))

    def _look_again(self) -> None:
        """What was handed out since may have become something else."""
        for entry in self._out:
            waiting = self._waiting[entry.jobcentre_id]
            if (
                entry.state != "waiting"
                or entry.rank != RANK_CALL_BACK
                and entry.attempts >= self.campaign.max_attempts
            ):
                waiting.pop(entry.id, None)
            else:
                waiting[entry.id] = Seen.of(entry)
        self._out.clear()

    def _offered(self, seen: Seen, phoner: User) -> bool:
        return seen.first[1] != RANK_CALL_BACK or seen.back_by in (None, phoner.id)


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
