"""Names that nobody can take for real ones: companies, people, streets, e-mail domains, phone numbers."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from random import Random

MARKS = (
    "Eksempel",
    "Opdigtet",
    "Fiktiv",
    "Demo",
    "Prøve",
    "Mønster",
    "Tænkt",
    "Skitse",
    "Påfund",
    "Attrap",
    "Kulisse",
    "Papir",
    "Øvelses",
    "Forsøgs",
    "Ingensteds",
    "Hverken-Eller",
    "Pseudo",
    "Luftkastel",
)
PREFIXES = ("Eksempel", "Prøve", "Mønster", "Skitse", "Fantasi", "Demo", "Attrap", "Øve", "Påfunds", "Kladde")
SURNAMES = (
    "Testesen",
    "Prøvesen",
    "Mønster",
    "Eksempelsen",
    "Opdigtsen",
    "Fiktivsen",
    "Demosen",
    "Skitsegaard",
    "Påfundsen",
    "Attrapsen",
    "Kladde",
    "Tænkeby",
    "Pseudonymsen",
    "Kulissegaard",
    "Papirsen",
    "Øvelund",
    "Forsøgsen",
    "Ingenmand",
    "Modelsen",
    "Fantasisen",
)
FIRST_NAMES = (
    "Mette",
    "Anne",
    "Hanne",
    "Karen",
    "Lone",
    "Pia",
    "Camilla",
    "Sofie",
    "Emma",
    "Ida",
    "Fatima",
    "Birgit",
    "Susanne",
    "Louise",
    "Gitte",
    "Amina",
    "Peter",
    "Jens",
    "Lars",
    "Michael",
    "Henrik",
    "Thomas",
    "Søren",
    "Ole",
    "Ali",
    "Mikkel",
    "Rasmus",
    "Kasper",
    "Bo",
    "Åge",
    "Torben",
    "Yusuf",
    "Jørgen",
    "Frederik",
)
TITLES = (
    "daglig leder",
    "ejer",
    "direktør",
    "kontorleder",
    "værkfører",
    "HR-ansvarlig",
    "butikschef",
    "driftsleder",
    "værkstedsleder",
    "indehaver",
    "personalechef",
    "bogholder",
)
STREETS = (
    "Eksempelvej",
    "Prøvevej",
    "Opdigtet Allé",
    "Skitsevænget",
    "Mønstergade",
    "Demovej",
    "Tænkehøjen",
    "Påfundsgade",
    "Kulissevej",
    "Attrapstræde",
    "Forsøgsparken",
    "Ingenstedsvej",
    "Papirhusvej",
    "Øvelsestorvet",
    "Kladdevangen",
    "Fiktiv Industrivej",
)
FORMS = ("ApS", "ApS", "ApS", "ApS", "A/S", "A/S", "I/S", "", "", "K/S", "A.M.B.A.")
LONG = (
    "{mark} {first}- og {second}virksomhed for {place} og Omegn, grundlagt 19{year} {form}",
    "Den {mark_da} Sammenslutning af {first} i {place}, Underafdelingen for {second} og Service {form}",
    "{surname} & {other} Ingeniør-, Maskin- og Entreprenørforretning v/ {first_name} {surname} {form}",
)

# Spare series of the Danish numbering plan (83-85 and 95 are given to nobody; libphonenumber calls them possible but
# not valid), so that a demo call reaches no one. Numbers from 00 or 1 are prefixes and emergency calls: not used.
PHONE_SERIES = ("84", "85")


@dataclass(frozen=True, slots=True)
class Trade:
    """An industry code (DB25) with the words its companies use of themselves and their usual number of staff."""

    code: str
    staff: int
    words: tuple[str, ...]


@cache
def trades() -> tuple[tuple[Trade, ...], list[int]]:
    """The trades and their cumulative shares, for ``Random.choices``."""
    with files("crm.demo").joinpath("data/trades.csv").open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    found = tuple(Trade(row["industry_code"], int(row["staff"]), tuple(row["words"].split("|"))) for row in rows)
    return found, list(accumulate(int(row["share"]) for row in rows))


def trade(rng: Random) -> Trade:
    found, shares = trades()
    return rng.choices(found, cum_weights=shares)[0]


def company_name(rng: Random, kind: Trade, place: str) -> str:
    """``Eksempel Blik & Rør ApS``, ``Prøvebageri I/S``, ``Testesen & Søn Transport Hobro A/S``; a few very long."""
    word, form, draw = rng.choice(kind.words), rng.choice(FORMS), rng.random()
    if draw < 0.007:
        return _long_name(rng, word, form, place)
    if draw < 0.28:
        name = f"{rng.choice(MARKS)} {word}"
    elif draw < 0.40 and " " not in word:
        name = rng.choice(PREFIXES) + word.lower()
    elif draw < 0.62:
        name = f"{rng.choice(SURNAMES)} {rng.choice(('& Søn ', '& Døtre ', 'og Co. ', '', ''))}{word}"
    elif draw < 0.88:
        name = f"{rng.choice(MARKS)} {word} {place}"
    else:
        name = f"{rng.choice(SURNAMES)} {word} {place}"
    return f"{name} {form}".rstrip()


def _long_name(rng: Random, word: str, form: str, place: str) -> str:
    found, _shares = trades()
    name = rng.choice(LONG).format(
        mark=rng.choice(MARKS),
        mark_da=rng.choice(("Opdigtede", "Tænkte", "Fiktive")),
        first=word,
        second=rng.choice(rng.choice(found).words).lower(),
        place=place,
        year=rng.randint(10, 99),
        form=form,
        surname=rng.choice(SURNAMES),
        other=rng.choice(SURNAMES),
        first_name=rng.choice(FIRST_NAMES),
    )
    return name.rstrip()


def person(rng: Random) -> str:
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(SURNAMES)}"


def street(rng: Random) -> str:
    return f"{rng.choice(STREETS)} {rng.randint(1, 180)}{rng.choice(('', '', '', '', 'A', 'B', ', 1. tv'))}"


def phone(rng: Random) -> str:
    """Eight digits of a series given to nobody, written the way registers write them: with and without spaces."""
    digits = rng.choice(PHONE_SERIES) + f"{rng.randrange(1_000_000):06d}"
    return digits if rng.random() < 0.7 else " ".join(digits[i : i + 2] for i in range(0, 8, 2))


_PLAIN = str.maketrans({"æ": "ae", "ø": "o", "å": "aa", "&": "og", "é": "e"})
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    return _NOT_PLAIN.sub("", text.lower().translate(_PLAIN))


def email(rng: Random, company: str, contact: str) -> str:
    """An address under .example, which RFC 2606 keeps for examples."""
    mailbox = slug(contact.split(" ")[0]) if contact and rng.random() < 0.5 else rng.choice(("info", "kontor", "post"))
    return f"{mailbox}@{slug(company)[:40] or 'eksempel'}.example"
