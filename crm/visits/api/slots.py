"""Times that can be driven."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from crm.calling.queries import entry as load_entry
from crm.visits import queries
from crm.visits.api.blueprint import LARGEST, QueryMoment, api
from crm.visits.rules import Explanation, as_dict
from crm.web.api import In
from crm.web.edge import now, session
from crm.web.permit import requires, scope


class SlotsQuery(In):
    """``from``, ``to``: moments with offset, or dates (Danish midnight); default from now to the horizon."""

    model_config = ConfigDict(populate_by_name=True, extra="ignore")
    entry_id: int = Field(ge=1, le=LARGEST)
    frm: QueryMoment | None = Field(None, alias="from")
    to: QueryMoment | None = None
    refused: bool = Field(False, description="Also the times that cannot be had, each with its reason")
    limit: int = Field(500, ge=1, le=2000)


class WeightsOut(BaseModel):
    """Minutes of extra driving that a visit more that week, and a working day later, weigh."""

    fairness_min: int
    earliness_min: int


class SlotOut(BaseModel):
    consultant_id: int
    consultant: str
    initials: str
    starts_at: datetime
    ends_at: datetime
    travel_before_min: int
    travel_after_min: int
    extra_driving_min: int
    ferry: str | None
    explanation: Explanation


class RefusedOut(SlotOut):
    reason: str
    code: str
    needed_min: int | None
    available_min: int | None
    held_until: datetime | None


class SlotsOut(BaseModel):
    """Best first by the jobcentre's weights: lowest score, least extra driving, fewest visits that week, earliest."""

    slots: list[SlotOut]
    refused: list[RefusedOut] | None
    earliest: datetime
    latest: datetime
    consultants: int
    weights: WeightsOut


@api.get("/slots", responses={200: SlotsOut}, summary="Ranked times that can be driven")
@requires("visits.book")
def slots(query: SlotsQuery) -> Any:
    """For one company in the queue. 409 ``no_place`` when its address leads nowhere."""
    entry = load_entry(session(), scope(), query.entry_id)
    frm = query.frm or now()
    to = query.to or now() + timedelta(days=entry.campaign.horizon_days + 1)
    offer = queries.slots(session(), now(), entry, frm, to, refused=query.refused)
    return SlotsOut.model_validate(
        {
            "slots": [as_dict(slot) for slot in offer.slots[: query.limit]],
            "refused": [as_dict(slot) for slot in offer.refused[: query.limit]] if query.refused else None,
            "earliest": offer.earliest,
            "latest": offer.latest,
            "consultants": offer.consultants,
            "weights": asdict(offer.weights),
        }
    ).model_dump(mode="json")
