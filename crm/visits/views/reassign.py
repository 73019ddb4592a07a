"""Somebody is away: a plan for the visits of the days, adjusted and carried out in one go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.clock import danish_date, day_bounds
from crm.base.errors import NotFound, Refusal
from crm.calendars.queries import consultant as load_consultant
from crm.people.models import User
from crm.visits.actions import Choice
from crm.visits.actions import reassign as carry_out
from crm.visits.api.ahead import fetch_for_choices, while_writing
from crm.visits.forms import LARGEST_ID, ReassignForm, parse_slot
from crm.visits.models import Visit
from crm.visits.queries.reassign import LONGEST, Plan, proposals
from crm.visits.rules.reassign import Option, Proposal
from crm.visits.views.blueprint import pages
from crm.web.edge import now, session
from crm.web.filters import dk_day, dk_time
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope

FIELD = "choice-"


@pages.route("/visits/reassign", methods=["GET", "POST"])
@requires("visits.reassign")
def reassign() -> Any:
    """``consultant`` (default: oneself), ``day`` (default: today), ``to``, and ``all`` (also the visits that a recorded
    absence does not concern) stand in the address."""
    person = _person()
    first, last = _days()
    if request.method == "GET":
        return _page(person, first, last, _fresh(), {})
    form, picked = ReassignForm(), _picked()
    if not form.validate():
        return _page(person, first, last, form, picked, status=422)
    choices = [_choice(number, value) for number, value in picked.items()]
    away = (day_bounds(first)[0], day_bounds(last)[1]) if form.absence.data else None
    fetch_for_choices(choices)
    try:
        done = carry_out(session(), actor(), now(), person.id, choices, form.reason.data or "", away)
    except NotFound as exc:
        raise NotFound from exc
    except Refusal as refusal:
        return _page(person, first, last, form, picked, refusal, refusal.status)
    flash(
        ngettext(
            "%(num)s besøg er ændret. Virksomheden og konsulenterne har fået besked.",
            "%(num)s besøg er ændret. Virksomhederne og konsulenterne har fået besked.",
            len(done),
        ),
        "success",
    )
    for visit in done:
        if not visit.contact_email:
            flash(_("%(company)s har ingen mailadresse: ring og sig det.", company=visit.workplace.name), "warning")
    return redirect(url_for("visits.reassign", **_address(person, first, last)), 303)


def _person() -> User:
    text = request.args.get("consultant") or str(actor().id)
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= LARGEST_ID):
        raise NotFound
    return load_consultant(session(), scope(), int(text))


def _days() -> tuple[date, date]:
    """Never before today; at most LONGEST."""
    today = danish_date(now())
    first = max(_day(request.args.get("day")) or today, today)
    last = max(_day(request.args.get("to")) or first, first)
    return first, min(last, first + LONGEST)


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def _fresh() -> ReassignForm:
    form = ReassignForm(formdata=None)
    form.reason.data = _("Konsulenten er fraværende")
    form.absence.data = True
    return form


def _picked() -> dict[int, str]:
    """Visit -> the value of its drop-down."""
    found = {}
    for name, value in request.form.items():
        number = name.removeprefix(FIELD)
        if name.startswith(FIELD) and number.isascii() and number.isdigit() and 0 < int(number) <= LARGEST_ID:
            found[int(number)] = value
    return found


def _choice(number: int, value: str) -> Choice:
    """What cannot be read leaves the visit where it is."""
    slot = parse_slot(value)
    return Choice(number, *slot) if slot else Choice(number, cancel=value == "cancel")


def _address(person: User, first: date, last: date) -> dict[str, Any]:
    to = last.isoformat() if last != first else None
    return {"consultant": person.id, "day": first.isoformat(), "to": to, "all": 1 if _everything() else None}


def _everything() -> bool:
    return request.args.get("all") == "1"


def _page(
    person: User,
    first: date,
    last: date,
    form: ReassignForm,
    picked: Mapping[int, str],
    refusal: Refusal | None = None,
    status: int = 200,
) -> Any:
    """The plan; what was picked before stays picked, but for the visit that was refused."""
    with while_writing():
        plan = proposals(session(), now(), person.id, first, last, everything=_everything())
    refused = refusal.extra.get("visit_id") if refusal else None
    by_ref = {proposal.ref: proposal for proposal in plan.proposals}
    rows = [_row(plan, visit, by_ref[visit.id], picked, refused) for visit in plan.visits]
    return render_template(
        "visits/reassign.html",
        person=person,
        first=first,
        last=last,
        rows=rows,
        form=form,
        away=plan.away and not _everything(),
        spared=plan.spared,
        wider=url_for("visits.reassign", **_address(person, first, last) | {"all": 1}),
        refusal=say(refusal.message, refusal.fields) if refusal else None,
        refused=next((row["visit"] for row in rows if row["visit"].id == refused), None),
        action=url_for("visits.reassign", **_address(person, first, last)),
    ), status


def _row(
    plan: Plan, visit: Visit, proposal: Proposal, picked: Mapping[int, str], refused: int | None
) -> dict[str, Any]:
    choices = [{"value": option.key, "label": label(plan, option)} for option in proposal.options]
    wanted = picked.get(visit.id, "") if visit.id != refused else ""
    if wanted and all(choice["value"] != wanted for choice in choices) and (slot := parse_slot(wanted)):
        kept = Option("other_time" if slot[1] != visit.starts_at else "same_time", *slot)
        if kept.consultant_id in plan.people:
            choices.append({"value": wanted, "label": label(plan, kept, drive=False)})
    known = {choice["value"] for choice in choices}
    return {
        "visit": visit,
        "name": f"{FIELD}{visit.id}",
        "choices": choices,
        "chosen": wanted if wanted in known else proposal.chosen.key,
        "proposed": label(plan, proposal.chosen),
        "kind": proposal.chosen.kind,
    }


def label(plan: Plan, option: Option, *, drive: bool = True) -> str:
    """``Samme tid: Lone Prøvesen · 12 min derhen, 8 min videre (+5 min)``"""
    if option.kind == "cancel":
        return str(_("Aflys besøget"))
    if option.kind == "keep" or option.starts_at is None or option.consultant_id is None:
        return str(_("Lad besøget stå"))
    name = plan.people[option.consultant_id].name
    if option.kind == "same_time":
        text = _("Samme tid: %(name)s", name=name)
    else:
        text = _(
            "%(day)s kl. %(time)s: %(name)s",
            day=dk_day(option.starts_at).capitalize(),
            name=name,
            time=dk_time(option.starts_at),
        )
    if not drive:
        return str(text)
    far = _(
        "%(there)s min derhen, %(onward)s min videre",
        there=option.before_min,
        onward=option.after_min,
    )
    ferry = _(" · med færge: %(ferry)s", ferry=option.ferry) if option.ferry else ""
    return f"{text} · {far} ({option.extra_min:+d} min){ferry}".replace("(-", "(−")
