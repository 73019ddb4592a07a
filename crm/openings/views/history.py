"""What was done to a candidate, a candidacy or a placement, as lines of a timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import N_
from crm.openings.models import Candidacy, Candidate, Placement
from crm.openings.queries import candidates as read
from crm.openings.rules.candidates import CANDIDACY_STATES, END_REASONS, PLACEMENT_ENDS
from crm.openings.rules.languages import LANGUAGES
from crm.openings.rules.types import SHORT
from crm.web.filters import dk_date, dk_datetime

WORDS: dict[str, str] = {
    "openings.candidate_add": N_("Oprettet"),
    "openings.candidate_change": N_("Oplysninger ændret"),
    "openings.candidate_hand_to": N_("Ny ansvarlig konsulent"),
    "openings.candidate_retire": N_("Taget ud"),
    "openings.candidate_activate": N_("Søger igen"),
    "openings.consent_given": N_("Samtykke givet"),
    "openings.consent_withdrawn": N_("Samtykke trukket tilbage"),
    "openings.candidacy_propose": N_("Foreslået"),
    "openings.candidacy_present": N_("Præsenteret for jobbet"),
    "openings.candidacy_unpresent": N_("Præsentationen fjernet"),
    "openings.candidacy_send": N_("Sendt til virksomheden"),
    "openings.candidacy_interview": N_("Til samtale"),
    "openings.candidacy_hire": N_("Ansat"),
    "openings.candidacy_end": N_("Afsluttet"),
    "openings.candidacy_undo": N_("Skridt taget tilbage"),
    "openings.offer": N_("Tilbudt en åbning på tavlen"),
    "openings.offer_withdraw": N_("Tilbuddet trukket tilbage"),
    "openings.answer": N_("Tilbuddet besvaret"),
    "candidacies.end": N_("Afsluttet"),
    "openings.candidacy_resume": N_("Taget op igen"),
    "openings.placement_finish": N_("Ansættelsen slut"),
    "openings.placement_extend": N_("Ansættelsen forlænget"),
    "openings.placement_resume": N_("Ansættelsen fortsætter"),
    "openings.placement_void": N_("Ansættelsen fjernet"),
}
TONES = {
    "openings.candidacy_hire": "good",
    "openings.consent_given": "good",
    "openings.consent_withdrawn": "bad",
    "openings.placement_void": "warn",
    "openings.candidacy_undo": "warn",
}


def of_candidate(session: Session, candidate: Candidate, there: Sequence[Candidacy]) -> list[dict[str, Any]]:
    """Newest first, with the company of each opening."""
    companies = {one.id: one.opening.workplace.name for one in there}
    found = read.notes(
        session, [(Candidate.__tablename__, [candidate.id]), (Candidacy.__tablename__, [one.id for one in there])]
    )
    return [_line(note, companies.get(note.subject_id, "")) for note in _known(found)]


def of_candidacy(session: Session, candidacy: Candidacy, placement: Placement | None) -> list[dict[str, Any]]:
    subjects = [(Candidacy.__tablename__, [candidacy.id])]
    if placement is not None:
        subjects.append((Placement.__tablename__, [placement.id]))
    return [_line(note, "") for note in _known(read.notes(session, subjects))]


def of_placement(session: Session, placement: Placement) -> list[dict[str, Any]]:
    subjects = [(Placement.__tablename__, [placement.id]), (Candidacy.__tablename__, [placement.candidacy_id])]
    return [_line(note, "") for note in _known(read.notes(session, subjects))]


def _known(found: Iterable[Activity]) -> list[Activity]:
    return [note for note in found if note.verb in WORDS]


def _line(note: Activity, company: str) -> dict[str, Any]:
    company = company if note.subject_type == Candidacy.__tablename__ else ""
    return {
        "title": title(note),
        "when": dk_datetime(note.at),
        "datetime": note.at.isoformat(),
        "text": " · ".join(part for part in (company, detail(note)) if part),
        "who": note.actor_name or note.data.get("by") or "",
        "url": url_for("openings.show", opening_id=note.data["opening_id"]) if company else "",
        "tone": TONES.get(note.verb, ""),
    }


FIELDS: dict[str, str] = {
    "reference": N_("Reference"),
    "occupation": N_("Søger arbejde som"),
    "postcode": N_("Bor i postnummer"),
    "reach_minutes": N_("Kan køre højst"),
    "languages": N_("Sprog"),
    "weekly_hours": N_("Timer om ugen"),
    "types": N_("Typer af job"),
    "consent_on": N_("Samtykke"),
}


def _changes(changed: dict[str, dict[str, Any]]) -> str:
    """``Reference: SAG-77 → SAG-78, Sprog: dansk → –``"""
    return ", ".join(
        f"{_(FIELDS[name])}: {_value(name, both['was'])} → {_value(name, both['is'])}"
        for name, both in changed.items()
        if name in FIELDS
    )


def _value(name: str, value: Any) -> str:
    if not value:
        return "–"
    if isinstance(value, list):
        return "/".join(_(LANGUAGES.get(key) or SHORT.get(key) or key).lower() for key in value)
    return dk_date(date.fromisoformat(value)) if name == "consent_on" else str(value)


def title(note: Activity) -> str:
    """What was done; a last day that was moved back is no extension."""
    was, is_ = note.data.get("was"), note.data.get("ends_on")
    if note.verb == "openings.placement_extend" and is_ and (not was or is_ < was):
        return str(_("Ansættelsen afkortet"))
    return str(_(WORDS[note.verb]))


def detail(note: Activity) -> str:
    """What a change was and is, the reason of an end, the day of a consent, the dates of a placement."""
    data = note.data
    if isinstance(data.get("changed"), dict):
        return _changes(data["changed"])
    if note.verb == "openings.placement_extend":
        days = [dk_date(date.fromisoformat(day)) if day else _("uden slutdag") for day in _last_days(data)]
        return str(_("fra %(was)s til %(to)s", was=days[0], to=days[1])) if len(days) > 1 else days[0]
    if note.verb == "openings.candidacy_undo":
        former = CANDIDACY_STATES.get(data.get("was") or "")
        return str(_(former)) if former else ""
    if note.verb == "openings.answer":
        return str(_("Ja tak") if data.get("accept") else _("Nej tak"))
    if data.get("interview_at"):
        return dk_datetime(datetime.fromisoformat(data["interview_at"]))
    return _because(data) or _days(data)


def _last_days(data: dict[str, Any]) -> list[str | None]:
    """The former and the new one; the new one alone in what was written before the former was kept."""
    return [data["was"], data.get("ends_on")] if "was" in data else [data.get("ends_on")]


def _because(data: dict[str, Any]) -> str:
    key = data.get("because") or ""
    word = END_REASONS.get(key) or PLACEMENT_ENDS.get(key)
    reason = str(_(word)) if word else ""
    ended = dk_date(date.fromisoformat(data["ended_on"])) if data.get("ended_on") else ""
    return " · ".join(part for part in (reason, ended) if part)


def _days(data: dict[str, Any]) -> str:
    if data.get("to"):
        return str(data["to"])
    if data.get("on"):
        return dk_date(date.fromisoformat(data["on"]))
    if data.get("starts_on") and data.get("ends_on"):
        return f"{dk_date(date.fromisoformat(data['starts_on']))}–{dk_date(date.fromisoformat(data['ends_on']))}"
    only = data.get("ended_on") or data.get("ends_on") or data.get("starts_on")
    return dk_date(date.fromisoformat(only)) if only else ""
