"""A visit lies elsewhere in the consultant's own calendar: shown on Today and on the visit, with yes and no."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from crm.base.errors import NotFound, Refusal
from crm.visits.actions.check import drivable
from crm.visits.actions.proposals import accept, refuse
from crm.visits.api.ahead import fetch_for_visit
from crm.visits.models import MoveProposal, Visit
from crm.visits.queries import ask_for_visit
from crm.visits.queries.proposals import proposal as load_proposal
from crm.visits.queries.proposals import proposals
from crm.visits.views.blueprint import pages
from crm.visits.views.slots import alternatives_block
from crm.web.edge import now, only_reads, session
from crm.web.filters import dk_datetime
from crm.web.i18n import say
from crm.web.permit import actor, may, requires, scope, scope_for

PROPOSAL = "<int:proposal_id>"


@pages.app_context_processor
def helpers() -> dict[str, Any]:
    return {"proposals_of": shown}


def shown(visit: Visit | None = None) -> list[dict[str, Any]]:
    """The proposals that wait for the actor: of one visit, else of their own visits. Each says whether the visit can be
    driven there, by the same check as the move itself."""
    if not may("visits.change"):
        return []
    found = proposals(session(), scope_for("visits.change"), visit.id if visit else None)
    return [_row(one) for one in found if visit is not None or one.visit.consultant_id == actor().id]


def _row(proposal: MoveProposal) -> dict[str, Any]:
    visit = proposal.visit
    mine = visit.consultant_id == actor().id
    row = {"id": proposal.id, "visit": visit, "starts_at": proposal.starts_at, "mine": mine, "why": None, "others": []}
    if proposal.starts_at is not None:
        try:
            drivable(session(), now(), ask_for_visit(visit), visit.consultant_id, proposal.starts_at)
        except NotFound:
            row["why"] = _("Konsulenten hører ikke til jobcentret.")
        except Refusal as refusal:
            row["why"] = say(refusal.message, refusal.fields)
            wanted = (visit.consultant_id, proposal.starts_at)
            row["others"] = alternatives_block(refusal.extra.get("alternatives", []), wanted)
    return row


@pages.post(f"/visits/proposals/{PROPOSAL}/accept")
@requires("visits.change")
def accept_proposal(proposal_id: int) -> Any:
    found = load_proposal(session(), scope(), proposal_id)
    if found.starts_at is not None:
        fetch_for_visit(found.visit, found.starts_at)
    try:
        visit = accept(session(), actor(), now(), found)
    except Refusal as refusal:
        return _refused(found.visit_id, refusal)
    flash(
        _(
            "Besøget er flyttet til %(when)s, hvor det ligger i din kalender. Virksomheden får besked.",
            when=dk_datetime(visit.starts_at),
        )
        if visit.contact_email
        else _(
            "Besøget er flyttet til %(when)s. Virksomheden har ingen mailadresse: ring og sig det.",
            when=dk_datetime(visit.starts_at),
        ),
        "success",
    )
    return redirect(url_for("visits.show", visit_id=visit.id), 303)


@pages.post(f"/visits/proposals/{PROPOSAL}/refuse")
@requires("visits.change")
def refuse_proposal(proposal_id: int) -> Any:
    found = load_proposal(session(), scope(), proposal_id)
    try:
        visit = refuse(session(), actor(), now(), found)
    except Refusal as refusal:
        return _refused(found.visit_id, refusal)
    flash(
        _("Besøget bliver liggende %(when)s. Din kalender bliver rettet om lidt.", when=dk_datetime(visit.starts_at)),
        "success",
    )
    return redirect(url_for("visits.show", visit_id=visit.id), 303)


def _refused(visit_id: int, refusal: Refusal) -> Any:
    """What stood in the way, the three nearest times, and the way back."""
    waiting = proposals(only_reads(), scope_for("visits.change"), visit_id)
    return render_template(
        "visits/proposal_refused.html",
        visit_id=visit_id,
        sentence=say(refusal.message, refusal.fields),
        rows=[_row(one) for one in waiting],
    ), refusal.status
