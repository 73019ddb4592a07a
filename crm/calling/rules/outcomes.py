"""Outcomes and reasons as data: key, label, key letter, what the outcome means, when to try again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from crm.base.errors import N_

REACHED, UNREACHED, PERMANENT = "reached", "unreached", "permanent"
GROUPS = {REACHED: N_("Fik kontakt"), UNREACHED: N_("Ingen kontakt"), PERMANENT: N_("Permanent")}


@dataclass(frozen=True)
class Retry:
    """When an entry that got no answer is tried again.

    pause: at least this long after the call. next_day: not before the next calling day.
    other_part: at another part of the day (morning, midday, afternoon) than this call.
    """

    pause: timedelta = timedelta()
    next_day: bool = False
    other_part: bool = False


@dataclass(frozen=True)
class Outcome:
    """human: somebody was spoken to. final: the calling ends. contacted: an answer to the offer, counted
    in the booking rate (booked + declined; evaluation 2013). unworkable: there is nobody to call here."""

    key: str
    label: str
    letter: str
    group: str
    human: bool = False
    final: bool = False
    contacted: bool = False
    unworkable: bool = False
    retry: Retry | None = None


OUTCOMES: dict[str, Outcome] = {
    outcome.key: outcome
    for outcome in (
        Outcome("booked", N_("Besøg aftalt"), "b", REACHED, human=True, final=True, contacted=True),
        Outcome("declined", N_("Nej tak"), "n", REACHED, human=True, final=True, contacted=True),
        Outcome("call_back", N_("Ring igen"), "r", REACHED, human=True),
        Outcome("no_answer", N_("Intet svar"), "i", UNREACHED, retry=Retry(timedelta(hours=4), other_part=True)),
        Outcome("busy", N_("Optaget"), "o", UNREACHED, retry=Retry(timedelta(minutes=30))),
        Outcome("voicemail", N_("Telefonsvarer"), "t", UNREACHED, retry=Retry(next_day=True, other_part=True)),
        Outcome("wrong_number", N_("Forkert nummer"), "f", PERMANENT, final=True, unworkable=True),
        Outcome("closed_down", N_("Lukket"), "l", PERMANENT, final=True, unworkable=True),
        Outcome("outside_target", N_("Uden for målgruppen"), "u", PERMANENT, human=True, final=True, unworkable=True),
        Outcome("do_not_call", N_("Ring ikke igen"), "x", PERMANENT, human=True, final=True, unworkable=True),
    )
}
CONTACTED = tuple(key for key, outcome in OUTCOMES.items() if outcome.contacted)
BY_PHONE = tuple(key for key in OUTCOMES if key != "booked")

DECLINE_REASONS: dict[str, str] = {
    "no_need": N_("Mangler ingen"),
    "no_time": N_("Har ikke tid"),
    "bad_experience": N_("Dårlige erfaringer"),
    "already_partner": N_("Samarbejder allerede"),
    "wants_mail": N_("Vil hellere have en mail"),
    "other": N_("Andet"),
}

PAUSES: dict[str, str] = {
    "short": N_("Kort pause"),
    "lunch": N_("Frokost"),
    "meeting": N_("Møde"),
    "technical": N_("Teknik driller"),
}

RANK_CALL_BACK, RANK_RETRY, RANK_FRESH = 0, 1, 2
LEASE = timedelta(minutes=10)

# Why an entry is not offered, in the order in which a reason is found; each entry counts under its first one.
WHY_DRY: dict[str, str] = {
    "campaign_closed": N_("Kampagnen er lukket"),
    "campaign_not_begun": N_("Kampagnen er ikke begyndt"),
    "campaign_ended": N_("Kampagnen er slut"),
    "do_not_call": N_("Har bedt om ikke at blive ringet op"),
    "protected": N_("Reklamebeskyttet uden registreret hjemmel"),
    "no_phone": N_("Mangler telefonnummer"),
    "attempt_cap": N_("Er ringet op det højeste antal gange"),
    "claimed": N_("Er hos en anden phoner lige nu"),
    "capacity": N_("Konsulenternes kalendere er fulde"),
    "call_back_other": N_("En anden phoner har lovet at ringe tilbage"),
    "call_back_later": N_("Genopkald er aftalt til senere"),
    "retry_later": N_("Prøves igen senere"),
    "not_due": N_("Skal først ringes op senere"),
    "calling_hours": N_("Uden for kampagnens ringetid"),
}
