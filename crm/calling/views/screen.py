"""What the phoner's templates are given."""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import session as cookie
from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup, escape

from crm.base.clock import danish, danish_date
from crm.base.types import format_phone
from crm.calling import queries, rules
from crm.calling.forms import OutcomeForm
from crm.calling.models import QueueEntry
from crm.campaigns.rules import DEFAULT_SCRIPT, fill_script
from crm.companies.rules import industry_label
from crm.web.edge import now, session
from crm.web.filters import dk_date, dk_day, dk_time
from crm.web.permit import actor, scope

DESK = "call_desk"
PAUSE = "call_pause"
RECENT_DAYS = 30


def chosen_desk() -> tuple[int, int | None] | None:
    """(campaign, jobcentre or None for all) that this phoner last called for."""
    kept = cookie.get(DESK)
    return (int(kept[0]), kept[1]) if kept else None


def jobcentre_for(entry: QueueEntry) -> int | None:
    """The jobcentre the phoner has narrowed this campaign's queue to."""
    desk = chosen_desk()
    return desk[1] if desk and desk[0] == entry.campaign_id else None


def call_screen(entry: QueueEntry, form: OutcomeForm | None = None) -> dict[str, Any]:
    """Everything on the screen for an entry the actor holds; ``form`` brings back what was typed."""
    db, me, moment = session(), actor(), now()
    contact = next(iter(entry.workplace.contacts), None)
    lines = queries.history(db, entry.workplace_id, scope())
    if form is None:
        form = OutcomeForm(
            formdata=None,
            note=entry.draft_note,
            mine="1",
            key=secrets.token_urlsafe(12),
            contact_name=contact.name if contact else "",
            contact_title=contact.title if contact else "",
            contact_phone=format_phone(contact.phone) if contact else "",
            contact_email=(contact.email if contact else None) or entry.workplace.email or "",
        )
    return {
        "entry": entry,
        "workplace": entry.workplace,
        "contact": contact,
        "form": form,
        "industry": industry(entry),
        "steps": script(entry, contact.name if contact else "", me.name),
        "history": [_line(line) for line in lines],
        "warnings": warnings(entry, lines),
        "state": state_line(entry),
        "groups": outcome_groups(),
        "reasons": rules.DECLINE_REASONS,
        "pace": queries.pace(db, me.id, moment),
        "left": queries.queue_left(db, scope(), entry.campaign_id, jobcentre_for(entry)),
        "jobcentre_id": jobcentre_for(entry),
        "slots_url": url_for("visits.slots_panel", entry_id=entry.id),
        "book_url": url_for("visits.book"),
    }


def industry(entry: QueueEntry) -> str:
    """``VVS- og blikkenslagerforretninger (432200)``"""
    workplace = entry.workplace
    if not workplace.industry_code:
        return str(_("Branche ukendt"))
    label = _(industry_label(workplace.industry_code, workplace.industry_version))
    return f"{label} ({workplace.industry_code})"


def script(entry: QueueEntry, contact: str, phoner: str) -> list[dict[str, Any]]:
    """The campaign's steps with names filled in, set bold in the text."""
    values = {
        "phoner": phoner,
        "contact": contact or _("den ansvarlige"),
        "company": entry.workplace.name,
        "jobcentre": entry.jobcentre.name,
    }
    bold = {name: f"<b>{escape(value)}</b>" for name, value in values.items()}
    steps = [
        {"title": step["title"], "text": str(escape(step["text"]))} for step in entry.campaign.script or DEFAULT_SCRIPT
    ]
    return [
        {"title": plain["title"], "text": Markup(rich["text"])}  # noqa: S704 - escaped above
        for plain, rich in zip(fill_script(steps, values), fill_script(steps, bold), strict=True)
    ]


def outcome_groups() -> list[dict[str, Any]]:
    return [
        {
            "label": _(label),
            "outcomes": [
                {"value": outcome.key, "label": _(outcome.label), "key": outcome.letter}
                for outcome in rules.OUTCOMES.values()
                if outcome.group == group
            ],
        }
        for group, label in rules.GROUPS.items()
    ]


def state_line(entry: QueueEntry) -> str:
    """Why this company comes now: a promised call-back, or which try it is."""
    if entry.rank == rules.RANK_CALL_BACK:
        return str(_("Aftalt genopkald %(when)s", when=spoken_moment(entry.due_at)))
    if entry.attempts:
        return str(_("Forsøg %(number)s af %(max)s", number=entry.attempts + 1, max=entry.campaign.max_attempts))
    return str(_("Første opkald"))


def spoken_moment(moment: Any) -> str:
    """``i dag kl. 10.30``, else ``to. 26. nov. kl. 9.00``."""
    today = danish_date(moment) == danish_date(now())
    day = _("i dag") if today else dk_day(moment)
    return str(_("%(day)s kl. %(time)s", day=day, time=dk_time(moment)))


def warnings(entry: QueueEntry, lines: list[queries.HistoryLine]) -> list[dict[str, str]]:
    """What to know before dialling: [{tone, icon, text}]."""
    workplace = entry.workplace
    found = [
        {"tone": "warn", "icon": "warning", "text": _("Reklamebeskyttet: ring kun efter listens hjemmel")}
        if workplace.advertising_protected
        else {"tone": "good", "icon": "check", "text": _("Reklamebeskyttelse: nej")}
    ]
    if workplace.do_not_call_at:
        found.append({"tone": "bad", "icon": "error", "text": _("Har bedt om ikke at blive ringet op")})
    for other in queries.same_number(session(), scope(), entry):
        found.append(
            {
                "tone": "warn",
                "icon": "warning",
                "text": _("Samme nummer på P-nr. %(number)s, %(name)s", number=other.p_number, name=other.name),
            }
        )
    days = rules.days_since(lines[0].call.ended_at, now()) if lines else RECENT_DAYS
    if days < RECENT_DAYS:
        text = ngettext("Ringet op for %(num)s dag siden", "Ringet op for %(num)s dage siden", days)
        found.append(
            {
                "tone": "warn" if days < 2 else "",
                "icon": "phone",
                "text": text if days else _("Ringet op tidligere i dag"),
            }
        )
    return found


def _line(line: queries.HistoryLine) -> dict[str, Any]:
    """One call for the timeline component."""
    call, outcome = line.call, rules.OUTCOMES.get(line.call.outcome)
    recent = (danish(now()) - danish(call.ended_at)).days < 300
    reason = _(rules.DECLINE_REASONS[call.reason]) if call.reason in rules.DECLINE_REASONS else ""
    return {
        "title": _(outcome.label) if outcome else call.outcome,
        "when": f"{dk_day(call.ended_at)} {dk_time(call.ended_at)}" if recent else dk_date(call.ended_at),
        "datetime": call.ended_at.isoformat(),
        "who": line.phoner,
        "text": ". ".join(part for part in (reason, re.sub(r"\s+", " ", call.note)) if part),
        "tone": "good" if call.outcome == "booked" else "",
    }
