"""What became of a telephone call, from what the provider has told of it so far, in whatever order it came.

The state is computed from the *set* of events, so that every order, every repetition and every gap in the middle
ends in the same place. Source of the provider's words: Twilio, voice webhooks and <Dial>.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.base.errors import N_

COMPANY, PHONER, OWN = "company", "phoner", "own"
COMPLETED = "completed"
# Of two contradicting ends the first in this order holds.
ENDS = (COMPLETED, "busy", "no-answer", "canceled", "failed")
ON_THE_WAY = ("dialling", "queued", "initiated", "ringing", "in-progress")
DIAL_RESULT, AGREED, GIVEN_UP, CLOSED = "dial-result", "agreed", "given-up", "closed"

CONNECT_WITHIN = timedelta(minutes=2)  # from the dial to the provider's asking whom to call
SILENT_AFTER = timedelta(minutes=5)  # no answer and no end: ask the provider, or close it
TALK_AFTER = timedelta(minutes=65)  # the provider ends a call after 60

# The outcome that a call's end speaks for; proposed, never saved. "failed" is a number that is not in service.
PROPOSES = {"busy": "busy", "no-answer": "no_answer", "failed": "wrong_number"}

STATES = {
    "dialling": N_("Ringer op …"),
    "queued": N_("Ringer op …"),
    "initiated": N_("Ringer op …"),
    "ringing": N_("Ringer …"),
    "in-progress": N_("I samtale"),
    "completed": N_("Afsluttet"),
    "busy": N_("Optaget"),
    "no-answer": N_("Intet svar"),
    "failed": N_("Nummeret kan ikke nås"),
    "canceled": N_("Lagt på, før der blev svaret"),
}


@dataclass(frozen=True)
class PhoneFact:
    """One event. leg: ``company``, ``phoner``, or ``own`` for what we noted ourselves. name: the provider's state of
    that leg, or one of the words above. at: when it happened, UTC; for DIAL_RESULT, which carries no time, when it
    came. state: the end a DIAL_RESULT or CLOSED tells of. seconds: talked, where told. by: who hung up."""

    leg: str
    name: str
    at: datetime
    state: str = ""
    seconds: int | None = None
    by: str | None = None


@dataclass(frozen=True)
class PhoneState:
    """As the columns of PhoneCall of the same names."""

    state: str = "dialling"
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: int | None = None
    hangup_by: str | None = None
    closed_by: str | None = None
    recording_agreed_at: datetime | None = None


def fold(facts: Iterable[PhoneFact]) -> PhoneState:
    """The call as these events tell of it together. Their order and repetitions do not matter.

    The company's leg is believed first, then the <Dial>'s result, then the phoner's own leg, then what we noted.
    """
    known = sorted(set(facts), key=_order)
    company = {fact.name: fact for fact in reversed(known) if fact.leg == COMPANY}
    result = next((fact for fact in known if fact.name == DIAL_RESULT), None)
    answered = company.get("in-progress")
    end = _end(known, company, result, answered)
    agreed = next((fact.at for fact in known if fact.name == AGREED), None)
    if end is None:
        state = max((name for name in company if name in ON_THE_WAY), key=ON_THE_WAY.index, default="dialling")
        return PhoneState(state, answered.at if answered else None, recording_agreed_at=agreed)
    state, ended_at, closed_by = end
    told = [company.get(state), result, *(fact for fact in known if fact.name == CLOSED)]
    seconds = next((fact.seconds for fact in told if fact and fact.seconds is not None), None)
    answered_at = answered.at if answered else None
    if state != COMPLETED:
        answered_at = seconds = None
    elif answered_at and seconds is None and closed_by != "job":
        seconds = max(0, int((ended_at - answered_at).total_seconds()))
    elif seconds is not None and answered_at is None:
        answered_at = ended_at - timedelta(seconds=seconds)
    by = result.by if result else None
    return PhoneState(state, answered_at, ended_at, seconds, by, closed_by, agreed)


def _order(fact: PhoneFact) -> tuple[str, str, datetime, str, int, str]:
    seconds = -1 if fact.seconds is None else fact.seconds
    return (fact.leg, fact.name, fact.at, fact.state, seconds, fact.by or "")


def _end(
    known: list[PhoneFact], company: dict[str, PhoneFact], result: PhoneFact | None, answered: PhoneFact | None
) -> tuple[str, datetime, str | None] | None:
    """State, time, and who says so; None while the call goes on."""
    for name in ENDS:
        if name in company:
            return name, company[name].at, "webhook"
    if result is not None and result.state in ENDS:
        exact = answered is not None and result.seconds is not None
        at = answered.at + timedelta(seconds=result.seconds or 0) if answered and exact else result.at
        return result.state, at, "webhook"
    hung_up = COMPLETED if answered else "canceled"
    phoner = next((fact for fact in known if fact.leg == PHONER and fact.name in ENDS), None)
    if phoner is not None:
        return hung_up, phoner.at, "webhook"
    closed = next((fact for fact in known if fact.name == CLOSED), None)
    if closed is not None:
        return closed.state, closed.at, "job"
    given_up = next((fact for fact in known if fact.name == GIVEN_UP), None)
    return ("canceled", given_up.at, None) if given_up is not None else None


def length(seconds: int) -> str:
    """``3.29``; an hour and more ``1.02.03``."""
    hours, rest = divmod(max(0, seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}.{minutes:02d}.{left:02d}" if hours else f"{minutes}.{left:02d}"
