"""Slots for programs: values and the whole explanation, as they are sent and as a refusal carries them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from crm.travel.places import Leg
from crm.visits.rules.places import spelled
from crm.visits.rules.slots import MINUTE, Slot
from crm.visits.rules.stops import Stop


class Side(TypedDict):
    """Where the consultant comes from or goes on to. ``kind``: base, visit, hold, away or busy; ``at``: when the stop
    before ends, the one after begins (ISO 8601). ``min``: the drive, None when there is none the same day; with
    ``estimate`` it was answered by the engine that stands in for another; ``ferry``: what it takes."""

    kind: str
    town: str
    at: str
    min: int | None
    estimate: bool
    ferry: str | None


class Score(TypedDict):
    """Minutes: the extra driving and what the jobcentre's weights add; the lowest total comes first."""

    driving: int
    fairness: int
    earliness: int
    total: int


class Refused(TypedDict):
    """Why a time cannot be had. ``code``: as booking says it; minutes needed include the margin; what does not belong
    to the reason is None."""

    reason: str
    code: str
    needed_min: int | None
    available_min: int | None
    place: str | None
    held_until: str | None
    max_visits: int | None
    postcode: str | None
    areas: str | None
    lunch_min: int | None
    lunch_from: str | None
    lunch_to: str | None


class Explanation(TypedDict):
    """``beside``: after, before, first or last (visit of the day); ``town`` and ``at``: the neighbouring visit, or of a
    time that is held when the held one begins. ``before``/``after``: the stops on both sides, None where the time was
    turned down before it came to driving."""

    beside: str
    town: str
    at: str | None
    before: Side | None
    after: Side | None
    extra_min: int | None
    visits_that_week: int
    score: Score | None
    refused: Refused | None


def as_dict(slot: Slot, why: str | None = None) -> dict[str, Any]:
    """The slot for programs; times ISO 8601 in UTC."""
    row: dict[str, Any] = {
        "consultant_id": slot.consultant_id,
        "consultant": slot.consultant,
        "initials": slot.initials,
        "starts_at": slot.starts_at.isoformat(),
        "ends_at": slot.ends_at.isoformat(),
        "travel_before_min": slot.travel_before_min,
        "travel_after_min": slot.travel_after_min,
        "extra_driving_min": slot.extra_driving_min,
        "ferry": slot.ferry,
        "explanation": explanation_of(slot),
    }
    if slot.reason:
        row |= {
            "reason": slot.reason,
            "code": slot.code,
            "needed_min": slot.needed_min,
            "available_min": slot.available_min,
            "held_until": _iso(slot.held_until),
        }
    return row | ({"why": why} if why else {})


def explanation_of(slot: Slot) -> Explanation:
    """Why the slot stands where it does, or why it cannot be had; every key is always there, None where it says
    nothing."""
    verdict = slot.verdict
    return {
        "beside": slot.beside,
        "town": slot.town,
        "at": _iso(slot.at),
        "before": _side(verdict.before, verdict.there, ends=True) if verdict else None,
        "after": _side(verdict.after, verdict.onward, ends=False) if verdict else None,
        "extra_min": None if slot.reason else slot.extra_driving_min,
        "visits_that_week": slot.visits_that_week,
        "score": None if slot.reason else _score(slot),
        "refused": _refused(slot),
    }


def _side(stop: Stop | None, leg: Leg | None, *, ends: bool) -> Side | None:
    if stop is None:
        return None
    return {
        "kind": stop.kind,
        "town": stop.town,
        "at": (stop.ends_at if ends else stop.starts_at).isoformat(),
        "min": leg.minutes if leg and leg.reachable else None,
        "estimate": bool(leg and leg.estimate),
        "ferry": leg.ferry if leg else None,
    }


def _score(slot: Slot) -> Score:
    return {
        "driving": slot.extra_driving_min,
        "fairness": slot.fairness,
        "earliness": slot.earliness,
        "total": slot.score,
    }


def _refused(slot: Slot) -> Refused | None:
    if slot.reason is None or slot.code is None:
        return None
    lunch, area = slot.lunch if slot.reason == "lunch" else None, slot.reason == "area"
    return {
        "reason": slot.reason,
        "code": slot.code,
        "needed_min": slot.needed_min,
        "available_min": slot.available_min,
        "place": slot.place if slot.needed_min is not None else None,
        "held_until": _iso(slot.held_until),
        "max_visits": slot.max_visits if slot.reason == "capacity" else None,
        "postcode": slot.postcode if area else None,
        "areas": spelled(slot.areas) if area else None,
        "lunch_min": lunch.length // MINUTE if lunch else None,
        "lunch_from": _iso(lunch.opens) if lunch else None,
        "lunch_to": _iso(lunch.closes) if lunch else None,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def from_dict(item: Mapping[str, Any]) -> Slot:
    """The slot again from what a refusal carries, without the stops on both sides; a mark of
    estimated drives is kept."""
    told = item["explanation"]
    score = told.get("score") or {}
    return Slot(
        item["consultant_id"],
        item["consultant"],
        item["initials"],
        datetime.fromisoformat(item["starts_at"]),
        datetime.fromisoformat(item["ends_at"]),
        item["travel_before_min"],
        item["travel_after_min"],
        item["extra_driving_min"],
        item["ferry"],
        told.get("visits_that_week", 0),
        told["beside"],
        told["town"],
        datetime.fromisoformat(told["at"]) if told["at"] else None,
        fairness=score.get("fairness", 0),
        earliness=score.get("earliness", 0),
        guess=any(side["estimate"] for side in (told["before"], told["after"]) if side),
    )
