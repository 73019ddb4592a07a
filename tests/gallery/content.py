"""Invented content for the gallery. Names, numbers and places are made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

ROOT = Path(__file__).resolve().parents[2]
USERS = {
    "desk": "Mette Krog, Jobcenter Horsens",
    "call": "Sofie Testesen",
    "phone": "Lone Eksempel",
}
MENUS: dict[str, list[dict[str, Any]]] = {
    "desk": [
        {"label": "Overblik", "url": "/components"},
        {"label": "Lister", "url": "/jobcentre"},
        {"label": "Kalender", "url": "/empty"},
        {"label": "Åbninger", "url": "/tables", "badge": 3},
        {"label": "Rapporter", "url": "/reports"},
    ],
    "phone": [
        {"label": "I dag", "url": "/today", "icon": "route"},
        {"label": "Opfølgning", "url": "/followups", "icon": "checklist", "badge": 3},
        {"label": "Åbninger", "url": "/phone-empty", "icon": "briefcase"},
        {"label": "Kalender", "url": "/phone-empty", "icon": "calendar"},
    ],
    "call": [],
}


def dk_number(value: float) -> str:
    """33.753"""
    return f"{value:,.0f}".replace(",", ".")


def dk_pct(value: float, digits: int = 0) -> str:
    """31,3 %"""
    return f"{value * 100:.{digits}f} %".replace(".", ",")


FILTERS: dict[str, Any] = {"dk_number": dk_number, "dk_pct": dk_pct}

HISTORY = [
    {"title": "Ring igen", "when": "to. 12. nov. 13.22", "text": "Mette træffes bedst efter 10.30"},
    {"title": "Telefonsvarer", "when": "ti. 10. nov. 9.48", "text": "Besked lagt, eget nummer oplyst"},
    {
        "title": "Besøg afholdt",
        "when": "on. 17. sep. 2025",
        "text": "Ville høre mere om voksenlærlinge",
        "tone": "good",
    },
]


def slot(time: str, drive: str = "", note: str = "", **more: Any) -> dict[str, Any]:
    """One bookable (or refused) time in the phoner's right column."""
    return {"value": time, "time": time, "drive": drive, "note": note, **more}


DAYS = [
    {"label": "Tirsdag 24. november, om 6 dage", "groups": [
        {"who": "KMØ", "slots": [
            slot("10.00–11.00", "+12 min kørsel", "efter besøg i Hadsund 9.00", best="mindst kørsel, og om formiddagen", checked=True),
            slot("13.00–14.00", "+26 min kørsel", "før besøg i Hobro 15.00"),
        ]},
        {"who": "LAT", "slots": [
            slot("9.00–10.00", off="kan ikke nås: 47 min fra Aars, 30 min fri"),
            slot("14.00–15.00", "+31 min kørsel", "sidste besøg den dag"),
        ]},
    ]},
    {"label": "Onsdag 25. november, om 7 dage", "groups": [
        {"who": "KMØ", "slots": [
            slot("8.30–9.30", "+18 min kørsel", "før besøg i Hobro 10.30"),
        ]},
        {"who": "LAT", "slots": [
            slot("11.00–12.00", "+15 min kørsel", "efter besøg i Hobro 9.30"),
            slot("13.00–14.00", off="kan ikke nås: 29 min fra Arden, 15 min fri"),
        ]},
    ]},
    {"label": "Torsdag 26. november, om 8 dage", "groups": [
        {"who": "KMØ", "slots": [
            slot("9.00–10.00", "+22 min kørsel", "første besøg den dag"),
        ]},
        {"who": "LAT", "slots": [
            slot("12.30–13.30", "+24 min kørsel", "efter besøg i Arden 11.00"),
        ]},
    ]},
]  # fmt: skip
NEAREST = [
    {"label": "Tre nærmeste tider", "groups": [
        {"who": "KMØ", "slots": [
            slot("13.00–14.00", "+26 min kørsel", "før besøg i Hobro 15.00", day="ti. 24. nov.", why=("Samme dag", "og samme konsulent")),
        ]},
        {"who": "KMØ", "slots": [
            slot("8.30–9.30", "+18 min kørsel", "før besøg i Hobro 10.30", day="on. 25. nov.", why=("Om formiddagen", "og samme konsulent")),
        ]},
        {"who": "LAT", "slots": [
            slot("11.00–12.00", "+15 min kørsel", "efter besøg i Hobro 9.30", day="on. 25. nov.", why=("Mindst kørsel", "anden konsulent")),
        ]},
    ]},
    {"label": "Øvrige tider", "groups": [
        {"who": "KMØ", "slots": [
            slot("10.00–11.00", off="taget af en anden 10.44.12", taken=True, day="ti. 24. nov."),
        ]},
        {"who": "LAT", "slots": [
            slot("14.00–15.00", "+31 min kørsel", "sidste besøg den dag", day="ti. 24. nov."),
        ]},
        {"who": "KMØ", "slots": [
            slot("9.00–10.00", "+22 min kørsel", "første besøg den dag", day="to. 26. nov."),
        ]},
    ]},
]  # fmt: skip


