"""Industries in words, by division (the code's first two digits), and the sections that segments filter on.

DB25 is the Danish edition of NACE rev. 2.1, DB07 of NACE rev. 2 (Danmarks Statistik). At division level they differ
in one place: 45, trade in and repair of motor vehicles, exists only in DB07; DB25 has spread it over 46, 47 and 95.
The words are ours: short ones for a screen, not the official titles.
"""

from __future__ import annotations

from dataclasses import dataclass

from crm.base.errors import N_

VERSIONS = ("DB25", "DB07")
ONLY_IN_DB07 = frozenset({"45"})

DIVISIONS: dict[str, str] = {
    "01": N_("Landbrug og gartneri"),
    "02": N_("Skovbrug"),
    "03": N_("Fiskeri og akvakultur"),
    "05": N_("Kulbrydning"),
    "06": N_("Olie- og gasudvinding"),
    "07": N_("Malmbrydning"),
    "08": N_("Grus-, sten- og lerindvinding"),
    "09": N_("Service til råstofindvinding"),
    "10": N_("Fødevareindustri"),
    "11": N_("Drikkevareindustri"),
    "12": N_("Tobaksindustri"),
    "13": N_("Tekstilindustri"),
    "14": N_("Beklædningsindustri"),
    "15": N_("Læder- og fodtøjsindustri"),
    "16": N_("Træindustri"),
    "17": N_("Papirindustri"),
    "18": N_("Trykkerier"),
    "19": N_("Olieraffinaderier"),
    "20": N_("Kemisk industri"),
    "21": N_("Medicinalindustri"),
    "22": N_("Plast- og gummiindustri"),
    "23": N_("Glas-, beton- og keramisk industri"),
    "24": N_("Metalfremstilling"),
    "25": N_("Metalvareindustri"),
    "26": N_("Elektronikindustri"),
    "27": N_("Fremstilling af elektrisk udstyr"),
    "28": N_("Maskinindustri"),
    "29": N_("Motorkøretøjsindustri"),
    "30": N_("Fremstilling af skibe, tog og fly"),
    "31": N_("Møbelindustri"),
    "32": N_("Anden fremstilling"),
    "33": N_("Reparation og installation af maskiner"),
    "35": N_("El-, gas- og fjernvarmeforsyning"),
    "36": N_("Vandforsyning"),
    "37": N_("Kloak- og rensningsanlæg"),
    "38": N_("Affald og genbrug"),
    "39": N_("Rensning af jord og grundvand"),
    "41": N_("Opførelse af bygninger"),
    "42": N_("Anlægsarbejde"),
    "43": N_("Håndværk og specialiseret bygge og anlæg"),
    "45": N_("Bilhandel og autoværksteder"),
    "46": N_("Engroshandel"),
    "47": N_("Detailhandel"),
    "49": N_("Landtransport"),
    "50": N_("Skibsfart"),
    "51": N_("Luftfart"),
    "52": N_("Lager og godshåndtering"),
    "53": N_("Post og kurér"),
    "55": N_("Hoteller og overnatning"),
    "56": N_("Restauranter og caféer"),
    "58": N_("Forlag og udgivelse"),
    "59": N_("Film, tv og musikproduktion"),
    "60": N_("Radio, tv og nyhedsbureauer"),
    "61": N_("Telekommunikation"),
    "62": N_("IT-konsulenter og programmering"),
    "63": N_("Hosting og informationstjenester"),
    "64": N_("Banker og finansiering"),
    "65": N_("Forsikring og pension"),
    "66": N_("Service til finans og forsikring"),
    "68": N_("Fast ejendom"),
    "69": N_("Advokater og revisorer"),
    "70": N_("Hovedkontorer og virksomhedsrådgivning"),
    "71": N_("Arkitekter og rådgivende ingeniører"),
    "72": N_("Forskning og udvikling"),
    "73": N_("Reklame og markedsanalyse"),
    "74": N_("Design, foto, oversættelse og lignende"),
    "75": N_("Dyrlæger"),
    "77": N_("Udlejning og leasing"),
    "78": N_("Vikarbureauer og rekruttering"),
    "79": N_("Rejsebureauer"),
    "80": N_("Vagt og sikkerhed"),
    "81": N_("Rengøring og ejendomsservice"),
    "82": N_("Kontorservice og callcentre"),
    "84": N_("Offentlig forvaltning"),
    "85": N_("Undervisning"),
    "86": N_("Sundhedsvæsen"),
    "87": N_("Plejehjem og døgninstitutioner"),
    "88": N_("Dagtilbud og hjemmehjælp"),
    "90": N_("Kunst og scenekunst"),
    "91": N_("Biblioteker og museer"),
    "92": N_("Lotteri og spil"),
    "93": N_("Sport og fritid"),
    "94": N_("Organisationer og foreninger"),
    "95": N_("Reparation af biler, computere og husholdningsudstyr"),
    "96": N_("Frisører, vaskerier og anden personlig service"),
    "97": N_("Private husholdninger med ansatte"),
    "98": N_("Private husholdningers egen produktion"),
    "99": N_("Internationale organisationer"),
}


