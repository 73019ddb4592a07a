"""A frozen list refuses every change."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.errors import N_, Refusal
from crm.campaigns.models import CallList


def lock_draft(session: Session, call_list: CallList) -> None:
    """Hold the list until the transaction ends. Raises Refusal ``frozen`` when it is approved already."""
    state = session.scalar(select(CallList.state).where(CallList.id == call_list.id).with_for_update())
    if state != "draft":
        raise Refusal("frozen", N_("Listen er godkendt og låst. Træk en ny liste i stedet."))
