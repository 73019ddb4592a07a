"""What is new on the board to one receiver, as a mail tells it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm.openings.rules.board import Card


@dataclass(frozen=True)
class BoardLines:
    """``cards``: openings newly shared; ``offers``: proposals that wait for the receiver's answer; ``answers``: what
    became of the receiver's own. ``counts``: how many there are of each, which may be more than are written out."""

    cards: Sequence[Card] = ()
    offers: Sequence[Mapping[str, Any]] = ()
    answers: Sequence[Mapping[str, Any]] = ()
    counts: tuple[int, int, int] = (0, 0, 0)

    @property
    def empty(self) -> bool:
        return not any(self.counts)

    @property
    def parts(self) -> list[str]:
        """For a user's headline, what waits for them first: ``1 forslag venter på svar``."""
        shares, offers, answers = self.counts
        words = (
            (offers, "forslag venter på svar"),
            (shares, "ny åbning på tavlen" if shares == 1 else "nye åbninger på tavlen"),
            (answers, "svar på dine forslag"),
        )
        return [f"{count} {word}" for count, word in words if count]
