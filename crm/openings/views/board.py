"""Pages of the board: openings that other jobcentres share with us, our proposals, and our own shared ones."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import N_, NotFound, Refusal
from crm.openings.actions.sharing import offer, withdraw_offer
from crm.openings.forms.board import NewOfferForm, OwnOfferForm
from crm.openings.models import Candidate, OpeningShare
from crm.openings.queries import sharing as shared
from crm.openings.queries.board import Asked, board, fitting, own_candidates
from crm.openings.queries.reach import minutes_from
from crm.openings.rules.board import SOUGHT, STANDINGS, card, standing
from crm.openings.rules.matching import Reason
from crm.openings.rules.types import SHORT
from crm.openings.views.blueprint import pages
from crm.openings.views.sharing import on_phone, words
from crm.openings.views.sharing import panel as panel
from crm.people.models import Jobcentre
from crm.people.queries import jobcentres
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope

VIEWS = {"shared": N_("Delt med os"), "proposals": N_("Vores forslag"), "own": N_("Vores delte åbninger")}


def asked_for() -> Asked:
    type_ = request.args.get("type")
    minutes = request.args.get("minutes", type=int)
    return Asked(
        type_ if type_ in SHORT else None,
        request.args.get("occupation", "").strip()[:200],
        minutes if minutes in SOUGHT else None,
    )


@pages.get("/board", endpoint="board")
@requires("openings.board")
def board_page() -> Any:
    """Three views of one page: what we may propose for, what became of it, and what others propose to us."""
    view = request.args.get("view", "shared")
    view = view if view in VIEWS else "shared"
    mine, asked = scope().jobcentres, asked_for()
    waiting, page = shared.own_waiting(session(), scope()), request.args.get("page", 1, type=int)
    shown: dict[str, Any] = {}
    if view == "shared":
        shown["found"] = board(session(), now(), mine, asked, page)
    elif view == "own":
        shown["own"] = shared.own_shared(session(), scope(), page)
    elif view == "proposals":
        names = {place.id: place.name for place in jobcentres(session())}
        shown["proposals"] = [
            (one, card(one.opening, names[one.opening.jobcentre_id]))
            for one in shared.proposals_by(session(), jobcentres=mine)
        ]
    tabs = [
        {
            "label": _(label),
            "url": url_for("openings.board", view=key),
            "here": key == view,
        }
        for key, label in VIEWS.items()
    ]
    return render_template(
        "openings/board.html",
        view=view,
        views=tabs,
        asked=asked,
        sought=SOUGHT,
        waiting=waiting,
        yours=session().scalar(shared.waits_for(actor().id, danish_date(now()))) if waiting else 0,
        phone=on_phone(),
        standings=STANDINGS,
        standing=standing,
        reasons=reasons,
        **shown,
        **words(),
    )


def reasons(found: tuple[Reason, ...]) -> str:
    """Why a candidate fits, in words."""
    told = []
    for one in found:
        fields = dict(one.fields)
        if one.words:
            fields["words"] = ", ".join(_(word) for word in one.words)
        told.append(say(one.message, fields))
    return ", ".join(told)


@pages.route("/board/<int:opening_id>", methods=["GET", "POST"])
@requires("openings.board")
def board_opening(opening_id: int) -> Any:
    """One shared opening, and the form that proposes somebody for it: one of our own candidates, or a new one."""
    share = shared.share_with(session(), opening_id, jobcentres=scope().jobcentres)
    people = own_candidates(session(), now(), [share.jobcentre_id or 0])
    new = request.method == "POST" and "new" in request.form
    own_form = OwnOfferForm() if request.method == "POST" and not new else OwnOfferForm(formdata=None)
    own_form.fit([(one.id, f"{one.reference} · {one.occupation} · {one.postcode}") for one in people])
    new_form = NewOfferForm() if new else NewOfferForm(formdata=None)
    new_form.fit()
    status = 200
    if request.method == "GET":
        chosen = request.args.get("candidate", type=int)
        own_form.candidate_id.data = chosen if chosen in {one.id for one in people} else None
    else:
        form, status = (new_form, 422) if new else (own_form, 422)
        if form.validate():
            try:
                _propose(share, form)
            except Refusal as refusal:
                session().rollback()
                share = shared.share_with(session(), opening_id, jobcentres=scope().jobcentres)
                form.refused(refusal)
                status = refusal.status
            else:
                flash(_("Forslaget er sendt. Svaret kommer på mail og står under Vores forslag."), "success")
                return redirect(url_for("openings.board_opening", opening_id=opening_id), 303)
    return _opening_page(share, own_form, new_form, people), status


def _propose(share: OpeningShare, form: OwnOfferForm | NewOfferForm) -> None:
    if isinstance(form, NewOfferForm):
        offer(
            session(),
            now(),
            share.opening,
            told=form.told(),
            agreed=bool(form.agreed.data),
            words=form.words.data or "",
            user=actor(),
            jobcentre_id=share.jobcentre_id,
        )
        return
    candidate = session().get(Candidate, form.candidate_id.data)
    if candidate is None or candidate.jobcentre_id != share.jobcentre_id:
        raise NotFound
    offer(
        session(),
        now(),
        share.opening,
        candidate=candidate,
        words=form.own_words.data or "",
        user=actor(),
        jobcentre_id=share.jobcentre_id,
    )


def _opening_page(share: OpeningShare, own_form: OwnOfferForm, new_form: NewOfferForm, people: Any) -> str:
    opening, mine = share.opening, [share.jobcentre_id or 0]
    home, theirs = (session().get_one(Jobcentre, number) for number in (mine[0], opening.jobcentre_id))
    code = opening.workplace.postcode
    return render_template(
        "openings/board_opening.html",
        share=share,
        live=shared.is_live(share),
        card=card(opening, theirs.name, today=danish_date(now())),
        minutes=minutes_from(home.postcode, [code])[code],
        fits=fitting(session(), now(), mine, [opening]).get(opening.id, []),
        proposals=shared.proposals_by(session(), jobcentres=mine, opening_id=opening.id),
        own_form=own_form,
        new_form=new_form,
        people=people,
        phone=on_phone(),
        standings=STANDINGS,
        standing=standing,
        reasons=reasons,
        today=now(),
        **words(),
    )


@pages.post("/board/proposals/<int:candidacy_id>/withdraw")
@requires("openings.board")
def withdraw_proposal(candidacy_id: int) -> Any:
    found = shared.proposal_by(session(), candidacy_id, jobcentres=scope().jobcentres)
    try:
        withdraw_offer(session(), now(), found, user=actor())
    except Refusal as refusal:
        flash(say(refusal.message, refusal.fields), "warning")
    else:
        flash(_("Forslaget er trukket tilbage."), "success")
    return redirect(url_for("openings.board", view="proposals"), 303)
