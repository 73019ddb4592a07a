"""``requires()``: every route declares its permission; the scope it gives is what the view may load through."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from flask import current_app, g, redirect, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session

from crm.base.errors import N_, NotPermitted, Refusal
from crm.base.scope import Scope
from crm.web.edge import session

P = ParamSpec("P")
R = TypeVar("R")

PUBLIC = "public"
API_PREFIX = "/api/"


class Gatekeeper(Protocol):
    """What ``people`` hands in: who a token is, and what a user's roles give for a verb."""

    def user_by_token(self, session: Session, token: str) -> Any | None: ...

    def scope(self, session: Session, user: Any, verb: str) -> Scope: ...

    def verbs(self) -> frozenset[str]: ...


def gatekeeper() -> Gatekeeper:
    return cast(Gatekeeper, current_app.extensions["crm.gatekeeper"])


def actor() -> Any:
    """The user acting in this request: from the bearer token under /api/, from the sign-in cookie elsewhere.

    None when nobody is signed in. A cookie never opens the API, so the API needs no CSRF token.
    """
    if "actor" not in g:
        if request.path.startswith(API_PREFIX):
            kind, _, token = request.headers.get("Authorization", "").partition(" ")
            found = gatekeeper().user_by_token(session(), token.strip()) if kind.lower() == "bearer" else None
            g.actor = found
        else:
            g.actor = current_user._get_current_object() if current_user.is_authenticated else None
    return g.actor


def scope() -> Scope:
    """The scope of the permission this route declared."""
    return cast(Scope, g.scope)


def may(verb: str) -> bool:
    """Whether the actor holds a permission at all; for showing or hiding links, never instead of requires()."""
    user = actor()
    return user is not None and not scope_for(verb).empty


def scope_for(verb: str) -> Scope:
    """The actor's scope for another verb, found once a request."""
    cache: dict[str, Scope] = g.setdefault("scopes", {})
    if verb not in cache:
        cache[verb] = gatekeeper().scope(session(), actor(), verb)
    return cache[verb]


def requires(verb: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a route's permission, a verb of people/permissions.py, or PUBLIC.

    Not signed in: pages go to sign-in and come back, the API answers 401. Signed in without it: 403.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if verb != PUBLIC:
                if actor() is None:
                    return cast(R, _not_signed_in())
                g.scope = scope_for(verb)
                if g.scope.empty:
                    raise NotPermitted(verb)
            return view(*args, **kwargs)

        checked.permission = verb  # type: ignore[attr-defined]
        return checked

    return decorate


def require_token() -> None:
    """Refuse a call without a valid token. Raises Refusal (401)."""
    if actor() is None:
        message = N_("Kaldet mangler et gyldigt adgangstoken i Authorization-feltet.")
        raise Refusal("unauthenticated", message, status=401)


def _not_signed_in() -> Any:
    if request.path.startswith(API_PREFIX):
        require_token()
    target = url_for("people.sign_in", next=request.full_path.rstrip("?") if request.method == "GET" else None)
    if request.headers.get("HX-Request"):
        return "", 401, {"HX-Redirect": target}
    return redirect(target)
