"""What an agreement must hold, when it is due, and the ladder of nags, all in Danish working days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crm.base.clock import add_working_days, danish, is_working_day, next_working_day, working_days_between
from crm.base.errors import N_

KINDS: dict[str, str] = {
    "we_owe": N_("Vi har lovet noget"),
    "company_owes": N_("Virksomheden vender tilbage"),
    "future_need": N_("Behov senere"),
    "care": N_("Holde kontakten"),
}
OWED_BY: dict[str, str] = {"jobcentre": N_("Vi skylder"), "company": N_("Virksomheden skylder")}

NAG_MINUTE = 7 * 60 + 30  # 07.30 on the Danish clock
HORIZON = timedelta(days=3 * 366)
FAR = timedelta(days=42)
MAX_PROMISE = 2000
MAX_REASON = 300


@dataclass(frozen=True)
class Step:
    """``after`` working days past the due date: to the owner or the lead, perhaps with the lead copied."""

    key: str
    after: int
    to_lead: bool
    copy_lead: bool


LADDER = (
    Step("due", 0, to_lead=False, copy_lead=False),
    Step("overdue", 2, to_lead=False, copy_lead=True),
    Step("escalated", 5, to_lead=True, copy_lead=False),
)


@dataclass(frozen=True)
class FollowUpDecision:
    """Who owes what by when. ``due_on`` is a Danish date, None where it was not said (and is asked for)."""

    owed_by: str
    due_on: date | None
    promise: str
    kind: str


@dataclass(frozen=True)
class NoFollowUp:
    """No next contact, and why."""

    because: str


def problems(decision: FollowUpDecision | NoFollowUp | None, visit_day: date) -> dict[str, str]:
    """Field -> Danish message. ``follow_up`` is the field of a decision that is missing altogether."""
    if decision is None:
        return {"follow_up": N_("Skriv, hvad I aftalte, eller hvorfor der ingen opfølgning er")}
    if isinstance(decision, NoFollowUp):
        wrong = _words(decision.because, MAX_REASON, N_("Skriv, hvorfor der ingen opfølgning er"))
        return {"no_follow_up_because": wrong} if wrong else {}
    found: dict[str, str] = {}
    if decision.owed_by not in OWED_BY:
        found["follow_up.owed_by"] = N_("Vælg, hvem der skylder")
    if decision.kind not in KINDS:
        found["follow_up.kind"] = N_("Vælg en af slagsene")
    elif (decision.kind, decision.owed_by) in (("we_owe", "company"), ("company_owes", "jobcentre")):
        found["follow_up.kind"] = N_("Passer ikke med, hvem der skylder")
    wrong = _words(decision.promise, MAX_PROMISE, N_("Skriv, hvad I aftalte"))
    if wrong:
        found["follow_up.promise"] = wrong
    missing = N_("Vælg en dato, før du lukker besøget")
    wrong = due_problem(decision.due_on, visit_day) if decision.due_on else missing
    if wrong:
        found["follow_up.due_on"] = wrong
    return found


def plain(text: str) -> str:
    """The words as they are kept: browsers send other line ends than programs."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _words(text: str, longest: int, missing: str) -> str | None:
    if not text.strip():
        return missing
    if len(text) > longest:
        return N_("Teksten er for lang")
    return None


def due_problem(due_on: date, earliest: date) -> str | None:
    """Why this date will not do: before ``earliest``, more than three years on, or not a Danish working day.

    A date on a day off is never moved in silence: whoever agreed on it must say which day instead.
    """
    if due_on < earliest:
        return N_("Datoen ligger før besøget")
    if due_on > earliest + HORIZON:
        return N_("Vælg en dato inden for tre år")
    if not is_working_day(due_on):
        return N_("Det er ikke en arbejdsdag. Den næste er {next_working_day}")
    return None


def kind_of(owed_by: str, *, openings: bool, due_on: date | None, visit_day: date) -> str:
    """The kind, where the person only said who, what and when: our promise after a visit without an opening,
    six weeks or more ahead, is a need told for later ("perhaps in June")."""
    if owed_by == "company":
        return "company_owes"
    far = due_on is not None and due_on - visit_day >= FAR
    return "future_need" if far and not openings else "we_owe"


def quick_dates(today: date) -> list[tuple[str, date]]:
    """The choices of the report page: (key, working day) - Friday of next week, two weeks on, 1 March.

    1 March is the next one that lies four weeks ahead or more. A day off gives the working day after it.
    """
    friday = today + timedelta(days=11 - today.weekday())
    marches = (date(today.year + years, 3, 1) for years in range(3))
    march = next(day for day in marches if day - today >= timedelta(days=28))
    chosen: list[tuple[str, date]] = []
    for key, day in (("friday", friday), ("fortnight", today + timedelta(days=14)), ("march", march)):
        day = next_working_day(day)
        if day not in (taken for _key, taken in chosen):
            chosen.append((key, day))
    return chosen


def overdue_days(due_on: date, today: date) -> int:
    """Working days past the due date; 0 on the day and before it. A Saturday adds none."""
    return max(0, working_days_between(next_working_day(due_on), today))


def nag_day(now: datetime) -> date:
    """The last working day whose 07.30 (Danish) has come: what was due by then is due now."""
    local = danish(now)
    day = local.date()
    if is_working_day(day) and local.hour * 60 + local.minute >= NAG_MINUTE:
        return day
    return add_working_days(day, -1)


def step_on(due_on: date, day: date) -> Step | None:
    """The highest step reached on the working day ``day``; None before the due date.

    A late start thus writes one nag, the one that fits, not one for each step that was missed.
    """
    start = next_working_day(due_on)
    reached = [step for step in LADDER if add_working_days(start, step.after) <= day]
    return reached[-1] if reached else None


def thresholds(day: date) -> list[tuple[Step, date]]:
    """For a query: highest step first, each with the latest due date that has reached it on ``day``."""
    return [(step, add_working_days(day, -step.after)) for step in reversed(LADDER)]


@dataclass(frozen=True)
class Kept:
    """``due`` promises whose first date has come, ``kept`` done on or before it, ``late`` done after it."""

    due: int
    kept: int
    late: int


def kept(rows: Sequence[tuple[date, date | None]], today: date) -> Kept:
    """rows: (first due date, Danish date it was done or None). Not yet due ones count nowhere."""
    come = [(first, done) for first, done in rows if first <= today]
    on_time = sum(1 for first, done in come if done is not None and done <= first)
    late = sum(1 for first, done in come if done is not None and done > first)
    return Kept(len(come), on_time, late)
