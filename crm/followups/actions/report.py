"""Close a visit: its report, its openings and the follow-up decision, all or nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, Refusal
from crm.followups.actions.agreements import agree
from crm.followups.actions.cvs import make_cvs
from crm.followups.actions.deciding import decide
from crm.followups.actions.making import make_missing
from crm.followups.actions.telling import day_text
from crm.followups.models import FollowUp
from crm.followups.rules import FollowUpDecision, NoFollowUp, problems
from crm.openings.actions import replace_from_report
from crm.openings.actions.details import detail_problems
from crm.openings.actions.life import name_of
from crm.openings.models import Opening
from crm.openings.queries import of_visit
from crm.openings.rules import Details, NewOpening
from crm.openings.rules import problems as opening_problems
from crm.people.models import User
from crm.visits.actions import history
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
    *,
    seen: str | None = None,
    may_go: Collection[int] = (),
) -> Visit:
    """Report a visit, first or again. Without a follow-up decision, or a reason for none, nothing is saved.

    A second report corrects the first: openings and agreements are matched, never counted twice. ``seen``: the
    ``stamp`` of the report that the writer saw, None where nobody looked. ``may_go``: ids of openings that may be
    taken out. Raises Invalid with every field that is wrong (``openings.0.positions``, ``follow_up.due_on`` …),
    Refusal ``stale`` when another report was saved since, ``would_go`` or ``under_way`` for openings that are told no
    more, ``overlap`` when the time of a visit that had been reported cancelled is taken.
    """
    _refuse_stale(session, visit, seen)
    errors = _problems(session, now, visit, report, openings, decision)
    due_on = decision.due_on if isinstance(decision, FollowUpDecision) else None
    reason = decision.because.strip() if isinstance(decision, NoFollowUp) else None
    try:
        report_visit(session, actor, now, visit, replace(report, no_follow_up_because=reason))
    except Invalid as refused:
        errors = {**refused.errors, **errors}
    if errors or decision is None:
        raise Invalid(NOT_SAVED, errors=errors, next_working_day=day_text(due_on))
    told_before = of_visit(session, visit.id, from_report=True)
    kept = replace_from_report(session, actor, now, visit, openings, may_go=may_go)
    _tell_gone(session, actor, now, visit, [one for one in told_before if one not in kept])
    decide(session, actor, now, visit, decision)
    return visit


def stamp(reported_at: datetime | None) -> str:
    """Which report it is: the moment it was saved, empty before the first."""
    return reported_at.astimezone(UTC).isoformat() if reported_at else ""


def _refuse_stale(session: Session, visit: Visit, seen: str | None) -> None:
    """Holds the visit's row. What a report written without knowing of another would undo, nobody has decided."""
    row = select(Visit.reported_at, Visit.reported_by).where(Visit.id == visit.id).with_for_update()
    reported_at, by = session.execute(row).one()
    if seen is None or seen == stamp(reported_at):
        return
    writer = session.get(User, by) if by else None
    there = of_visit(session, visit.id, from_report=True)
    raise Refusal(
        "stale",
        N_(
            "Rapporten er ikke gemt: {who} har gemt besøgets rapport, efter at du åbnede siden. Åbninger i den: "
            "{openings}. Dit er bevaret her; se det efter, og gem igen, hvis det skal gælde i stedet."
        ),
        who=writer.name if writer else "–",
        openings=", ".join(map(name_of, there)) or "–",
        extra={"reported_at": stamp(reported_at)},
    )


def _tell_gone(session: Session, actor: Any, now: datetime, visit: Visit, gone: Sequence[Opening]) -> None:
    """Openings taken out stand in the visit's history, and nobody is reminded of them any more."""
    if gone:
        history.record(session, actor, now, visit, "openings_gone", openings=[name_of(one) for one in gone])
    for opening in gone:
        make_missing(session, now, opening.id)
        make_cvs(session, now, opening.id)


def _type_problems(session: Session, visit: Visit, openings: Sequence[NewOpening]) -> dict[str, str]:
    """An own type that is out of use, or counts as another; those the visit's openings have already may stay."""
    chosen = {one.own_type_id for one in openings if one.own_type_id is not None}
    had = {one.own_type_id for one in of_visit(session, visit.id, from_report=True)} if chosen else set()
    found: dict[str, str] = {}
    for number, told in enumerate(openings):
        own = told.own_type_id
        wrong = detail_problems(session, Details(own_type_id=own), told.type, own=own if own in had else None)
        found |= {f"openings.{number}.{name}": text for name, text in wrong.items()}
    return found


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
    errors |= _type_problems(session, visit, openings)
    errors |= problems(decision, danish_date(visit.starts_at))
    if now < visit.starts_at:
        errors["result"] = N_("Besøget er ikke begyndt endnu. Flyt eller aflys det i stedet")
    elif report.result != "held" and openings:
        errors["openings"] = N_("Kun et holdt besøg kan give åbninger. Fjern dem, eller vælg Holdt")
    elif report.result != "held" and of_visit(session, visit.id, from_report=False):
        errors["result"] = N_("Der er tilføjet åbninger fra besøget. Fjern dem først, eller vælg Holdt")
    return errors
