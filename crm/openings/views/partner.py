"""A partner's own board, by the link in its mails: see what is shared, propose, and take back, without signing in.

A link is fetched by mail scanners, so GET shows and only POST acts. A partner never sees another one's candidates.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import NotFound, Refusal
from crm.openings.actions.candidates import withdraw_consent
from crm.openings.actions.partner import send_fresh_link
from crm.openings.actions.sharing import offer, withdraw_offer
from crm.openings.forms.board import NewOfferForm
from crm.openings.models import Candidacy, OpeningShare
from crm.openings.queries import sharing as shared
from crm.openings.queries.partner import jobcentre_names, opened, partner_board
from crm.openings.rules.board import STANDINGS, card, standing
from crm.openings.rules.board_link import PATH
from crm.openings.rules.candidates import RUNNING, consent_state
from crm.openings.rules.occupations import find
from crm.openings.views.sharing import words
from crm.people.actions.partners import set_digest
from crm.people.models import Partner
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import PUBLIC, requires
from crm.web.public import keeps_quiet

partner = Blueprint("partner", __name__, url_prefix=PATH.rstrip("/"))
keeps_quiet(partner)
TOKEN = "<token>"
LIMIT = "60 per minute"


@partner.errorhandler(NotFound)
def _unknown(_error: NotFound) -> Any:
    return render_template("openings/partner_unknown.html"), 404


def _in(token: str) -> Partner:
    """Raises NotFound; a link that is too old opens nothing."""
    found = opened(session(), now(), token)
    if found.old:
        raise NotFound
    return found.partner


@partner.get(f"/{TOKEN}")
@requires(PUBLIC)
def show(token: str) -> Any:
    """What is shared now, and what became of the partner's proposals."""
    found = opened(session(), now(), token)
    if found.old:
        return render_template("openings/partner_old.html", partner=found.partner, token=token, sent=False), 410
    return render_template(
        "openings/partner.html",
        partner=found.partner,
        token=token,
        board=partner_board(session(), found.partner.id, danish_date(now())),
        standings=STANDINGS,
        standing=standing,
        withdrawable=_withdrawable,
        **words(),
    )


@partner.route(f"/{TOKEN}/<int:opening_id>", methods=["GET", "POST"])
@requires(PUBLIC)
def opening(token: str, opening_id: int) -> Any:
    """One shared opening, and the form that proposes somebody for it; a refused one keeps what was typed."""
    who = _in(token)
    share = shared.share_with(session(), opening_id, partner_id=who.id)
    form = NewOfferForm() if request.method == "POST" else NewOfferForm(formdata=None)
    form.fit()
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                offer(
                    session(),
                    now(),
                    share.opening,
                    told=form.told(),
                    agreed=bool(form.agreed.data),
                    words=form.words.data or "",
                    partner=who,
                )
            except Refusal as refusal:
                session().rollback()
                who = _in(token)
                share = shared.share_with(session(), opening_id, partner_id=who.id)
                form.refused(refusal)
                status = refusal.status
            else:
                flash(_("Tak. Jobcentret har fået forslaget. Svaret kommer på mail og står her."), "success")
                return redirect(url_for("partner.opening", token=token, opening_id=opening_id), 303)
    return _opening_page(who, token, share, form), status


def _withdrawable(one: Candidacy) -> bool:
    """Whether a company may still hear of the person by this proposal."""
    return one.state in (*RUNNING, "hired") and consent_state(one.candidate, now()) in ("given", "outdated")


def _opening_page(who: Partner, token: str, share: OpeningShare, form: NewOfferForm) -> str:
    home = share.opening.jobcentre_id
    return render_template(
        "openings/partner_opening.html",
        partner=who,
        token=token,
        share=share,
        live=shared.is_live(share),
        card=card(share.opening, jobcentre_names(session(), [home])[home]),
        proposals=shared.proposals_by(session(), partner_id=who.id, opening_id=share.opening_id),
        form=form,
        standings=STANDINGS,
        standing=standing,
        withdrawable=_withdrawable,
        **words(),
    )


@partner.get(f"/{TOKEN}/stillinger")
@requires(PUBLIC)
def occupations(token: str) -> Any:
    """Suggestions while an occupation is typed, as the signed-in get them; our list of titles and nothing else."""
    _in(token)
    text = request.args.get("q") or request.args.get("occupation", "")
    return render_template("openings/_occupations.html", found=find(text[:200]))


@partner.post(f"/{TOKEN}/forslag/<int:candidacy_id>/fortryd")
@requires(PUBLIC)
def withdraw(token: str, candidacy_id: int) -> Any:
    who = _in(token)
    found = shared.proposal_by(session(), candidacy_id, partner_id=who.id)
    try:
        withdraw_offer(session(), now(), found, partner=who)
    except Refusal as refusal:
        flash(say(refusal.message, refusal.fields), "warning")
    else:
        flash(_("Forslaget er trukket tilbage."), "success")
    return redirect(url_for("partner.show", token=token) + "#forslag", 303)


@partner.post(f"/{TOKEN}/forslag/<int:candidacy_id>/samtykke")
@requires(PUBLIC)
def consent_withdrawn(token: str, candidacy_id: int) -> Any:
    """The person has told the partner, who can do nothing else about a proposal that was answered."""
    who = _in(token)
    found = shared.proposal_by(session(), candidacy_id, partner_id=who.id)
    try:
        withdraw_consent(session(), None, now(), found.candidate, partner=who)
    except Refusal as refusal:
        flash(say(refusal.message, refusal.fields), "warning")
    else:
        reference = found.candidate.reference
        flash(_("Samtykket er trukket tilbage. %(who)s sendes ikke til flere.", who=reference), "success")
    return redirect(url_for("partner.show", token=token) + "#forslag", 303)


@partner.post(f"/{TOKEN}/mail")
@requires(PUBLIC)
def digest(token: str) -> Any:
    """The morning's mail, off or on again; an old link may still say no."""
    found = opened(session(), now(), token)
    wanted = request.form.get("wanted") == "1"
    if found.old and wanted:
        raise NotFound
    if set_digest(session(), None, now(), found.partner, wanted):
        flash(
            _("I får en mail igen, når der er nye åbninger.") if wanted else _("I får ikke flere morgenmails."),
            "success",
        )
    return redirect(url_for("partner.show", token=token) + "#mail", 303)


@partner.post(f"/{TOKEN}/nyt-link")
@requires(PUBLIC)
def fresh_link(token: str) -> Any:
    """A new link to the partner's own address, once a day, for whoever holds one that has grown old."""
    found = opened(session(), now(), token)
    if not found.old:
        return redirect(url_for("partner.show", token=token), 303)
    send_fresh_link(session(), now(), found.partner)
    return render_template("openings/partner_old.html", partner=found.partner, token=token, sent=True)
