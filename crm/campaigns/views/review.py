"""Review of a list: strike out with a reason, record a legal basis, see what stands in the way of approval."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.clock import danish
from crm.base.errors import Invalid
from crm.base.words import MONTHS
from crm.campaigns.actions import record_basis, redraw, restore, strike
from crm.campaigns.forms import BasisForm
from crm.campaigns.models import CallList, ListEntry
from crm.campaigns.queries import (
    PAGE,
    checks,
    entries,
    entry_reasons,
    last_contacts,
    list_sums,
    segment_count,
    waiting_for_basis,
)
from crm.campaigns.queries import call_list as load_list
from crm.campaigns.rules import PICKED_REASONS, STRIKE_REASONS, Filters
from crm.campaigns.views.blueprint import pages
from crm.campaigns.views.lists import may_segment
from crm.campaigns.views.sentence import condition_texts, segment_query
from crm.companies.models import Workplace
from crm.companies.rules import section_of
from crm.people.queries import names_of
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope

VIEWS = ("all", "struck", "basis")


@pages.get("/lists/<int:list_id>")
@requires("campaigns.read")
def call_list(list_id: int) -> Any:
    found = load_list(session(), scope(), list_id)
    view = request.args.get("view", "all")
    view = view if view in VIEWS else "all"
    number = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    filters = Filters.from_json(found.filters)
    count = segment_count(session(), found.participation, filters, now(), call_list=found)
    sums = list_sums(session(), found)
    draft = found.state == "draft"
    left_out = count.protected if draft and not found.legal_basis else 0
    return render_template(
        "campaigns/call_list.html", call_list=found, campaign=found.participation.campaign, view=view, sums=sums,
        count=count, words=condition_texts(filters), editable=draft and may_segment(found.participation),
        may_segment=may_segment(found.participation), left_out=left_out,
        checks=checks(session(), found, sums, left_out) if draft else [],
        again=segment_query(found.filters), reasons=[(key, STRIKE_REASONS[key]) for key in PICKED_REASONS],
        all_reasons=STRIKE_REASONS,
        industry=_industry,
        month=_month, names=names_of(session(), [found.created_by, found.approved_by,
                                                              found.legal_basis_by]),
        **_rows(found, view, number, sums))  # fmt: skip


def _industry(workplace: Workplace) -> str:
    section = section_of(workplace.industry_code)
    return str(_(section.label)) if section else ""


def _month(moment: datetime | None) -> str:
    """``marts 2026``, or that there never was a contact."""
    if moment is None:
        return str(_("aldrig"))
    local = danish(moment)
    return f"{_(MONTHS[local.month - 1])} {local.year}"


def _rows(found: CallList, view: str, number: int, sums: Any) -> dict[str, Any]:
    """One page of the chosen view, its last contacts, and where it lies in the whole."""
    rows: list[tuple[ListEntry | None, Workplace]]
    if view == "basis":
        workplaces, total = waiting_for_basis(session(), found, now(), number)
        rows = [(None, workplace) for workplace in workplaces]
    else:
        listed = entries(session(), found, view, number)
        total = sums.struck if view == "struck" else sums.total
        rows = [(entry, entry.workplace) for entry in listed]
    first = (number - 1) * PAGE + 1
    return {"rows": rows, "contacts": last_contacts(session(), [workplace.id for _entry, workplace in rows]),
            "page": number, "total": total, "first": first, "last": first + len(rows) - 1,
            "more": first + len(rows) <= total}  # fmt: skip


@pages.post("/lists/<int:list_id>/entries")
@requires("campaigns.segment")
def strike_out(list_id: int) -> Any:
    """The page's rows (``entry`` ids, of which those in ``on`` stay), or of these just the row ``only``.

    A row taken off without a reason gets ``other``; its reason can be chosen afterwards.
    """
    found = load_list(session(), scope(), list_id)
    only = request.args.get("only", type=int)
    shown = [only] if only else request.form.getlist("entry", type=int)[: 2 * PAGE]
    shown = [entry_id for entry_id in shown if 0 < entry_id < 2**53]
    staying = set(request.form.getlist("on", type=int))
    reasons = {entry_id: request.form.get(f"reason-{entry_id}") or "other"
               for entry_id in shown if entry_id not in staying}  # fmt: skip
    known = entry_reasons(session(), found, shown)
    changed = restore(session(), actor(), now(), found, [n for n in shown if n in staying and known.get(n)])
    for reason in dict.fromkeys(reasons.values()):
        chosen = [entry_id for entry_id, why in reasons.items() if why == reason]
        changed += strike(session(), actor(), now(), found, chosen, reason)
    if not request.headers.get("HX-Request"):
        flash(ngettext("%(num)s ændring er gemt.", "%(num)s ændringer er gemt.", changed), "success")
    return redirect(url_for("campaigns.call_list", list_id=found.id, view=request.form.get("view") or None,
                            page=request.form.get("page", type=int)), 303)  # fmt: skip


@pages.route("/lists/<int:list_id>/basis", methods=["GET", "POST"])
@requires("campaigns.segment")
def basis(list_id: int) -> Any:
    """Record the legal basis; the draft is then drawn again, with the protected ones in the pool."""
    found = load_list(session(), scope(), list_id)
    form = BasisForm(data={"basis": found.legal_basis or ""})
    if form.validate_on_submit():
        try:
            record_basis(session(), actor(), now(), found, form.basis.data or "")
            redraw(session(), actor(), now(), found, name=found.name, filters=Filters.from_json(found.filters),
                   seed=found.seed)  # fmt: skip
        except Invalid as refusal:
            form.refused(refusal)
        else:
            flash(_("Hjemlen er gemt med dit navn, og listen er trukket igen med de reklamebeskyttede."), "success")
            return redirect(url_for("campaigns.call_list", list_id=found.id))
    rows, total = waiting_for_basis(session(), found, now())
    page = render_template("campaigns/basis.html", call_list=found, form=form, rows=rows[:10], total=total)
    return page, 422 if request.method == "POST" else 200
