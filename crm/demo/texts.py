"""What the demo's people said: notes, reasons, promises, occupations. Plain Danish, nothing about named persons."""

from __future__ import annotations

from datetime import date
from random import Random

CAMPAIGN = "Luk op for nye jobmuligheder (demo)"
INFORMATION = (
    "Vi kontakter dig, fordi jobcentret i din kommune tilbyder virksomheder et besøg om rekruttering. Vi har dit navn "
    "og nummer fra CVR-registret. Jobcentret er dataansvarligt; du kan få at vide, hvad vi har noteret, få det rettet "
    "og få det slettet, når du beder om det. Teksten er et eksempel og skal erstattes af kundens egen."
)
LEGAL_BASIS = "Bestående samarbejde: virksomheden har selv bedt om at blive kontaktet (eksempel, noteret i demoen)."

DECLINE_REASONS = (
    ("no_need", 46),
    ("no_time", 22),
    ("already_partner", 11),
    ("wants_mail", 9),
    ("other", 7),
    ("bad_experience", 5),
)
DECLINE_NOTES = (
    "",
    "",
    "",
    "Er lige gået ned i tid, ingen ansættelser i år.",
    "Prøv igen til foråret.",
    "Ejeren går på pension.",
    "Har kontakt til jobcentret i nabokommunen.",
    "Blev vred over at blive ringet op.",
    "Vil læse om det først.",
)
BOOK_NOTES = (
    "",
    "Vil høre om løntilskud.",
    "Mangler 1-2 voksenlærlinge til april, gerne med kørekort.",
    "Havde praktikant sidste år, gode erfaringer.",
    "Indgang fra gården, ring på ved værkstedet.",
    "Travlt efter kl. 11.",
    "Vil gerne vide, hvad jobrotation koster.",
    "Spørg efter bogholderen.",
    "Sagde ja efter nogen tøven.",
    "Søger en til lageret nu.",
)
CALL_BACK_NOTES = ("Træffes bedst efter 10.30.", "Chefen er på ferie.", "Sidder i møde, ring senere.", "")
VOICEMAIL_NOTES = ("", "", "Besked lagt, eget nummer oplyst.")

OCCUPATIONS = {
    "ordinary": (
        "Tømrer",
        "Lagermedarbejder",
        "Chauffør, kategori C/E",
        "Tjener",
        "Bogholder",
        "Smed",
        "Kok",
        "Rengøringsassistent",
        "Butiksassistent",
        "Elektriker",
        "Maskinfører",
        "",
    ),
    "upskilling_job": ("Truckfører med certifikat", "CNC-operatør"),
    "adult_apprentice": ("VVS-lærling", "Tømrerlærling", "Industriteknikerlærling", "Kokkelærling", "Murerlærling"),
    "job_rotation": ("Vikar under efteruddannelse", "Produktionsmedarbejder", "Social- og sundhedshjælper"),
    "wage_subsidy": ("Kontormedhjælper", "Lagermedarbejder", "Pedelmedhjælper", "Køkkenmedhjælper", ""),
    "work_placement": ("Praktik på lager", "Praktik i butik", "Praktik på værksted", "Praktik i køkken", ""),
    "other": ("Fleksjob, 12 timer", "Mentor søges", "Småjob i weekenden", ""),
}
WISHES = ("", "", "", "Kørekort B.", "Kan møde kl. 6.", "Dansk i tale og skrift.", "Gerne erfaring, men ikke et krav.")
REPORT_NOTES = (
    "",
    "",
    "God snak, vil gerne ses igen.",
    "Havde ikke tid til mere end tyve minutter.",
    "Kendte ikke ordningerne i forvejen.",
    "Ejeren var skeptisk, medarbejderne interesserede.",
    "Ønsker kun én fast person at tale med.",
)
NO_FOLLOW_UP = (
    "Virksomheden ønsker ikke mere kontakt nu.",
    "Lukker til sommer.",
    "Har allerede en fast konsulent i et andet jobcenter.",
    "Ingen behov inden for to år.",
)
PROMISES = {
    "we_owe": (
        "Sender to kandidater til værkstedet.",
        "Sender vejledning om løntilskud.",
        "Ringer om voksenlærling, når ordningen er afklaret.",
        "Finder tre CV'er til lageret.",
        "Undersøger, om virksomheden kan få tilskud til opkvalificering.",
    ),
    "company_owes": (
        "Virksomheden sender jobopslag.",
        "Virksomheden vender tilbage om praktikplads.",
        "Virksomheden drøfter jobrotation med tillidsmanden.",
    ),
    "future_need": (
        "Ringer igen, når sæsonen begynder.",
        "Mangler måske to mand til sommer; ringer forinden.",
        "Nyt værksted åbner; taler om bemanding.",
    ),
    "care": ("Holder kontakten, ringer om et halvt år.", "Inviterer til virksomhedsmøde."),
}
OUTCOMES = (
    "Ordnet pr. telefon.",
    "To kandidater sendt.",
    "Materiale sendt på mail.",
    "Talte sammen, intet behov lige nu.",
    "Aftalt nyt besøg.",
)
SNOOZE = ("Kontaktpersonen er på ferie.", "Virksomheden bad om mere tid.")
TASKS = (
    "Modtage varer, pakke ordrer og holde orden på lageret.",
    "Hjælpe svendene, gøre klar og rydde op.",
    "Betjene kunder, fylde op og tage imod betaling.",
    "Lettere kontorarbejde, telefon og post.",
    "Gøre rent og hjælpe i køkkenet.",
)
RELAXED = "Gerne erfaring, men ikke et krav."
OFFERS = (
    "Har arbejdet med det samme i seks år og kan begynde straks.",
    "Bor tæt på og møder stabilt.",
    "Vil gerne i praktik først.",
)
OFFERS_REFUSED = ("Der er allerede nok kandidater.", "Virksomheden ønsker mere erfaring.")
CORRECTIONS = ("Vi aftalte kun én kandidat, ikke to.", "Det var os, der skulle ringe.", "Vent gerne til ugen efter.")
NOT_KEPT = ("Vi har ikke hørt noget.", "Der kom en mail, men ingen kandidater.", "")
DECLINED_CORRECTION = "Vi kan desværre ikke nå det før. Ring gerne, så finder vi en løsning."
CANCEL_COMPANY = ("Fik travlt.", "Har fortrudt.", "Kontaktpersonen er syg.", "Følte sig presset til at sige ja.")
CANCEL_JOBCENTRE = ("Konsulenten er syg.", "Kollision med internt møde.")
MOVE = ("Kontaktpersonen er optaget den dag.", "Konsulenten skal til kursus.")


def decline_reason(rng: Random) -> str:
    keys, weights = zip(*DECLINE_REASONS, strict=True)
    return str(rng.choices(keys, weights)[0])


def season(day: date) -> str:
    """The word for when a future need lies: the spring, the summer, the autumn, the new year."""
    return ("foråret", "sommeren", "efteråret", "nytår")[(day.month - 1) // 3]
