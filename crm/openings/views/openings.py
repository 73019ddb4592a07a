"""Pages: the list, one opening, an opening told later, a corrected one."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import Refusal
from crm.openings import actions, queries
from crm.openings.forms.openings import AddForm, CloseForm, RelaxForm, TypeForm, typed
from crm.openings.models import Opening
from crm.openings.queries.openings import consultants_in
from crm.openings.rules import CLOSE_REASONS, DETAILS, LANGUAGES, SHORT, STAGES, STATES
from crm.openings.rules.life import looks_lapsed
from crm.openings.rules.types import OWN, own_numbers
from crm.openings.views import candidacies, sharing
from crm.openings.views.blueprint import pages
from crm.openings.views.people import within
from crm.openings.views.shared import in_reach, lacking, on_phone, translated, type_name
from crm.openings.views.story import lines, steps
from crm.people.queries import names_of
from crm.visits import queries as visit_queries
from crm.visits.rules import SCHEMES
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


@pages.get("/openings")
@requires("openings.read")
def index() -> Any:
    own = queries.own_types(session(), active=None)
    asked, kept = _asked([one.id for one in own])
    found = queries.openings(session(), scope(), asked=asked, page=request.args.get("page", 1, type=int))
    return render_template(
        "openings/index.html",
        found=found,
        asked=kept,
        filtered={name: value for name, value in kept.items() if value and (name, value) != ("state", "open")},
        phone=on_phone(),
        types=[*translated(SHORT).items(), *((f"{OWN}{one.id}", one.name) for one in own)],
        states={"open": _("Åbne"), "lapsed": _("Bør lukkes"), "closed": _("Lukkede"), "all": _("Alle")},
        stages=translated(STAGES),
        details=translated(DETAILS),
        people={} if on_phone() else consultants_in(session(), scope()),
        type_name=type_name,
        lacking=lacking,
    )


def _asked(own_ids: list[int]) -> tuple[queries.Asked, dict[str, str]]:
    """What the address asks for, and the same as the page shows it; what is unknown is left out."""
    sent = {name: request.args.get(name, "") for name in ("type", "state", "stage", "lacking", "who")}
    own = {f"{OWN}{number}": number for number in own_ids}
    kept = {
        "q": " ".join(request.args.get("q", "").replace("\0", "").split())[:100],
        "type": sent["type"] if sent["type"] in SHORT or sent["type"] in own else "",
        "state": sent["state"]
        if sent["state"] in (*STATES, "lapsed", "all")
        else "open"
        if not sent["state"]
        else "all",
        "stage": sent["stage"] if sent["stage"] in STAGES else "",
        "lacking": sent["lacking"] if sent["lacking"] in (*DETAILS, "any") else "",
        "who": sent["who"] if sent["who"] == "mine" or (sent["who"].isdecimal() and len(sent["who"]) < 12) else "",
    }
    who = actor().id if kept["who"] == "mine" else int(kept["who"]) if kept["who"] else None
    asked = queries.Asked(
        type=kept["type"] if kept["type"] in SHORT else None,
        own_type_id=own.get(kept["type"]),
        stage=kept["stage"] or None,
        state=None if kept["state"] == "all" else kept["state"],
        lacking=kept["lacking"] or None,
        consultant_id=who,
        text=kept["q"],
        today=danish_date(now()),
    )
    return asked, kept


@pages.get("/openings/<int:opening_id>")
@requires("openings.read")
def show(opening_id: int) -> Any:
    return opening_page(queries.opening(session(), scope(), opening_id))


@pages.route("/visits/<int:visit_id>/openings", methods=["GET", "POST"])
@requires("openings.log")
def add(visit_id: int) -> Any:
    visit = visit_queries.visit(session(), scope(), visit_id)
    form = AddForm()
    form.fit(queries.offered(session(), visit.jobcentre_id, now(), keep=_sent()))
    if request.method == "POST" and form.validate():
        try:
            made = actions.log(session(), actor(), now(), visit, *form.all(), **form.once())
        except Refusal as refusal:
            form.ask_again(refusal)
        else:
            flash(_("Åbningen er gemt."), "success")
            return redirect(url_for("openings.show", opening_id=made.id))
    page = render_template("openings/add.html", form=form, visit=visit, phone=on_phone())
    return page, 422 if request.method == "POST" else 200


def _sent() -> list[int]:
    """The own type a form was sent with, which may have gone out of use since the page was opened."""
    return own_numbers(request.form.getlist("type"))


@pages.route("/openings/<int:opening_id>/type", methods=["GET", "POST"])
@requires("openings.log")
def correct(opening_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    form = TypeForm(data=typed(found))
    kept = [found.own_type_id] if found.own_type_id else []
    form.fit(queries.offered(session(), found.jobcentre_id, now(), keep=[*kept, *_sent()]))
    if request.method == "POST" and form.validate():
        try:
            actions.correct(session(), actor(), now(), found, form.told())
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Åbningen er rettet."), "success")
            return redirect(url_for("openings.show", opening_id=found.id))
    page = render_template("openings/type.html", form=form, o=found, phone=on_phone())
    return page, 422 if request.method == "POST" else 200


def opening_page(found: Opening, *, closing: CloseForm | None = None, relaxing: RelaxForm | None = None) -> str:
    """The page of one opening, with a refused form where there is one."""
    facts = queries.history(session(), found)
    relaxed = queries.relaxations(session(), found.id)
    people, shared = candidacies.panel(found), sharing.panel(found)
    under_way, hired = people["people"]["running"], len(people["placed"])
    if closing is None:
        closing = CloseForm(formdata=None)
        closing.fit(hired)
    return render_template(
        "openings/show.html",
        o=found,
        closing=closing,
        relaxing=relaxing or RelaxForm(formdata=None, data={"wishes": found.wishes}),
        relaxed=relaxed,
        names=names_of(session(), [one.by for one in relaxed]) if relaxed else {},
        type=type_name(found),
        counts_as=_(SHORT[found.type]),
        lacking=lacking(found),
        steps=steps(found, facts, hired),
        history=lines(facts, _names(people, shared)),
        under_way=under_way,
        hired=hired,
        lapsed=looks_lapsed(found, danish_date(now()), under_way=under_way),
        phone=on_phone(),
        reason=_(CLOSE_REASONS[found.closed_reason]) if found.closed_reason else "",
        languages=", ".join(within(LANGUAGES[key]) for key in found.languages if key in LANGUAGES),
        scheme=_(SCHEMES[found.scheme]) if found.scheme in SCHEMES else "",
        changes=in_reach(found),
        **people,
        **shared,
    )


def _names(people: dict[str, Any], shared: dict[str, Any]) -> dict[tuple[str, int], str]:
    """Whom the history speaks of, as far as the page shows them."""
    found = {(row.__tablename__, row.id): row.name for row in shared["sharing"].receivers}
    found |= {(row.c.__tablename__, row.c.id): row.c.candidate.reference for row in people["people"]["rows"]}
    if people["people"]["sees"]:
        found |= {(one["p"].__tablename__, one["p"].id): one["who"] for one in people["placed"]}
    return found
