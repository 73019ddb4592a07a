"""Visits, one or many."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import ConfigDict, Field

from crm.visits import queries
from crm.visits.api.blueprint import LARGEST, api
from crm.visits.api.shapes import State, VisitList, VisitOut, VisitPath, as_json
from crm.visits.models import Visit
from crm.web.api import Paging, page
from crm.web.edge import session
from crm.web.permit import requires, scope


class VisitsQuery(Paging):
    """``from``, ``to``: Danish days, both included."""

    model_config = ConfigDict(populate_by_name=True)
    state: State | None = None
    frm: date | None = Field(None, alias="from", ge=date(2000, 1, 1), le=date(2100, 1, 1))
    to: date | None = Field(None, ge=date(2000, 1, 1), le=date(2100, 1, 1))
    consultant_id: int | None = Field(None, ge=1, le=LARGEST)
    campaign_id: int | None = Field(None, ge=1, le=LARGEST)


@api.get("/visits", responses={200: VisitList}, summary="List, newest first")
@requires("visits.read")
def index(query: VisitsQuery) -> Any:
    statement = queries.visits(
        scope(),
        state=query.state,
        frm=query.frm,
        to=query.to,
        consultant_id=query.consultant_id,
        campaign_id=query.campaign_id,
    )
    rows, cursor = page(session(), statement, Visit.id, query, descending=True)
    return {"items": [as_json(visit) for visit in rows], "next_cursor": cursor}


@api.get("/visits/<int:visit_id>", responses={200: VisitOut}, summary="One visit with its history")
@requires("visits.read")
def show(path: VisitPath) -> Any:
    return as_json(queries.visit(session(), scope(), path.visit_id, booked=True), history=True)
