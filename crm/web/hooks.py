"""Webhooks of the telephone provider: no sign-in, but a signature over the public address and every field."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import Flask, Response, current_app, request
from twilio.request_validator import RequestValidator

from crm.base.settings import Settings

P = ParamSpec("P")

SIGNATURE = "X-Twilio-Signature"
PREFIX = "/telephony/"
LARGEST = 32 * 1024  # bytes; the provider's own are under 2 KB


def install(app: Flask) -> None:
    """To be installed before anything that reads forms: a stranger's body is cut off before it is parsed."""
    app.before_request(_small)


def _small() -> None:
    if request.path.startswith(PREFIX):
        request.max_content_length = LARGEST


def signed(view: Callable[P, Any]) -> Callable[P, Any]:
    """Let in what the provider signed (HMAC-SHA1, base64, over the URL and the sorted form fields); 403 for the rest.

    The URL is ``CRM_BASE_URL`` with the request's path and query: what the provider was told to call. The Host
    header and what a proxy says of the scheme are the sender's to choose, so they count for nothing.
    Source: Twilio, "Validating requests". Put it beneath ``requires(PUBLIC)``; the blueprint is CSRF-exempt.
    """

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> Any:
        settings: Settings = current_app.extensions["crm.settings"]
        if not is_signed(settings, request.headers.get(SIGNATURE, "")):
            return Response("wrong signature\n", 403, mimetype="text/plain")
        return view(*args, **kwargs)

    return checked


def is_signed(settings: Settings, signature: str) -> bool:
    query = request.query_string.decode("latin-1")
    url = settings.base_url.rstrip("/") + request.path + (f"?{query}" if query else "")
    form = request.form
    return bool(signature) and any(
        RequestValidator(secret).validate(url, form, signature) for secret in settings.webhook_secrets
    )


def field(name: str, largest: int = 200) -> str:
    """A form field, cut short; empty when it is missing."""
    return request.form.get(name, "")[:largest]
