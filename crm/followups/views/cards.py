"""An agreement as the pages show it: its day in words, what it is, and what to do first."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.clock import working_days_between
from crm.followups.models import Answer, FollowUp
from crm.followups.queries.owning import answers
from crm.followups.rules import KINDS, overdue_days
from crm.web.filters import dk_date
from crm.web.permit import actor

# kind -> what to do, the fitting first; "call" falls away without a number
STEPS = {
    "we_owe": ("done", "call", "snooze"),
    "company_owes": ("call", "done", "snooze"),
    "future_need": ("call", "done", "snooze"),
    "care": ("call", "done", "snooze"),
    "placement_ending": ("placement", "done", "snooze"),
    "data_missing": ("opening", "call", "snooze"),
}


def on_phone() -> bool:
    """Consultants without another role work on the telephone's pages."""
    return {held.role for held in actor().roles} == {"consultant"}


def card(found: FollowUp, today: date, *, unowned: bool | None = None) -> dict[str, Any]:
    """One agreement as the lists show it; ``unowned`` where it is known already, else its owner's roles are read."""
    late = found.state == "open" and found.due_on < today
    phone = found.visit.contact_phone or found.workplace.phone
    return {
        "f": found,
        "late": late,
        "when": when(found.due_on, today),
        "who": _(KINDS[found.kind]),
        "title": short(found.promise),
        "phone": phone,
        "days": overdue_days(found.due_on, today),
        "put_off": put_off(found),
        "unowned": not answers(found.owner) if unowned is None else unowned,
        "steps": [step for step in STEPS[found.kind] if _fits(step, found, phone)],
        "did": did(found),
        "placement_url": _placement_url(found),
        "opening_url": url_for("openings.show", opening_id=found.opening_id) if found.opening_id else "",
    }


def answered(found: FollowUp, said: Answer, today: date, *, unowned: bool) -> dict[str, Any]:
    """One agreement that waits because the company answered: what it said, and where that is settled."""
    corrected = said.kind == "corrected"
    settle = url_for("followups.answer", follow_up_id=found.id, answer_id=said.id)
    return {
        **card(found, today, unowned=unowned),
        "said": said,
        "says": str(_("Virksomheden retter aftalen") if corrected else _("Virksomheden siger, at det ikke er sket")),
        "words": short(said.words) if said.words.strip() else "",
        "do": str(_("Svar på rettelsen") if corrected else _("Tag hånd om det")),
        "do_url": settle if corrected else url_for("followups.show", follow_up_id=found.id) + "#svar",
    }


def _fits(step: str, found: FollowUp, phone: str | None) -> bool:
    has = {"call": bool(phone), "placement": bool(found.placement_id), "opening": bool(found.opening_id)}
    return has.get(step, True)


def _placement_url(found: FollowUp) -> str:
    return url_for("openings.placement", placement_id=found.placement_id) if found.placement_id else ""


def did(found: FollowUp) -> tuple[str, str]:
    """What "done" is called for this kind: on a narrow button, and in full."""
    if found.kind == "company_owes":
        return str(_("Har svaret")), str(_("Virksomheden er vendt tilbage"))
    if found.kind in ("future_need", "care"):
        return str(_("Talt sammen")), str(_("Vi har talt sammen"))
    if found.kind == "placement_ending":
        return str(_("Klaret")), str(_("Vi har talt om, hvad der så sker"))
    return str(_("Gjort")), str(_("Gjort"))


def put_off(found: FollowUp) -> str:
    """``lovet den 16. nov., udskudt 2 gange``; empty for what was never put off."""
    if found.first_due_on == found.due_on and not found.snoozes:
        return ""
    first = _("lovet den %(day)s", day=dk_date(found.first_due_on))
    if not found.snoozes:
        return str(first)
    times = ngettext("udskudt %(num)s gang", "udskudt %(num)s gange", found.snoozes)
    return f"{first}, {times}"


def short(promise: str) -> str:
    line = promise.strip().splitlines()[0]
    return line if len(line) <= 120 else line[:119].rstrip() + "…"


def when(due_on: date, today: date) -> str:
    """``3 arbejdsdage over``, ``I dag``, ``om 4 arbejdsdage``, ``om 3 måneder``."""
    days = working_days_between(today, due_on)
    if due_on == today:
        return str(_("I dag"))
    if due_on < today:
        days = overdue_days(due_on, today)
        return str(ngettext("%(num)s arbejdsdag over", "%(num)s arbejdsdage over", days) if days else _("Over fristen"))
    if days <= 20:
        return str(ngettext("om %(num)s arbejdsdag", "om %(num)s arbejdsdage", days))
    months = round((due_on - today).days / 30.4)
    return str(ngettext("om %(num)s måned", "om %(num)s måneder", months))
