"""What an outcome needs before it can be saved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from crm.base.clock import danish
from crm.base.errors import N_, Invalid
from crm.calling.rules.outcomes import BOOKED, CALL_BACK, OUTCOMES, REASONS, Outcome, Reason, by_phone
from crm.calling.rules.times import PAST
from crm.campaigns.rules import CallingHours, in_calling_hours

LONGEST = timedelta(days=3 * 366)
OUTSIDE_WEEK = N_("Der ringes på hverdage kl. {frm}-{to} til og med {until}. Vælg et tidspunkt inden for det.")
OUTSIDE_ANY = N_("Der ringes alle dage kl. {frm}-{to} til og med {until}. Vælg et tidspunkt inden for det.")


def checked(
    campaign: CallingHours,
    now: datetime,
    outcome: str,
    reason: str | None,
    call_back_at: datetime | None,
    outcomes: Mapping[str, Outcome] = OUTCOMES,
    reasons: Mapping[str, Reason] = REASONS,
) -> Outcome:
    """The outcome's data, of the campaign's ``outcomes`` and ``reasons``. Raises Invalid naming the field and what
    is possible: an unknown outcome, a no without its reason, a call-back without a time the campaign can keep."""
    if outcome != BOOKED and outcome not in by_phone(outcomes):
        raise Invalid(
            N_("Vælg, hvordan opkaldet endte."),
            errors={"outcome": N_("Udfaldet findes ikke i kampagnen. Mulige: {keys}")},
            keys=", ".join(by_phone(outcomes)),
        )
    found = outcomes[outcome]
    if found.needs == "reason":
        _check_reason(reason, reasons)
    if outcome == CALL_BACK:
        check_call_back(campaign, now, call_back_at)
    return found


def _check_reason(reason: str | None, reasons: Collection[str]) -> None:
    if reason in reasons:
        return
    said = N_("Grunden findes ikke i kampagnen. Mulige: {keys}") if reason else N_("Vælg en grund. Mulige: {keys}")
    raise Invalid(
        N_("Et nej skal have en grund. Vælg en, og gem igen."), errors={"reason": said}, keys=", ".join(reasons)
    )


def check_call_back(campaign: CallingHours, now: datetime, call_back_at: datetime | None) -> None:
    """Raises Invalid for a time that is missing, past, too far off or outside the campaign's calling hours."""
    if call_back_at is None:
        raise Invalid(N_("Skriv, hvornår der skal ringes igen."), errors={"call_back_at": N_("Skriv et tidspunkt")})
    if call_back_at <= now:
        raise Invalid(PAST, errors={"call_back_at": PAST})
    if call_back_at - now > LONGEST or not in_calling_hours(campaign, call_back_at):
        message, fields = outside_hours(campaign)
        raise Invalid(message, errors={"call_back_at": message}, **fields)


def outside_hours(campaign: CallingHours) -> tuple[str, dict[str, Any]]:
    """Message and fields that say when the campaign may be called."""
    last = campaign.ends_on
    fields = {
        "frm": _clock(campaign.calls_from),
        "to": _clock(campaign.calls_to),
        "until": f"{last.day}.{last.month}.{last.year}",
    }
    return (OUTSIDE_ANY if campaign.calls_any_day else OUTSIDE_WEEK), fields


def _clock(minute: int) -> str:
    return f"{minute // 60}" + (f".{minute % 60:02d}" if minute % 60 else "")


def days_since(then: datetime, now: datetime) -> int:
    """Danish calendar days between two moments."""
    return (danish(now).date() - danish(then).date()).days
