"""Letters that came back: mark them and the address, all or none; take a mark back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, NotFound, Refusal
from crm.campaigns.models import Letter, LetterBatch, ListEntry
from crm.campaigns.queries.addresses import letters_by_number, other_letter
from crm.campaigns.rules import RETURN_REASONS
from crm.companies.models import Workplace

NAMED = 12
UNKNOWN = N_("Intet er gemt. Disse numre fik ikke brev i forsendelsen: {numbers}. Ret dem, og prøv igen.")
NO_LETTER = N_("Fik ikke brev i forsendelsen: {numbers}")
NONE_GIVEN = N_("Skriv mindst ét P-nummer, vælg en fil, eller sæt kryds ved virksomhederne. Intet er gemt.")
TOO_EARLY = N_("Brevene sendes først {day}, så de kan ikke være kommet retur. Intet er gemt.")


def mark_returned(
    session: Session,
    actor: Any,
    now: datetime,
    batch: LetterBatch,
    numbers: Mapping[str, str | None],
    because: str,
    unread: Sequence[str] = (),
) -> tuple[int, int]:
    """How many letters are marked now, and how many were before. ``numbers``: P-number -> key of RETURN_REASONS, or
    None for ``because``. The workplace's address is marked too, until the register has a new one.

    Raises Invalid naming the numbers that had no letter in the batch, and ``unread``, what is no number at all
    (nothing is then saved); Refusal ``not_mailed``.
    """
    if because not in RETURN_REASONS:
        raise Invalid(N_("Vælg en årsag. Intet er gemt."), errors={"because": N_("Vælg en årsag")})
    if not numbers and not unread:
        raise Invalid(NONE_GIVEN, errors={"numbers": N_("Skriv mindst ét P-nummer")})
    if danish_date(now) < batch.mailed_on:
        raise Refusal("not_mailed", TOO_EARLY, day=f"{batch.mailed_on:%d.%m.%Y}")
    found = letters_by_number(session, batch, list(numbers))
    _refuse_unknown([*unread, *(number for number in numbers if number not in found)])
    fresh = [(found[number], why or because) for number, why in numbers.items() if not found[number][0].returned_at]
    for (letter, workplace), why in fresh:
        letter.returned_at, letter.returned_because = now, why
        workplace.mail_returned_at = workplace.mail_returned_at or now
        _note(session, actor, now, "mail_returned", batch, workplace, reason=RETURN_REASONS[why])
    session.flush()
    return len(fresh), len(numbers) - len(fresh)


def _refuse_unknown(unknown: list[str]) -> None:
    """Raises Invalid that names them, the first ``NAMED``."""
    if unknown:
        named = ", ".join(unknown[:NAMED]) + (f" (+{len(unknown) - NAMED})" if len(unknown) > NAMED else "")
        raise Invalid(UNKNOWN, errors={"numbers": NO_LETTER}, numbers=named)


def undo_returned(session: Session, actor: Any, now: datetime, batch: LetterBatch, entry_id: int) -> Workplace:
    """Take the mark off the letter, and off the address unless another letter came back from it as well.

    Raises NotFound; Refusal ``stale`` when it is not marked, ``again`` when the company has a new letter since.
    """
    letter = session.get(Letter, (batch.id, entry_id))
    if letter is None:
        raise NotFound
    if letter.returned_at is None:
        raise Refusal("stale", N_("Brevet er ikke markeret som returneret. Intet er ændret."))
    if other_letter(session, letter):
        raise Refusal("again", N_("Virksomheden har fået et nyt brev siden. Markeringen er bevaret."))
    workplace = session.scalars(
        select(Workplace)
        .join(ListEntry, ListEntry.workplace_id == Workplace.id)
        .where(ListEntry.id == entry_id)
        .with_for_update(of=Workplace)
    ).one()
    if workplace.mail_returned_at == letter.returned_at:
        workplace.mail_returned_at = _next_mark(session, letter, workplace)
    letter.returned_at = letter.returned_because = None
    _note(session, actor, now, "mail_not_returned", batch, workplace)
    session.flush()
    return workplace


def _next_mark(session: Session, letter: Letter, workplace: Workplace) -> datetime | None:
    """When the next letter to the same address came back; a mark stands from the first one."""
    found: datetime | None = session.scalar(
        select(func.min(Letter.returned_at))
        .join(ListEntry, ListEntry.id == Letter.list_entry_id)
        .where(
            ListEntry.workplace_id == workplace.id,
            Letter.returned_at >= letter.returned_at,
            (Letter.batch_id != letter.batch_id) | (Letter.list_entry_id != letter.list_entry_id),
        )
    )
    return found


def _note(
    session: Session, actor: Any, now: datetime, what: str, batch: LetterBatch, workplace: Workplace, **data: Any
) -> None:
    activity.record(
        session,
        actor,
        now,
        f"campaigns.{what}",
        workplace,
        workplace_id=workplace.id,
        campaign_id=batch.call_list.participation.campaign_id,
        batch_id=batch.id,
        name=batch.name,
        **data,
    )
