"""What stands around a call in words: what happened before, and what to know before dialling."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.activity import Activity
from crm.base.clock import danish, danish_date
from crm.calling import queries, rules
from crm.calling.models import QueueEntry
from crm.calling.rules.phone import PROPOSES, length
from crm.web.edge import now, session
from crm.web.filters import dk_date, dk_day, dk_time
from crm.web.permit import scope

RECENT_DAYS = 30
SHOWN = 12
LINE_SAYS = {**PROPOSES, "canceled": "no_answer"}


def spoken_moment(moment: Any) -> str:
    """``i dag kl. 10.30``, else ``to. 26. nov. kl. 9.00``."""
    today = danish_date(moment) == danish_date(now())
    day = _("i dag") if today else dk_day(moment)
    return str(_("%(day)s kl. %(time)s", day=day, time=dk_time(moment)))


def history_items(
    entry: QueueEntry, lines: Sequence[queries.HistoryLine], said: queries.Wording
) -> list[dict[str, Any]]:
    """Calls, visits and openings for the timeline component, newest first."""
    booked = {line.call.ended_at for line in lines if line.call.answer == rules.BOOKED}
    facts = queries.facts(session(), scope(), entry.workplace_id)
    found = [(line.call.ended_at, _call(entry, line, said)) for line in lines]
    found += [(fact.at, _fact(fact)) for fact in facts if not (fact.verb == "visits.book" and fact.at in booked)]
    found.sort(key=lambda pair: pair[0], reverse=True)
    return [item for _at, item in found[:SHOWN]]


def _when(moment: Any) -> dict[str, str]:
    recent = (danish(now()) - danish(moment)).days < 300
    shown = f"{dk_day(moment)} {dk_time(moment)}" if recent else dk_date(moment)
    return {"when": shown, "datetime": moment.isoformat()}


def _call(entry: QueueEntry, line: queries.HistoryLine, said: queries.Wording) -> dict[str, Any]:
    call = line.call
    note = re.sub(r"\s+", " ", call.note)
    elsewhere = line.campaign if call.entry_id != entry.id else ""
    parts = [said.reason(line.campaign_id, call.reason), _line(line), note, elsewhere]
    return {
        "title": said.outcome(line.campaign_id, call.outcome),
        "who": line.phoner,
        "text": " · ".join(part for part in parts if part),
        "tone": "good" if call.answer == rules.BOOKED else "",
        **_when(call.ended_at),
    }


def _line(line: queries.HistoryLine) -> str:
    """What the telephone line saw, where that says more than the outcome: how long they talked, who hung up."""
    phone = line.phone
    if phone is None or phone.provider not in queries.REPORTING or phone.ended_at is None:
        return ""
    if phone.seconds is None:
        unanswered = phone.state != "completed" and LINE_SAYS.get(phone.state) != line.call.outcome
        return str(_("ikke besvaret")) if unanswered else ""
    talked = _("talt %(length)s", length=length(phone.seconds))
    by = {"company": _("virksomheden lagde på"), "phoner": _("phoneren lagde på")}.get(phone.hangup_by or "", "")
    return f"{talked}, {by}" if by else str(talked)


def _fact(fact: Activity) -> dict[str, Any]:
    """A visit or an opening as the activity log tells it; the notes stay with the jobcentre."""
    results = {
        "held": _("Besøg afholdt"),
        "nobody_there": _("Besøg: ingen at træffe"),
        "cancelled_by_company": _("Besøg aflyst af virksomheden"),
        "cancelled_by_jobcentre": _("Besøg aflyst af jobcentret"),
    }
    data = fact.data or {}
    titles = {
        "visits.book": _("Besøg booket"),
        "visits.move": _("Besøg flyttet"),
        "visits.hand_over": _("Besøg overdraget til en anden konsulent"),
        "visits.late": _("Forsinkelse meldt til virksomheden"),
        "visits.reply": _reply(data),
        "visits.cancel": results.get(f"cancelled_by_{data.get('by')}", _("Besøg aflyst")),
        "visits.report": results.get(str(data.get("result")), _("Besøg rapporteret")),
        "openings.log": ngettext("%(num)s åbning", "%(num)s åbninger", int(data.get("positions") or 1)),
    }
    good = fact.verb == "openings.log" or data.get("result") == "held"
    return {
        "title": titles[fact.verb],
        "who": fact.actor_name or _nobody(fact),
        "tone": "good" if good else "",
        **_when(fact.at),
    }


def _nobody(fact: Activity) -> str:
    """Who did what nobody was signed in for: by the link in the mail, or by an answer to the invitation."""
    if not fact.verb.startswith("visits."):
        return ""
    return str(_("konsulenten") if (fact.data or {}).get("party") == "consultant" else _("virksomheden"))


def _reply(data: dict[str, Any]) -> str:
    answers = {
        "ACCEPTED": _("Svar på invitationen: ja"),
        "DECLINED": _("Svar på invitationen: nej"),
        "TENTATIVE": _("Svar på invitationen: måske"),
    }
    return str(answers.get(str(data.get("partstat")), _("Svar på invitationen")))


def warnings(entry: QueueEntry, lines: Sequence[queries.HistoryLine], said: queries.Wording) -> list[dict[str, str]]:
    """What to know before dialling: [{tone, icon, text}], the gravest first."""
    order = {"bad": 0, "good": 1, "warn": 2, "": 3}
    found = [*_wishes(entry), *_same_number(entry), *_before(entry, lines, said)]
    return sorted(found, key=lambda one: order[one["tone"]])


def _wishes(entry: QueueEntry) -> Iterator[dict[str, str]]:
    workplace = entry.workplace
    if workplace.do_not_call_at:
        text = _("Har bedt om ikke at blive ringet op %(day)s", day=dk_date(workplace.do_not_call_at))
        yield {"tone": "bad", "icon": "error", "text": text}
    if not workplace.advertising_protected:
        yield {"tone": "good", "icon": "check", "text": _("Reklamebeskyttelse: nej")}
        return
    basis = queries.legal_basis(session(), entry)
    if basis:
        yield {"tone": "warn", "icon": "lock", "text": _("Reklamebeskyttet. Hjemmel: %(basis)s", basis=basis)}
    else:
        yield {"tone": "bad", "icon": "lock", "text": _("Reklamebeskyttet uden registreret hjemmel: ring ikke")}


def _same_number(entry: QueueEntry) -> Iterator[dict[str, str]]:
    for other in queries.same_number(session(), scope(), entry):
        text = _("Samme nummer på P-nr. %(number)s, %(name)s", number=other.p_number, name=other.name)
        if other.last_called_at:
            text += f" ({_called(other.last_called_at).lower()})"
        yield {"tone": "warn", "icon": "warning", "text": text}


def _called(moment: Any) -> str:
    days = rules.days_since(moment, now())
    if not days:
        return str(_("Ringet op tidligere i dag"))
    return str(ngettext("Ringet op for %(num)s dag siden", "Ringet op for %(num)s dage siden", days))


def _before(entry: QueueEntry, lines: Sequence[queries.HistoryLine], said: queries.Wording) -> Iterator[dict[str, str]]:
    """Called lately, here or in another campaign; and an answer that another campaign has already."""
    latest = lines[0] if lines else None
    days = rules.days_since(latest.call.ended_at, now()) if latest else RECENT_DAYS
    if latest and days < RECENT_DAYS:
        text = _called(latest.call.ended_at)
        if latest.call.entry_id != entry.id:
            text = f"{text} · {latest.campaign}"
        yield {"tone": "warn" if days < 2 else "", "icon": "phone", "text": text}
    answered = next((line for line in lines if line.call.answer and line.call.entry_id != entry.id), None)
    if answered:
        text = _(
            "Svarede »%(answer)s« i %(campaign)s %(day)s",
            answer=said.outcome(answered.campaign_id, answered.call.outcome),
            campaign=answered.campaign,
            day=dk_date(answered.call.ended_at),
        )
        yield {"tone": "warn", "icon": "warning", "text": text}
