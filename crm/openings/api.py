"""JSON resources: openings of a visit, the list."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from crm.openings import actions, queries
from crm.openings.models import Opening
from crm.openings.rules import MAX_CVS, MAX_POSITIONS, MAX_WISHES, NewOpening
from crm.visits import queries as visit_queries
from crm.web.api import In, Paging, api_blueprint, page
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope

api = api_blueprint("openings", "Openings")

OpeningType = Literal[
    "ordinary", "upskilling_job", "adult_apprentice", "job_rotation", "wage_subsidy", "work_placement", "other"
]


class VisitPath(BaseModel):
    visit_id: int = Field(ge=1, le=2**53)


class OpeningIn(In):
    """``akutjob`` only with type ordinary. ``positions`` is what the rates count."""

    type: OpeningType
    positions: int = Field(1, ge=1, le=MAX_POSITIONS)
    akutjob: bool = False
    occupation: str | None = Field(None, max_length=200)
    wishes: str | None = Field(None, max_length=MAX_WISHES)
    cvs_wanted: int | None = Field(None, ge=1, le=MAX_CVS)
    cvs_by: date | None = None

    def told(self) -> NewOpening:
        return NewOpening(
            self.type,
            self.positions,
            self.akutjob,
            self.occupation or "",
            self.wishes or "",
            self.cvs_wanted,
            self.cvs_by,
        )


class OpeningOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    visit_id: int
    campaign_id: int
    jobcentre_id: int
    workplace_id: int
    consultant_id: int
    type: str
    positions: int
    akutjob: bool
    occupation: str
    wishes: str
    cvs_wanted: int | None
    cvs_by: date | None
    state: str
    closed_reason: str | None
    from_report: bool
    created_at: datetime


class OpeningList(BaseModel):
    items: list[OpeningOut]
    next_cursor: str | None


class OpeningsQuery(Paging):
    type: OpeningType | None = None
    campaign_id: int | None = Field(None, ge=1, le=2**53)
    state: Literal["open", "closed"] | None = None


def as_json(opening: Opening) -> dict[str, Any]:
    return OpeningOut.model_validate(opening).model_dump(mode="json")


@api.post(
    "/visits/<int:visit_id>/openings", summary="Log an opening that a held visit gave", responses={201: OpeningOut}
)
@requires("openings.log")
def log_opening(path: VisitPath, body: OpeningIn) -> Any:
    """409 ``not_held`` for a visit that is not reported as held."""
    visit = visit_queries.visit(session(), scope(), path.visit_id)
    return as_json(actions.log(session(), actor(), now(), visit, body.told())), 201


@api.get("/openings", summary="Openings in reach", responses={200: OpeningList})
@requires("openings.read")
def list_openings(query: OpeningsQuery) -> Any:
    wanted = queries.statement(scope(), type=query.type, campaign_id=query.campaign_id, state=query.state)
    rows, cursor = page(session(), wanted, Opening.id, query)
    return {"items": [as_json(row) for row in rows], "next_cursor": cursor}
