"""The columns of a register extract: their Danish and English headers, and finding them in a file's first lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from crm.base.errors import N_, Invalid
from crm.companies.rules.remarks import Remark

# key -> (Danish header, further spellings). Case, spaces and punctuation do not matter.
COLUMNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "cvr_number": ("CVR-nr", ("cvr", "cvrnummer")),
    "p_number": ("P-nr", ("pnummer", "produktionsenhedsnummer")),
    "name": ("Navn", ("virksomhedsnavn", "firmanavn")),
    "street": ("Adresse", ("vej", "gade", "address")),
    "postcode": ("Postnr", ("postnummer", "zip")),
    "city": ("By", ("bynavn", "postdistrikt")),
    "municipality_code": ("Kommunekode", ("kommunenr", "kommunenummer")),
    "industry_code": ("Branchekode", ("branche", "hovedbranchekode")),
    "employees": ("Antal ansatte", ("ansatte",)),
    "phone": ("Telefon", ("telefonnr", "telefonnummer", "tlf")),
    "email": ("E-mail", ("mail", "emailadresse")),
    "advertising_protected": ("Reklamebeskyttelse", ("reklamebeskyttet",)),
    "lat": ("lat", ("latitude", "breddegrad")),
    "lon": ("lon", ("lng", "longitude", "længdegrad")),
    "contact_name": ("Kontaktperson", ("kontakt",)),
}
REQUIRED = ("cvr_number", "p_number", "name", "postcode", "municipality_code")
REASON = N_("Afvist fordi")
"""The last column of a correction file; ignored when it is loaded again."""

LINES_SEARCHED = 10
"""The header may stand below a title or Excel's ``sep=;``, but not further down than this."""


def folded(header: str) -> str:
    """A header as it is compared: lower case, letters and digits only."""
    return re.sub(r"[\W_]+", "", header.casefold())


_KEYS = {folded(spelling): key for key, (danish, others) in COLUMNS.items() for spelling in (key, danish, *others)}


@dataclass(frozen=True)
class Header:
    """Where each column stands. ``width``: cells at or beyond it belong to no column of the file."""

    cells: tuple[str, ...]
    places: dict[str, int]
    width: int
    reason_at: int | None
    notes: list[Remark] = field(default_factory=list)

    def label(self, key: str) -> str:
        """The column's header as the file has it."""
        return self.cells[self.places[key]].strip() if key in self.places else COLUMNS[key][0]


def recognised(cells: Sequence[str]) -> int:
    """How many different columns these cells name."""
    return len({_KEYS[name] for name in map(folded, cells) if name in _KEYS})


def read_header(cells: Sequence[str], row_number: int) -> Header:
    """Raises Invalid naming the required columns that are missing."""
    places: dict[str, int] = {}
    notes: list[Remark] = []
    reason_at = None
    for place, text in enumerate(cells):
        key = _KEYS.get(folded(text))
        if folded(text) == folded(REASON):
            reason_at = place
        elif key is None:
            if text.strip():
                notes.append(Remark(row_number, "note", text, "", N_("Kolonnen kendes ikke og er ikke læst")))
        elif key in places:
            notes.append(Remark(row_number, "note", text, "", N_("Kolonnen står to gange; den første er brugt")))
        else:
            places[key] = place
    _require(places)
    if "advertising_protected" not in places:
        notes.append(
            Remark(
                row_number,
                "note",
                COLUMNS["advertising_protected"][0],
                "",
                N_("Filen har ikke kolonnen; nye virksomheder står som ubeskyttede"),
            )
        )
    named = [place for place, text in enumerate(cells) if text.strip() and place != reason_at]
    return Header(tuple(cells), places, max(named) + 1, reason_at, notes)


def _require(places: dict[str, int]) -> None:
    missing = [f"{COLUMNS[key][0]} ({key})" for key in REQUIRED if key not in places]
    if len(missing) == len(REQUIRED):
        raise Invalid(
            N_(
                "Filen har ingen brugbar overskrift. Første linje skal navngive kolonnerne, blandt dem "
                "{names}. Intet er læst ind."
            ),
            names=", ".join(missing),
        )
    if missing:
        raise Invalid(
            N_("Filen mangler kolonnerne {names}. Intet er læst ind; tilføj dem, og prøv igen."),
            names=", ".join(missing),
        )