def _keys(*items: tuple[str, str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value, "label": label} for key, value, label in items]


OUTCOMES = [
    {"label": "Fik kontakt", "outcomes": _keys(("b", "booked", "Besøg aftalt"), ("n", "declined", "Nej tak"), ("r", "call_back", "Ring igen"))},
    {"label": "Ingen kontakt", "outcomes": _keys(("i", "no_answer", "Intet svar"), ("o", "busy", "Optaget"), ("t", "voicemail", "Telefonsvarer"), ("f", "wrong_number", "Forkert nummer"))},
    {"label": "Permanent", "outcomes": _keys(("x", "do_not_call", "Ring ikke igen"))},
]  # fmt: skip
ANSWERS = [
    {"label": "Tiden passer"},
    {"label": "Hellere en anden tid"},
    {"label": "Vil tænke over det"},
    {"label": "Har ikke tid"},
]
ANSWERS_TAKEN = [
    {"label": "Vælger en af dem"},
    {"label": "Ingen af dem"},
    {"label": "Vil tænke over det"},
    {"label": "Har ikke tid"},
]
STOPS = [
    {"kind": "base", "time": "9.38", "title": "Jobcentret", "leave": "9.38", "drive": "18 min kørsel", "drive_short": "18 min", "slack": "4 min luft"},
    {"kind": "visit", "number": 1, "state": "next", "time": "10.00", "title": "Eksempel Blik & Rør ApS", "detail": "til 11.00 · Prøvevej 14", "url": "/report", "leave": "11.00", "drive": "26 min kørsel", "drive_short": "26 min", "slack": "4 min luft"},
    {"kind": "visit", "number": 2, "time": "11.30", "title": "Prøvebageriet I/S", "detail": "til 12.15 · Opdigtet Allé 3", "url": "/report", "leave": "12.15", "drive": "7 min kørsel", "drive_short": "7 min", "slack": "8 min luft"},
    {"kind": "lunch", "time": "12.30", "title": "Frokost", "detail": "til 13.00", "drive_short": "22 min"},
    {"kind": "gap", "title": "35 min fri", "detail": "2 virksomheder i nærheden", "url": "/phone-empty", "leave": "13.35", "drive": "22 min kørsel", "slack": "3 min luft"},
    {"kind": "visit", "number": 3, "time": "14.00", "title": "Demo Tømrer & Snedker A/S", "detail": "til 15.00 · Skitsevænget 8", "url": "/report", "leave": "15.00", "drive": "21 min kørsel", "drive_short": "21 min"},
    {"kind": "base", "time": "15.21", "title": "Jobcentret", "detail": "Dagen slutter"},
]  # fmt: skip
DRAWING = {
    "height": 150,
    "north": (346, 4),
    "nodes": [
        {"kind": "base", "x": 24, "y": 122},
        {"kind": "visit", "number": 1, "state": "next", "x": 110, "y": 34},
        {"kind": "visit", "number": 2, "x": 238, "y": 34},
        {"kind": "visit", "number": 3, "x": 334, "y": 122},
    ],
    "edges": [
        {"start": {"x": 24, "y": 122}, "end": {"x": 110, "y": 34}, "spot": (98, 92), "label": "18 min", "state": "next"},
        {"start": {"x": 110, "y": 34}, "end": {"x": 238, "y": 34}, "spot": (174, 20), "label": "26 min", "state": ""},
        {"start": {"x": 238, "y": 34}, "end": {"x": 334, "y": 122}, "spot": (258, 92), "label": "29 min", "state": ""},
        {"start": {"x": 334, "y": 122}, "end": {"x": 24, "y": 122}, "spot": (179, 136), "label": "21 min", "state": "home"},
    ],
}  # fmt: skip

