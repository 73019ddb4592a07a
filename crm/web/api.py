"""API plumbing: blueprints with one set of tags and problems, cursor paging, validation answers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from flask import Response, abort, request
from flask_babel import gettext as _
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.info import Info
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from crm.base.errors import N_, Invalid, Refusal
from crm.web import permit
from crm.web.errors import BIGGEST_ID, problem

UNREADABLE = N_("Kaldets indhold kan ikke læses som JSON i UTF-8. Ret det, og send det igen; intet er gemt.")
NO_OBJECT = N_("Kaldets indhold skal være et JSON-objekt med felter. Ret det, og send det igen; intet er gemt.")
SECURITY: list[dict[str, list[str]]] = [{"token": []}]
INFO = Info(
    title="Jobåbner",
    version="1",
    description="Queue, booking, visits, openings, follow-ups and rates. Bearer tokens from `crm users token EMAIL`. "
    "Errors are RFC 9457 problem details. Times are ISO 8601 with offset; a time without one is refused.",
)
SECURITY_SCHEMES: dict[str, Any] = {"token": {"type": "http", "scheme": "bearer"}}


class FieldError(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] | None = None
    model_config = ConfigDict(extra="allow")


class In(BaseModel):
    """Base of request models: unknown fields are refused, text is trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """NUL is in no text: PostgreSQL refuses it."""
        if isinstance(value, str) and "\0" in value:
            raise ValueError("contains a NUL character")
        return value


class Paging(BaseModel):
    """Query fields every list takes."""

    cursor: str | None = Field(None, description="From `next_cursor` of the previous page")
    limit: int = Field(50, ge=1, le=200)


_MEANINGS = {
    400: "Unreadable request",
    401: "No valid token",
    403: "The role lacks the permission",
    404: "No such record in reach",
    409: "The domain refuses; see code",
    415: "Body is not JSON",
    422: "Input that cannot be used",
    429: "Too many calls",
}
PROBLEMS: dict[Any, Any] = {
    status: {
        "description": meaning,
        "content": {
            "application/problem+json": {
                "schema": Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            }
        },
    }
    for status, meaning in _MEANINGS.items()
}


def api_blueprint(room: str, title: str) -> APIBlueprint:
    """A room's JSON resources under /api/v1. Who calls is settled before the input is looked at."""
    blueprint = APIBlueprint(
        f"{room}_api",
        f"crm.{room}",
        url_prefix="/api/v1",
        abp_tags=[Tag(name=title)],
        abp_security=SECURITY,
        abp_responses=PROBLEMS,
    )
    blueprint.before_request(permit.require_token)
    blueprint.before_request(require_json)
    return blueprint


def require_json() -> None:
    """A body is a JSON object and says so: else 415, or 400 with what is wrong. No body is the model's to judge."""
    if not (request.content_length or request.get_data()):
        return
    if not request.is_json:
        abort(415)
    try:
        found = request.json if request.data.strip() else None
    except (BadRequest, RecursionError) as exc:
        raise Refusal("unreadable", UNREADABLE, status=400) from exc
    if not isinstance(found, dict):
        raise Refusal("unreadable", NO_OBJECT, status=400)


def invalid_input(error: ValidationError) -> Response:
    """422 with one message for each field that pydantic refuses."""
    errors = [
        {"field": ".".join(str(part) for part in item["loc"]) or "body", "message": _message(item)}
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return problem(
        422,
        "invalid",
        _("Noget i kaldet kan ikke bruges. Ret felterne og send det igen; intet er gemt."),
        errors=errors,
    )


def _message(item: Any) -> str:
    """Pydantic's words, ours where a body is missing; our own validators' messages without its prefix."""
    if item["type"] == "model_type" and not item["loc"]:
        return str(_(NO_OBJECT))
    return str(item["msg"]).removeprefix("Value error, ")


def make_openapi(import_name: str, **options: Any) -> OpenAPI:
    """The Flask application class that also writes /api/v1/openapi.json."""
    return OpenAPI(
        import_name,
        info=INFO,
        security_schemes=SECURITY_SCHEMES,
        doc_prefix="/api/v1",
        doc_url="/openapi.json",
        validation_error_callback=invalid_input,
        validation_error_model=Problem,
        **options,
    )


def page(
    session: Session, statement: Select[Any], key: Any, paging: Paging, *, descending: bool = False
) -> tuple[Sequence[Any], str | None]:
    """One page of a list ordered by the unique integer column ``key``, and the cursor of the next (None at the end)."""
    if paging.cursor:
        last = decode_cursor(paging.cursor)
        statement = statement.where(key < last if descending else key > last)
    statement = statement.order_by(None).order_by(key.desc() if descending else key).limit(paging.limit + 1)
    rows = session.scalars(statement).all()
    more = len(rows) > paging.limit
    rows = rows[: paging.limit]
    return rows, encode_cursor(getattr(rows[-1], key.key)) if more else None


def encode_cursor(last: int) -> str:
    return base64.urlsafe_b64encode(f"c{last}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> int:
    """Raises Invalid for a cursor that this API did not give."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        last = int(text.removeprefix("c"))
        if not text.startswith("c") or not 0 <= last <= BIGGEST_ID:
            raise ValueError(cursor)
        return last
    except (ValueError, binascii.Error) as exc:
        raise Invalid(
            N_("Markøren cursor kan ikke læses. Brug next_cursor fra forrige side."),
            errors={"cursor": N_("kan ikke læses")},
        ) from exc


__all__ = ["In", "Paging", "Problem", "Tag", "api_blueprint", "page", "select"]
