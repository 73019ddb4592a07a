"""Types of openings, what a told opening must look like, and how a corrected report meets those it gave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, Protocol, TypeVar

from crm.base.errors import N_
from crm.openings.models import Opening, OwnType

ReportingType = Literal[
    "ordinary", "upskilling_job", "adult_apprentice", "job_rotation", "wage_subsidy", "work_placement", "other"
]
"""Keys of TYPES, for what is typed by them."""
# In the order, and with the words, of the report's table (evaluation 2013, openings by type).
TYPES: dict[str, str] = {
    "ordinary": N_("Ordinære jobordrer, herunder akutjob"),
    "upskilling_job": N_("Opkvalificeringsjob"),
    "adult_apprentice": N_("Voksenlærling"),
    "job_rotation": N_("Jobrotation"),
    "wage_subsidy": N_("Løntilskud"),
    "work_placement": N_("Virksomhedspraktik"),
    "other": N_("Andet"),
}
# As one says them, the most told first: for chips and lists.
SHORT: dict[str, str] = {
    "ordinary": N_("Ordinært job"),
    "wage_subsidy": N_("Løntilskud"),
    "job_rotation": N_("Jobrotation"),
    "work_placement": N_("Virksomhedspraktik"),
    "adult_apprentice": N_("Voksenlærling"),
    "upskilling_job": N_("Opkvalificeringsjob"),
    "other": N_("Andet"),
}
STATES: dict[str, str] = {"open": N_("Åben"), "closed": N_("Lukket")}
CLOSE_REASONS: dict[str, str] = {
    "filled_by_us": N_("Besat med vores kandidat"),
    "filled_elsewhere": N_("Besat på anden vis"),
    "withdrawn": N_("Trukket tilbage af virksomheden"),
    "no_candidate": N_("Vi havde ingen kandidat"),
    "lapsed": N_("Fristen løb ud"),
}
MAX_POSITIONS = 999
MAX_CVS = 99
MAX_WISHES = 4000
MAX_NAME = 60
OWN = "own:"
"""Before the number of an administrators' own type where a choice may be one of TYPES or an own one."""
RETIRED = N_("Typen er taget ud af brug. Vælg en anden; det øvrige er bevaret")


@dataclass(frozen=True)
class NewOpening:
    """An opening as told. ``cvs_wanted`` CVs are wanted by ``cvs_by`` (a Danish date). ``type`` is the reporting type,
    also where ``own_type_id`` names a finer one.
    ``keeps_own``: nothing was said of own types, so that a corrected opening keeps the one it has."""

    type: str
    positions: int = 1
    akutjob: bool = False
    occupation: str = ""
    wishes: str = ""
    cvs_wanted: int | None = None
    cvs_by: date | None = None
    own_type_id: int | None = None
    keeps_own: bool = False


def problems(told: NewOpening) -> dict[str, str]:
    """Field -> Danish message; empty when the opening can be logged."""
    found: dict[str, str] = {}
    if told.type not in TYPES:
        found["type"] = N_("Vælg en af typerne")
    if not 1 <= told.positions <= MAX_POSITIONS:
        found["positions"] = N_("Skriv et antal fra 1 til 999")
    if told.akutjob and told.type != "ordinary":
        found["akutjob"] = N_("Kun et ordinært job kan være akutjob")
    if len(told.occupation) > 200:
        found["occupation"] = N_("Skriv højst 200 tegn")
    if len(told.wishes) > MAX_WISHES:
        found["wishes"] = N_("Skriv højst 4000 tegn")
    if told.cvs_wanted is not None and not 1 <= told.cvs_wanted <= MAX_CVS:
        found["cvs_wanted"] = N_("Skriv et antal fra 1 til 99")
    if told.cvs_by is not None and not 2000 <= told.cvs_by.year <= 2100:
        found["cvs_by"] = N_("Vælg en dato")
    return found


def type_problems(name: str, reports_as: str) -> dict[str, str]:
    """Field -> Danish message of a type that administrators add."""
    found: dict[str, str] = {}
    if not name.strip():
        found["name"] = N_("Skriv, hvad typen hedder")
    elif len(name) > MAX_NAME:
        found["name"] = N_("Skriv højst 60 tegn")
    elif name.strip().casefold() in {word.casefold() for word in (*SHORT.values(), *TYPES.values())}:
        found["name"] = N_("Den type findes i forvejen")
    if reports_as not in TYPES:
        found["reports_as"] = N_("Vælg, hvad den tæller som")
    return found


