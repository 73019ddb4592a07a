"""A campaign's own outcomes and reasons: written as a whole, or set back to the default sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.calling.models import CampaignOutcome, DeclineReason
from crm.calling.queries import decline_reasons, forget_outcomes, outcomes, outcomes_used, reasons_given
from crm.calling.rules import OUTCOMES, REASONS, Outcome, OutcomeRow, Reason, ReasonRow, check_sets
from crm.campaigns.models import Campaign

LAST = 9000


def save_outcomes(
    session: Session,
    actor: Any,
    now: datetime,
    campaign: Campaign,
    rows: Sequence[OutcomeRow],
    reasons: Sequence[ReasonRow],
) -> None:
    """Write both sets in one go; activity ``calling.outcomes``. Raises Invalid, and writes nothing, with every error
    at once (``rules.check_sets``). Outcomes of the default set that no row names stay as they are."""
    _lock(session, campaign)
    known = outcomes(session, campaign.id, every=True)
    told = decline_reasons(session, campaign.id, every=True)
    made = check_sets(
        _whole(rows, known, OutcomeRow),
        _whole(reasons, told, ReasonRow),
        outcomes_used(session, campaign.id),
        reasons_given(session, campaign.id),
    )
    _write(session, campaign, *made)
    activity.record(session, actor, now, "calling.outcomes", campaign, campaign_id=campaign.id)
    session.flush()


def reset_outcomes(session: Session, actor: Any, now: datetime, campaign: Campaign) -> None:
    """Back to the default sets; own ones that calls have ended with are turned off, so that those calls keep their
    names. Activity ``calling.reset_outcomes``."""
    _lock(session, campaign)
    used, given = outcomes_used(session, campaign.id), reasons_given(session, campaign.id)
    own = [one for key, one in outcomes(session, campaign.id, every=True).items() if key not in OUTCOMES]
    said = [one for key, one in decline_reasons(session, campaign.id, every=True).items() if key not in REASONS]
    made = [_off(one) for one in own if one.key in used]
    told = [_off(one) for one in said if one.key in given]
    _write(session, campaign, [*OUTCOMES.values(), *made] if made else [], [*REASONS.values(), *told] if told else [])
    activity.record(session, actor, now, "calling.reset_outcomes", campaign, campaign_id=campaign.id)
    session.flush()


def _whole(rows: Sequence[Any], known: Mapping[str, Any], kind: Any) -> list[Any]:
    """The rows in their places, without what another manager removed meanwhile, and with what no row names."""
    named = {row.key for row in rows}
    kept = [kind.of(one, LAST) for key, one in known.items() if key not in named]
    return [row if not row.key or row.key in known else kind() for row in rows] + kept


def _off(one: Any) -> Any:
    return type(one)(**{**one.__dict__, "active": False})


def _lock(session: Session, campaign: Campaign) -> None:
    """Two managers write one after the other."""
    session.execute(select(Campaign.id).where(Campaign.id == campaign.id).with_for_update())
    forget_outcomes(session)


def _write(session: Session, campaign: Campaign, made: Sequence[Outcome], told: Sequence[Reason]) -> None:
    """Exactly these rows, in this order; rows keep their ids."""
    _replace(session, campaign, CampaignOutcome, {one.key: _outcome(one) for one in made})
    _replace(session, campaign, DeclineReason, {one.key: _reason(one) for one in told})
    session.flush()
    forget_outcomes(session)


def _replace(session: Session, campaign: Campaign, model: Any, wanted: dict[str, dict[str, Any]]) -> None:
    rows = {row.key: row for row in session.scalars(select(model).where(model.campaign_id == campaign.id))}
    for key, row in rows.items():
        if key not in wanted:
            session.delete(row)
    for position, (key, values) in enumerate(wanted.items(), 1):
        row = rows.get(key)
        if row is None:
            row = model(campaign_id=campaign.id, key=key)
            session.add(row)
        for name, value in {**values, "position": position}.items():
            setattr(row, name, value)


def _reason(one: Reason) -> dict[str, Any]:
    return {"label_da": one.label, "label_en": one.label_en, "active": one.active}


def _outcome(one: Outcome) -> dict[str, Any]:
    retry = one.retry
    return {
        **_reason(Reason(one.key, one.label, one.label_en, one.active)),
        "letter": one.letter,
        "outcome_group": one.group,
        "human": one.human,
        "final": one.final,
        "answer": one.answer,
        "unworkable": one.unworkable,
        "do_not_call": one.do_not_call,
        "retry_minutes": round(retry.pause.total_seconds() / 60) if retry else 0,
        "next_day": retry is not None and retry.next_day,
        "spread": retry is not None and retry.other_part,
        "max_tries": one.max_tries,
    }
