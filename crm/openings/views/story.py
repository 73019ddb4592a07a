"""An opening's life in words: the steps it has come, and its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.activity import Activity
from crm.base.errors import N_
from crm.openings.models import Opening
from crm.openings.queries import reached
from crm.openings.rules import CLOSE_REASONS, SHORT, STAGES, missing
from crm.openings.rules.details import WORDS as DETAIL_WORDS
from crm.openings.views.history import WORDS as PEOPLE_WORDS
from crm.openings.views.history import detail as person_detail
from crm.openings.views.history import title as person_title
from crm.openings.views.shared import in_words
from crm.web.filters import dk_datetime, dk_day

WORDS: dict[str, str] = {
    "openings.log": N_("Fortalt"),
    "openings.correct": N_("Rettet"),
    "openings.details": N_("Oplysninger skrevet"),
    "openings.relax": N_("Ønskerne lempet"),
    "openings.unrelax": N_("Lempelsen fortrudt"),
    "openings.hand_to": N_("Ny ansvarlig"),
    "openings.stage": N_("Nået til"),
    "openings.close": N_("Lukket"),
    "openings.reopen": N_("Åbnet igen"),
    "openings.share": N_("Delt med andre"),
    "openings.unshare": N_("Deling trukket tilbage"),
}
TONES = {"openings.close": "warn", "openings.stage": "accent", "openings.candidacy_hire": "good"}
SHOWN = 80
"""Letters of what a detail was and is."""
STEPS = ("told", "specified", "presented", "interview", "hired")


def steps(found: Opening, facts: Sequence[Activity], hired: int) -> list[dict[str, Any]]:
    """The stepper: label, day it was reached, whether it is where the opening stands."""
    days = reached(found, facts)
    made = []
    for key in STEPS:
        day = days.get(key) or (days.get("part") if key == "hired" else None)
        here = found.stage == key or (key == "hired" and found.stage == "part")
        shown = "part" if here and found.stage == "part" else key
        made.append(
            {
                "label": _(STAGES[shown]),
                "day": dk_day(day) if day else "",
                "note": _("%(hired)s af %(positions)s", hired=hired, positions=found.positions)
                if key == "hired" and hired and found.positions > 1
                else "",
                "done": bool(day) or (key == "specified" and not missing(found)),
                "here": here and found.state == "open",
            }
        )
    if found.state == "closed":
        made.append(
            {
                "label": _("Lukket"),
                "day": dk_day(found.closed_at),
                "note": _(CLOSE_REASONS.get(found.closed_reason or "", "")) if found.closed_reason else "",
                "done": True,
                "here": True,
            }
        )
    return made


Names = Mapping[tuple[str, int], str]


def lines(facts: Sequence[Activity], names: Names | None = None) -> list[dict[str, Any]]:
    """For components/timeline.html, in the order given. What changed nothing to be seen is left out. ``names``: by
    table and number, of candidacies and placements whose candidate the reader may see, and of receivers."""
    names = names or {}
    return [
        {
            "title": _title(fact, names),
            "when": dk_datetime(fact.at),
            "datetime": fact.at.isoformat(),
            "text": _text(fact, names),
            "who": fact.actor_name or fact.data.get("by") or _("Systemet"),
            "tone": TONES.get(fact.verb, ""),
        }
        for fact in facts
        if _shown(fact)
    ]


def _shown(fact: Activity) -> bool:
    if fact.verb == "openings.correct":
        return bool(_corrected(fact.data))
    return fact.verb in WORDS or fact.verb in PEOPLE_WORDS


def _title(fact: Activity, names: Names) -> str:
    if fact.verb == "openings.stage":
        return str(_(STAGES.get(fact.data.get("stage", ""), "") or WORDS[fact.verb]))
    if fact.verb in WORDS:
        return str(_(WORDS[fact.verb]))
    who, what = names.get((fact.subject_type, fact.subject_id)), person_title(fact).lower()
    return f"{who}: {what}" if who else str(_("Kandidat: %(what)s", what=what))


def _text(fact: Activity, names: Names) -> str:
    data, none = fact.data, _("ingen ønsker")
    if fact.verb == "openings.log":
        count = data.get("positions") or 1
        told = str(ngettext("%(num)s stilling", "%(num)s stillinger", count))
        return " · ".join(part for part in (told, str(data.get("occupation") or "")) if part)
    if fact.verb == "openings.correct":
        return _corrected(data)
    if fact.verb == "openings.details":
        return ", ".join(dict.fromkeys(_change(name, both) for name, both in data.get("changed", {}).items()))
    if fact.verb in ("openings.share", "openings.unshare"):
        return ", ".join(_receivers(data, names))
    if fact.verb in ("openings.relax", "openings.unrelax"):
        return str(_("Fra “%(was)s” til “%(now)s”", was=data.get("was") or none, now=data.get("is") or none))
    if fact.verb == "openings.hand_to":
        return str(_("Fra %(was)s til %(to)s", was=data.get("was", ""), to=data.get("to", "")))
    if fact.verb == "openings.close":
        return " · ".join(
            part for part in (_(CLOSE_REASONS.get(data.get("reason", ""), "Lukket")), _ended(data)) if part
        )
    return person_detail(fact) if fact.verb in PEOPLE_WORDS else ""


def _change(name: str, both: Sequence[Any]) -> str:
    """``timer: 30 → 37``; of a contact only that it changed."""
    word = str(_(DETAIL_WORDS.get(name, name)))
    if len(both) != 2:
        return word
    was, now = (shorten(in_words(name, value), SHOWN, placeholder=" …") or "–" for value in both)
    return f"{word}: {was} → {now}"


def _receivers(data: dict[str, Any], names: Names) -> list[str]:
    """Several of a sharing, one of a withdrawal; none where only the company's name was shown or hidden."""
    asked = [("jobcentres", number) for number in data.get("jobcentres") or [data.get("jobcentre")] if number]
    asked += [("partners", number) for number in data.get("partners") or [data.get("partner")] if number]
    if not asked and "names_company" in data:
        return [str(_("med virksomhedens navn") if data["names_company"] else _("uden virksomhedens navn"))]
    return [names[key] for key in asked if key in names]


def _ended(data: dict[str, Any]) -> str:
    count = data.get("candidates") or 0
    return str(ngettext("%(num)s kandidat er afsluttet.", "%(num)s kandidater er afsluttet.", count)) if count else ""


def _kind(data: dict[str, Any]) -> str:
    """The type as one says it: the administrators' own where it had one."""
    return str(data.get("own_type") or _(SHORT.get(data.get("type") or "", "")))


def _corrected(data: dict[str, Any]) -> str:
    """``2 stillinger i stedet for 1``"""
    was, said = data.get("was") or {}, []
    if was.get("positions") not in (None, data.get("positions")):
        said.append(_("%(now)s stillinger i stedet for %(was)s", now=data.get("positions"), was=was["positions"]))
    if was.get("akutjob") is not None and "akutjob" in data and was["akutjob"] != data["akutjob"]:
        said.append(_("akutjob") if data["akutjob"] else _("ikke akutjob"))
    kind, kind_was = _kind(data), _kind({"type": data.get("type"), **was})
    if kind != kind_was and ("type" in was or "own_type" in was):
        said.append(_("%(now)s i stedet for %(was)s", now=kind, was=kind_was.lower()))
    if "occupation" in was and data.get("occupation") and was["occupation"] != data["occupation"]:
        said.append(str(data["occupation"]))
    return ", ".join(said)
