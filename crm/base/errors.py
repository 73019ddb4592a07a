"""Errors of the domain. Messages are Danish msgids with {named} fields; the edge translates them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def N_(message: str) -> str:  # noqa: N802 - gettext's customary name
    """Mark a message for translation where none can happen yet (rules, actions, models)."""
    return message


class CrmError(Exception):
    """Any error this product raises on purpose."""


class ConfigurationError(CrmError):
    """A setting is missing or wrong; the text names it and the remedy. For operators, in English."""


class NotFound(CrmError):
    """The record does not exist or lies outside the actor's scope; the two are not told apart."""

    def __init__(self, what: str = N_("Siden eller posten findes ikke, eller du har ikke adgang til den.")) -> None:
        super().__init__(what)


class NotPermitted(CrmError):
    """The signed-in user's roles do not hold the permission the route declares."""


class Refusal(CrmError):
    """The domain says no: what happened, what was kept, what to do next.

    code: stable key for programs (``overlap``, ``travel``, ``hours``, ``capacity``, ``protected``, ``stale`` …).
    message: Danish msgid with ``{name}`` fields filled from ``fields``.
    errors: field name -> message, where the refusal concerns input.
    extra: further data for the API problem (``alternatives``).
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 409,
        errors: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(message.format(**fields) if fields else message)
        self.code = code
        self.message = message
        self.fields = fields
        self.status = status
        self.errors = dict(errors or {})
        self.extra = dict(extra or {})


class Invalid(Refusal):
    """Input that cannot be used: 422, with one message for each field concerned."""

    def __init__(self, message: str, *, errors: Mapping[str, str] | None = None, **fields: Any) -> None:
        super().__init__("invalid", message, status=422, errors=errors, **fields)


def first(errors: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The first message of each field, as forms give them."""
    return {name: str(messages[0]) for name, messages in errors.items() if messages}
