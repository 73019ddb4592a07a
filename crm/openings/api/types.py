"""JSON resource: the types that administrators added."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from crm.openings import queries
from crm.openings.api.blueprint import api
from crm.web.edge import session
from crm.web.permit import requires


class TypeOut(BaseModel):
    """A type that administrators added; ``reports_as``: the reporting type it counts as."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    reports_as: str
    active: bool


class TypeList(BaseModel):
    items: list[TypeOut]


@api.get("/opening-types", summary="Types that administrators added", responses={200: TypeList})
@requires("openings.read")
def opening_types() -> Any:
    rows = queries.own_types(session(), active=None)
    return {"items": [TypeOut.model_validate(row).model_dump(mode="json") for row in rows]}
