"""What the figures mean, and what they can be divided by."""

from __future__ import annotations

from dataclasses import dataclass

from crm.base.errors import N_

GROUPS: dict[str, str] = {
    "region": N_("Region"),
    "jobcentre": N_("Jobcenter"),
    "firm": N_("Phonerfirma"),
    "phoner": N_("Phoner"),
    "consultant": N_("Konsulent"),
    "industry": N_("Branche"),
    "week": N_("Uge"),
}

PROMISE_GROUPS: dict[str, str] = {
    **{key: GROUPS[key] for key in ("jobcentre", "region")},
    "campaign": N_("Kampagne"),
    "firm": GROUPS["firm"],
    "consultant": GROUPS["consultant"],
    "kind": N_("Slags aftale"),
    "week": GROUPS["week"],
}
SIDE_WORDS: dict[str, str] = {
    "jobcentre": N_("Vi skylder"),
    "company": N_("Virksomheden skylder"),
    "tasks": N_("Egne opgaver"),
}
LIFE_GROUPS: dict[str, str] = {
    "type": N_("Type"),
    **{key: GROUPS[key] for key in ("jobcentre", "region")},
    "campaign": N_("Kampagne"),
    "week": GROUPS["week"],
}
HAPPENED_2013 = 0.40
"""Of the companies with whom a follow-up had been agreed, 40 % said that it had taken place, 58 % that it had not
(evaluation 2013, section 4.4)."""
FEW_PEOPLE = 5
"""Numbers of people below this are suppressed, unless nobody is counted."""


@dataclass(frozen=True)
class Definition:
    """What a figure means. ``version`` rises when the meaning changes; it is shown and exported with the figure."""

    key: str
    version: int
    name: str
    text: str


DEFINITIONS: dict[str, Definition] = {
    d.key: d
    for d in (
        Definition(
            "reach",
            1,
            N_("Kontaktet af listen"),
            N_(
                "Virksomheder med endeligt svar (booket eller nej tak) af alle på de godkendte lister. "
                "Ubesvarede opkald er ikke kontakt."
            ),
        ),
        Definition(
            "booking_rate",
            1,
            N_("Booket af kontaktede"),
            N_(
                "Bookede af kontaktede (bookede + nej tak). En virksomhed tæller én gang i kampagnen, med sit seneste "
                "endelige svar; et besøg, der senere flyttes eller aflyses, er stadig booket."
            ),
        ),
        Definition(
            "held_rate",
            1,
            N_("Afholdt af bookede"),
            N_("Bookede virksomheder, hvor besøget er holdt. Resten ligger frem i tiden eller er aflyst."),
        ),
        Definition(
            "opening_rate",
            1,
            N_("Åbninger pr. 100 besøg"),
            N_("Åbninger af holdte besøg. En åbning med 3 pladser tæller 3, så tallet kan være over 100."),
        ),
        Definition(
            "opening_share",
            1,
            N_("Besøg med åbning"),
            N_("Holdte besøg med mindst én åbning. Lavere end åbninger pr. 100 besøg, fordi ét besøg kan give flere."),
        ),
        Definition(
            "pressed_rate",
            1,
            N_("Pressede besøg"),
            N_("Holdte besøg, hvor virksomheden følte sig presset til at sige ja, af dem, hvor det er noteret."),
        ),
        Definition(
            "cancelled_company_rate",
            1,
            N_("Aflyst af virksomheden"),
            N_("Besøg, som virksomheden har aflyst, af de bookede besøg, der er afholdt, aflyst eller forgæves."),
        ),
        Definition(
            "cancelled_jobcentre_rate",
            1,
            N_("Aflyst af jobcentret"),
            N_("Besøg, som jobcentret har aflyst, af de bookede besøg, der er afholdt, aflyst eller forgæves."),
        ),
        Definition(
            "nobody_rate",
            1,
            N_("Ingen til stede"),
            N_("Besøg, hvor ingen tog imod, af de bookede besøg, der er afholdt, aflyst eller forgæves."),
        ),
        Definition(
            "kept_rate",
            4,
            N_("Opfølgning holdt"),
            N_(
                "Aftaler med virksomheder gjort senest på den først aftalte frist, af dem, hvis frist er nået: dagen "
                "er gået, eller den er gjort på dagen. En udsat frist tæller fra den første, og »Fik ikke fat i dem« "
                "er ikke gjort. Det, vi skylder og tager tilbage efter fristen, er heller ikke gjort, medmindre "
                "virksomheden selv har skrevet, at det var dens. Hver side, der skylder, tælles for sig; opgaver, som "
                "systemet selv laver, tæller ikke med."
            ),
        ),
        Definition(
            "promise_days",
            1,
            N_("Dage fra aftale til gjort"),
            N_("Medianen af kalenderdage fra den dag, aftalen blev skrevet, til den dag, den blev gjort."),
        ),
        Definition(
            "days_behind",
            1,
            N_("Dage for sent"),
            N_("Medianen af kalenderdage efter den først aftalte frist, for dem, der blev gjort for sent."),
        ),
        Definition(
            "put_off",
            1,
            N_("Udsat"),
            N_("Aftaler, hvis frist er udsat mindst én gang, af alle. I parentes: hvor mange gange i alt."),
        ),
        Definition(
            "escalated",
            1,
            N_("Nåede lederen"),
            N_("Aftaler, der stod så længe over fristen, at jobcentrets leder eller regionen er rykket, af alle."),
        ),
        Definition(
            "company_says",
            1,
            N_("Virksomhederne siger, det skete"),
            N_(
                "Virksomheder, der svarer, at det aftalte er sket, af dem, der har svaret på vores spørgsmål om det. "
                "Ved siden af står, hvor mange af de samme aftaler vi selv har skrevet som gjort."
            ),
        ),
        Definition(
            "specified",
            1,
            N_("Beskrevet"),
            N_("Åbninger med alle oplysninger på plads, eller som er nået længere, af de fortalte."),
        ),
        Definition(
            "with_presentation",
            1,
            N_("Med præsentation"),
            N_("Åbninger, som mindst én kandidat har fået præsenteret, af de fortalte."),
        ),
        Definition(
            "with_interview",
            1,
            N_("Med samtale"),
            N_("Åbninger, der har ført til mindst én jobsamtale, af de fortalte."),
        ),
        Definition(
            "filled",
            1,
            N_("Stillinger besat"),
            N_("Stillinger besat gennem os, af de fortalte stillinger. Rettede og fortrudte ansættelser tæller ikke."),
        ),
        Definition(
            "presentation",
            1,
            N_("Præsentationer"),
            N_(
                "Gange, en kandidat har fået vist en bestemt åbning, som de kan søge. Tæller, hvad der end kom af det. "
                "Grupper med 1 til 4 mennesker vises ikke."
            ),
        ),
        Definition(
            "placement",
            1,
            N_("Formidlinger"),
            N_(
                "Ansættelser, der er kommet i stand gennem vores kontakt til virksomhed og kandidat. Fortrudte tæller "
                "ikke. Grupper med 1 til 4 mennesker vises ikke."
            ),
        ),
    )
}
