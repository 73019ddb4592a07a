"""Candidates: the list, a new one, one with its history, consent, retiring."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import Refusal
from crm.openings import queries
from crm.openings.actions import candidacies
from crm.openings.actions import candidates as actions
from crm.openings.forms.candidates import CandidateForm, ConsentForm, EditForm, day_of, edit_of
from crm.openings.forms.openings import HandForm
from crm.openings.models import Candidate, Opening
from crm.openings.queries import candidates as read
from crm.openings.queries import matching
from crm.openings.queries.employments import employments, period
from crm.openings.rules.candidates import CANDIDACY_STATES, CONSENT_STATES, END_REASONS, consent_state
from crm.openings.rules.languages import LANGUAGES
from crm.openings.rules.types import SHORT
from crm.openings.views import history
from crm.openings.views.blueprint import pages
from crm.openings.views.people import on_phone, reasons
from crm.people.queries import consultants_of
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope

SHOWS = ("all", "mine", "no_consent", "not_shown", "retired")


@pages.get("/openings/candidates")
@requires("openings.candidates")
def candidates() -> Any:
    show = request.args.get("show", "all")
    show = show if show in SHOWS else "all"
    search = request.args.get("q", "").strip()[:100]
    occupation = request.args.get("occupation", "").strip()[:100]
    wanted = read.filtered(
        scope(),
        now(),
        occupation=occupation,
        search=search,
        active=show != "retired",
        without_consent=show == "no_consent",
        without_presentation=show == "not_shown",
        owner_id=actor().id if show == "mine" else None,
    )
    found = read.candidates(session(), wanted, request.args.get("page", 1, type=int))
    return render_template(
        "openings/candidates.html",
        found=found,
        in_work=employments(session(), [row.id for row in found.rows], danish_date(now())),
        show=show,
        shows=_shows(),
        q=search,
        occupation=occupation,
        phone=on_phone(),
        consent={key: _(word) for key, word in CONSENT_STATES.items()},
        consent_of=lambda one: consent_state(one, now()),
    )


def _shows() -> dict[str, str]:
    words = (_("Alle"), _("Mine"), _("Uden samtykke"), _("Ikke præsenteret for et job"), _("Taget ud"))
    return dict(zip(SHOWS, words, strict=True))


@pages.route("/openings/candidates/new", methods=["GET", "POST"])
@requires("openings.candidates")
def candidate_new() -> Any:
    """With ``opening`` the new candidate is proposed to it at once."""
    opening = _opening()
    form = CandidateForm()
    form.fit()
    if request.method == "POST" and form.validate():
        try:
            made = actions.add(session(), actor(), now(), _home(opening), form.told())
            if opening is not None:
                candidacies.propose(session(), actor(), now(), opening, made)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            if opening is None:
                flash(_("Kandidaten er gemt."), "success")
                return redirect(url_for("openings.candidate", candidate_id=made.id))
            flash(_("%(who)s er gemt og foreslået til åbningen.", who=made.reference), "success")
            return redirect(url_for("openings.show", opening_id=opening.id) + "#candidates")
    page = render_template("openings/candidate_form.html", form=form, opening=opening, candidate=None, phone=on_phone())
    return page, 422 if request.method == "POST" else 200


def _opening() -> Opening | None:
    opening_id = request.args.get("opening", type=int)
    return queries.opening(session(), scope(), opening_id) if opening_id else None


def _home(opening: Opening | None) -> int:
    """The jobcentre a new candidate belongs to: the opening's, else the actor's own."""
    if opening is not None:
        return opening.jobcentre_id
    own = actor().jobcentre_id
    return own if own in scope().jobcentres else min(scope().jobcentres)


@pages.get("/openings/candidates/<int:candidate_id>")
@requires("openings.candidates")
def candidate(candidate_id: int) -> Any:
    return _page(read.candidate(session(), scope(), candidate_id))


@pages.route("/openings/candidates/<int:candidate_id>/edit", methods=["GET", "POST"])
@requires("openings.candidates")
def candidate_edit(candidate_id: int) -> Any:
    found = read.candidate(session(), scope(), candidate_id)
    if request.method == "GET":
        return render_template(
            "openings/candidate_form.html", form=edit_of(found), opening=None, candidate=found, phone=on_phone()
        )
    form = EditForm()
    form.fit()
    if form.validate():
        had = consent_state(found, now())
        try:
            actions.change(session(), actor(), now(), found, form.told())
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Kandidaten er gemt."), "success")
            if had != consent_state(found, now()):
                flash(_("Referencen er en anden, så samtykket gælder ikke mere. Skriv det nye her."), "warning")
            return redirect(url_for("openings.candidate", candidate_id=found.id))
    page = render_template("openings/candidate_form.html", form=form, opening=None, candidate=found, phone=on_phone())
    return page, 422


@pages.route("/openings/candidates/<int:candidate_id>/owner", methods=["GET", "POST"])
@requires("openings.candidates")
def candidate_owner(candidate_id: int) -> Any:
    found = read.candidate(session(), scope(), candidate_id)
    form = HandForm(data={"consultant_id": found.owner_id})
    form.fit(consultants_of(session(), [found.jobcentre_id or 0]))
    if request.method == "POST" and form.validate():
        try:
            actions.hand_to(session(), actor(), now(), found, form.consultant_id.data)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("%(name)s er nu ansvarlig.", name=found.owner.name if found.owner else ""), "success")
            return redirect(url_for("openings.candidate", candidate_id=found.id))
    page = render_template(
        "openings/consultant.html",
        form=form,
        what=f"{found.reference} · {found.occupation}",
        hint=_("Åbningerne, kandidaten er foreslået til, bliver hos deres konsulenter."),
        back=url_for("openings.candidate", candidate_id=found.id),
        back_to=_("Kandidaten"),
        phone=on_phone(),
    )
    return page, 422 if request.method == "POST" else 200


@pages.post("/openings/candidates/<int:candidate_id>/consent")
@requires("openings.candidates")
def consent(candidate_id: int) -> Any:
    found = read.candidate(session(), scope(), candidate_id)
    form = ConsentForm()
    if form.validate():
        try:
            actions.give_consent(session(), actor(), now(), found, day_of(form.consent_on))
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Samtykket er gemt."), "success")
            return redirect(url_for("openings.candidate", candidate_id=found.id))
    return _page(found, form), 422


@pages.post("/openings/candidates/<int:candidate_id>/withdraw")
@requires("openings.candidates")
def consent_withdrawn(candidate_id: int) -> Any:
    found = read.candidate(session(), scope(), candidate_id)
    ended = actions.withdraw_consent(session(), actor(), now(), found)
    flash(_("Samtykket er trukket tilbage. %(count)s forløb er afsluttet.", count=ended), "success")
    return redirect(url_for("openings.candidate", candidate_id=found.id))


@pages.post("/openings/candidates/<int:candidate_id>/retire")
@requires("openings.candidates")
def candidate_retire(candidate_id: int) -> Any:
    found = read.candidate(session(), scope(), candidate_id)
    actions.retire(session(), actor(), now(), found)
    flash(_("%(who)s er taget ud.", who=found.reference), "success")
    return redirect(url_for("openings.candidate", candidate_id=found.id))


@pages.post("/openings/candidates/<int:candidate_id>/activate")
@requires("openings.candidates")
def candidate_activate(candidate_id: int) -> Any:
    found = read.candidate(session(), scope(), candidate_id)
    actions.activate(session(), actor(), now(), found)
    flash(_("%(who)s søger igen.", who=found.reference), "success")
    return redirect(url_for("openings.candidate", candidate_id=found.id))


def _page(found: Candidate, form: ConsentForm | None = None) -> str:
    there = read.of_candidate(session(), found.id)
    fits = matching.openings_for(session(), found, limit=10) if found.active else []
    today = danish_date(now())
    in_work = employments(session(), [found.id], today).get(found.id, [])
    return render_template(
        "openings/candidate.html",
        in_work=[{"p": one, "when": period(one)} for one in in_work],
        c=found,
        phone=on_phone(),
        consent=consent_state(found, now()),
        consent_word=_(CONSENT_STATES[consent_state(found, now())]),
        form=form or ConsentForm(formdata=None, consent_on=today),
        today=today,
        languages=", ".join(_(LANGUAGES[key]) for key in found.languages if key in LANGUAGES),
        types=", ".join(_(SHORT[key]) for key in found.types if key in SHORT),
        there=there,
        reach=scope(),
        states={key: _(word) for key, word in CANDIDACY_STATES.items()},
        ends={key: _(word) for key, word in END_REASONS.items()},
        fits=[(opening, reasons(fit)) for opening, fit in fits],
        history=history.of_candidate(session(), found, there),
    )
