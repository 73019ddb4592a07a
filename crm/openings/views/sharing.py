"""Pages of an opening's owner: share it, withdraw it, answer what others propose."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from crm.base.errors import Refusal
from crm.openings import queries
from crm.openings.actions.sharing import answer, share, withdraw
from crm.openings.forms.board import AnswerForm, ShareForm
from crm.openings.models import Candidacy, Opening
from crm.openings.queries import sharing as found_shared
from crm.openings.queries.reach import neighbours
from crm.openings.rules.board import card, doubtful
from crm.openings.rules.languages import LANGUAGES
from crm.openings.rules.types import SHORT
from crm.openings.views.blueprint import pages
from crm.people.models import Jobcentre
from crm.people.queries.partners import partners_for
from crm.people.rules import PARTNER_KINDS
from crm.travel.postcodes import row_of_postcode
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, may, requires, scope, scope_for

NEAR = 60
FEW = 5
"""Neighbours within so many minutes, and never fewer than so many, stand open; the others behind a click."""


def panel(opening: Opening) -> dict[str, Any]:
    """What the opening's page shows of its sharing: with whom, and the proposals that wait. Two statements."""
    reach = scope_for("openings.share")
    ever = found_shared.shares_of(session(), opening.id)
    return {
        "sharing": SimpleNamespace(
            shares=[one for one in ever if one.withdrawn_at is None],
            receivers=[one.jobcentre or one.partner for one in ever],
            offers=found_shared.offers_of(session(), opening.id),
            changes=may("openings.share") and (reach.everything or opening.jobcentre_id in reach.jobcentres),
        )
    }


def on_phone() -> bool:
    """Consultants without another role work on the telephone's pages."""
    return {held.role for held in actor().roles} == {"consultant"}


def to_opening(opening_id: int) -> Response:
    return redirect(url_for("openings.show", opening_id=opening_id) + "#sharing", 303)


@pages.app_template_filter("dk_hours")
def dk_hours(value: float | None) -> str:
    """``37`` or ``18,5``"""
    return f"{value:g}".replace(".", ",") if value is not None else ""


def words() -> dict[str, Any]:
    """What every page of the board needs to say things."""
    return {"short_types": SHORT, "language_words": LANGUAGES, "partner_kinds": PARTNER_KINDS}


def spoken(keys: Iterable[str]) -> str:
    return ", ".join(_(LANGUAGES[key]) if key in LANGUAGES else str(key) for key in keys)


def town_of(postcode: str) -> str:
    row = row_of_postcode(postcode)
    return row.place if row else ""


@pages.route("/openings/<int:opening_id>/share", methods=["GET", "POST"])
@requires("openings.share")
def share_opening(opening_id: int) -> Any:
    """Whom to, with a preview of what they see."""
    opening = queries.opening(session(), scope(), opening_id)
    near = neighbours(session(), opening.jobcentre_id)
    partners = partners_for(session(), opening.jobcentre_id)
    form = ShareForm() if request.method == "POST" else ShareForm(formdata=None, names_company=opening.names_company)
    form.jobcentres.choices = [(place.id, place.name) for place, _minutes in near]
    form.partners.choices = [(partner.id, partner.name) for partner in partners]
    status = 200
    if request.method == "POST" and "preview" not in request.form:
        status = 422
        if form.validate():
            names_company = bool(form.names_company.data)
            renamed = names_company != opening.names_company
            try:
                fresh = share(
                    session(),
                    actor(),
                    now(),
                    opening,
                    jobcentre_ids=form.jobcentres.data or [],
                    partner_ids=form.partners.data or [],
                    names_company=names_company,
                )
            except Refusal as refusal:
                status = refusal.status
                form.jobcentres.errors = [say(refusal.message, refusal.fields)]
            else:
                flash(_shared(fresh, renamed), "success" if fresh or renamed else "info")
                return to_opening(opening.id)
    return _share_page(opening, form, near, partners), status


def _shared(fresh: int, renamed: bool) -> str:
    if not fresh and not renamed:
        return str(_("De valgte har den allerede. Intet er ændret."))
    if not fresh:
        return str(_("Det, modtagerne ser, er ændret."))
    return str(ngettext("Åbningen er delt med %(num)s modtager.", "Åbningen er delt med %(num)s modtagere.", fresh))


def _share_page(opening: Opening, form: ShareForm, near: Any, partners: Any) -> str:
    """The preview is of what is ticked, not of what is kept."""
    live = [one for one in found_shared.shares_of(session(), opening.id) if one.withdrawn_at is None]
    home = session().get_one(Jobcentre, opening.jobcentre_id)
    shown = card(opening, home.name, names_company=bool(form.names_company.data))
    close = max(FEW, sum(minutes is not None and minutes <= NEAR for _place, minutes in near))
    return render_template(
        "openings/board_share.html",
        o=opening,
        form=form,
        near=near[:close],
        far=near[close:],
        partners=partners,
        has={one.jobcentre_id for one in live if one.jobcentre_id},
        partner_has={one.partner_id for one in live if one.partner_id},
        card=shown,
        doubtful=doubtful(shown),
        phone=on_phone(),
        **words(),
    )


@pages.post("/openings/<int:opening_id>/shares/<int:share_id>/withdraw")
@requires("openings.share")
def unshare(opening_id: int, share_id: int) -> Any:
    opening = queries.opening(session(), scope(), opening_id)
    found = found_shared.share(session(), opening.id, share_id)
    try:
        withdraw(session(), actor(), now(), opening, found)
    except Refusal as refusal:
        flash(say(refusal.message, refusal.fields), "warning")
    else:
        flash(_("Åbningen er taget af tavlen dér. Forslag, der venter, kan I stadig svare på."), "success")
    return to_opening(opening.id)


@pages.route("/openings/offers/<int:candidacy_id>", methods=["GET", "POST"])
@requires("openings.share")
def answer_offer(candidacy_id: int) -> Any:
    """The proposal, and the answer to it: yes, or no with words."""
    candidacy = found_shared.candidacy(session(), scope(), candidacy_id)
    form, status = AnswerForm(), 200
    if request.method == "POST":
        accept, status = request.form.get("answer") == "yes", 422
        if form.validate():
            try:
                answer(session(), actor(), now(), candidacy, accept, form.words.data or "")
            except Refusal as refusal:
                if "words" not in refusal.errors:
                    session().rollback()
                    candidacy = found_shared.candidacy(session(), scope(), candidacy_id)
                form.refused(refusal)
                status = refusal.status
            else:
                reference = candidacy.candidate.reference
                said = (
                    _("%(reference)s er nu kandidat til åbningen.", reference=reference)
                    if accept
                    else _("Svaret er sendt.")
                )
                flash(said, "success")
                return to_opening(candidacy.opening_id)
    return _answer_page(candidacy, form), status


def _answer_page(candidacy: Candidacy, form: AnswerForm) -> str:
    who = candidacy.candidate
    return render_template(
        "openings/board_answer.html",
        c=candidacy,
        o=candidacy.opening,
        form=form,
        town=town_of(who.postcode),
        spoken=spoken(who.languages),
        phone=on_phone(),
        **words(),
    )
