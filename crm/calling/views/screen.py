"""What the phoner's templates are given: the company in hand, or the page to begin from."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.types import format_phone
from crm.calling import queries, rules
from crm.calling.forms import OutcomeForm
from crm.calling.models import Call, QueueEntry
from crm.calling.views.around import history_items, spoken_moment, warnings
from crm.calling.views.script import script_view
from crm.calling.views.telephony import phone_view
from crm.companies.rules import industry_label
from crm.web.edge import now, session
from crm.web.i18n import locale_code
from crm.web.permit import actor, scope

DESK = "call_desk"
PAUSE = "call_pause"


def asked_by_script() -> bool:
    """The page is open and only wants what changes in it."""
    return bool(request.headers.get("HX-Request"))


def chosen_desk() -> tuple[int, int | None] | None:
    """(campaign, jobcentre or None for all) that this phoner last called for."""
    kept = cookie.get(DESK)
    return (int(kept[0]), kept[1]) if kept else None


def jobcentre_for(entry: QueueEntry) -> int | None:
    """The jobcentre the phoner has narrowed this campaign's queue to."""
    desk = chosen_desk()
    return desk[1] if desk and desk[0] == entry.campaign_id else None


def company_page(
    entry: QueueEntry, form: OutcomeForm | None = None, *, done: Call | None = None, refusal: str | None = None
) -> str:
    """The screen with a company in hand; ``done``: the call that was finished just before."""
    told = {"refusal": refusal} if refusal else {}
    return render_template("calling/call.html", bare=asked_by_script(), **told, **call_screen(entry, form, done))


def call_screen(entry: QueueEntry, form: OutcomeForm | None = None, done: Call | None = None) -> dict[str, Any]:
    """Everything on the screen for an entry the actor holds; ``form`` brings back what was typed."""
    db, me, moment = session(), actor(), now()
    contact = next(iter(entry.workplace.contacts), None)
    lines = queries.history(db, entry.workplace_id, scope())
    pace, left = queries.figures(db, scope(), me.id, moment, entry.campaign_id, jobcentre_for(entry))
    said = queries.wording(db, {entry.campaign_id, *(line.campaign_id for line in lines)}, locale_code())
    return {
        "entry": entry,
        "workplace": entry.workplace,
        "contact": contact,
        "form": form or _fresh_form(entry, contact),
        "industry": industry(entry),
        "phone": phone_view(entry),
        "script": script_view(entry, contact),
        "history": history_items(entry, lines, said),
        "warnings": warnings(entry, lines, said),
        "state": state_line(entry),
        "groups": outcome_groups(entry.campaign_id),
        "reasons": {
            key: reason.label_in(locale_code())
            for key, reason in queries.decline_reasons(db, entry.campaign_id).items()
        },
        "pace": pace,
        "left": left,
        "left_most": queries.LEFT_MOST,
        "jobcentre_id": jobcentre_for(entry),
        "slots_url": url_for("visits.slots_panel", entry_id=entry.id),
        "book_url": url_for("visits.book"),
        "undo": undo_line(done or queries.undoable(db, me.id, moment)),
    }


def _fresh_form(entry: QueueEntry, contact: Any) -> OutcomeForm:
    return OutcomeForm(
        formdata=None,
        note=entry.draft_note,
        mine="1",
        key=secrets.token_urlsafe(12),
        contact_name=contact.name if contact else "",
        contact_title=contact.title if contact else "",
        contact_phone=format_phone(contact.phone) if contact else "",
        contact_email=(contact.email if contact else None) or entry.workplace.email or "",
    )


def industry(entry: QueueEntry) -> str:
    """``VVS- og blikkenslagerforretninger (432200)``"""
    workplace = entry.workplace
    if not workplace.industry_code:
        return str(_("Branche ukendt"))
    label = _(industry_label(workplace.industry_code, workplace.industry_version))
    return f"{label} ({workplace.industry_code})"


def outcome_groups(campaign_id: int) -> list[dict[str, Any]]:
    """The campaign's keys in their groups; ``data-needs``: what the outcome cannot be saved without."""
    known = queries.outcomes(session(), campaign_id).values()
    groups = [
        {
            "label": _(label),
            "outcomes": [
                {
                    "value": one.key,
                    "label": one.label_in(locale_code()),
                    "key": one.letter,
                    "attrs": {"data-needs": one.needs or None},
                }
                for one in known
                if one.group == group
            ],
        }
        for group, label in rules.GROUPS.items()
    ]
    return [group for group in groups if group["outcomes"]]