@dataclass(frozen=True)
class Section:
    """A letter of DB25 with a Danish label and its divisions (45 of DB07 counts as trade)."""

    key: str
    label: str
    divisions: frozenset[str]


def _section(key: str, label: str, *divisions: int | range) -> Section:
    numbers = [n for part in divisions for n in (part if isinstance(part, range) else (part,))]
    return Section(key, label, frozenset(f"{n:02d}" for n in numbers) & DIVISIONS.keys())


SECTIONS: dict[str, Section] = {
    made.key: made
    for made in (
        _section("A", N_("Landbrug, skovbrug og fiskeri"), range(1, 4)),
        _section("B", N_("Råstofindvinding"), range(5, 10)),
        _section("C", N_("Industri"), range(10, 34)),
        _section("D", N_("Energiforsyning"), 35),
        _section("E", N_("Vand, kloak og affald"), range(36, 40)),
        _section("F", N_("Bygge og anlæg"), range(41, 44)),
        _section("G", N_("Handel"), range(45, 48)),
        _section("H", N_("Transport og lager"), range(49, 54)),
        _section("I", N_("Hoteller og restauranter"), 55, 56),
        _section("J", N_("Forlag, medier og indhold"), range(58, 61)),
        _section("K", N_("IT og telekommunikation"), range(61, 64)),
        _section("L", N_("Finans og forsikring"), range(64, 67)),
        _section("M", N_("Fast ejendom"), 68),
        _section("N", N_("Videnservice"), range(69, 76)),
        _section("O", N_("Rejsebureauer, rengøring og anden driftsservice"), range(77, 83)),
        _section("P", N_("Offentlig forvaltning"), 84),
        _section("Q", N_("Undervisning"), 85),
        _section("R", N_("Sundhed og socialvæsen"), range(86, 89)),
        _section("S", N_("Kultur, sport og fritid"), range(90, 94)),
        _section("T", N_("Anden service"), range(94, 97)),
        _section("U", N_("Private husholdninger"), 97, 98),
        _section("V", N_("Internationale organisationer"), 99),
    )
}

_SECTION_OF = {division: section for section in SECTIONS.values() for division in section.divisions}


def known_division(code: str, version: str = "DB25") -> bool:
    """Whether the code's first two digits are a division of this version."""
    division = code[:2]
    return division in DIVISIONS and (version == "DB07" or division not in ONLY_IN_DB07)


def industry_label(code: str | None, version: str = "DB25") -> str:
    """Danish words for an industry code of either version; a msgid, so pages may translate it.

    Empty for no code. In DB07 division 95 knew no cars, so its word differs.
    """
    if not code:
        return ""
    division = code[:2]
    if version == "DB07" and division == "95":
        return N_("Reparation af computere og husholdningsudstyr")
    return DIVISIONS.get(division) or N_("Ukendt branche")


def section_of(code: str | None) -> Section | None:
    """The section a code belongs to, None for no or an unknown code."""
    return _SECTION_OF.get(code[:2]) if code else None
