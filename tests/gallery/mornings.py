"""Examples of the mornings' digests, composed by the product's own rules."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

from crm.base.clock import add_working_days, danish_date
from crm.followups.actions.digests import context
from crm.followups.rules.digest import Entry, Figure, compose
from crm.openings.rules import board_link
from crm.openings.rules.board import Card
from crm.openings.rules.news import BoardLines
from crm.openings.rules.types import SHORT
from tests.conftest import NOW
from tests.gallery.letters import Example, other

DAY = danish_date(NOW)


def _entry(number: int, title: str, workplace: str, days: int, **more: Any) -> Entry:
    values: dict[str, Any] = {"kind": "nag", "role": "owner", "owed_by": "jobcentre", "owner_id": 8, **more}
    owner = "Ole Østergaard" if values["owner_id"] == 8 else "Kirsten Hviid-Sørensen"
    due_on = add_working_days(DAY, days) if days else DAY
    return Entry(number, title=title, workplace=workplace, due_on=due_on, owner=owner, **values)


def digests() -> list[Example]:
    """A consultant's morning, a lead's, a substitute's, a flood, the region's figures, and the board's news beside
    agreements and alone."""
    own = [
        _entry(1, "Sende 2 CV'er på tømrersvende", "Hadsund Blik & Rør ApS", 0),
        _entry(2, "Ringe om lærlinge", "Skovens Maskinværksted", -2),
        _entry(3, "De vender tilbage om sæsonen", "Havnens Fisk A/S", 1, owed_by="company"),
        _entry(4, "Svare på spørgsmål om fleksjob", "Plejehjemmet Bakken", 4, kind="answer"),
        _entry(7, "Ringe om en praktikplads", "Suldrup VVS", -3, kind="not_kept", done=True, done_by="Ole Østergaard"),
        _entry(8, "Sende jobopslaget", "Nørager Auto", 6, kind="handed_over", owed_by="company"),
    ]
    stands_in = [
        _entry(9, "Ringe til den nye driftsleder", "Møllens Bageri", 0, role="substitute", owner_id=7),
        _entry(10, "Holde kontakten varm", "Rebild Træ", -1, role="copy", owner_id=7),
        _entry(11, "Sende CV", "Arden El", -4, role="substitute", owner_id=7, done=True, done_by="Lea Leder"),
    ]
    many = [_entry(n, f"Ringe om job nummer {n}", "Skovens Maskinværksted", -1) for n in range(20, 65)]
    lead = [
        _entry(5, "Sende 3 CV'er", "Aars Transport", -5, role="lead", owner_id=7, owner_phone="+4530303030"),
        _entry(6, "Ringe igen", "Hobro Bageri", -6, role="lead", owner_id=7, owner_phone="+4530303030"),
    ]
    figures = [Figure("Jobcenter Mariagerfjord", 3, 10, 14, 1), Figure("Jobcenter Vesthimmerland", 1, 10, 11, 0)]
    cases = {
        "own": (compose(own, [], DAY), 0),
        "lead": (compose([*own[:1], *lead], [], DAY), 3),
        "substitute": (compose(stands_in, [], DAY), 1),
        "many": (compose(many, [], DAY), 0),
        "region": (compose([], figures, DAY), 0),
        "and-board": (compose(own[:2], [], DAY, _board(offers=2)), 1),
        "board": (compose([], [], DAY, _board(offers=1)), 0),
        "board-answered": (compose([], [], DAY, BoardLines(answers=_board().answers, counts=(0, 0, 1))), 0),
    }
    return [(name, context(other(), morning, rest)) for name, (morning, rest) in cases.items()]


def sms() -> list[Example]:
    return [(name, {"headline": parts["headline"], "page": parts["page"]}) for name, parts in digests()]


def _card(opening_id: int, occupation: str, type: str, cvs_by: date | None = None, **more: Any) -> Card:
    values: dict[str, Any] = {
        **{field.name: "" for field in fields(Card)},
        "opening_id": opening_id,
        "occupation": occupation,
        "type": type,
        "cvs_by": cvs_by,
        "positions": 1,
        "akutjob": False,
        "postcode": "9560",
        "town": "Hadsund",
        "jobcentre": "Jobcenter Mariagerfjord",
        **more,
    }
    return Card(**values)


def _board(*, offers: int = 0) -> BoardLines:
    cards = [
        _card(5, "Tømrersvend", "ordinary", date(2026, 12, 1), positions=2),
        _card(6, "", "wage_subsidy"),
        _card(7, "Køkkenmedhjælper", "ordinary", akutjob=True, town="Hobro", postcode="9500"),
    ]
    waiting = [
        {"reference": "P-17", "occupation": "Tømrersvend", "opening_id": 5, "by": "Fagligt Fælles Forbund"},
        {"reference": "V-4", "occupation": "Lagermedarbejder", "opening_id": 8, "by": "Jobcenter Vesthimmerland"},
    ]
    answers = [
        {
            "reference": "P-12", "occupation": "Kok", "opening_id": 9, "jobcentre": "Jobcenter Vesthimmerland",
            "standing": "Nej tak", "words": "Stillingen er besat.",
        }
    ]  # fmt: skip
    return BoardLines(cards, waiting[:offers], answers, (23 if offers else 3, offers, 1))


def boards() -> list[Example]:
    """What is new on the board, to a partner by its link."""
    shared: dict[str, Any] = {
        "greeted": "Lis Partner",
        "link": board_link.url(4, "nøgle", NOW),
        "days": board_link.GOOD_FOR.days,
        "types": SHORT,
    }
    news = _board()
    answered = BoardLines(answers=news.answers, counts=(0, 0, 1))
    return [("partner", {**shared, "board": news}), ("answered", {**shared, "board": answered})]
