"""Security headers on every answer, and static files cached by content version."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request, url_for

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


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
    headers.setdefault("Content-Security-Policy", CSP)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "geolocation=(), camera=(), microphone=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint == "static" and request.args.get("v"):
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response
