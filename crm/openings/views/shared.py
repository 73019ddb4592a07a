"""What pages of openings share: who reads on the telephone, who may change what, words in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from crm.base.errors import Refusal
from crm.openings.models import Opening, OwnType
from crm.openings.rules import DETAILS, LANGUAGES, SHORT, missing
from crm.openings.rules.matching import said_hours
from crm.openings.views.blueprint import pages
from crm.openings.views.people import within
from crm.visits.rules import SCHEMES
from crm.web.edge import session
from crm.web.filters import dk_date
from crm.web.i18n import say
from crm.web.permit import actor, may, scope_for


def or_back(view: Callable[..., Any]) -> Callable[..., Any]:
    """Of a page without a form to show it in: refused, nothing is written, and the opening's page, or the candidacy's,
    says why with all that can be done next."""

    @wraps(view)
    def told(**ids: Any) -> Any:
        try:
            return view(**ids)
        except Refusal as refusal:
            session().rollback()
            flash(say(refusal.message, refusal.fields), "warning")
            return redirect(url_for("openings.candidacy" if "candidacy_id" in ids else "openings.show", **ids), 303)

    return told


def in_reach(found: Opening) -> bool:
    """Whether the actor may change it: reading reaches further for some roles."""
    reach = scope_for("openings.log")
    return may("openings.log") and (reach.everything or found.jobcentre_id in reach.jobcentres)


def on_phone() -> bool:
    """Consultants without another role work on the telephone's pages."""
    return {held.role for held in actor().roles} == {"consultant"}


def translated(words: dict[str, str]) -> dict[str, str]:
    return {key: _(label) for key, label in words.items()}


@pages.app_template_global("opening_type")
def type_name(found: Opening) -> str:
    """The administrators' own type where it has one."""
    return found.own_type.name if found.own_type else _(SHORT[found.type])


def in_words(name: str, value: Any) -> str:
    """A detail as the log keeps it, for people: ``01.12.2026``, ``dansk, engelsk``; empty where there is none."""
    if value in (None, "", []):
        return ""
    if name in ("starts_on", "cvs_by"):
        return dk_date(date.fromisoformat(value))
    if name == "languages":
        return ", ".join(within(LANGUAGES.get(key, key)) for key in value)
    if name == "scheme":
        return str(_(SCHEMES.get(value, value)))
    if name == "own_type_id":
        own = session().get(OwnType, value)
        return own.name if own else ""
    return said_hours(value) if name == "weekly_hours" else str(value)


def lacking(found: Opening) -> str:
    """``opgaver, timer``; empty where nothing is missing."""
    return ", ".join(_(DETAILS[key]) for key in missing(found))
