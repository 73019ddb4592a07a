"""Close a visit: its report, its openings and the follow-up decision, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, Refusal
from crm.followups.actions.agreements import agree
from crm.followups.actions.deciding import decide
from crm.followups.actions.telling import day_text
from crm.followups.models import FollowUp
from crm.followups.rules import FollowUpDecision, NoFollowUp, problems
from crm.openings.actions import replace_from_report
from crm.openings.queries import of_visit
from crm.openings.rules import NewOpening
from crm.openings.rules import problems as opening_problems
from crm.visits.actions import report as report_visit
from crm.visits.models import Visit
from crm.visits.rules import VisitReport

NOT_SAVED = N_("Rapporten er ikke gemt. Ret felterne, og prøv igen.")


def close_visit(
    session: Session,
    actor: Any,
    now: datetime,
    visit: Visit,
    report: VisitReport,
    openings: Sequence[NewOpening],
    decision: FollowUpDecision | NoFollowUp | None,
) -> Visit:
    """Report a visit, first or again. Without a follow-up decision, or a reason for none, nothing is saved.

    A second report corrects the first: openings and agreements are matched, never counted twice. Raises Invalid
    with every field that is wrong (``openings.0.positions``, ``follow_up.due_on`` …), Refusal ``overlap`` when
    the time of a visit that had been reported cancelled is taken.
    """
    errors = _problems(session, now, visit, report, openings, decision)
    due_on = decision.due_on if isinstance(decision, FollowUpDecision) else None
    reason = decision.because.strip() if isinstance(decision, NoFollowUp) else None
    session.execute(select(Visit.id).where(Visit.id == visit.id).with_for_update())
    try:
        report_visit(session, actor, now, visit, replace(report, no_follow_up_because=reason))
    except Invalid as refused:
        errors = {**refused.errors, **errors}
    if errors or decision is None:
        raise Invalid(NOT_SAVED, errors=errors, next_working_day=day_text(due_on))
    replace_from_report(session, actor, now, visit, openings)
    decide(session, actor, now, visit, decision)
    return visit


def add(session: Session, actor: Any, now: datetime, visit: Visit, decision: FollowUpDecision) -> FollowUp:
    """Another agreement of a visit that is reported; the company gets it in writing.

    Raises Invalid naming the fields, Refusal ``not_reported`` while the report is to come, which holds the first one.
    """
    if visit.reported_at is None:
        raise Refusal("not_reported", N_("Besøget er ikke rapporteret endnu. Skriv aftalen i rapporten."))
    return agree(session, actor, now, visit, decision)


def _problems(
    session: Session,
    now: datetime,
    visit: Visit,
    report: VisitReport,
    openings: Sequence[NewOpening],
    decision: FollowUpDecision | NoFollowUp | None,
) -> dict[str, str]:
    errors = {
        f"openings.{number}.{name}": text
        for number, told in enumerate(openings)
        for name, text in opening_problems(told).items()
    }
    errors |= problems(decision, danish_date(visit.starts_at))
    if now < visit.starts_at:
        errors["result"] = N_("Besøget er ikke begyndt endnu. Flyt eller aflys det i stedet")
    elif report.result != "held" and openings:
        errors["openings"] = N_("Kun et holdt besøg kan give åbninger. Fjern dem, eller vælg Holdt")
    elif report.result != "held" and of_visit(session, visit.id, from_report=False):
        errors["result"] = N_("Der er tilføjet åbninger fra besøget. Fjern dem først, eller vælg Holdt")
    return errors
