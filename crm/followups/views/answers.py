"""What the company answered to an agreement, on our page, and the owner's answer to it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import NotFound, Refusal
from crm.followups import queries
from crm.followups.actions.settling import accept as take_over
from crm.followups.actions.settling import decline as turn_down
from crm.followups.actions.settling import take_note
from crm.followups.forms.company import AcceptForm, DeclineForm
from crm.followups.models import Answer, FollowUp
from crm.followups.queries.answers import answer_of, of_follow_ups
from crm.followups.rules import OWED_BY
from crm.followups.views.blueprint import pages
from crm.followups.views.cards import on_phone
from crm.web.edge import now, session
from crm.web.permit import actor, may, requires, scope

ONE = "/followups/<int:follow_up_id>/answers/<int:answer_id>"


def panel(follow_up: FollowUp) -> dict[str, Any]:
    """What ``followups/_answers.html`` reads: the company's answers, oldest first, and those that wait."""
    said = of_follow_ups(session(), [follow_up.id]).get(follow_up.id, [])
    waiting = [one for one in said if one.settled_at is None and one.kind in ("corrected", "not_kept")]
    return {
        "answers": said,
        "answers_waiting": waiting,
        "answers_may_settle": may("followups.fulfil"),
        "answers_live": follow_up.state == "open" and follow_up.voided_at is None,
        "owed_by_words": {key: _(words) for key, words in OWED_BY.items()},
    }


@pages.route(ONE, methods=["GET"])
@requires("followups.fulfil")
def answer(follow_up_id: int, answer_id: int) -> Any:
    """The correction beside the agreement, with the two ways to settle it."""
    found, said = _found(follow_up_id, answer_id)
    if said.settled_at is not None or said.kind != "corrected":
        return redirect(url_for("followups.show", follow_up_id=found.id))
    return _page(found, said, _prefilled(found, said), DeclineForm(formdata=None))


@pages.post(f"{ONE}/accept")
@requires("followups.fulfil")
def accept_answer(follow_up_id: int, answer_id: int) -> Any:
    """Take the correction over, as the owner words it, and send the agreement anew."""
    found, said = _found(follow_up_id, answer_id)
    form = AcceptForm()
    if form.validate():
        try:
            wanted = {"promise": form.promise.data, "due_on": form.due_on.data, "owed_by": form.owed_by.data}
            sent = take_over(session(), actor(), now(), said, **wanted)
        except Refusal as refusal:
            if refusal.status != 422:
                return _too_late(found, refusal)
            form.refused(refusal)
        else:
            mailed, kept = _("Aftalen er rettet, og virksomheden har fået den på mail."), _("Aftalen er rettet.")
            flash(mailed if sent else f"{kept} {_no_mail()}", "success" if sent else "warning")
            return redirect(url_for("followups.show", follow_up_id=found.id))
    return _page(found, said, form, DeclineForm(formdata=None)), 422


@pages.post(f"{ONE}/decline")
@requires("followups.fulfil")
def decline_answer(follow_up_id: int, answer_id: int) -> Any:
    """The agreement stays as it is, and the company is told why."""
    found, said = _found(follow_up_id, answer_id)
    form = DeclineForm()
    if form.validate():
        try:
            sent = turn_down(session(), actor(), now(), said, form.words.data or "")
        except Refusal as refusal:
            if refusal.status != 422:
                return _too_late(found, refusal)
            form.refused(refusal)
        else:
            mailed, kept = _("Virksomheden har fået jeres svar på mail."), _("Jeres svar er gemt.")
            flash(mailed if sent else f"{kept} {_no_mail()}", "success" if sent else "warning")
            return redirect(url_for("followups.show", follow_up_id=found.id))
    return _page(found, said, _prefilled(found, said), form), 422


@pages.post(f"{ONE}/noted")
@requires("followups.fulfil")
def note_answer(follow_up_id: int, answer_id: int) -> Any:
    """Somebody has taken the company's no in hand."""
    found, said = _found(follow_up_id, answer_id)
    try:
        take_note(session(), actor(), now(), said)
    except Refusal as refusal:
        return _too_late(found, refusal)
    flash(_("Svaret venter ikke længere. Virksomhedens nej tæller stadig med."), "success")
    return redirect(url_for("followups.show", follow_up_id=found.id))


def _found(follow_up_id: int, answer_id: int) -> tuple[FollowUp, Answer]:
    found = queries.follow_up(session(), scope(), follow_up_id, day=danish_date(now()))
    return found, answer_of(session(), found, answer_id)


def _no_mail() -> str:
    return str(_("Besøget har ingen mailadresse, så virksomheden har ikke fået noget. Ring, og sig det."))


def _prefilled(found: FollowUp, said: Answer) -> AcceptForm:
    """As the company said it; what it left out is as it was."""
    data = {
        "promise": said.words or found.promise,
        "due_on": said.due_on or found.due_on,
        "owed_by": said.owed_by or found.owed_by,
    }
    return AcceptForm(formdata=None, data=data)


def _too_late(found: FollowUp, refusal: Refusal) -> Any:
    if refusal.code not in ("done", "settled"):
        raise refusal
    flash(_(refusal.message), "warning")
    return redirect(url_for("followups.show", follow_up_id=found.id), 303)


def _page(found: FollowUp, said: Answer, form: AcceptForm, decline: DeclineForm) -> str:
    if found.voided_at is not None:
        raise NotFound
    view = {"f": found, "answer": said, "form": form, "decline": decline, "phone": on_phone()}
    words = {key: _(text) for key, text in OWED_BY.items()}
    mailed = bool(found.visit.contact_email)
    return render_template("followups/answer.html", owed_by_words=words, mailed=mailed, **view)
