"""The company moves or cancels its visit itself, by its link: nobody is signed in, and both parties are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, Refusal
from crm.visits.actions.change import cancel, hold_row, relocate
from crm.visits.actions.check import lock_days, others, warm_day, whole_minute
from crm.visits.models import Visit
from crm.visits.queries.company import company_ask
from crm.visits.queries.slots import ask_for_visit
from crm.visits.rules.link import REASONS

LONGEST = 300
MOVED = N_("Besøget er ændret, siden I åbnede siden. Intet er ændret nu: se den nye tid, og vælg igen.")
OVER = N_("Besøget er begyndt eller afholdt og kan ikke ændres her. Ring til konsulenten.")
CLOSED = N_("Besøget er allerede aflyst eller rapporteret. Intet er ændret.")
SOON = N_("Tiden ligger for tidligt: den kan tidligst være {earliest}. Besøget er ikke flyttet.")


def company_move(
    session: Session,
    now: datetime,
    visit: Visit,
    sequence: int,
    consultant_id: int,
    starts_at: datetime,
    message: str = "",
) -> Visit:
    """Move the visit as the company saw it (``sequence``). Doing it twice does it once.

    Raises Refusal ``stale`` (changed, begun, cancelled or over), ``hours`` within the campaign's notice, and what
    ``move`` raises; NotFound for a consultant of another jobcentre.
    """
    starts_at = whole_minute(starts_at)
    warm_day(session, now, lambda: ask_for_visit(visit), starts_at)
    hold_row(session, visit)
    if (visit.consultant_id, visit.starts_at, visit.state) == (consultant_id, starts_at, "booked"):
        return visit
    _as_seen(now, visit, sequence)
    ask = company_ask(visit)
    earliest = ask.wish(now).earliest
    if starts_at < earliest:
        extra = others(session, now, ask, consultant_id, starts_at)
        raise Refusal("hours", SOON, extra=extra, earliest=earliest)
    lock_days(session, [(visit.consultant_id, danish_date(visit.starts_at)), (consultant_id, danish_date(starts_at))])
    said = " ".join(message.split())
    reason = f"Virksomheden har selv flyttet besøget{': ' if said else ''}{said}"[:LONGEST]
    try:
        return relocate(session, None, now, visit, consultant_id, starts_at, reason)
    except Refusal as refusal:
        refusal.extra["alternatives"] = _later(refusal.extra, earliest)
        raise


def company_cancel(session: Session, now: datetime, visit: Visit, sequence: int, reason: str, said: str = "") -> Visit:
    """Cancel the visit as the company saw it. ``reason``: a key of REASONS; ``other`` needs words of their own.

    Raises Invalid without a reason, Refusal ``stale`` (changed, begun, or over). Doing it twice does it once.
    """
    told = reason_text(reason, said)
    hold_row(session, visit)
    if visit.state == "cancelled_by_company":
        return visit
    _as_seen(now, visit, sequence)
    return cancel(session, None, now, visit, "company", told)


def reason_text(reason: str, said: str) -> str:
    """The reason in words. Raises Invalid naming the field that is missing."""
    words = " ".join(said.split())
    if reason not in REASONS:
        raise Invalid(N_("Vælg en grund; konsulenten får den at vide."), errors={"reason": N_("Vælg en grund.")})
    if reason == "other" and not words:
        raise Invalid(N_("Skriv, hvorfor besøget aflyses."), errors={"said": N_("Skriv, hvorfor besøget aflyses.")})
    return (words if reason == "other" else f"{REASONS[reason]}{': ' if words else ''}{words}")[:LONGEST]


def _as_seen(now: datetime, visit: Visit, sequence: int) -> None:
    if visit.state != "booked":
        raise Refusal("stale", CLOSED)
    if now >= visit.starts_at:
        raise Refusal("stale", OVER)
    if visit.sequence != sequence:
        raise Refusal("stale", MOVED)


def _later(extra: Mapping[str, Any], earliest: datetime) -> list[Any]:
    """The alternatives that keep the notice."""
    found = extra.get("alternatives", [])
    return [slot for slot in found if datetime.fromisoformat(slot["starts_at"]) >= earliest]
