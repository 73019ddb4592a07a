"""Visits that no longer fit their day: the list, and saying that one will do all the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from crm.base.errors import NotFound, Refusal
from crm.visits.actions import accept as accept_conflict
from crm.visits.actions.check import others
from crm.visits.forms import AcceptForm
from crm.visits.models import VisitConflict
from crm.visits.queries import ask_for_visit, count_conflicts
from crm.visits.queries import open_conflicts as find_conflicts
from crm.visits.queries.conflicts import conflict as load_conflict
from crm.visits.rules.conflicts import in_words
from crm.visits.views.blueprint import pages
from crm.visits.views.slots import alternatives_block
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, may, requires, scope, scope_for


@pages.get("/visits/conflicts")
@requires("visits.change")
def conflicts() -> Any:
    """A consultant's own, a lead's jobcentre's: each with what stands in its way and three ways out."""
    return _page()


def _page(form: AcceptForm | None = None, refused: int | None = None, status: int = 200) -> Any:
    reach = scope()
    found = find_conflicts(session(), reach, now())
    return render_template(
        "visits/conflicts.html",
        found=found,
        why=why,
        form=form,
        refused=refused,
        plain=AcceptForm(formdata=None),
        many=reach.everything or bool(reach.jobcentres),
    ), status


@pages.post("/visits/conflicts/<int:conflict_id>/accept")
@requires("visits.change")
def accept_conflict_anyway(conflict_id: int) -> Any:
    """The visit stays as it is; who and why are kept."""
    conflict = load_conflict(session(), scope(), conflict_id)
    form = AcceptForm()
    if not form.validate():
        return _page(form, conflict.id, 422)
    try:
        accept_conflict(session(), actor(), now(), conflict, form.because.data or "")
    except Refusal as refusal:
        flash(say(refusal.message, refusal.fields), "warning")
        return redirect(url_for("visits.conflicts"), 303)
    flash(
        _(
            "Besøget hos %(company)s står ved magt. Du hører om det igen, hvis dagen ændrer sig.",
            company=conflict.visit.workplace.name,
        ),
        "success",
    )
    return redirect(url_for("visits.conflicts"), 303)


@pages.get("/visits/conflicts/<int:conflict_id>/times")
@requires("visits.change")
def ways_out(conflict_id: int) -> Any:
    """The three nearest times that can be driven, as a fragment that is asked for when it is unfolded: worked out for
    every conflict at once they would cost the page a search each."""
    visit = load_conflict(session(), scope(), conflict_id).visit
    wanted = visit.consultant_id, visit.starts_at
    if visit.state != "booked":
        raise NotFound
    found = others(session(), now(), ask_for_visit(visit), *wanted, locked=False)["alternatives"]
    return render_template("visits/_ways.html", visit=visit, nearest=alternatives_block(found, wanted))


def why(conflict: VisitConflict) -> str:
    """What stands in the visit's way, as a sentence."""
    return say(*in_words(conflict.reason, conflict.data))


@pages.app_template_global("visit_conflicts")
def visit_conflicts(visit_id: int | None = None) -> Sequence[dict[str, Any]]:
    """For pages that show them beside something else: the reader's own, or those of one visit; nothing to others."""
    if not may("visits.change"):
        return []
    own = actor().id if visit_id is None else None
    found = find_conflicts(session(), scope_for("visits.change"), now(), consultant_id=own, visit_id=visit_id)
    return [{"visit": one.visit, "why": why(one), "id": one.id} for one in found]


@pages.app_template_global("conflict_count")
def conflict_count() -> int:
    """How many are open within the reader's reach."""
    return count_conflicts(session(), scope_for("visits.change"), now()) if may("visits.change") else 0
