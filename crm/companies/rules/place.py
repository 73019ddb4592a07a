"""How well a workplace's place is known, in words, and what a change of address does to a place that was looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm.base.errors import N_

LOOKED_UP = ("address", "street")
ADDRESS = ("street", "postcode", "city")
FARTHEST_KM = 25.0
"""An answer further from its postcode's place is not believed."""

PLACED: dict[str, str] = {
    "file": N_("Placeret efter filens koordinater"),
    "address": N_("Placeret efter adresse"),
    "street": N_("Placeret efter gade. Køretiden får lidt større margen."),
    "postcode": N_("Placeret efter postnummer. Køretiden får større margen."),
}
NO_SURE_ANSWER: dict[str, str] = {
    "unclear": N_("Adressen er slået op, men svaret passede ikke sikkert til den. Ret adressen i registret."),
    "unknown": N_("Adressen er slået op, men kendes ikke. Ret adressen i registret."),
}


def placed(geo_source: str) -> str:
    """The msgid that says how the workplace was placed; without coordinates it is driven to by its postcode."""
    return PLACED.get(geo_source, PLACED["postcode"])


def kept_place(values: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """A register row's values with the place that shall hold after it.

    Coordinates of the row win. A row without any leaves a place that was looked up, as long as the address is the
    same; under another address the place is forgotten, until the new one has been looked up.
    """
    found = dict(values)
    if found.get("lat") is not None or old["geo_source"] not in LOOKED_UP:
        return found
    if any(name in found and found[name] != old[name] for name in ADDRESS):
        return {**found, "lat": None, "lon": None, "geo_source": "none"}
    if "lat" in found:
        found |= {name: old[name] for name in ("lat", "lon", "geo_source")}
    return found
