"""What happened to an agreement, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.base.activity import Activity
from crm.followups.rules import OUTCOMES
from crm.web.filters import dk_date, dk_datetime

TITLES = {
    "followups.agree": _l("Aftalt"),
    "followups.fulfil": _l("Gjort"),
    "followups.reopen": _l("Åbnet igen"),
    "followups.snooze": _l("Udskudt"),
    "followups.hand_over": _l("Givet videre"),
    "followups.follow": _l("Flyttet med ansættelsen"),
    "followups.ask": _l("Virksomheden er spurgt, om det er sket"),
    "followups.confirm": _l("Bekræftet af virksomheden"),
    "followups.correct": _l("Virksomheden retter aftalen"),
    "followups.corrected": _l("Rettet, som virksomheden skrev"),
    "followups.declined": _l("Rettelsen er afvist"),
    "followups.kept": _l("Virksomheden siger, at det er sket"),
    "followups.not_kept": _l("Virksomheden siger, at det ikke er sket"),
    "followups.noted": _l("Svaret er set"),
}
TONES = {
    "followups.fulfil": "good",
    "followups.confirm": "good",
    "followups.kept": "good",
    "followups.snooze": "warn",
    "followups.correct": "warn",
    "followups.not_kept": "bad",
}


def lines(notes: Sequence[Activity]) -> list[dict[str, Any]]:
    """For the timeline, as they come; facts this page has no words for are left out."""
    return [
        {
            "title": str(TITLES[note.verb]),
            "when": dk_datetime(note.at),
            "datetime": note.at.isoformat(),
            "text": text_of(note),
            "who": note.actor_name,
            "tone": TONES.get(note.verb, ""),
        }
        for note in notes
        if note.verb in TITLES
    ]


def text_of(note: Activity) -> str:
    """What one fact says beyond its title."""
    data = note.data
    if note.verb == "followups.agree":
        return str(_("Senest %(day)s", day=_day(data.get("due_on"))))
    if note.verb in ("followups.snooze", "followups.follow"):
        moved = _("fra %(was)s til %(day)s", was=_day(data.get("was")), day=_day(data.get("due_on")))
        return " · ".join(part for part in (str(moved), str(data.get("reason") or "")) if part)
    if note.verb in ("followups.fulfil", "followups.reopen"):
        key = data.get("outcome_key")
        because = data.get("no_next_because")
        none = str(_("Ingen næste kontakt: %(because)s", because=because)) if because else ""
        parts = (_(OUTCOMES[key]) if key in OUTCOMES else "", data.get("outcome") or "", none)
        return " · ".join(str(part) for part in parts if part)
    if note.verb == "followups.hand_over":
        names = _("fra %(was)s til %(to)s", was=data.get("was_name", ""), to=data.get("to_name", ""))
        return " · ".join(part for part in (str(names), str(data.get("reason") or "")) if part)
    return str(data.get("words") or data.get("reason") or "")


def _day(raw: Any) -> str:
    return dk_date(date.fromisoformat(raw)) if raw else ""
