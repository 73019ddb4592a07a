"""Where people write in the course of calling."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from crm.base.errors import N_
from crm.base.mentions import Texts
from crm.base.scope import Scope
from crm.calling.models import Call, QueueEntry


def _reach(scope: Scope) -> ColumnElement[bool]:
    return scope.clause(jobcentre=QueueEntry.jobcentre_id)


TEXTS = (
    Texts(
        Call,
        ("note", "before"),
        lambda ties: Call.entry_id.in_(ties.entries),
        lambda scope: Call.entry_id.in_(select(QueueEntry.id).where(_reach(scope))),
        N_("Note fra et opkald"),
        lambda row: ("queue_entries", row.entry_id),
    ),
    Texts(
        QueueEntry,
        ("draft_note",),
        lambda ties: QueueEntry.id.in_(ties.entries),
        _reach,
        N_("Kladde til en note fra et opkald"),
        lambda row: ("queue_entries", row.id),
    ),
)
