"""What receivers of a shared opening never read, and what must stay readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from crm.companies.models import Contact
from crm.openings.rules.board import card, doubtful, words_problem
from crm.openings.rules.board_masking import HIDDEN, without_contact
from tests.conftest import NOW
from tests.factories import make_visit, make_workplace
from tests.factories.openings import make_opening


def test_receivers_see_no_person_of_the_company_and_its_name_only_where_it_is_told(session: Session) -> None:
    workplace = make_workplace(session, name="Nordstål ApS")
    opening = make_opening(
        session,
        visit=make_visit(session, workplace=workplace, state="held", starts_at=NOW, contact_name="Bodil Mønster"),
        occupation="Smed",
        wishes="Ring til Bodil Mønster på 98 52 11 22 eller bodil@nordstaal.dk. Nordstål ApS ser gerne truckkort.",
        contact_name="Per Kontakt",
        tasks="Svejse hos per kontakt",
    )
    shown = card(opening, "Jobcenter Mariagerfjord")
    told = " ".join(map(str, vars(shown).values()))
    for secret in ("Bodil", "98 52", "bodil@", "Nordstål", "kontakt"):
        assert secret not in told
    assert "truckkort" in shown.wishes
    assert (shown.company, shown.town, shown.consultant_email) == (None, "Hobro", opening.consultant.email)
    opening.names_company = True
    assert card(opening, "J").company == "Nordstål ApS"
    assert "Nordstål ApS ser gerne" in card(opening, "J").wishes
    assert card(opening, "J", names_company=False).company is None


@given(st.text(max_size=60), st.text(max_size=60), st.integers(20000000, 99999999))
def test_no_telephone_number_or_address_gets_through(before: str, after: str, number: int) -> None:
    digits = str(number)
    spaced = " ".join(digits[i : i + 2] for i in range(0, 8, 2))
    shown = without_contact(f"{before} mail a.b@firma.dk {spaced} {after}", [])
    assert "a.b@firma.dk" not in shown
    assert spaced not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "text",
    [
        "Start 24.11.2026 kl. 07.30-15.30",
        "Fra 1/12-2026 til 2027-02-28",
        "Arbejdstid 0700-1500, 37 timer, 2026-2027",
        "15 kr. i tillæg per time, 3-holdsskift, 4 x 8 timer",
        "Kørekort B, C og E. Truckcertifikat B.",
    ],
)
def test_days_hours_and_plain_words_stay(text: str) -> None:
    assert without_contact(text, ["Nordstål ApS"], ["Per Smed"]) == text


@pytest.mark.parametrize(
    "secret",
    [
        "98 52 11 22", "9852 1122", "985 211 22", "98-52-11-22", "+45 98521122", "0045 98 52 11 22", "98/52/11/22",
        "1003388394", "120588-1234", "nordstaal.dk", "https://nordstaal.dk/job", "www.nordstaal.dk",
        "chef@nordstaal.dk", "chef(a)nordstaal.dk", "Nordstål", "NORDSTÅL APS", "Nordståls", "Bodil Mønster", "Bodil",
        "Bodils", "bodil mønster", "Mønster",
    ],
)  # fmt: skip
def test_what_leads_to_the_company_goes(secret: str) -> None:
    shown = without_contact(f"Skriv til {secret} inden fredag.", ["Nordstål ApS"], ["Bodil Mønster"])
    assert shown == f"Skriv til {HIDDEN} inden fredag."


@pytest.mark.parametrize(
    ("name", "occupation", "shown"),
    [
        ("Bager ApS", "Bager", "Bager"),
        ("Nordstål ApS", "Smed hos Nordstål", f"Smed hos {HIDDEN}"),
        ("Nordstål ApS", "Nordstål", HIDDEN),
    ],
)
def test_a_trade_stays_where_the_company_is_called_after_it(
    session: Session, name: str, occupation: str, shown: str
) -> None:
    visit = make_visit(session, workplace=make_workplace(session, name=name), state="held", starts_at=NOW)
    assert card(make_opening(session, visit=visit, occupation=occupation), "Jobcenter").occupation == shown


LUFTKASTEL = {"streets": ["Øvelsestorvet 107B"], "town": "Hobro"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Kok hos Luftkastel", f"Kok hos {HIDDEN}"),
        ("Luftkastel IT-drift, nye folk", f"{HIDDEN}, nye folk"),
        ("LUFTKASTELS køkken", f"{HIDDEN} køkken"),
        ("Mød op på Øvelsestorvet 107B kl. 7", f"Mød op på {HIDDEN} kl. 7"),
        ("Parkér på øvelsestorvet.", f"Parkér på {HIDDEN}."),
        ("Skriv til lars(at)luftkastel.dk eller lars [at] luftkastel (dot) dk", f"Skriv til {HIDDEN} eller {HIDDEN}"),
        ("Skriv til lars(snabel-a)luftkastel", f"Skriv til {HIDDEN}"),
        ("Drift i Hobro, kørekort (A) til (B)", "Drift i Hobro, kørekort (A) til (B)"),
    ],
)
def test_the_street_and_the_name_that_is_the_companys_own_go(text: str, shown: str) -> None:
    assert without_contact(text, ["Luftkastel IT-drift af 2019 ApS"], **LUFTKASTEL) == shown


@pytest.mark.parametrize(
    ("company", "text", "shown"),
    [
        ("Restaurant Skovkroen", "Kok på Skovkroen, en restaurant", f"Kok på {HIDDEN}, en restaurant"),
        ("Hobro Smede & Montage A/S", "Smede og montage i Hobro", "Smede og montage i Hobro"),
        ("Glad Rengøring", "En glad person til Glad", f"En glad person til {HIDDEN}"),
        ("Murer Hansen ApS", "Murer til Hansen", f"Murer til {HIDDEN}"),
    ],
)
def test_words_that_many_companies_are_called_by_stay(company: str, text: str, shown: str) -> None:
    assert without_contact(text, [company], town="Hobro") == shown


def test_known_contacts_of_the_workplace_are_hidden_though_the_opening_names_another(session: Session) -> None:
    workplace = make_workplace(session, name="Nordstål ApS", street="Øvelsestorvet 107B")
    session.add(Contact(workplace_id=workplace.id, name="Lars Petersen"))
    session.flush()
    visit = make_visit(session, workplace=workplace, state="held", starts_at=NOW, contact_name="Bodil Mønster")
    opening = make_opening(session, visit=visit, tasks="Spørg Lars Petersen på Øvelsestorvet. Chefen er Ib Holm-Juhl.")
    shown = card(opening, "Jobcenter")
    assert shown.tasks == f"Spørg {HIDDEN} på {HIDDEN}. Chefen er Ib Holm-Juhl."
    assert doubtful(shown) == ["Ib Holm-Juhl"]
    opening.names_company = True
    assert "Øvelsestorvet" in card(opening, "Jobcenter").tasks


@pytest.mark.parametrize(
    "words",
    [
        "cpr 010203.1234", "cpr 010203-1234", "mail a@b.dk", "mail a(at)b.dk", "tlf 84640469", "tlf 985 211 22",
        "tlf +45 98 52 11 22",
    ],
)  # fmt: skip
def test_words_with_what_tells_who_it_is_are_refused(words: str) -> None:
    assert words_problem(f"En dygtig smed, {words} og flink")


@pytest.mark.parametrize("words", ["Har kørekort B og 12 års erfaring", "Kan begynde 01.12.2026, 37 timer", ""])
def test_plain_words_go_with_a_proposal(words: str) -> None:
    assert words_problem(words) is None
