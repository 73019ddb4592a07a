"""One realistic example or more of every message the product writes, for the gallery and its tests.

Contexts are what the actions pass: rows of our own models where a template reads rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from crm.calling.models import QueueEntry
from crm.campaigns.models import Campaign
from crm.companies.models import Workplace
from crm.followups.models import FollowUp
from crm.followups.rules import link as agreement_link
from crm.openings.models import Opening
from crm.openings.rules import board_link
from crm.people.models import Jobcentre, User
from crm.visits.models import Visit
from crm.visits.rules import link as visit_link
from tests.conftest import NOW

EMAIL = "mette@eksempel.invalid"
INFORMATION = (
    "Vi har jeres navn og kontaktoplysninger fra CVR og fra vores telefonsamtale. Jobcenter Mariagerfjord er "
    "dataansvarlig og bruger dem til at aftale og holde besøget. I kan få indsigt, få oplysningerne rettet og "
    "klage til Datatilsynet. Læs mere på mariagerfjord.eksempel.invalid/oplysninger"
)
Example = tuple[str, Mapping[str, Any]]


def visit_parts(**changed: Any) -> dict[str, Any]:
    """What ``visits.actions.messages.parts_of`` gives."""
    jobcentre = Jobcentre(id=1, name="Jobcenter Mariagerfjord", phone="+4597113000")
    consultant = User(
        id=7, name="Kirsten Hviid-Sørensen", title="Virksomhedskonsulent", email="kirsten@jobcenter.invalid",
        phone="+4530303030",
    )  # fmt: skip
    workplace = Workplace(id=3, name="Hadsund Blik & Rør ApS")
    campaign = Campaign(id=1, name="Luk op 2026", information_text=INFORMATION)
    visit = Visit(
        id=412, starts_at=NOW + timedelta(days=3), ends_at=NOW + timedelta(days=3, hours=1), state="booked",
        contact_name="Mette Prøvesen", contact_title="Daglig leder", contact_phone="+4520123456", contact_email=EMAIL,
        note="Ring på ved porten.\nHar talt om lærlinge.", sequence=1,
    )  # fmt: skip
    visit.workplace, visit.consultant, visit.entry = workplace, consultant, QueueEntry(campaign=campaign)
    return {
        "visit": visit,
        "workplace": workplace,
        "address": "Smedevej 4, 9560 Hadsund",
        "campaign": campaign,
        "consultant": consultant,
        "jobcentre": jobcentre,
        "booker": "Peter Phoner",
        "link": visit_link.url(412, EMAIL, NOW),
        **changed,
    }


def other() -> User:
    return User(id=8, name="Ole Østergaard", title="Konsulent", email="ole@jobcenter.invalid", phone="+4540404040")


def moved() -> dict[str, Any]:
    """A visit that another had, at another time."""
    return {"was": NOW + timedelta(days=2), "reason": "Kursus den dag", "former": other()}


def _no_mail(**more: Any) -> dict[str, Any]:
    parts = visit_parts(**more)
    parts["visit"].contact_email = None
    return {**parts, "link": ""}


def _plain_consultant() -> dict[str, Any]:
    """Without a title and a telephone of their own, and without a link."""
    parts = visit_parts(link="", booker="")
    parts["consultant"].phone = None
    parts["consultant"].title = ""
    return parts


def agreement(**changed: Any) -> dict[str, Any]:
    """What the mails about an agreement read."""
    parts = visit_parts()
    parts["visit"].state, parts["visit"].starts_at = "held", NOW - timedelta(hours=3)
    made = FollowUp(
        id=99, owed_by="jobcentre", kind="we_owe", promise="Sende 2 CV'er på tømrersvende til værkstedet,\nog ringe bagefter",
        due_on=date(2026, 12, 1), first_due_on=date(2026, 12, 1), state="open", from_report=True,
    )  # fmt: skip
    for name, value in changed.items():
        setattr(made, name, value)
    made.visit = parts["visit"]
    keys = ("visit", "consultant", "jobcentre")
    return {key: parts[key] for key in keys} | {"follow_up": made, "link": agreement_link.url(99, EMAIL, NOW)}


def _agreed(change: str, **changed: Any) -> dict[str, Any]:
    parts = agreement(**changed) | {"change": change}
    return parts | {"link": None} if change == "withdrawn" else parts


def _cancelled() -> dict[str, Any]:
    parts = _agreed("agreed", owed_by="company", promise="Ringe til os efter nytår", kind="company_owes")
    parts["visit"].state = "cancelled_by_company"
    return parts


def _handed_over() -> dict[str, Any]:
    parts = agreement()
    second = agreement(owed_by="company", promise="Sende jobopslaget", due_on=date(2026, 12, 4))["follow_up"]
    return parts | {"visits": [([parts["follow_up"], second], parts["link"])]}


def _declined(due_on: date | None) -> dict[str, Any]:
    said = SimpleNamespace(words="Vi aftalte tre CV'er, ikke to.", due_on=due_on)
    return agreement() | {"answer": said, "words": "Vi har kun to kandidater nu. Den tredje kommer i januar."}


def _conflict(who: str) -> dict[str, Any]:
    parts = visit_parts(why="Du har fået en anden aftale kl. 10.30 i din kalender.")
    return parts | {"user": parts["consultant"] if who == "own" else other()}


def _declined_invitation(party: str, person: str) -> dict[str, Any]:
    parts = visit_parts(party=party, comment="Vi har lager den dag." if party == "company" else "")
    return parts | {"person": parts["consultant"] if person == "own" else other()}


def _proposal(starts_at: datetime | None) -> dict[str, Any]:
    return visit_parts(proposal=SimpleNamespace(starts_at=starts_at))


def _failing() -> dict[str, Any]:
    source = SimpleNamespace(name="Outlook (arbejde)", last_error="Serveren svarede ikke inden for 20 sekunder.")
    return {"source": source, "consultant": visit_parts()["consultant"], "since": NOW - timedelta(hours=30)}


def opening() -> Opening:
    parts = visit_parts()
    made = Opening(id=5, type="ordinary", occupation="Tømrersvend", positions=2)
    made.workplace, made.consultant, made.visit = parts["workplace"], parts["consultant"], parts["visit"]
    return made


def _candidates(count: int) -> dict[str, Any]:
    people = [
        {"reference": "K-2041", "occupation": "Tømrer", "hours": "37", "languages": "dansk og polsk"},
        {"reference": "K-2077", "occupation": "Bygningssnedker", "hours": "", "languages": ""},
    ]
    parts = visit_parts()
    keys = {key: parts[key] for key in ("consultant", "jobcentre")}
    return keys | {"opening": opening(), "contact_name": "Mette Prøvesen", "candidates": people[:count]}


def _board_answer(accepted: bool) -> dict[str, Any]:
    candidacy = SimpleNamespace(
        candidate=SimpleNamespace(reference="P-17"), answered_words="Ring til mig i morgen." if accepted else ""
    )
    return {
        "opening": opening(), "occupation": "Tømrersvend", "town": "9560 Hadsund", "candidacy": candidacy,
        "accepted": accepted, "greeted": "Fagligt Fælles Forbund Himmerland", "answered_by": other(),
        "jobcentre": visit_parts()["jobcentre"], "link": board_link.url(4, "nøgle", NOW) if accepted else None,
    }  # fmt: skip


def _board_link() -> dict[str, Any]:
    return {"greeted": "Lis Partner", "days": board_link.GOOD_FOR.days, "link": board_link.url(4, "nøgle", NOW)}


EXAMPLES: dict[str, Callable[[], list[Example]]] = {
    "visit_booked": lambda: [("", visit_parts()), ("without-link", _plain_consultant())],
    "visit_reminder": lambda: [("", visit_parts())],
    "visit_reminder_sms": lambda: [("", visit_parts()), ("without-link", visit_parts(link=""))],
    "visit_moved": lambda: [("", visit_parts(**moved()))],
    "visit_cancelled": lambda: [
        ("ours", visit_parts(reason="Sygdom", by_company=False)),
        ("theirs", visit_parts(reason="Tiden passer os ikke", by_company=True)),
    ],
    "visit_handed_over_company": lambda: [("", visit_parts(**moved()))],
    "visit_late": lambda: [("", visit_parts(expected_at=NOW + timedelta(days=3, minutes=25)))],
    "visit_late_sms": lambda: [("", visit_parts(expected_at=NOW + timedelta(days=3, minutes=25)))],
    "visit_new": lambda: [("", visit_parts())],
    "visit_moved_consultant": lambda: [
        ("", visit_parts(**moved())),
        ("no-address", _no_mail(**moved())),
    ],
    "visit_cancelled_consultant": lambda: [
        ("", visit_parts(reason="Vi mangler ikke medarbejdere nu", by_company=True))
    ],
    "visit_handed_over": lambda: [("", visit_parts(**moved()))],
    "visit_handed_over_new": lambda: [("", visit_parts(**moved())), ("no-address", _no_mail(**moved()))],
    "visit_conflict": lambda: [("own", _conflict("own")), ("lead", _conflict("lead"))],
    "visit_declined": lambda: [
        ("company", _declined_invitation("company", "own")),
        ("consultant", _declined_invitation("consultant", "own")),
        ("lead", _declined_invitation("company", "lead")),
    ],
    "visit_proposal": lambda: [("move", _proposal(NOW + timedelta(days=4))), ("delete", _proposal(None))],
    "calendar_failing": lambda: [("", _failing())],
    "follow_up_agreed": lambda: [
        ("agreed", _agreed("agreed")),
        ("cancelled", _cancelled()),
        ("next", _agreed("agreed", follows_id=12)),
        ("replaced", _agreed("replaced")),
        ("corrected", _agreed("corrected")),
        ("moved", _agreed("moved", due_on=date(2026, 12, 8))),
        ("withdrawn", _agreed("withdrawn")),
    ],
    "follow_ups_handed_over": lambda: [("", _handed_over())],
    "follow_up_ask": lambda: [("due", agreement() | {"done": False}), ("done", agreement() | {"done": True})],
    "follow_up_declined": lambda: [("", _declined(None)), ("date", _declined(date(2026, 12, 3)))],
    "candidates_for_opening": lambda: [("one", _candidates(1)), ("two", _candidates(2))],
    "board_answer": lambda: [("yes", _board_answer(True)), ("no", _board_answer(False))],
    "board_link": lambda: [("", _board_link())],
}
"""Template name -> its examples: (what is special about it, context)."""
