"""Where people write about visits."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from crm.base.errors import N_
from crm.base.mentions import Texts
from crm.base.scope import Scope
from crm.visits.models import Visit, VisitConflict, VisitEvent, VisitReply


def _reach(scope: Scope) -> ColumnElement[bool]:
    return scope.clause(jobcentre=Visit.jobcentre_id)


def _about(kind: type[VisitEvent | VisitReply | VisitConflict], name: str, called: str) -> Texts:
    return Texts(
        kind,
        (name,),
        lambda ties: kind.visit_id.in_(ties.visits),
        lambda scope: kind.visit_id.in_(select(Visit.id).where(_reach(scope))),
        called,
        lambda row: ("visits", row.visit_id),
    )


TEXTS = (
    Texts(
        Visit,
        ("note", "report_note", "no_follow_up_because"),
        lambda ties: Visit.id.in_(ties.visits),
        _reach,
        N_("Besøgets noter"),
        lambda row: ("visits", row.id),
    ),
    _about(VisitEvent, "data", N_("Besøgets historik")),
    _about(VisitReply, "comment", N_("Svar på invitationen")),
    _about(VisitConflict, "accepted_because", N_("Bemærkning om to besøg, der ikke kan nås")),
)
