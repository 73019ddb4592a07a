"""Do not call: the company's own wish, for every campaign. The register's protection comes with the import."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, Refusal
from crm.companies.models import Workplace


def set_do_not_call(session: Session, actor: Any, now: datetime, workplace: Workplace, reason: str) -> None:
    """The workplace is not called again until somebody lifts it. Setting it twice keeps the first date."""
    if workplace.do_not_call_at is not None:
        return
    workplace.do_not_call_at = now
    workplace.do_not_call_by = getattr(actor, "id", None)
    activity.record(
        session, actor, now, "companies.do_not_call", workplace, workplace_id=workplace.id, reason=reason.strip()
    )
    session.flush()


def lift_do_not_call(session: Session, actor: Any, now: datetime, workplace: Workplace, reason: str) -> None:
    """Allow calls again. Raises Invalid without a reason, Refusal when it was not set."""
    if not reason.strip():
        raise Invalid(N_("Skriv, hvorfor virksomheden må kontaktes igen."), errors={"reason": N_("Skriv en grund")})
    if workplace.do_not_call_at is None:
        raise Refusal("stale", N_("Virksomheden må allerede kontaktes. Intet er ændret."))
    workplace.do_not_call_at = workplace.do_not_call_by = None
    activity.record(
        session, actor, now, "companies.lift_do_not_call", workplace, workplace_id=workplace.id, reason=reason.strip()
    )
    session.flush()