DUE = [
    {"due": "3 arbejdsdage over", "late": True, "date": "man. 16. nov.", "title": "To ansøgere til pladeværkstedet", "who": "Vi skylder", "company": "Eksempel Karrosseri ApS", "first": "done"},
    {"due": "1 arbejdsdag over", "late": True, "date": "ons. 18. nov.", "title": "Startdato for løntilskud", "who": "Virksomheden skylder", "company": "Prøvebageriet I/S", "first": "call"},
    {"due": "I dag", "late": False, "date": "tor. 19. nov.", "title": "Svar om voksenlærling", "who": "Vi skylder", "company": "Fiktiv El-teknik A/S", "first": "done"},
]  # fmt: skip
COMING = [
    ("ons. 25. nov.", "om 4 arbejdsdage", "Svar på praktikplads", "Virksomheden skylder", "Testgården Gartneri I/S"),
    ("tor. 3. dec.", "om 10 arbejdsdage", "Besøg med jobrotation", "Vi skylder", "Opdigtet Transport A/S"),
    ("man. 1. marts", "om 3 måneder", "Ringe om sæsonjob", "Vi skylder", "Skitse Camping og Kro"),
]

CONDITIONS = [
    ("bygge og anlæg, industri, transport", "3.212 tilbage af 7.930", "med"),
    ("5–50 ansatte", "2.046 tilbage", ","),
    ("ikke kontaktet i 12 mdr.", "1.588 tilbage", ", i"),
    ("postnr. 8700, 8732, 8740 og 2 til", "1.284 tilbage", ", og heraf et"),
    ("tilfældigt udsnit på 400", "400 udtrukket", "."),
]
CHECKS = [
    (True, "Ingen dubletter mod igangværende lister", ""),
    (True, "3 med besøg i forvejen er streget ud", "Vis"),
    (True, "Tilfældigt udtræk, kan gentages med nøgle 4711", ""),
    (False, "11 reklamebeskyttede i udsnittet udelades", "Angiv hjemmel"),
    (False, "Øvre skøn på 138 besøg er 14 over pladsen", "Brug udsnit 350"),
]
SAMPLE_COLUMNS = [
    {"key": "in", "label": "Med", "kind": "check"},
    {"key": "name", "label": "Virksomhed", "kind": "strong"},
    {"key": "cvr", "label": "CVR", "kind": "muted"},
    {"key": "industry", "label": "Branche"},
    {"key": "town", "label": "Postnr. og by"},
    {"key": "staff", "label": "Ansatte", "kind": "num"},
    {"key": "last", "label": "Sidst kontakt"},
    {"key": "why", "label": "Grund"},
]
_SAMPLE = [
    ("Bygholm Metalvarer A/S", "62 60 18 15", "Industri", "8700 Horsens", 42, "aldrig", "", ""),
    ("Nim Tømrer og Snedker ApS", "18 30 16 61", "Bygge og anlæg", "8740 Brædstrup", 11, "marts 2025", "", ""),
    ("Hovedgård Kølemontage ApS", "41 86 09 13", "Bygge og anlæg", "8732 Hovedgård", 8, "juni 2025", "struck", "Besøg i uge 46"),
    ("Gedved Betonelementer A/S", "19 96 03 08", "Industri", "8751 Gedved", 37, "aldrig", "off", ""),
    ("Vrønding Vognmandsforretning", "34 62 81 94", "Transport", "8700 Horsens", 14, "okt. 2024", "", ""),
    ("Østbirk Maskinværksted ApS", "92 19 93 51", "Industri", "8752 Østbirk", 19, "maj 2025", "", ""),
    ("Stensballe Murer & Søn", "91 90 93 78", "Bygge og anlæg", "8700 Horsens", 6, "aldrig", "struck", "Fast kontakt"),
    ("Egebjerg Vinduer og Døre ApS", "75 79 75 43", "Industri", "8751 Gedved", 23, "jan. 2025", "", ""),
    ("Bankager El-installation ApS", "33 19 48 75", "Bygge og anlæg", "8700 Horsens", 16, "aldrig", "", ""),
]  # fmt: skip


def sample_rows() -> list[dict[str, Any]]:
    """The sample as rows for data_table, with ticks and reasons as markup."""
    rows = []
    for name, cvr, industry, town, staff, last, state, why in _SAMPLE:
        ticked = Markup(" checked") if not state else Markup(" disabled") if state == "off" else ""
        tick = Markup('<input class="tick" type="checkbox" aria-label="Med: {}"{}>').format(name, ticked)
        reason = (
            Markup(
                '<label><span class="sr-only">Grund</span><select class="pick pick--line"><option>{}</option></select></label>'
            ).format(why)
            if why
            else Markup('<b class="warn">Hjemmel mangler</b>')
            if state == "off"
            else ""
        )
        cells = {
            "in": tick,
            "name": name,
            "cvr": cvr,
            "industry": industry,
            "town": town,
            "staff": staff,
            "last": last,
            "why": reason,
        }
        rows.append({"cells": cells, "state": state})
    return rows


def sort_url(key: str) -> str:
    """An address that sorts by the key and keeps the filters."""
    return f"?sort={key}"
