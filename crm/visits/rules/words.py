"""The visit's words and values: states, checklist, contact details, report, why a time is refused."""

from __future__ import annotations

from dataclasses import dataclass

from crm.base.errors import N_

OCCUPYING_STATES = ("booked", "held", "nobody_there")

STATES = {
    "booked": N_("Booket"),
    "held": N_("Afholdt"),
    "cancelled_by_company": N_("Aflyst af virksomheden"),
    "cancelled_by_jobcentre": N_("Aflyst af jobcentret"),
    "nobody_there": N_("Ingen til stede"),
}

RESULTS = ("held", "cancelled_by_company", "cancelled_by_jobcentre", "nobody_there")

SCHEMES = {
    "wage_subsidy": N_("Løntilskud"),
    "work_placement": N_("Virksomhedspraktik"),
    "adult_apprentice": N_("Voksenlærling"),
    "job_rotation": N_("Jobrotation"),
    "upskilling": N_("Opkvalificering"),
    "flex_job": N_("Fleksjob"),
    "mentor": N_("Mentor"),
    "job_order": N_("Rekruttering og jobordre"),
}

MATERIALS = {
    "folder": N_("Folder om samarbejdet"),
    "schemes": N_("Oversigt over ordninger"),
    "contact_card": N_("Kontaktkort"),
    "jobnet": N_("Vejledning til jobnet.dk"),
}

EVENTS = {
    "book": N_("Besøg booket"),
    "move": N_("Besøg flyttet"),
    "hand_over": N_("Besøg overdraget"),
    "accept": N_("Besøget står ved magt"),
    "cancel": N_("Besøg aflyst"),
    "arrive": N_("Ankommet"),
    "report": N_("Besøg rapporteret"),
    "openings_gone": N_("Åbninger taget ud af rapporten"),
    "reply": N_("Svar på invitationen"),
    "late": N_("Forsinkelse meldt"),
}


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """Whom the consultant is to meet. Phone E.164, e-mail plain; None where not known."""

    name: str
    title: str = ""
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class VisitReport:
    """The visit's own part of the report. ``result``: one of RESULTS; ``schemes``/``materials``: keys.

    ``pressed``: the company felt pressed into the visit; None when it was not held.
    ``no_follow_up_because``: the recorded reason, where no follow-up was agreed.
    """

    result: str
    pressed: bool | None = None
    schemes: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    note: str = ""
    no_follow_up_because: str | None = None


# reason of a refused time -> (code of the refusal, Danish sentence)
REFUSED = {
    "overlap": ("overlap", N_("Tiden er taget: konsulenten har et andet besøg {taken}.")),
    "held": ("overlap", N_("Tiden holdes af en anden til kl. {until}.")),
    "away": ("hours", N_("Konsulenten er optaget eller fraværende på det tidspunkt.")),
    "busy": ("hours", N_("Konsulenten er optaget i sin egen kalender på det tidspunkt.")),
    "area": ("hours", N_("Konsulenten tager ikke besøg i {postcode}, kun i {areas}.")),
    "lunch": (
        "hours",
        N_("Konsulenten ville ikke få sin frokost: {lunch} min fri mellem {lunch_from} og {lunch_to}."),
    ),
    "travel_before": (
        "travel",
        N_("Konsulenten kan ikke nå frem: {needed} min kørsel fra {place}, {available} min fri."),
    ),
    "travel_after": (
        "travel",
        N_("Konsulenten kan ikke nå videre: {needed} min kørsel til {place}, {available} min fri."),
    ),
    "unreachable": ("travel", N_("Konsulenten kan ikke køre mellem stederne samme dag.")),
    "hours": ("hours", N_("Tiden ligger uden for konsulentens arbejdstid.")),
    "notice": ("hours", N_("Tiden ligger for tidligt: besøg bookes tidligst {earliest}.")),
    "horizon": ("hours", N_("Tiden ligger for langt ude: besøg bookes senest {latest}.")),
    "capacity": ("capacity", N_("Dagen er fuld: konsulenten tager højst {max} besøg om dagen.")),
}

# the same, short, for a line in the list of times
REFUSED_SHORT = {
    "overlap": N_("optaget"),
    "held": N_("holdes af en anden til {until}"),
    "away": N_("fraværende"),
    "busy": N_("optaget i egen kalender"),
    "area": N_("tager ikke besøg i {postcode}"),
    "lunch": N_("frokost: {lunch} min fri mellem {lunch_from} og {lunch_to}"),
    "travel_before": N_("kan ikke nås: {needed} min fra {place}, {available} min fri"),
    "travel_after": N_("kan ikke nå videre: {needed} min til {place}, {available} min fri"),
    "unreachable": N_("kan ikke nås samme dag"),
    "hours": N_("uden for arbejdstid"),
    "notice": N_("for kort varsel"),
    "horizon": N_("for langt ude"),
    "capacity": N_("dagen er fuld ({max} besøg)"),
}
