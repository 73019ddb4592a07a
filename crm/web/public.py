"""Pages that a signed link opens without signing in: their address is a key, and they keep it to themselves."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, request
from flask_wtf.csrf import CSRFError, validate_csrf
from wtforms import ValidationError


def keeps_quiet(blueprint: Blueprint) -> None:
    """No referrer, no search engine, no copy kept; and the form's token, which is then asked for without a referrer."""
    blueprint.before_request(_believed)
    blueprint.after_request(_quiet)


def _believed() -> None:
    """Raises CSRFError."""
    if request.method == "POST" and current_app.config.get("WTF_CSRF_ENABLED", True):
        try:
            validate_csrf(request.form.get("csrf_token"))
        except ValidationError as exc:
            raise CSRFError(str(exc)) from exc
    g.csrf_valid = True


def _quiet(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "no-store"
    return response
