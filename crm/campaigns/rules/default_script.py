"""The script a campaign has until somebody writes another one."""

from __future__ import annotations

from typing import Any

from crm.campaigns.rules.script import clean_steps


def _step(key: str, title: str, text: str, *answers: tuple[str, str, str, str]) -> dict[str, Any]:
    """answers: (label, note, to, outcome)."""
    rows = [dict(zip(("label", "note", "to", "outcome"), answer, strict=True)) for answer in answers]
    return {"key": key, "title": title, "text": text, "answers": rows}


_MAIN = (
    _step(
        "indledning",
        "Indledning",
        "Goddag, det er {phoner}, og jeg ringer for {jobcentre}. Taler jeg med {contact}? Vi vil gerne høre, om I "
        "mangler folk. Har du to minutter?",
        ("Har tid nu", "{contact_first} har tid nu", "", ""),
        ("Har ikke tid nu", "", "ring-igen", ""),
        ("En anden tager sig af det", "", "ring-igen", ""),
        ("Ikke interesseret", "", "indvending", ""),
    ),
    _step(
        "behov",
        "Behov",
        "{jobcentre} hjælper virksomheder i området med at finde medarbejdere, lærlinge og praktikanter, og det koster "
        "ikke noget. Hvordan ser det ud hos jer: Mangler I folk nu, eller kommer I til det inden for det næste halve "
        "år?",
        ("Mangler folk", "", "", ""),
        ("Måske senere", "", "", ""),
        ("Mangler ingen", "Mangler ingen lige nu", "intet-behov", ""),
        ("Vil gerne have en mail", "", "mail", ""),
    ),
    _step(
        "forslag",
        "Foreslå besøg",
        "Så vil {consultant} fra jobcentret gerne kigge forbi jer på {street}. Det tager højst en time og er "
        "uforpligtende. Skal vi sige {when}, {contact_first}?",
        ("Tiden passer", "", "bekraeft", "booked"),
        ("Hellere en anden tid", "", "anden-tid", ""),
        ("Vil tænke over det", "", "toever", ""),
        ("Har ikke tid", "", "toever", ""),
    ),
    _step(
        "bekraeft",
        "Bekræft og afslut",
        "Så er det en aftale. Vi siger {when}, og det er {consultant}, der kommer. Hvem skal vi spørge efter, og "
        "hvilken mail må vi sende bekræftelsen til? I den står også, hvem du kan ringe til, hvis tiden skal flyttes. "
        "Tak for snakken, {contact_first}.",
        ("Alt er på plads", "Besøget er aftalt", "", "booked"),
        ("Hellere en anden tid", "", "anden-tid", ""),
    ),
)

_TIMES = (
    _step(
        "anden-tid",
        "Find en anden tid",
        "Selvfølgelig. Passer det bedst først eller sidst på ugen, og formiddag eller eftermiddag? Jeg ser lige i "
        "kalenderen … Jeg kan foreslå {when}.",
        ("Den tid passer", "", "bekraeft", "booked"),
        ("Ingen af tiderne passer", "", "ring-igen", ""),
        ("Vil tænke over det", "", "toever", ""),
    ),
    _step(
        "toever",
        "Tøver med en tid",
        "Det forstår jeg godt. Konsulenten kommer ud til jer, og besøget forpligter ikke til noget; I får et overblik "
        "over, hvem vi kan finde til jer. Skal vi sætte en tid af nogle uger frem, som du altid kan flytte, eller skal "
        "jeg hellere ringe igen?",
        ("Sætter en tid af", "", "anden-tid", ""),
        ("Ring igen", "", "ring-igen", ""),
        ("Vil gerne have en mail", "", "mail", ""),
        ("Nej tak", "", "farvel", ""),
    ),
)

_NO = (
    _step(
        "intet-behov",
        "Mangler ingen",
        "Det er godt at høre. Mange bruger besøget til at være klar, når det ændrer sig: I får en fast "
        "kontaktperson og ved, hvordan I hurtigt finder folk. Må {consultant} kigge forbi og hilse på?",
        ("Ja, det er fint", "Vil gerne have besøg alligevel", "forslag", ""),
        ("Ring igen senere", "", "ring-igen", ""),
        ("Vil gerne have en mail", "", "mail", ""),
        ("Nej tak", "", "farvel", ""),
    ),
    _step(
        "indvending",
        "Ikke interesseret",
        "Det er helt i orden. Må jeg høre, hvad det skyldes? Hvis I har haft en dårlig oplevelse, vil konsulenten "
        "gerne høre om den, så vi kan gøre det bedre.",
        ("Mangler ingen", "", "intet-behov", ""),
        ("Vil tale om en dårlig oplevelse", "", "forslag", ""),
        ("Vil gerne have en mail", "", "mail", ""),
        ("Nej tak", "", "farvel", ""),
        ("Vil ikke ringes op igen", "", "", "do_not_call"),
    ),
    _step(
        "mail",
        "Vil gerne have en mail",
        "Det skal du få. Hvilken adresse må vi sende den til? Du får kort at vide, hvad vi kan hjælpe med, og hvem "
        "du kan ringe til. Må jeg ringe om en uge og høre, om det er noget for jer?",
        ("Ja, ring om en uge", "Mail, og ring om en uge", "", "call_back"),
        ("Kun mailen", "", "", "declined"),
    ),
    _step(
        "ring-igen",
        "Aftal at ringe igen",
        "Helt i orden. Hvornår passer det bedre: senere i dag eller en anden dag? Og hvem skal jeg spørge efter? Så "
        "ringer jeg til den tid. Tak, og fortsat god dag.",
        ("Tiden er aftalt", "Ringer igen som aftalt", "", "call_back"),
        ("Nej tak", "", "farvel", ""),
    ),
    _step(
        "farvel",
        "Tak og farvel",
        "Tak for din tid. Får I brug for folk, er I altid velkomne til at ringe til {jobcentre}. Fortsat god dag.",
        ("Samtalen er slut", "Nej tak", "", "declined"),
    ),
)

DEFAULT_SCRIPT: list[dict[str, Any]] = clean_steps((*_MAIN, *_TIMES, *_NO))