class Told(Protocol):
    """What matching looks at: an opening that is there, or one that is told."""

    @property
    def type(self) -> str: ...
    @property
    def positions(self) -> int: ...
    @property
    def akutjob(self) -> bool: ...
    @property
    def occupation(self) -> str: ...
    @property
    def own_type_id(self) -> int | None: ...


There = TypeVar("There", bound=Told)


def type_key(one: Told) -> str:
    """What a choice of types calls it: a key of TYPES, or ``own:7``."""
    return f"{OWN}{one.own_type_id}" if one.own_type_id else one.type


def type_words(opening: Opening) -> str:
    """As one says it, in Danish: the administrators' own type by its name."""
    return opening.own_type.name if opening.own_type else SHORT[opening.type]


def own_choices(own: Iterable[OwnType]) -> list[tuple[str, str, dict[str, str]]]:
    """The administrators' types as choices of a form, with what they count as; one that is out of use is marked."""
    marks: dict[bool, dict[str, str]] = {True: {}, False: {"data-retired": "1"}}
    return [(f"{OWN}{one.id}", one.name, {"data-counts-as": one.reports_as, **marks[one.active]}) for one in own]


def own_numbers(chosen: Iterable[str]) -> list[int]:
    """The own types among what was chosen, as they were sent; what is no number is left out."""
    sent = [key.removeprefix(OWN) for key in chosen if key.startswith(OWN)]
    return [int(number) for number in sent if number.isascii() and number.isdecimal() and len(number) < 10]


def match(
    there: Sequence[There], told: Sequence[NewOpening]
) -> tuple[list[tuple[There, NewOpening]], list[NewOpening], list[There]]:
    """Pair a corrected report's openings with the former report's: (pairs, new ones, ones no longer told).

    Of one type, the most alike are paired first (akutjob, occupation and number equal), so that details added since
    stay with their opening; those of the same own type before others, and who names one chooses before who says
    nothing of it. Each opening is in exactly one of the three.
    """
    left, fresh = list(there), list(told)
    pairs: list[tuple[There, NewOpening]] = []
    ways = (_same, _same_kind_and_occupation, _same_kind, _same_type)
    for alike, own in [(way, True) for way in ways] + [(way, False) for way in ways]:
        for new in sorted(fresh, key=lambda one: one.own_type_id is None):
            found = next((old for old in left if alike(old, new) and (not own or _same_own(old, new))), None)
            if found is not None:
                pairs.append((found, new))
                left.remove(found)
                fresh.remove(new)
    return pairs, fresh, left


def resized(there: Sequence[There], positions: int, akutjob: bool) -> list[NewOpening]:
    """What a report tells of one type when only the sum of its positions was corrected: each opening stays with its
    occupation, the last gives or takes first; one that would hold nothing is no longer told.

    The sum of the positions is ``positions``; ``akutjob`` holds for all of them where it changed.
    """
    told = [NewOpening(o.type, o.positions, o.akutjob, o.occupation, own_type_id=o.own_type_id) for o in there]
    over = sum(one.positions for one in told) - positions
    if told and over < 0:
        told[-1] = replace(told[-1], positions=told[-1].positions - over)
    while told and over > 0:
        gives = min(over, told[-1].positions)
        over -= gives
        if gives == told[-1].positions:
            told.pop()
        else:
            told[-1] = replace(told[-1], positions=told[-1].positions - gives)
    if akutjob != any(one.akutjob for one in told):
        told = [replace(one, akutjob=akutjob) for one in told]
    return told


def _same(old: Told, new: NewOpening) -> bool:
    return _same_kind_and_occupation(old, new) and old.positions == new.positions


def _same_own(old: Told, new: NewOpening) -> bool:
    return new.keeps_own or old.own_type_id == new.own_type_id


def _same_type(old: Told, new: NewOpening) -> bool:
    return old.type == new.type


def _same_kind(old: Told, new: NewOpening) -> bool:
    return _same_type(old, new) and old.akutjob == new.akutjob


def _same_kind_and_occupation(old: Told, new: NewOpening) -> bool:
    return _same_kind(old, new) and old.occupation == new.occupation
