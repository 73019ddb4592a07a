"""The company's own page about what was agreed, by the link in its mails: confirm it, correct it, say whether it
happened, without signing in.

A link is fetched by mail scanners, so GET shows and only POST acts. The page carries no more of people than the mail.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import Invalid, NotFound, Refusal
from crm.followups.actions.answers import confirm, correct, say_kept
from crm.followups.forms.company import CorrectForm, KeptForm, SeenForm
from crm.followups.queries.answers import Item, Opened, opened
from crm.followups.rules.answers import STANDINGS
from crm.followups.rules.link import PATH
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import PUBLIC, requires
from crm.web.public import keeps_quiet

agreement = Blueprint("agreement", __name__, url_prefix=PATH.rstrip("/"))
keeps_quiet(agreement)
ONE = "/<token>/<int:follow_up_id>"
LIMIT = "60 per minute"


@agreement.errorhandler(NotFound)
def _unknown(_error: NotFound) -> Any:
    return render_template("followups/company_unknown.html"), 404


@agreement.get("/<token>")
@requires(PUBLIC)
def show(token: str) -> Any:
    """What was agreed, as it is now, and what the company has said to it."""
    return _page(token)


@agreement.post(f"{ONE}/rigtigt")
@requires(PUBLIC)
def right(token: str, follow_up_id: int) -> Any:
    """One tap: it is right."""
    _found, item = _open(token, follow_up_id)
    form = SeenForm()
    if not form.validate():
        return _page(token), 422
    try:
        confirm(session(), now(), item.follow_up, form.seen.data or "")
    except Refusal as refusal:
        return _refused(token, refusal)
    return _back(token, follow_up_id)


@agreement.route(f"{ONE}/ret", methods=["GET", "POST"])
@requires(PUBLIC)
def mend(token: str, follow_up_id: int) -> Any:
    """It was otherwise: in their words, perhaps with another date or the other side."""
    found, item = _open(token, follow_up_id)
    if not item.is_live or found.is_old:
        return redirect(url_for("agreement.show", token=token), 303)
    form = CorrectForm() if request.method == "POST" else CorrectForm(formdata=None, data=_before(item))
    form.fit(_("Vi, %(name)s", name=found.jobcentre.name), _("I, %(name)s", name=found.visit.workplace.name))
    if request.method == "POST" and form.validate():
        try:
            seen, words = form.seen.data or "", form.words.data or ""
            correct(session(), now(), item.follow_up, seen, words, form.due_on.data, form.owed_by.data)
        except Refusal as refusal:
            if not isinstance(refusal, Invalid) and refusal.code != "written":
                return _refused(token, refusal)
            session().rollback()
            form.refused(refusal)
            found, item = _open(token, follow_up_id)
            if refusal.code == "written":  # with the earlier words in sight the next press means it
                form.seen.data = item.seen
        else:
            return _back(token, follow_up_id)
    page = render_template("followups/company_correct.html", form=form, item=item, **_of(found, token))
    return page, 422 if request.method == "POST" else 200


@agreement.post(f"{ONE}/sket")
@requires(PUBLIC)
def happened(token: str, follow_up_id: int) -> Any:
    """Whether it has happened: yes or no, and perhaps what is missing."""
    _found, item = _open(token, follow_up_id)
    form = KeptForm()
    if not form.validate():
        return _page(token), 422
    try:
        say_kept(session(), now(), item.follow_up, form.kept.data == "yes", form.words.data or "")
    except Refusal as refusal:
        return _refused(token, refusal)
    return _back(token, follow_up_id)


def _open(token: str, follow_up_id: int) -> tuple[Opened, Item]:
    """An answer by a link that is too old is one to a page that does not offer it: not found."""
    found = opened(session(), now(), token)
    if found.is_old:
        raise NotFound
    return found, found.item(follow_up_id)


def _before(item: Item) -> dict[str, Any]:
    """What the company wrote last and may still change; else the agreement's own day and side."""
    said = item.waiting
    return {
        "seen": item.seen,
        "words": said.words if said else "",
        "due_on": (said.due_on if said else None) or item.follow_up.due_on,
        "owed_by": (said.owed_by if said else None) or item.follow_up.owed_by,
    }


def _back(token: str, follow_up_id: int) -> Any:
    return redirect(url_for("agreement.show", token=token, _anchor=f"aftale-{follow_up_id}"), 303)


def _refused(token: str, refusal: Refusal) -> Any:
    """The page as it is now, with what did not happen above it."""
    session().rollback()
    return _page(token, say(refusal.message, refusal.fields)), refusal.status


def _page(token: str, problem: str = "") -> str:
    found = opened(session(), now(), token)
    return render_template("followups/company.html", problem=problem, **_of(found, token))


def _of(found: Opened, token: str) -> dict[str, Any]:
    """What every page of the agreement shows."""
    return {
        "found": found,
        "visit": found.visit,
        "jobcentre": found.jobcentre,
        "owner": found.owner,
        "phone_number": found.owner.phone or found.jobcentre.phone,
        "standings": {key: _(words) for key, words in STANDINGS.items()},
        "token": token,
    }
