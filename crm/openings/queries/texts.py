"""Where people write about openings, and the texts of all rooms."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from crm.base.errors import N_
from crm.base.mentions import Texts
from crm.base.scope import Scope
from crm.calling.queries.texts import TEXTS as CALLING
from crm.openings.models import Candidacy, Opening, Relaxation
from crm.visits.queries.texts import TEXTS as VISITS


def _reach(scope: Scope) -> ColumnElement[bool]:
    return scope.clause(jobcentre=Opening.jobcentre_id)


def _about(kind: type[Relaxation | Candidacy], names: tuple[str, ...], called: str) -> Texts:
    return Texts(
        kind,
        names,
        lambda ties: kind.opening_id.in_(ties.openings),
        lambda scope: kind.opening_id.in_(select(Opening.id).where(_reach(scope))),
        called,
        lambda row: ("openings", row.opening_id),
    )


TEXTS = (
    Texts(
        Opening,
        ("occupation", "tasks", "wishes", "hours_note", "starts_note"),
        lambda ties: Opening.id.in_(ties.openings),
        _reach,
        N_("Åbningens ord"),
        lambda row: ("openings", row.id),
    ),
    _about(Relaxation, ("was", "now", "agreed_with"), N_("Ønsker, der blev lempet")),
    _about(Candidacy, ("offered_words", "answered_words"), N_("Ord om et tilbud på tavlen")),
)
ABOVE: list[Texts] = []
"""Those of rooms above; each adds its own."""


def all_texts() -> tuple[Texts, ...]:
    return (*CALLING, *VISITS, *TEXTS, *ABOVE)
