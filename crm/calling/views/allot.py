"""Who calls which list: change its firm, release it, put it first or last; and the days of each contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, NotFound, Refusal
from crm.calling import actions
from crm.calling.queries.allotment import ListLine, list_lines
from crm.calling.rules.priority import PRIORITIES
from crm.calling.views.asked import Asked, read_asked, supervision
from crm.calling.views.blueprint import pages
from crm.campaigns.actions import set_contract
from crm.campaigns.models import CallList, Campaign, Participation
from crm.campaigns.queries import participations
from crm.people.queries import calling_firms
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires

UNREADABLE = N_("Datoen kan ikke læses. Skriv den som 24.11.2026.")


@pages.get("/calling/allot")
@requires("campaigns.manage")
def allot() -> Any:
    return render_template("calling/allot.html", **_page(read_asked()))


def _page(
    asked: Asked, errors: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """``errors``: field -> message of contract dates that were refused; ``typed`` brings back what was written."""
    shown: dict[str, Any] = {"asked": asked, "nav": supervision(asked.campaign), "errors": errors or {}}
    campaign = asked.campaign
    if campaign is None:
        return shown
    known = calling_firms(session())
    parts = participations(session(), campaign.id)
    names = {firm.id: firm.name for firm in known}
    lines = list_lines(session(), campaign.id, now())
    wanted = asked.firm.id if asked.firm else None
    return {
        **shown,
        "lines": [_line(line, names) for line in lines if wanted in (None, line.firm_id, line.own_firm_id)],
        "firms": known,
        "priorities": {key: _(label) for key, label in PRIORITIES.items()},
        "contracts": [_contract(campaign, part, typed or {}) for part in parts],
    }


def _line(line: ListLine, names: Mapping[int, str]) -> dict[str, Any]:
    follows = line.own_firm_id is None
    if line.released_at:
        state, tone = _("Sluppet"), "warn"
    elif line.firm_id is None:
        state, tone = (
            (_("Uden for aftalen"), "warn")
            if line.own_firm_id or line.participation_firm
            else (
                _("Intet firma"),
                "bad",
            )
        )
    else:
        state, tone = (_("Ringes op"), "good") if line.waiting else (_("Ringet færdig"), "")
    return {
        "line": line,
        "firm": names.get(line.firm_id or 0, ""),
        "standing": (line.participation_firm if follows else line.own_firm) or "",
        "own": not follows,
        "state": state,
        "tone": tone,
        "priority": _(PRIORITIES[line.priority]),
    }


def _contract(campaign: Campaign, part: Participation, typed: Mapping[str, str]) -> dict[str, Any]:
    today = danish_date(now())
    first, last = part.contract_from or campaign.starts_on, part.contract_until or campaign.ends_on
    state, tone = (
        (_("Løber"), "good")
        if first <= today <= last
        else (_("Begynder senere"), "warn")
        if (today < first)
        else (_("Udløbet"), "warn")
    )

    def shown(name: str, value: date | None) -> str:
        return typed.get(f"{name}-{part.id}", value.isoformat() if value else "")

    return {
        "id": part.id,
        "jobcentre": part.jobcentre.name,
        "firm": part.calling_firm.name if part.calling_firm else "",
        "from": shown("from", part.contract_from),
        "until": shown("until", part.contract_until),
        "first": first,
        "last": last,
        "state": state,
        "tone": tone,
    }


@pages.post("/calling/allot")
@requires("campaigns.manage")
def allot_lists() -> Any:
    """One change to the ticked lists, in force at once but for companies in somebody's hands."""
    asked = read_asked(request.form)
    try:
        if asked.campaign is None:
            raise NotFound
        lists = actions.approved_lists(session(), asked.campaign.id, _numbers(request.form.getlist("lists")))
        _change(lists, request.form)
    except Refusal as refusal:
        session().rollback()
        flash(say(refusal.message, refusal.fields), "error")
    else:
        flash(_said(lists), "success")
    return redirect(url_for("calling.allot", **asked.address()))


def _numbers(raw: Sequence[str]) -> list[int]:
    """Raises NotFound for what is no record's number."""
    if not all(one.isascii() and one.isdigit() and len(one) < 16 for one in raw):
        raise NotFound
    return [int(one) for one in raw]


def _change(lists: Sequence[CallList], form: MultiDict[str, str]) -> None:
    """What the pressed button says. Raises Invalid."""
    db, me, moment, do = session(), actor(), now(), form.get("do", "")
    if do == "release":
        actions.release_lists(db, me, moment, lists)
    elif do == "priority":
        actions.prioritise(db, me, moment, lists, next(iter(_numbers([form.get("priority", "1")]))))
    elif do == "firm":
        raw = form.get("to", "")
        if not raw:
            raise Invalid(N_("Vælg det firma, listerne skal ringes op af."), errors={"to": N_("Vælg et firma")})
        actions.allot(db, me, moment, lists, None if raw == "standing" else next(iter(_numbers([raw]))))
    else:
        raise Invalid(N_("Vælg, hvad der skal ske med listerne."))


def _said(lists: Sequence[CallList]) -> str:
    return str(
        ngettext(
            "%(num)s liste er ændret. Virksomheder hos en phoner følger med, når opkaldet er slut.",
            "%(num)s lister er ændret. Virksomheder hos en phoner følger med, når opkaldet er slut.",
            len(lists),
        )
    )


@pages.post("/calling/allot/contracts")
@requires("campaigns.manage")
def contracts() -> Any:
    """The days on which each jobcentre's firm may call. Nothing is saved when one of them cannot be used."""
    asked = read_asked(request.form)
    if asked.campaign is None:
        raise NotFound
    errors: dict[str, str] = {}
    for part in participations(session(), asked.campaign.id):
        try:
            days = [_day(request.form, f"{name}-{part.id}") for name in ("from", "until")]
            set_contract(session(), actor(), now(), part, *days)
        except Invalid as refusal:
            errors |= {name: say(text, refusal.fields) for name, text in refusal.errors.items()}
    if errors:
        session().rollback()
        page = _page(read_asked(request.form), errors, request.form)
        return render_template("calling/allot.html", **page), 422
    actions.follow_firms(session(), now())
    flash(_("Aftalerne er gemt og gælder fra nu af."), "success")
    return redirect(url_for("calling.allot", **asked.address()))


def _day(form: Mapping[str, str], name: str) -> date | None:
    raw = form.get(name, "").strip()
    if not raw:
        return None
    try:
        return date.fromisoformat(raw)
    except ValueError as exc:
        raise Invalid(UNREADABLE, errors={name: UNREADABLE}) from exc
