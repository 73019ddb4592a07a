"""What people and programs see when something is refused or breaks: a page, or RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from crm.base.errors import NotFound, NotPermitted, Refusal
from crm.web.i18n import say
from crm.web.permit import API_PREFIX

PROBLEM = "application/problem+json"


def problem(status: int, code: str, detail: str, **extra: Any) -> Response:
    """RFC 9457. ``code`` is stable; ``detail`` is for people; ``errors`` lists fields and what is wrong."""
    body = {
        "type": f"urn:jobaabner:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **extra,
    }
    response = jsonify(body)
    response.status_code = status
    response.content_type = PROBLEM
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


BIGGEST_ID = 2**53  # what every JSON reader can hold; larger ids exist nowhere and overflow the database's type


def install(app: Flask) -> None:
    app.before_request(_refuse_unstorable)
    app.register_error_handler(Refusal, _refusal)
    app.register_error_handler(NotFound, lambda error: _answer(404, "not_found", _(str(error))))
    app.register_error_handler(NotPermitted, _not_permitted)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _crash)


def _refuse_unstorable() -> Any:
    """Ids no database holds do not exist; NUL characters are in no text (PostgreSQL refuses them)."""
    if any(isinstance(value, int) and value > BIGGEST_ID for value in (request.view_args or {}).values()):
        raise NotFound
    texts = [*request.args.values(), *(request.form.values() if request.form else ())]
    if "\0" in request.path or any("\0" in text for text in texts):
        return _answer(400, "unreadable", _("Teksten indeholder et tegn, der ikke kan gemmes. Fjern det og prøv igen."))
    return None


def _answer(status: int, code: str, detail: str, **extra: Any) -> Any:
    """A problem for the API, a fragment for htmx (the live region shows it), a page for everyone else."""
    if request.path.startswith(API_PREFIX):
        return problem(status, code, detail, **extra)
    template = "web/error_fragment.html" if request.headers.get("HX-Request") else "web/error.html"
    return render_template(template, status=status, code=code, detail=detail), status


def _refusal(error: Refusal) -> Any:
    errors = [{"field": name, "message": say(text, error.fields)} for name, text in error.errors.items()]
    extra = {**({"errors": errors} if errors else {}), **error.extra}
    return _answer(error.status, error.code, say(error.message, error.fields), **extra)


def _not_permitted(error: NotPermitted) -> Any:
    return _answer(403, "forbidden", _("Din rolle giver ikke adgang hertil. Bed en administrator om adgang."))


def _csrf(_error: CSRFError) -> Any:
    return _answer(400, "stale_page", _("Siden er for gammel. Indlæs den igen og prøv en gang til."))


def _http(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400:
        return error
    texts = {
        400: _("Forespørgslen kan ikke læses."),
        404: _("Siden eller posten findes ikke, eller du har ikke adgang til den."),
        405: _("Siden kan ikke bruges på den måde."),
        413: _("Filen er for stor. Del den op, eller brug kommandoen crm import-register."),
        415: _("Indholdet skal sendes som application/json."),
        429: _("For mange forsøg. Vent et minut og prøv igen."),
    }
    response = _answer(code, HTTPStatus(code).name.lower(), texts.get(code, error.description or error.name))
    return app_headers(response, error)


def app_headers(response: Any, error: HTTPException) -> Any:
    """Keep headers the exception carries (Allow, Retry-After)."""
    made = make_response(response)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            made.headers[name] = value
    return made


def _path() -> str:
    """Without the long words in it: a link's token is a key, and logs are read by others."""
    words = request.path.split("/")
    return "/".join("…" if len(word) > 30 else word for word in words)


def _crash(error: Exception) -> Any:
    current_app.logger.exception("unhandled error at %s %s", request.method, _path())
    if current_app.testing or current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    detail = _("Noget gik galt hos os. Intet er gemt. Prøv igen; bliver det ved, så sig det til en administrator.")
    try:
        return _answer(500, "internal", detail)
    except Exception:  # the page itself may be what is broken: say it without one
        current_app.logger.exception("the error page failed too")
        return Response(detail, 500, content_type="text/plain; charset=utf-8")
