"""Agreements, and what companies answered to them, among the texts that a candidate is erased from."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from crm.base.errors import N_
from crm.base.mentions import Texts, Ties
from crm.base.scope import Scope
from crm.followups.actions.calendar import uid_of
from crm.followups.models import Answer, FollowUp
from crm.openings.actions import traces
from crm.openings.queries.texts import ABOVE


def _tied(ties: Ties) -> ColumnElement[bool]:
    return FollowUp.visit_id.in_(ties.visits) | FollowUp.opening_id.in_(ties.openings)


def _reach(scope: Scope) -> ColumnElement[bool]:
    return scope.clause(jobcentre=FollowUp.jobcentre_id)


AGREEMENTS = Texts(
    FollowUp,
    ("promise", "outcome", "snooze_reason", "no_next_because"),
    _tied,
    _reach,
    N_("Aftale"),
    lambda row: ("follow_ups", row.id),
)
ANSWERS = Texts(
    Answer,
    ("words", "reply"),
    lambda ties: Answer.follow_up_id.in_(select(FollowUp.id).where(_tied(ties))),
    lambda scope: Answer.follow_up_id.in_(select(FollowUp.id).where(_reach(scope))),
    N_("Virksomhedens svar på en aftale"),
    lambda row: ("follow_ups", row.follow_up_id),
)
ABOVE.extend((AGREEMENTS, ANSWERS))
traces.EVENTS[FollowUp] = uid_of
