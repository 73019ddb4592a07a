"""The company's own page, by the link in its mails: see, move and cancel the visit without signing in.

A link is fetched by mail scanners, so GET shows and only POST acts. The pages carry no more of people than the mail.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from crm.base.errors import N_, Invalid, NotFound, Refusal
from crm.visits.actions.check import warm_day
from crm.visits.actions.company import company_cancel, company_move
from crm.visits.actions.invitations import NAME, for_company
from crm.visits.actions.messages import parts_of
from crm.visits.actions.publish import address_of
from crm.visits.queries.company import Opened, company_week, opened
from crm.visits.queries.slots import ask_for_visit, consultants
from crm.visits.rules.link import PATH
from crm.visits.views.company_forms import CompanyCancelForm, CompanyMoveForm
from crm.visits.views.slots import from_dict
from crm.web.edge import now, only_reads, session, writes
from crm.web.i18n import say
from crm.web.permit import PUBLIC, requires
from crm.web.public import keeps_quiet

company = Blueprint("company", __name__, url_prefix=PATH.rstrip("/"))
keeps_quiet(company)
TOKEN = "<token>"
LIMIT = "60 per minute"
NOT_IN_LIST = N_("Besøget er ikke flyttet. Vælg en tid i listen.")


@company.errorhandler(NotFound)
def _unknown(_error: NotFound) -> Any:
    return render_template("visits/company_unknown.html"), 404


@company.get(f"/{TOKEN}")
@requires(PUBLIC)
def show(token: str) -> Any:
    """The visit as it is now, and what has just happened to it."""
    found = opened(session(), now(), token)
    return render_template("visits/company.html", moved=found.just_moved(now()), **_of(found, token))


@company.route(f"/{TOKEN}/flyt", methods=["GET", "POST"])
@requires(PUBLIC)
def move(token: str) -> Any:
    """Choose a time, see it once more, and then move; a refused one brings three others and keeps the message."""
    found = opened(only_reads(), now(), token)
    if found.state != "open":
        return redirect(url_for("company.show", token=token), 303)
    form = CompanyMoveForm()
    if request.method == "GET":
        return _times(found, token, CompanyMoveForm(formdata=None, sequence=found.visit.sequence), None)
    if "back" in request.form:
        return _times(found, token, form, None)
    if not form.validate():
        return _times(found, token, form, Invalid(NOT_IN_LIST))
    if "confirmed" not in request.form:
        return _confirm(found, token, form)
    consultant_id, starts_at = form.wanted
    # a travel engine may take seconds to answer: it is asked before anything is held
    warm_day(session(), now(), lambda: ask_for_visit(found.visit), starts_at)
    writes()
    found = opened(session(), now(), token)
    try:
        message = form.message.data or ""
        company_move(session(), now(), found.visit, form.sequence.data or 0, consultant_id, starts_at, message)
    except NotFound:
        return _refused(token, form, Invalid(NOT_IN_LIST))
    except Refusal as refusal:
        return _refused(token, form, refusal)
    return redirect(url_for("company.show", token=token), 303)


def _refused(token: str, form: CompanyMoveForm, refusal: Refusal) -> Any:
    """The times anew, for the visit as it is now; a visit that is no longer to be moved says so itself."""
    found = opened(only_reads(), now(), token)
    if found.state != "open":
        return redirect(url_for("company.show", token=token), 303)
    form.sequence.data = found.visit.sequence
    return _times(found, token, form, refusal)


def _confirm(found: Opened, token: str, form: CompanyMoveForm) -> Any:
    """What is about to happen, for one more click; nothing has changed yet."""
    consultant_id, starts_at = form.wanted
    person = consultants(session(), [found.visit.jobcentre_id]).get(consultant_id)
    if person is None:
        return _times(found, token, form, Invalid(NOT_IN_LIST))
    length = timedelta(minutes=found.visit.entry.campaign.visit_minutes)
    view = _of(found, token) | {"starts_at": starts_at, "ends_at": starts_at + length, "who": person.name}
    return render_template("visits/company_confirm.html", form=form, week=request.args.get("week"), **view)


@company.route(f"/{TOKEN}/aflys", methods=["GET", "POST"])
@requires(PUBLIC)
def cancel(token: str) -> Any:
    """Why, and then once more whether: both parties are told."""
    found = opened(session(), now(), token)
    if found.state != "open":
        return redirect(url_for("company.show", token=token), 303)
    form = CompanyCancelForm() if request.method == "POST" else CompanyCancelForm(sequence=found.visit.sequence)
    sure, status = False, 200
    if request.method == "POST" and "back" not in request.form:
        sure = form.validate()
        status = 200 if sure else 422
    if sure and "confirmed" in request.form:
        try:
            company_cancel(
                session(), now(), found.visit, form.sequence.data or 0, form.reason.data, form.said.data or ""
            )
        except Refusal as refusal:
            return _not_cancelled(token, form, refusal)
        return redirect(url_for("company.show", token=token), 303)
    return _reasons(found, token, form, sure), status


def _not_cancelled(token: str, form: CompanyCancelForm, refusal: Refusal) -> Any:
    """As ``_refused``."""
    session().rollback()
    found = opened(session(), now(), token)
    if found.state != "open":
        return redirect(url_for("company.show", token=token), 303)
    form.refused(refusal)
    form.sequence.data = found.visit.sequence
    return _reasons(found, token, form, False), refusal.status


def _reasons(found: Opened, token: str, form: CompanyCancelForm, sure: bool) -> str:
    return render_template("visits/company_cancel.html", form=form, sure=sure, **_of(found, token))


@company.get(f"/{TOKEN}/{NAME}")
@requires(PUBLIC)
def calendar_file(token: str) -> Any:
    """The invitation as it is now, or its cancellation, for the company's calendar."""
    found = opened(session(), now(), token)
    if found.state not in ("open", "cancelled", "old"):
        raise NotFound
    method: Any = "CANCEL" if found.state == "cancelled" else "REQUEST"
    item = for_company(now(), found.visit, method, parts_of(session(), now(), found.visit))
    response = Response(item["text"].encode(), content_type=f"{item['mime']}; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=item["name"])
    return response


def _of(found: Opened, token: str) -> dict[str, Any]:
    """What every page of the visit shows."""
    visit = found.visit
    phone = visit.consultant.phone or found.jobcentre.phone
    view: dict[str, Any] = {"found": found, "visit": visit, "jobcentre": found.jobcentre, "token": token}
    return view | {"phone_number": phone, "address": address_of(visit)}


def _times(found: Opened, token: str, form: CompanyMoveForm, refusal: Refusal | None) -> Any:
    """The week's times; refused: what was typed, and up to three others first."""
    week = company_week(session(), now(), found.visit, request.args.get("week"))
    nearest = [from_dict(item) for item in (refusal.extra.get("alternatives", []) if refusal else [])]
    view = _of(found, token) | {
        "week": week,
        "nearest": nearest,
        "without": {slot.key for slot in nearest},
        "problem": say(refusal.message, refusal.fields) if refusal else None,
    }
    return render_template("visits/company_move.html", form=form, **view), refusal.status if refusal else 200
