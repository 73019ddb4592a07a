"""What was done to a candidate, a candidacy or a placement, as lines of a timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import N_
from crm.openings.models import Candidacy, Candidate, Placement
from crm.openings.queries import candidates as read
from crm.openings.rules.candidates import END_REASONS
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
        "title": _(WORDS[note.verb]),
        "when": dk_datetime(note.at),
        "datetime": note.at.isoformat(),
        "text": " · ".join(part for part in (company, _detail(note.data)) if part),
        "who": note.actor_name,
        "url": url_for("openings.show", opening_id=note.data["opening_id"]) if company else "",
        "tone": TONES.get(note.verb, ""),
    }


def _detail(data: dict[str, Any]) -> str:
    """The reason of an end, the day of a consent, the dates of a placement."""
    reason = END_REASONS.get(data.get("because") or "")
    if reason:
        return str(_(reason))
    if data.get("to"):
        return str(data["to"])
    if data.get("on"):
        return dk_date(date.fromisoformat(data["on"]))
    if data.get("starts_on") and data.get("ends_on"):
        return f"{dk_date(date.fromisoformat(data['starts_on']))}–{dk_date(date.fromisoformat(data['ends_on']))}"
    last = data.get("ended_on") or data.get("ends_on")
    return dk_date(date.fromisoformat(last)) if last else ""
