"""A person's digest of a morning: what is new to them, sorted, each agreement once, and the board's news, in Danish
(mails are Danish)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from crm.base.clock import next_working_day
from crm.base.errors import N_
from crm.followups.rules.ladder import overdue_days
from crm.followups.rules.recipients import ROLES
from crm.openings.rules.news import BoardLines

SHOWN = 12
"""Agreements written out in a mail; the rest is counted, with a link: nobody reads forty on a phone."""
TITLES = {
    "today": "Frist i dag",
    "overdue": "Over fristen",
    "substitute": "Som vikar",
    "lead": "Til dig som leder",
    "changes": "Nyt om dine aftaler",
    "coming": "Kommer",
    "copy": "Til orientering",
    "done": "Klaret af andre",
}
WORDS = {
    "today": "i dag",
    "overdue": "over fristen",
    "substitute": "som vikar",
    "lead": "at tage op",
    "coming": "på vej",
    "changes": "med nyt",
    "copy": "til orientering",
    "done": "klaret af andre",
}
CHANGES = {
    "handed_over": N_("Du har fået aftalen overdraget"),
    "answer": N_("Virksomheden har rettet aftalen"),
    "not_kept": N_("Virksomheden siger, at det ikke er sket"),
}
SAID = ("answer", "not_kept")
"""What the company said waits for an answer, also where we hold the agreement to be done."""


@dataclass(frozen=True)
class Entry:
    """A notice as the digest needs it. ``owner_state``: ``here``, ``away`` or ``left``; ``done_by``: who did it."""

    follow_up_id: int
    kind: str
    role: str
    title: str
    workplace: str
    owed_by: str
    due_on: date
    owner_id: int
    owner: str
    owner_phone: str | None = None
    owner_state: str = "here"
    done: bool = False
    done_by: str = ""


@dataclass(frozen=True)
class Group:
    """Agreements under one heading: one consultant's, or (empty heading) one's own."""

    heading: str
    note: str
    phone: str | None
    items: Sequence[Entry]


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    groups: Sequence[Group]
    count: int
    more: int


@dataclass(frozen=True)
class Figure:
    """A jobcentre's agreements that are more than ``days`` working days over; ``oldest``: the days of the oldest."""

    jobcentre: str
    count: int
    days: int
    oldest: int
    new: int


@dataclass(frozen=True)
class Morning:
    day: date
    sections: Sequence[Section] = ()
    figures: Sequence[Figure] = field(default=())
    board: BoardLines = field(default_factory=BoardLines)

    @property
    def empty(self) -> bool:
        return not self.sections and not self.figures and self.board.empty

    @property
    def headline(self) -> str:
        """``3 aftaler i dag, 2 over fristen, 1 forslag venter på svar``: the weightiest three, one of them the board's
        where it has any; region and leads alike."""
        agreed, board = self._agreed(), self.board.parts
        return ", ".join([*agreed[: 2 if board else 3], *board][:3])

    def _agreed(self) -> list[str]:
        counts = [(section.count, WORDS[section.key]) for section in self.sections]
        if self.figures:
            over = sum(figure.count for figure in self.figures)
            counts.append((over, "langt over fristen i regionen" if over else "i regionen"))
        parts = [f"{count} {word}" for count, word in counts]
        for first, word in counts[:1]:
            parts[0] = f"{first} {'aftale' if first == 1 else 'aftaler'} {word}"
        return parts


def compose(
    entries: Iterable[Entry],
    figures: Sequence[Figure],
    day: date,
    board: BoardLines | None = None,
    shown: int = SHOWN,
) -> Morning:
    """Sort into sections; at most ``shown`` agreements are written out, the weightiest first."""
    by_section: dict[str, list[Entry]] = {key: [] for key in TITLES}
    for entry in _once(entries):
        by_section[_section(entry, day)].append(entry)
    sections, left = [], shown
    for key, found in by_section.items():
        if found:
            in_order = sorted(found, key=_order(key))
            sections.append(_written(key, in_order, left))
            left = max(0, left - len(in_order))
    return Morning(day, sections, figures, board or BoardLines())


def _once(entries: Iterable[Entry]) -> list[Entry]:
    """One a follow-up (and one more for what changed), in the nearest of the person's roles."""
    best: dict[tuple[int, str], Entry] = {}
    for entry in entries:
        key = (entry.follow_up_id, entry.kind)
        held = best.get(key)
        if held is None or ROLES.index(entry.role) < ROLES.index(held.role):
            best[key] = entry
    return list(best.values())


def _section(entry: Entry, day: date) -> str:
    if entry.done and entry.kind not in SAID:
        return "done"
    if entry.kind in CHANGES and entry.role == "owner":
        return "changes"
    if entry.role != "owner":
        return entry.role
    due = next_working_day(entry.due_on)
    return "today" if due == day else "overdue" if due < day else "coming"


def _order(key: str) -> Callable[[Entry], tuple[object, ...]]:
    grouped = key in ("substitute", "lead", "copy")
    return lambda e: (
        (e.owner.casefold(), e.owner_id) if grouped else (),
        e.due_on,
        e.workplace.casefold(),
        e.follow_up_id,
    )


def _written(key: str, entries: Sequence[Entry], left: int) -> Section:
    visible = entries[:left]
    if key not in ("substitute", "lead", "copy"):
        groups = [Group("", "", None, visible)] if visible else []
    else:
        owners = dict.fromkeys(entry.owner_id for entry in visible)
        groups = [_group(key, [entry for entry in visible if entry.owner_id == owner]) for owner in owners]
    return Section(key, TITLES[key], groups, len(entries), len(entries) - len(visible))


def _group(key: str, items: Sequence[Entry]) -> Group:
    first = items[0]
    name = first.owner
    if key == "substitute":
        return Group(f"Du vikarierer for {name}", "", None, items)
    if key == "copy":
        return Group(f"Hos {name}", "", None, items)
    if first.owner_state == "left":
        return Group(name, "er her ikke længere. Find en anden til aftalerne.", None, items)
    if first.owner_state == "away":
        return Group(name, "er væk, og ingen på arbejde vikarierer. Find en anden til aftalerne.", None, items)
    return Group(f"Tal med {name}", "", first.owner_phone, items)


def when(entry: Entry, day: date) -> str:
    """``3 arbejdsdage over``, ``i dag``, empty where the date says it."""
    days = overdue_days(entry.due_on, day)
    if days:
        return f"{days} {'arbejdsdag' if days == 1 else 'arbejdsdage'} over"
    return "i dag" if next_working_day(entry.due_on) == day else ""
