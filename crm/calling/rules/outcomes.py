"""Outcomes and reasons as data: key, label, key letter, what the outcome means, when to try again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from crm.base.errors import N_

REACHED, UNREACHED, PERMANENT = "reached", "unreached", "permanent"
GROUPS = {REACHED: N_("Fik kontakt"), UNREACHED: N_("Ingen kontakt"), PERMANENT: N_("Permanent")}
BOOKED, DECLINED, CALL_BACK = "booked", "declined", "call_back"
UNDO = timedelta(seconds=10)
"""So long after a call has ended its outcome can be taken back by the phoner who gave it."""


@dataclass(frozen=True)
class Retry:
    """When an entry that got no answer is tried again.

    pause: at least this long after the call. next_day: not before the next calling day.
    other_part: at another part of the day (morning, midday, afternoon) than the tries so far.
    """

    pause: timedelta = timedelta()
    next_day: bool = False
    other_part: bool = False


@dataclass(frozen=True)
class Labelled:
    """Something with a key and its name in Danish and English."""

    key: str
    label: str
    label_en: str

    def label_in(self, locale: str) -> str:
        """The label in a reader's language: ``en``, anything else is Danish."""
        return self.label_en if locale == "en" and self.label_en else self.label


@dataclass(frozen=True)
class Outcome(Labelled):
    """human: somebody was spoken to. final: the calling ends. answer: ``booked``, ``declined`` or None, the answer
    to the offer that the booking rate counts (booked + declined; evaluation 2013). unworkable: there is nobody to
    call here. do_not_call: the company's wish, for every campaign. max_tries: after so many calls to an entry with
    this outcome there is nobody to call either. active: offered on the screen."""

    letter: str
    group: str
    human: bool = False
    final: bool = False
    answer: str | None = None
    unworkable: bool = False
    do_not_call: bool = False
    retry: Retry | None = None
    max_tries: int | None = None
    active: bool = True

    @property
    def contacted(self) -> bool:
        """Whether the booking rate counts it."""
        return self.answer is not None

    @property
    def final_key(self) -> str:
        """What ``final_outcome`` says of an entry that ends with it: the answer, whatever the outcome's own key."""
        return self.answer or self.key

    @property
    def needs(self) -> str:
        """What it cannot be saved without: ``slot`` (a visit to book), ``reason``, ``call_back_at`` or nothing."""
        if self.key == BOOKED:
            return "slot"
        return "reason" if self.answer == DECLINED else "call_back_at" if self.key == CALL_BACK else ""


OUTCOMES: dict[str, Outcome] = {
    outcome.key: outcome
    for outcome in (
        Outcome("booked", N_("Besøg aftalt"), "Visit agreed", "b", REACHED, human=True, final=True, answer=BOOKED),
        Outcome("declined", N_("Nej tak"), "No thanks", "n", REACHED, human=True, final=True, answer=DECLINED),
        Outcome("call_back", N_("Ring igen"), "Call again", "r", REACHED, human=True),
        Outcome(
            "no_answer", N_("Intet svar"), "No answer", "i", UNREACHED, retry=Retry(timedelta(hours=4), other_part=True)
        ),
        Outcome("busy", N_("Optaget"), "Busy", "o", UNREACHED, retry=Retry(timedelta(minutes=30))),
        Outcome(
            "voicemail", N_("Telefonsvarer"), "Voicemail", "t", UNREACHED, retry=Retry(next_day=True, other_part=True)
        ),
        Outcome("wrong_number", N_("Forkert nummer"), "Wrong number", "f", PERMANENT, final=True, unworkable=True),
        Outcome("closed_down", N_("Lukket"), "Closed down", "l", PERMANENT, final=True, unworkable=True),
        Outcome(
            "outside_target",
            N_("Uden for målgruppen"),
            "Outside target",
            "u",
            PERMANENT,
            human=True,
            final=True,
            unworkable=True,
        ),
        Outcome(
            "do_not_call",
            N_("Ring ikke igen"),
            "Do not call",
            "x",
            PERMANENT,
            human=True,
            final=True,
            unworkable=True,
            do_not_call=True,
        ),
    )
}
"""The default set. Its keys are the API's, and their meaning never changes; a campaign may say them otherwise."""
CONTACTED = (BOOKED, DECLINED)


def by_phone(outcomes: Mapping[str, Outcome]) -> tuple[str, ...]:
    """Keys that finish a call; a visit comes from booking it. The default set's always count, own ones while on."""
    return tuple(key for key, one in outcomes.items() if key != BOOKED and (one.active or key in OUTCOMES))


@dataclass(frozen=True)
class Reason(Labelled):
    """A reason for a no. active: offered on the screen."""

    active: bool = True


REASONS: dict[str, Reason] = {
    reason.key: reason
    for reason in (
        Reason("no_need", N_("Mangler ingen"), "Needs nobody"),
        Reason("no_time", N_("Har ikke tid"), "Has no time"),
        Reason("bad_experience", N_("Dårlige erfaringer"), "Bad experience"),
        Reason("already_partner", N_("Samarbejder allerede"), "Already a partner"),
        Reason("wants_mail", N_("Vil hellere have en mail"), "Prefers a mail"),
        Reason("other", N_("Andet"), "Other"),
    )
}
"""The default reasons."""
DECLINE_REASONS: dict[str, str] = {key: reason.label for key, reason in REASONS.items()}

PAUSES: dict[str, str] = {
    "short": N_("Kort pause"),
    "lunch": N_("Frokost"),
    "meeting": N_("Møde"),
    "technical": N_("Teknik driller"),
}

RANK_CALL_BACK, RANK_RETRY, RANK_FRESH = 0, 1, 2
LEASE = timedelta(minutes=10)
