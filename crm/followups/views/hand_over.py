"""Pages: an agreement, a visit's or an absent person's agreements to colleagues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.clock import danish_date
from crm.base.errors import N_, Refusal
from crm.followups import queries
from crm.followups.actions import hand_over as acts
from crm.followups.forms.hand_over import HandOverForm, ManyForm
from crm.followups.models import FollowUp
from crm.followups.queries.hand_over import colleagues, open_of, openings_of, owners
from crm.followups.views.blueprint import pages
from crm.followups.views.cards import card, on_phone, short
from crm.openings.models import Opening
from crm.visits import queries as visit_queries
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope

CHANGED = N_("Der er kommet ændringer imens. Se fordelingen igennem igen. Intet er givet videre.")
PREVIEW = 200


@pages.route("/followups/<int:follow_up_id>/hand-over", methods=["GET", "POST"])
@requires("followups.hand_over")
def hand_over(follow_up_id: int) -> Any:
    found = queries.follow_up(session(), scope(), follow_up_id, day=danish_date(now()))
    form = HandOverForm()
    form.fit(colleagues(session(), [found.jobcentre_id])[found.jobcentre_id], found.owner_id)
    if request.method == "POST" and form.validate():
        try:
            acts.hand_over(session(), actor(), now(), found, form.to_id(), form.reason.data or "")
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Givet videre: %(what)s", what=short(found.promise)), "success")
            return redirect(url_for("followups.index"))
    page = render_template(
        "followups/hand_over.html",
        form=form,
        title=short(found.promise),
        company=found.workplace.name,
        about=[card(found, danish_date(now()))],
        openings=[],
        told=found.told_at is not None,
        back=url_for("followups.show", follow_up_id=found.id),
        phone=on_phone(),
    )
    return page, 422 if request.method == "POST" else 200


@pages.route("/visits/<int:visit_id>/followups/hand-over", methods=["GET", "POST"])
@requires("followups.hand_over")
def hand_over_visit(visit_id: int) -> Any:
    """What is open of a visit: its agreements and its openings. A consultant gives away their own."""
    visit = visit_queries.visit(session(), scope(), visit_id)
    mine = None if scope().jobcentres or scope().everything else actor().id
    agreed, told = _open(visit.id, mine)
    form = HandOverForm()
    form.fit(colleagues(session(), [visit.jobcentre_id])[visit.jobcentre_id], mine or 0)
    if request.method == "POST" and form.validate():
        try:
            done = acts.hand_over_visit(
                session(), actor(), now(), visit, form.to_id(), form.reason.data or "", mine=mine
            )
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_handed(done), "success")
            return redirect(url_for("followups.index"))
    page = render_template(
        "followups/hand_over.html",
        form=form,
        title=_("Giv opfølgningen videre"),
        company=visit.workplace.name,
        about=[card(f, danish_date(now())) for f in agreed],
        openings=told,
        told=any(f.told_at for f in agreed),
        back=url_for("followups.of_visit", visit_id=visit.id),
        phone=on_phone(),
    )
    return page, 422 if request.method == "POST" else 200


def _open(visit_id: int, mine: int | None) -> tuple[list[FollowUp], list[Opening]]:
    agreed = [f for f in queries.of_visit(session(), visit_id) if f.state == "open"]
    told = acts.open_openings(session(), visit_id)
    return (
        [f for f in agreed if mine in (None, f.owner_id)],
        [o for o in told if mine in (None, o.consultant_id)],
    )


@pages.route("/followups/hand-over", methods=["GET", "POST"])
@requires("followups.hand_over")
def hand_over_many() -> Any:
    """From whom, to whom, which; the preview comes of the address, and is then sent as it stands."""
    people = owners(session(), scope())
    form = ManyForm(request.form if request.method == "POST" else request.args)
    if len(people) == 1:
        form.from_id.data = people[0].id
    known = form.from_id.data in {person.id for person in people}
    agreed: Sequence[FollowUp] = open_of(session(), scope(), form.from_id.data, form.which()) if known else []
    openings = openings_of(session(), scope(), form.from_id.data) if known and form.openings.data else []
    here = {row.jobcentre_id for row in agreed} | {row.jobcentre_id for row in openings} | _home()
    able = colleagues(session(), here)
    form.fit(people, able)
    if request.method == "POST" and form.validate():
        try:
            if form.count.data != len(agreed) + len(openings):
                raise Refusal("stale", CHANGED)
            done = acts.hand_over_many(
                session(), actor(), now(), agreed, openings, form.to_ids(), form.reason.data or ""
            )
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_handed(done), "success")
            return redirect(url_for("followups.index"))
    form.count.data = len(agreed) + len(openings)
    page = render_template(
        "followups/hand_over_many.html",
        form=form,
        people=people,
        known=known,
        agreed=agreed,
        openings=openings,
        shares=shares(agreed, openings, form.to_ids(), able),
        told=sum(1 for f in agreed if f.told_at),
        today=danish_date(now()),
        phone=on_phone(),
        preview=PREVIEW,
    )
    return page, 422 if request.method == "POST" else 200


def _home() -> set[int]:
    """The lead's jobcentres, the consultant's own."""
    own = actor().jobcentre_id
    return set(scope().jobcentres) | ({own} if own else set())


def shares(
    agreed: Sequence[FollowUp], openings: Sequence[Opening], to_ids: Sequence[int], able: dict[int, Any]
) -> list[dict[str, Any]]:
    """Who would get how much: name, agreements, companies, openings, and how many are overdue."""
    chosen = {number: [user for user in people if user.id in to_ids] for number, people in able.items()}
    plan = acts.shared_out(agreed, openings, {number: [u.id for u in people] for number, people in chosen.items()})
    names = {user.id: user.name for people in chosen.values() for user in people}
    today = danish_date(now())
    found = []
    for user_id, name in names.items():
        his = [f for f in agreed if plan.get((f.jobcentre_id, f.workplace_id)) == user_id]
        told = [o for o in openings if plan.get((o.jobcentre_id, o.workplace_id)) == user_id]
        companies = {f.workplace_id for f in his} | {o.workplace_id for o in told}
        late = sum(1 for f in his if f.due_on < today)
        found.append(
            {"name": name, "agreements": len(his), "openings": len(told), "companies": len(companies), "late": late}
        )
    return found


def _handed(done: acts.Handed) -> str:
    agreed = ngettext("%(num)s aftale er givet videre", "%(num)s aftaler er givet videre", done.agreements)
    if not done.openings:
        return f"{agreed}."
    return f"{agreed}, {ngettext('og %(num)s åbning', 'og %(num)s åbninger', done.openings)}."
