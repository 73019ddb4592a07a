"""What pages of openings share: who reads on the telephone, who may change what, words in the reader's language."""

from __future__ import annotations

from flask_babel import gettext as _

from crm.openings.models import Opening
from crm.openings.rules import DETAILS, SHORT, missing
from crm.web.permit import actor, may, scope_for


def in_reach(found: Opening) -> bool:
    """Whether the actor may change it: reading reaches further for some roles."""
    reach = scope_for("openings.log")
    return may("openings.log") and (reach.everything or found.jobcentre_id in reach.jobcentres)


def on_phone() -> bool:
    """Consultants without another role work on the telephone's pages."""
    return {held.role for held in actor().roles} == {"consultant"}


def translated(words: dict[str, str]) -> dict[str, str]:
    return {key: _(label) for key, label in words.items()}


def type_name(found: Opening) -> str:
    """The administrators' own type where it has one."""
    return found.own_type.name if found.own_type else _(SHORT[found.type])


def lacking(found: Opening) -> str:
    """``opgaver, timer``; empty where nothing is missing."""
    return ", ".join(_(DETAILS[key]) for key in missing(found))
