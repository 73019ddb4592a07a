"""Invented figures for the gallery's charts: shapes as a view would hand them to the macros."""

from __future__ import annotations

import csv
import random
from typing import Any

from .content import FILTERS, ROOT

pct = FILTERS["dk_pct"]
number = FILTERS["dk_number"]

TYPES: list[dict[str, Any]] = [
    {"label": "Ordinære job", "value": 945, "share": "16,4–18,7", "url": "#"},
    {"label": "heraf akutjob", "value": 223, "sub": True, "share": "3,6–4,7"},
    {"label": "Virksomhedspraktik", "value": 940, "share": "16,3–18,6", "url": "#"},
    {"label": "Løntilskud", "value": 437, "grey": True, "share": "7,4–8,9"},
    {"label": "Jobrotation", "value": 243, "grey": True, "share": "4,0–5,1"},
    {"label": "Voksenlærling", "value": 147, "grey": True, "share": "2,3–3,2"},
    {"label": "Opkvalificeringsjob", "value": 16, "grey": True, "share": "0,2–0,5"},
    {"label": "Andet", "value": 262, "grey": True, "share": "4,3–5,5"},
]
TYPES_TABLE = {
    "columns": ["Type", "Antal", "95 % interval pr. 100 besøg"],
    "rows": [[row["label"], number(row["value"]), row["share"]] for row in TYPES] + [["I alt", "2.990", "53,4–57,4"]],
    "total": True,
}


def _row(label: str, booked: int, n: int, mark: str = "") -> dict[str, Any]:
    rate, z = booked / n, 1.96
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z * (rate * (1 - rate) / n + z * z / (4 * n * n)) ** 0.5 / (1 + z * z / n)
    return {
        "label": label, "rate": rate, "low": middle - half, "high": middle + half, "n": n,
        "n_text": f"{number(booked)}/{number(n)}", "url": "#", "mark": mark, "small": n < 113,
    }  # fmt: skip


CENTRES = [
    _row("Ringkøbing-Skjern", 153, 358, "high"), _row("Hedensted", 114, 272, "high"), _row("Aabenraa", 157, 390, "high"),
    _row("Varde", 127, 316, "high"), _row("Aarhus", 543, 1603), _row("Aalborg", 350, 1110), _row("København", 518, 1655),
    _row("Odense", 303, 1048), _row("Høje-Taastrup", 74, 329, "low"), _row("Gladsaxe", 85, 408, "low"),
    _row("Næstved", 106, 534, "low"), _row("Ærø", 21, 51), _row("Samsø", 17, 50), _row("Langeland", 31, 112),
]  # fmt: skip
CENTRES_TABLE = {
    "columns": ["Jobcenter", "Bookingrate", "95 % interval", "Booket/kontaktet"],
    "rows": [[r["label"], pct(r["rate"], 1), f"{pct(r['low'])}–{pct(r['high'])}", r["n_text"]] for r in CENTRES],
}


def points() -> list[dict[str, Any]]:
    """Ninety-four jobcentres: the named ones and a cloud."""
    dice = random.Random(4711)
    cloud = []
    for _ in range(80):
        n = int(dice.lognormvariate(5.7, 0.55))
        rate = min(0.48, max(0.2, dice.gauss(0.313, (0.313 * 0.687 / n) ** 0.5)))
        cloud.append({"label": "Jobcenter", "n": n, "rate": rate, "url": "#"})
    named = {"Aarhus", "København"}
    return cloud + [{**row, "named": row["label"] in named} for row in CENTRES]


WEEKS = [str(week) for week in range(36, 48)]
BOOKED = [412, 1018, 1406, 1512, 1437, 1388, 496, 1431, 1472]
TOTALS: list[int | None] = [sum(BOOKED[: i + 1]) for i in range(9)]
SERIES = [
    {"name": "Samlet", "values": TOTALS + [None] * 3, "text": "10.572"},
    {
        "name": "Fremskrivning",
        "values": [None] * 8 + [10572, 11970, 13370, 14770],
        "kind": "forecast",
        "text": "uge 46 (80 %: 46–47)",
        "band": [None] * 8 + [[10572, 10572], [11800, 12140], [13050, 13690], [14300, 15240]],
    },
]
PACE_TABLE = {
    "columns": ["Uge", "Booket", "Samlet"],
    "rows": [[w, number(b), number(t)] for w, b, t in zip(WEEKS, BOOKED, TOTALS, strict=False)],
}
WEEK_BARS = [{"label": w, "value": b, "url": "#"} for w, b in zip(WEEKS, BOOKED, strict=False)] + [
    {"label": w, "value": 1400, "text": "1.400" if w == "46" else "", "kind": "forecast"} for w in WEEKS[9:]
]
CAPACITY = [
    {"label": "45", "parts": [46, 0], "capacity": 44, "over": True, "cells": ["46", "–", "44"]},
    {"label": "46", "parts": [41, 3], "capacity": 44, "cells": ["41", "3", "44"]},
    {"label": "47", "parts": [36, 8], "capacity": 44, "cells": ["36", "8", "44"]},
    {"label": "48", "parts": [24, 20], "capacity": 44, "cells": ["24", "20", "44"]},
    {"label": "49", "parts": [15, 29], "capacity": 44, "cells": ["15", "29", "44"]},
    {"label": "50", "parts": [7, 35], "capacity": 44, "cells": ["7", "35", "44"]},
    {"label": "51", "parts": [1, 25], "capacity": 28, "cells": ["1", "25", "28"]},
]
CAPACITY_TABLE = {
    "columns": ["Uge", "Booket", "Listen", "Plads"],
    "rows": [[r["label"], *r["cells"]] for r in CAPACITY],
}


def tiles() -> list[dict[str, Any]]:
    """The 98 municipalities with invented openings per 100 visits."""
    dice = random.Random(7)
    path = ROOT / "crm" / "people" / "data" / "municipalities.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = []
    for row in rows:
        value = round(dice.gauss(64 if row["region_key"] == "midtjylland" else 52, 12))
        small = row["name"] in {"Læsø", "Samsø", "Fanø", "Ærø", "Langeland", "Dragør", "Struer", "Lemvig"}
        found.append({
            "short": row["name"][:3].upper(), "name": row["name"], "x": int(row["tile_x"]), "y": int(row["tile_y"]),
            "value": value, "text": "under 25 besøg" if small else f"{value} pr. 100 besøg", "url": "#", "small": small,
        })  # fmt: skip
    return found


TILES_TABLE = {
    "columns": ["Region", "Pr. 100", "95 %"],
    "rows": [
        ["Midtjylland", "64,3", "60–69"], ["Syddanmark", "60,3", "56–65"], ["Nordjylland", "59,7", "53–67"],
        ["Sjælland", "53,5", "49–59"], ["Hovedstaden", "43,6", "40–47"],
    ],
}  # fmt: skip
