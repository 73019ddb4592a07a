"""Security headers on every answer, and static files cached by content version."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for

from crm.base.settings import Settings

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
INSIGHTS = "https://eventgw.twilio.com"
PERMISSIONS = "geolocation=(), camera=(), microphone=()"


def policy_for(settings: Settings, blueprint: str | None) -> tuple[str, str]:
    """Content policy and permissions of a page. Only the phoner's pages, and only with Twilio, may use the
    microphone and reach other hosts: those of its Voice SDK's own list (signalling, insights, sounds)."""
    if settings.telephony != "twilio" or blueprint != "calling":
        return CSP, PERMISSIONS
    sounds = "https://media.twiliocdn.com https://sdk.twilio.com"
    insights = f"https://eventgw.{settings.twilio_region}.twilio.com" if settings.twilio_region else INSIGHTS
    reach = f"{insights} wss://voice-js.{settings.twilio_edge}.twilio.com {sounds}"
    policy = CSP.replace("connect-src 'self'", f"connect-src 'self' {reach}")
    return f"{policy}; media-src mediastream: {sounds}", PERMISSIONS.replace("microphone=()", "microphone=(self)")


def install(app: Flask) -> None:
    app.after_request(_headers)
    root = Path(str(app.static_folder))

    @lru_cache(maxsize=512)
    def version(path: str, _stamp: float) -> str:
        return hashlib.sha256((root / path).read_bytes()).hexdigest()[:12]

    def asset(path: str) -> str:
        """URL of a static file with its content version; the path itself when the file is not there."""
        file = root / path
        if not file.is_file():
            return url_for("static", filename=path)
        return url_for("static", filename=path, v=version(path, file.stat().st_mtime))

    app.jinja_env.globals["asset"] = asset


def _headers(response: Response) -> Response:
    headers = response.headers
    policy, permissions = policy_for(current_app.extensions["crm.settings"], request.blueprint)
    headers.setdefault("Content-Security-Policy", policy)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", permissions)
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint == "static" and request.args.get("v"):
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response
