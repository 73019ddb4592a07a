"""Spare time: near companies on the jobcentre's own list, and booking one of them once it has said yes."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from markupsafe import Markup

from crm.base.clock import at, danish_date
from crm.base.errors import NotFound
from crm.calling.queries import wording
from crm.companies.rules import industry_label
from crm.visits.forms import LARGEST_ID, BookForm
from crm.visits.queries import day_plan
from crm.visits.queries.spare import LastCall, Proposal, contacts, last_calls, proposals, waiting_entry
from crm.visits.rules.spare import LEAST, LOOK_IN, Opening
from crm.visits.views.blueprint import pages
from crm.visits.views.panel import fragment
from crm.visits.views.today import openings_of, spare_url
from crm.web.edge import now, session
from crm.web.filters import dk_day, dk_number, dk_time, minutes_hm
from crm.web.i18n import locale_code
from crm.web.permit import actor, may, requires, scope, scope_for

SHOWN = 12


@pages.get("/today/spare")
@requires("visits.today")
def spare() -> Any:
    """``?from=12:15`` the spare time that is not over then; the next one without. Only today's: tomorrow's list is
    another."""
    here = danish_date(now())
    free = openings_of(day_plan(session(), actor(), here, now()))
    asked = _moment(request.args.get("from"), here)
    opening = next((one for one in free if one.ends_at > asked), free[-1] if free else None)
    found = proposals(session(), scope_for("companies.read"), now(), opening, SHOWN) if opening else []
    return render_template(
        "visits/spare.html",
        opening=opening,
        others=[{"opening": one, "url": spare_url(one)} for one in free if one is not opening],
        rows=_rows(opening, found) if opening else [],
        least=LEAST,
        look_in=LOOK_IN,
    )


def _moment(text: str | None, day: date) -> datetime:
    try:
        clock = time.fromisoformat((text or "")[:5])
    except ValueError:
        return now()
    return max(now(), at(day, clock.hour * 60 + clock.minute))


def _rows(opening: Opening, found: list[Proposal]) -> list[dict[str, Any]]:
    calls = last_calls(session(), [one.waiting.entry_id for one in found]) if found else {}
    people = contacts(session(), [one.waiting.workplace_id for one in found]) if found else {}
    words = wording(session(), {one.waiting.campaign_id for one in found}, locale_code()) if calls else None
    return [
        {
            "one": one.waiting,
            "industry": _(industry_label(one.waiting.industry_code, one.waiting.industry_version)),
            "contact": people.get(one.waiting.workplace_id),
            "phone": one.waiting.phone or getattr(people.get(one.waiting.workplace_id), "phone", None),
            "drive": drive_words(one),
            "why": why_words(opening, one),
            "said": _said(calls.get(one.waiting.entry_id), words),
            "note": getattr(calls.get(one.waiting.entry_id), "note", ""),
        }
        for one in found
    ]


def drive_words(one: Proposal) -> str:
    """``7,2 km · 12 min dertil · 4 min ekstra kørsel``"""
    said = _(
        "%(km)s km · %(there)s dertil · %(extra)s ekstra kørsel",
        km=dk_number(one.fit.there.km, 1),
        there=minutes_hm(one.fit.there.minutes),
        extra=minutes_hm(one.fit.extra_min),
    )
    rough = one.fit.estimate or one.waiting.geo_source in ("postcode", "none")
    return str(_("%(said)s (skøn)", said=said) if rough else said)


def why_words(opening: Opening, one: Proposal) -> str:
    """Why it fits, from when to when."""
    stay = {"from_": dk_time(one.fit.from_at), "until": dk_time(one.fit.until), "stay": minutes_hm(one.fit.stay_min)}
    if opening.after is not None and opening.after.kind == "visit":
        return str(
            _(
                "Du kan være der kl. %(from_)s og skal køre igen kl. %(until)s for at nå %(next)s: %(stay)s på stedet.",
                next=opening.after.ref.workplace.name,
                **stay,
            )
        )
    return str(_("Du kan være der kl. %(from_)s og skal køre igen kl. %(until)s: %(stay)s på stedet.", **stay))


def _said(call: LastCall | None, words: Any) -> str:
    """``Sidst ringet op fre. 20. nov. af Mette Prøvesen: intet svar``"""
    if call is None or words is None:
        return str(_("Ikke ringet op endnu."))
    parts = (words.outcome(call.campaign_id, call.outcome), words.reason(call.campaign_id, call.reason))
    outcome = ", ".join(part for part in parts if part)
    return str(_("Sidst ringet op %(day)s af %(who)s: %(what)s", day=dk_day(call.ended_at), who=call.by, what=outcome))


@pages.get("/today/spare/<int:entry_id>")
@requires("visits.book")
def spare_book(entry_id: int) -> Any:
    """After the call: the company's times with the jobcentre's consultants, booked as any other."""
    if not 1 <= entry_id <= LARGEST_ID:
        raise NotFound
    entry = waiting_entry(session(), scope(), now(), entry_id)
    form = BookForm(formdata=None)
    person = contacts(session(), [entry.workplace_id]).get(entry.workplace_id)
    if person is not None:
        form.contact_name.data, form.contact_title.data = person.name, person.title
        form.contact_phone.data, form.contact_email.data = person.phone, person.email
    return render_template(
        "visits/spare_book.html",
        entry=entry,
        form=form,
        slots=Markup(fragment(entry, request.args.get("week"))),  # noqa: S704 - a template's own answer
        company=may("companies.read"),
    )
