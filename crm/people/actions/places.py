"""Reference data, jobcentres, calling firms."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid
from crm.people.models import CallingFirm, Jobcentre, Municipality, Region

REGION_NAMES = {
    "nordjylland": "Nordjylland",
    "midtjylland": "Midtjylland",
    "syddanmark": "Syddanmark",
    "sjaelland": "Sjælland",
    "hovedstaden": "Hovedstaden",
}
DATA = Path(__file__).parents[1] / "data" / "municipalities.csv"


def load_reference(session: Session) -> int:
    """Regions and the 98 municipalities from the package's own table; existing rows stay. How many are new."""
    regions = {region.key: region for region in session.scalars(select(Region))}
    for key, name in REGION_NAMES.items():
        if key not in regions:
            regions[key] = Region(key=key, name=name)
            session.add(regions[key])
    session.flush()
    known = set(session.scalars(select(Municipality.code)))
    with DATA.open(encoding="utf-8", newline="") as source:
        rows = [row for row in csv.DictReader(source) if row["code"] not in known]
    for row in rows:
        session.add(
            Municipality(
                code=row["code"],
                name=row["name"],
                region_id=regions[row["region_key"]].id,
                tile_x=int(row["tile_x"]),
                tile_y=int(row["tile_y"]),
            )
        )
    session.flush()
    return len(rows)


def add_jobcentre(
    session: Session,
    actor: Any,
    now: datetime,
    *,
    name: str,
    municipality_codes: Sequence[str],
    postcode: str,
    street: str = "",
    city: str = "",
    phone: str | None = None,
) -> Jobcentre:
    """A jobcentre for municipalities that have none yet. Raises Invalid."""
    found = {m.code: m for m in session.scalars(select(Municipality).where(Municipality.code.in_(municipality_codes)))}
    if not found or set(municipality_codes) - set(found):
        raise Invalid(
            N_("Vælg mindst én kommune, der findes."), errors={"municipalities": N_("Vælg mindst én kommune")}
        )
    taken = [m.name for m in found.values() if m.jobcentre_id]
    if taken:
        raise Invalid(
            N_("{names} hører allerede til et jobcenter."),
            names=", ".join(taken),
            errors={"municipalities": N_("hører allerede til et jobcenter")},
        )
    if session.scalar(select(Jobcentre.id).where(Jobcentre.name == name)):
        raise Invalid(N_("Der findes allerede et jobcenter med det navn."), errors={"name": N_("Navnet er i brug")})
    first = found[municipality_codes[0]]
    jobcentre = Jobcentre(
        name=name, region_id=first.region_id, postcode=postcode, street=street, city=city, phone=phone
    )
    session.add(jobcentre)
    session.flush()
    for municipality in found.values():
        municipality.jobcentre_id = jobcentre.id
    activity.record(session, actor, now, "people.add_jobcentre", jobcentre, name=name)
    session.flush()
    return jobcentre


def add_calling_firm(session: Session, actor: Any, now: datetime, name: str) -> CallingFirm:
    if session.scalar(select(CallingFirm.id).where(CallingFirm.name == name)):
        raise Invalid(N_("Der findes allerede et phonerfirma med det navn."), errors={"name": N_("Navnet er i brug")})
    firm = CallingFirm(name=name)
    session.add(firm)
    session.flush()
    activity.record(session, actor, now, "people.add_calling_firm", firm, name=name)
    return firm
