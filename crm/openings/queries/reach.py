"""How far it is: from a jobcentre to its neighbours, and to the places of openings."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from crm.people.models import Jobcentre
from crm.people.queries import jobcentres
from crm.travel.engine import default_engine, place_of_postcode


def minutes_from(postcode: str, others: Iterable[str]) -> dict[str, int | None]:
    """Minutes from one postcode's place to each of the others, in one question; None where it is no same-day drive or
    a postcode is unknown."""
    wanted = sorted(set(others))
    origin = place_of_postcode(postcode)
    known = [(code, place) for code in wanted if (place := place_of_postcode(code)) is not None]
    found: dict[str, int | None] = dict.fromkeys(wanted)
    if origin is not None and known:
        legs = default_engine().matrix([origin], [place for _code, place in known])[0]
        found |= {code: leg.minutes if leg.reachable else None for (code, _), leg in zip(known, legs, strict=True)}
    return found


def neighbours(session: Session, jobcentre_id: int) -> list[tuple[Jobcentre, int | None]]:
    """All other jobcentres, the nearest first, with the minutes; those out of a day's reach last."""
    rows = jobcentres(session)
    home = next(row for row in rows if row.id == jobcentre_id)
    others = [row for row in rows if row.id != jobcentre_id]
    minutes = minutes_from(home.postcode, (row.postcode for row in others))
    ranked = [(row, minutes[row.postcode]) for row in others]
    return sorted(ranked, key=lambda found: (found[1] is None, found[1] or 0, found[0].name))