def state_line(entry: QueueEntry) -> str:
    """Why this company comes now: a promised call-back, or which try it is."""
    if entry.rank == rules.RANK_CALL_BACK:
        return str(_("Aftalt genopkald %(when)s", when=spoken_moment(entry.due_at)))
    if entry.attempts:
        return str(_("Forsøg %(number)s af %(max)s", number=entry.attempts + 1, max=entry.campaign.max_attempts))
    return str(_("Første opkald"))


def undo_line(done: Call | None) -> dict[str, Any] | None:
    """What was saved, how to take it back, and for how many seconds; None when it is too late."""
    if done is None:
        return None
    left = (done.ended_at + rules.UNDO - now()).total_seconds()
    if left <= 0 or done.undone_at:
        return None
    booked = done.outcome == rules.BOOKED
    url = url_for("visits.undo_booking" if booked else "calling.undo", call_id=done.id)
    return {"text": saved_text(done), "url": url, "seconds": max(1, round(left)), "booked": booked}


def saved_text(done: Call) -> str:
    """What was saved, and when the company comes again."""
    entry = session().get_one(QueueEntry, done.entry_id)  # the phoner's own call
    known = queries.outcomes(session(), entry.campaign_id, every=True).get(done.outcome)
    label = known.label_in(locale_code()) if known else done.outcome
    told = {"outcome": label, "company": entry.workplace.name}
    if entry.state == "done":
        return str(_("Gemt: %(outcome)s · %(company)s", **told))
    return str(_("Gemt: %(outcome)s · ringes op %(when)s · %(company)s", **told, when=spoken_moment(entry.due_at)))


def start_page(*, dry: bool = False, done: Call | None = None) -> str:
    """Nothing in hand: begin, go on after a pause, or see why the queue is dry."""
    db = session()
    desks = queries.desks(db, scope(), danish_date(now()))
    kept = chosen_desk()
    offered = {(desk.campaign_id, desk.jobcentre_id) for desk in desks} | {(desk.campaign_id, None) for desk in desks}
    first = next((desk for desk in desks if desk.waiting), desks[0] if desks else None)
    chosen = kept if kept in offered else (first.campaign_id, None) if first else None
    pause = cookie.get(PAUSE)
    return render_template(
        "calling/start.html",
        bare=asked_by_script(),
        desks=desks,
        chosen=chosen,
        pace=queries.pace(db, actor().id, now()),
        pause=pause,
        pauses=rules.PAUSES,
        paused=_paused(pause),
        dry=why_dry(*chosen, left=_left(desks, *chosen)) if chosen and dry else {},
        path=url_for("calling.call", dry=1) if dry else url_for("calling.call"),
        undo=undo_line(done or queries.undoable(db, actor().id, now())),
    )


def _paused(pause: dict[str, str] | None) -> dict[str, Any] | None:
    """Since when, and for how many seconds."""
    if not pause:
        return None
    since = datetime.fromisoformat(pause["since"])
    return {"since": since, "seconds": max(0, int((now() - since).total_seconds()))}


def _left(desks: Sequence[queries.Desk], campaign_id: int, jobcentre_id: int | None) -> int:
    """Companies still to be called at the chosen desk."""
    here = (desk for desk in desks if desk.campaign_id == campaign_id and jobcentre_id in (None, desk.jobcentre_id))
    return sum(desk.waiting for desk in here)


def why_dry(campaign_id: int, jobcentre_id: int | None, *, left: int) -> dict[str, Any]:
    """Reasons with counts, and when the next one comes; ``worked``: the list is called to its end."""
    if not left:
        return {"worked": True, "reasons": [], "coming": None}
    asked = {"jobcentre_id": jobcentre_id, "me": actor().id}
    reasons = queries.why_dry(session(), scope(), campaign_id, now(), **asked)
    coming = queries.next_due(session(), scope(), campaign_id, now(), **asked)
    return {
        "reasons": [(_(rules.WHY_DRY[key]), count) for key, count in reasons],
        "coming": coming,
        "coming_text": spoken_moment(coming) if coming else "",
    }
