"""What the pages of candidates and placements share: which layout, a person's facts, why somebody fits."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from crm.openings.rules.languages import LANGUAGES
from crm.openings.rules.matching import Fit, Reason, said_hours
from crm.web.i18n import say
from crm.web.permit import actor


def on_phone() -> bool:
    """Consultants without another role work on the telephone's pages."""
    return {held.role for held in actor().roles} == {"consultant"}


def facts(candidate: Any) -> str:
    """``Kok · 32 timer · dansk, engelsk``."""
    parts = [candidate.occupation]
    if candidate.weekly_hours:
        parts.append(_("%(hours)s timer", hours=said_hours(candidate.weekly_hours)))
    if candidate.languages:
        parts.append(", ".join(_(LANGUAGES[key]).lower() for key in candidate.languages if key in LANGUAGES))
    return " · ".join(part for part in parts if part)


def reasons(fit: Fit) -> list[dict[str, Any]]:
    """``samme fag``, ``25 min``, ``mangler engelsk``; ``good``: it speaks for the candidate."""
    return [{"good": reason.good, "text": reason_text(reason)} for reason in fit.reasons]


def reason_text(reason: Reason) -> str:
    words = ", ".join(_(word).lower() for word in reason.words)
    return say(reason.message, {**dict(reason.fields), "words": words})
