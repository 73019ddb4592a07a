"""Letters before the calls: deal a list into batches, move or cancel one while its day has not come, hand out the
addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.clock import danish_date
from crm.base.db import among
from crm.base.errors import N_, Invalid, Refusal
from crm.campaigns.models import CallList, Campaign, Letter, LetterBatch
from crm.campaigns.queries.addresses import Address, addresses
from crm.campaigns.queries.letters import barred, letter_candidates
from crm.campaigns.rules import EVERY, MOST_BATCHES, Portion, deal, in_order, letter_opens

CHUNK = 5000
_KEPT = N_("Der er ikke lavet en forsendelse. Ret felterne, og prøv igen.")
NO_TEXT = N_(
    "Kampagnen mangler den oplysningstekst, som breve skal have (databeskyttelsesforordningens artikel 14). "
    "Skriv den under Ret kampagnen, eller bed kampagnelederen om det. Der er ikke lavet en forsendelse."
)
NOT_APPROVED = N_("Listen er ikke godkendt. Godkend den, før der laves breve.")
CLOSED = N_("Kampagnen er lukket, så der kan ikke laves breve. Intet er ændret.")
NOBODY = N_(
    "Ingen på listen kan få et brev: de har et i forvejen, eller noget står i vejen. Der er ikke lavet en forsendelse."
)
GONE = N_("Brevene er sendt {day}, så forsendelsen kan ikke ændres. Intet er ændret.")
HELD_BACK = N_("Ingen i forsendelsen må få brevet nu, så der er ingen adresser at hente.")


def make_letters(
    session: Session,
    actor: Any,
    now: datetime,
    call_list: CallList,
    *,
    name: str,
    first_on: date,
    amount: int | None = None,
    per: int | None = None,
    every: str = "week",
) -> list[LetterBatch]:
    """Batches of the list's companies that have no letter yet, in its order, from ``first_on`` (a Danish date).

    ``amount``: only the first so many (None: all). ``per``: at most so many on one date, the next ones after
    ``every`` (key of rules.EVERY). Who may not have a letter stands in the batch with the reason. Raises Invalid;
    Refusal ``not_approved``, ``closed``, ``no_text``, ``empty``.
    """
    refuse_letters(call_list)
    session.execute(select(CallList.id).where(CallList.id == call_list.id).with_for_update())
    _check_numbers(name, amount, per, every)
    portions = deal(letter_candidates(session, call_list), first_on, amount=amount, per=per, every=every)
    if not portions:
        raise Refusal("empty", NOBODY)
    if len(portions) > MOST_BATCHES:
        raise Invalid(
            _KEPT,
            errors={"per": N_("Det giver {count} forsendelser. Tag flere ad gangen, højst {most} forsendelser")},
            count=len(portions),
            most=MOST_BATCHES,
        )
    for portion, field in ((portions[0], "first_on"), (portions[-1], "first_on" if len(portions) == 1 else "per")):
        check_day(call_list.participation.campaign, now, portion.mailed_on, field)
    made = [
        _write(session, actor, now, call_list, portion, name.strip() + (f" {number}" if len(portions) > 1 else ""))
        for number, portion in enumerate(portions, start=1)
    ]
    session.flush()
    return made


def refuse_letters(call_list: CallList) -> None:
    """Raises Refusal when no letters can be made for the list at all."""
    campaign = call_list.participation.campaign
    if call_list.state != "approved":
        raise Refusal("not_approved", NOT_APPROVED)
    if campaign.state != "open":
        raise Refusal("closed", CLOSED)
    if not campaign.information_text.strip():
        raise Refusal("no_text", NO_TEXT)


def _check_numbers(name: str, amount: int | None, per: int | None, every: str) -> None:
    errors: dict[str, str] = {}
    if not name.strip():
        errors["name"] = N_("Giv forsendelsen et navn")
    if amount is not None and amount < 1:
        errors["amount"] = N_("Skriv et tal fra 1 og op")
    if per is not None and per < 1:
        errors["per"] = N_("Skriv et tal fra 1 og op")
    if every not in EVERY:
        errors["every"] = N_("Vælg fra listen")
    if errors:
        raise Invalid(_KEPT, errors=errors)


def check_day(campaign: Campaign, now: datetime, mailed_on: date, field: str) -> None:
    """Raises Invalid naming ``field`` when the day is past, or leaves no day for the calls."""
    if mailed_on < danish_date(now):
        raise Invalid(_KEPT, errors={field: N_("Dagen er forbi. Vælg i dag eller en senere dag")})
    if letter_opens(campaign, mailed_on) is None:
        raise Invalid(
            _KEPT,
            errors={field: N_("Breve fra {day} når ikke frem til opkald, før kampagnen slutter {end}")},
            day=_shown(mailed_on),
            end=_shown(campaign.ends_on),
        )


def _shown(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _write(
    session: Session, actor: Any, now: datetime, call_list: CallList, portion: Portion, name: str
) -> LetterBatch:
    made = LetterBatch(
        call_list_id=call_list.id,
        name=name[:120],
        mailed_on=portion.mailed_on,
        created_at=now,
        created_by=getattr(actor, "id", None),
    )
    session.add(made)
    session.flush()
    left_out = dict(portion.left_out)
    rows = (
        {"batch_id": made.id, "list_entry_id": entry_id, "left_out": left_out.get(entry_id)}
        for entry_id in [*portion.letters, *left_out]
    )
    while chunk := list(islice(rows, CHUNK)):
        session.execute(insert(cast(Table, Letter.__table__)), chunk)
    _note(session, actor, now, "make_letters", made, call_list, letters=len(portion.letters), left_out=portion.reasons)
    return made


def _note(
    session: Session, actor: Any, now: datetime, what: str, batch: LetterBatch, call_list: CallList, **data: Any
) -> None:
    activity.record(
        session,
        actor,
        now,
        f"campaigns.{what}",
        batch,
        campaign_id=call_list.participation.campaign_id,
        name=batch.name,
        mailed_on=batch.mailed_on.isoformat(),
        list=call_list.name,
        **data,
    )


def move_letters(session: Session, actor: Any, now: datetime, batch: LetterBatch, mailed_on: date) -> None:
    """Give the batch another day; calling opens accordingly. Raises Invalid, Refusal ``mailed`` from its day on."""
    _still_here(session, now, batch)
    check_day(batch.call_list.participation.campaign, now, mailed_on, "mailed_on")
    before, batch.mailed_on = batch.mailed_on, mailed_on
    _note(session, actor, now, "move_letters", batch, batch.call_list, moved_from=before.isoformat())
    session.flush()


def cancel_letters(session: Session, actor: Any, now: datetime, batch: LetterBatch) -> None:
    """Drop the batch; its companies are without a letter again. Raises Refusal ``mailed`` from its day on."""
    _still_here(session, now, batch)
    _note(session, actor, now, "cancel_letters", batch, batch.call_list)
    session.execute(delete(Letter).where(Letter.batch_id == batch.id), execution_options={"synchronize_session": False})
    session.flush()
    session.delete(batch)
    session.flush()


def _still_here(session: Session, now: datetime, batch: LetterBatch) -> None:
    """Hold the batch until the transaction ends. Raises Refusal ``mailed``."""
    day = session.scalar(select(LetterBatch.mailed_on).where(LetterBatch.id == batch.id).with_for_update())
    if day is None or day <= danish_date(now):
        raise Refusal("mailed", GONE, day=_shown(day or batch.mailed_on))


def export_letters(session: Session, actor: Any, now: datetime, batch: LetterBatch, kind: str) -> Sequence[Address]:
    """The addresses for the printer, and a note of who fetched them with which text; ``kind``: csv or xlsx.

    Protection, wishes, returns and addresses are checked again. Up to the mailing day those who fall out get
    no letter any more; afterwards they are only left out of the file. Raises Refusal ``no_text``, ``empty``.
    """
    campaign = batch.call_list.participation.campaign
    if not campaign.information_text.strip():
        raise Refusal("no_text", NO_TEXT)
    out = barred(session, batch)
    rows = [row for row in addresses(session, batch) if row.entry_id not in out]
    if not rows:
        raise Refusal("empty", HELD_BACK)
    if batch.mailed_on >= danish_date(now):
        for reason in set(out.values()):
            session.execute(
                update(Letter)
                .where(
                    Letter.batch_id == batch.id,
                    among(session, Letter.list_entry_id, [entry for entry, why in out.items() if why == reason]),
                )
                .values(left_out=reason)
                .execution_options(synchronize_session=False)
            )
    held = in_order(Counter(out.values()))
    _note(
        session,
        actor,
        now,
        "export_letters",
        batch,
        batch.call_list,
        kind=kind,
        rows=len(rows),
        held_back=held,
        text=campaign.information_text,
    )
    session.flush()
    return rows
