"""A campaign's outcomes and reasons: its own, else the default sets; and how they are said."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.calling.models import Call, CampaignOutcome, DeclineReason, QueueEntry
from crm.calling.rules import DECLINED, OUTCOMES, REASONS, Outcome, Reason, Retry

_CACHE = "calling_outcomes"


def outcomes(session: Session, campaign_id: int, *, every: bool = False) -> Mapping[str, Outcome]:
    """The campaign's outcomes by key, in its order: those on, or ``every`` one, also those turned off.

    One query, remembered for the session's transaction. ``Outcome.label_in(locale)`` says them.
    """
    found = _outcomes(session, (campaign_id,))[campaign_id]
    return found if every else {key: one for key, one in found.items() if one.active}


def decline_reasons(session: Session, campaign_id: int, *, every: bool = False) -> Mapping[str, Reason]:
    """The campaign's reasons for a no by key, in its order; as ``outcomes``."""
    found = _reasons(session, (campaign_id,))[campaign_id]
    return found if every else {key: one for key, one in found.items() if one.active}


@dataclass(frozen=True)
class Wording:
    """How calls of several campaigns are said in one language."""

    outcomes: Mapping[int, Mapping[str, Outcome]]
    reasons: Mapping[int, Mapping[str, Reason]]
    locale: str

    def outcome(self, campaign_id: int, key: str) -> str:
        """The outcome's label; of the default set where the campaign has none, else the key."""
        found = self.outcomes.get(campaign_id, OUTCOMES).get(key) or OUTCOMES.get(key)
        return found.label_in(self.locale) if found else key

    def reason(self, campaign_id: int, key: str | None) -> str:
        """The reason's label; empty for a call without one."""
        found = self.reasons.get(campaign_id, REASONS).get(key or "") or REASONS.get(key or "")
        return found.label_in(self.locale) if found else key or ""


def wording(session: Session, campaign_ids: Iterable[int], locale: str) -> Wording:
    """Labels for calls of these campaigns: two queries, however many campaigns."""
    asked = set(campaign_ids)
    return Wording(_outcomes(session, asked), _reasons(session, asked), locale)


@dataclass(frozen=True)
class Given:
    """How often a reason was given, and its part of all noes (None before the first)."""

    key: str
    count: int
    share: float | None


def reasons_given(session: Session, campaign_id: int) -> dict[str, Given]:
    """Noes of the campaign by reason; taken back ones do not count."""
    rows = session.execute(
        select(Call.reason, func.count())
        .join(QueueEntry, QueueEntry.id == Call.entry_id)
        .where(QueueEntry.campaign_id == campaign_id, Call.answer == DECLINED, Call.undone_at.is_(None))
        .group_by(Call.reason)
    ).all()
    total = sum(count for _key, count in rows)
    return {key or "": Given(key or "", count, count / total) for key, count in rows}


def outcomes_used(session: Session, campaign_id: int) -> Collection[str]:
    """Keys of outcomes that calls of the campaign have ended with, also those taken back."""
    statement = select(Call.outcome).join(QueueEntry, QueueEntry.id == Call.entry_id)
    return set(session.scalars(statement.where(QueueEntry.campaign_id == campaign_id).distinct()))


def forget_outcomes(session: Session) -> None:
    """What was remembered no longer holds: a campaign's outcomes or reasons were written."""
    session.info.pop(_CACHE, None)


def _outcomes(session: Session, campaign_ids: Collection[int]) -> dict[int, Mapping[str, Outcome]]:
    known = _known(session, "outcomes")
    missing = sorted(set(campaign_ids) - known.keys())
    if missing:
        made: dict[int, dict[str, Outcome]] = {number: {} for number in missing}
        rows = select(CampaignOutcome).where(CampaignOutcome.campaign_id.in_(missing))
        for row in session.scalars(rows.order_by(CampaignOutcome.position, CampaignOutcome.id)):
            made[row.campaign_id][row.key] = _outcome(row)
        known = _known(session, "outcomes")
        known.update({number: own or OUTCOMES for number, own in made.items()})
    return {number: known[number] for number in campaign_ids}


def _reasons(session: Session, campaign_ids: Collection[int]) -> dict[int, Mapping[str, Reason]]:
    known = _known(session, "reasons")
    missing = sorted(set(campaign_ids) - known.keys())
    if missing:
        made: dict[int, dict[str, Reason]] = {number: {} for number in missing}
        rows = select(DeclineReason).where(DeclineReason.campaign_id.in_(missing))
        for row in session.scalars(rows.order_by(DeclineReason.position, DeclineReason.id)):
            made[row.campaign_id][row.key] = Reason(row.key, row.label_da, row.label_en, row.active)
        known = _known(session, "reasons")
        known.update({number: own or REASONS for number, own in made.items()})
    return {number: known[number] for number in campaign_ids}


def _known(session: Session, what: str) -> dict[int, Mapping[str, Any]]:
    """What this transaction has read already; another transaction may find other rows."""
    transaction, kept = session.info.get(_CACHE, (None, {}))
    current = session.get_transaction()
    if transaction is None or transaction is not current:
        kept = {}
        session.info[_CACHE] = (current, kept)
    found: dict[int, Mapping[str, Any]] = kept.setdefault(what, {})
    return found


def _outcome(row: CampaignOutcome) -> Outcome:
    retry = None
    if row.retry_minutes or row.next_day:
        retry = Retry(timedelta(minutes=row.retry_minutes), row.next_day, row.spread)
    return Outcome(
        row.key,
        row.label_da,
        row.label_en,
        row.letter,
        row.outcome_group,
        human=row.human,
        final=row.final,
        answer=row.answer,
        unworkable=row.unworkable,
        do_not_call=row.do_not_call,
        retry=retry,
        max_tries=row.max_tries,
        active=row.active,
    )
