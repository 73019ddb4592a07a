"""Pages of partners: who they are, where they work, their links."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import NotPermitted, Refusal
from crm.people.actions.partners import add_partner, renew_link, set_partner_active, update_partner
from crm.people.forms.partners import EVERYWHERE, PartnerForm, reach_of
from crm.people.models import Partner
from crm.people.queries import jobcentres, regions
from crm.people.queries.partners import homes_of, partner, partners
from crm.people.rules import PARTNER_KINDS
from crm.people.views.blueprint import pages
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


def _places() -> dict[str, str]:
    """Every choice of where a partner works, in words."""
    places = {f"j{row.id}": row.name for row in jobcentres(session())}
    places |= {f"r{row.id}": _("Hele regionen: %(name)s", name=row.name) for row in regions(session())}
    return places | {EVERYWHERE: _("Hele landet")}


def _mine(places: dict[str, str]) -> list[tuple[str, str]]:
    """The choices that are the actor's to give."""
    homes = homes_of(actor())
    numbers = {key: int(key[1:]) if key != EVERYWHERE else None for key in places}
    return [
        (key, words)
        for key, words in places.items()
        if homes.everything
        or (key.startswith("j") and numbers[key] in homes.jobcentres)
        or (key.startswith("r") and numbers[key] in homes.regions)
    ]


def _changes(found: Partner) -> bool:
    return homes_of(actor()).hold(found.jobcentre_id, found.region_id)


def _theirs(partner_id: int) -> Partner:
    """A partner that the actor may change: out of reach 404, in reach but another's 403."""
    found = partner(session(), scope(), partner_id)
    if not _changes(found):
        raise NotPermitted("people.partners")
    return found


@pages.get("/partners", endpoint="partners")
@requires("people.partners")
def partners_page() -> Any:
    """Those in reach; those let go at the end."""
    found, places = partners(session(), scope()), _places()
    return render_template(
        "people/partners.html",
        partners=sorted(found, key=lambda one: not one.active),
        places={one.id: places.get(reach_of(one), "") for one in found},
        kinds=PARTNER_KINDS,
        changes={one.id for one in found if _changes(one)},
    )


@pages.route("/partners/new", methods=["GET", "POST"])
@requires("people.partners")
def partners_new() -> Any:
    form, status = PartnerForm(), 200
    mine = _mine(_places())
    form.fit(mine)
    if request.method == "GET":
        form.digest.data, form.reach.data = True, mine[0][0] if len(mine) == 1 else None
    elif form.validate():
        try:
            made = add_partner(session(), actor(), now(), form.details())
        except Refusal as refusal:
            form.refused(refusal)
            status = refusal.status
        else:
            flash(
                _("%(name)s er tilføjet. Del en åbning med dem, så får de en mail næste morgen.", name=made.name),
                "success",
            )
            return redirect(url_for("people.partners"))
    else:
        status = 422
    return render_template("people/partners_edit.html", form=form, partner=None, changes=True), status


@pages.route("/partners/<int:partner_id>", methods=["GET", "POST"])
@requires("people.partners")
def partners_edit(partner_id: int) -> Any:
    found = _theirs(partner_id) if request.method == "POST" else partner(session(), scope(), partner_id)
    changes, status = _changes(found), 200
    form = PartnerForm(obj=found)
    form.fit(_mine(_places()) if changes else [(reach_of(found), _places().get(reach_of(found), ""))])
    if request.method == "GET":
        form.show(found)
    elif form.validate():
        try:
            update_partner(session(), actor(), now(), found, form.details())
        except Refusal as refusal:
            form.refused(refusal)
            status = refusal.status
        else:
            flash(_("%(name)s er gemt.", name=found.name), "success")
            return redirect(url_for("people.partners"))
    else:
        status = 422
    return render_template("people/partners_edit.html", form=form, partner=found, changes=changes), status


@pages.post("/partners/<int:partner_id>/active")
@requires("people.partners")
def partners_active(partner_id: int) -> Any:
    found = _theirs(partner_id)
    active = request.form.get("active") == "1"
    set_partner_active(session(), actor(), now(), found, active)
    said = (
        _("%(name)s er partner igen.", name=found.name)
        if active
        else _("%(name)s får ikke flere åbninger, og deres links virker ikke mere.", name=found.name)
    )
    flash(said, "success")
    return redirect(url_for("people.partners"))


@pages.post("/partners/<int:partner_id>/link")
@requires("people.partners")
def partners_link(partner_id: int) -> Any:
    """End every link of a partner, because one has gone astray."""
    found = _theirs(partner_id)
    renew_link(session(), actor(), now(), found)
    flash(
        _("De gamle links til %(name)s virker ikke mere. Det næste kommer med næste mail.", name=found.name),
        "success",
    )
    return redirect(url_for("people.partners_edit", partner_id=found.id))
