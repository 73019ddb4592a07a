"""Erasing reaches every text that belongs to a candidate, and leaves to somebody what may be another's."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

import crm.followups.actions.traces  # noqa: F401  what a room above adds is there in the product, so it is here
from crm.base import activity
from crm.base.activity import Activity
from crm.base.db import Base
from crm.base.errors import Refusal
from crm.base.scope import Scope
from crm.calendars.models import CalendarEvent
from crm.calling.models import Call
from crm.followups.actions.calendar import show
from crm.followups.models import FollowUp, ReminderWishes
from crm.integrations.actions import send
from crm.integrations.models import OutboxMessage
from crm.openings.actions import candidacies, erasing
from crm.openings.models import Candidate, Opening
from crm.openings.queries import naming
from crm.recurring.models import SetAside
from crm.visits.actions.publish import publish_visit
from crm.visits.models import Visit, VisitConflict, VisitEvent, VisitReply
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user, make_visit
from tests.factories.calling import make_call
from tests.factories.candidates import make_candidacy, make_candidate, make_placement
from tests.factories.followups import make_follow_up
from tests.factories.openings import make_opening

EVERYTHING = Scope(everything=True)


def tied(session: Session, reference: str, state: str = "sent") -> tuple[Opening, Candidate]:
    opening = make_opening(session, contact_email="a@b.invalid")
    who = make_candidate(session, jobcentre_id=opening.jobcentre_id, reference=reference)
    make_candidacy(session, opening, who, state=state)
    return opening, who


def write_everywhere(session: Session, opening: Opening, words: str) -> list[FollowUp]:
    """In each place where people write about a visit, and what is made of that."""
    visit = opening.visit
    visit.note = visit.report_note = visit.no_follow_up_because = words
    make_call(session, entry=visit.entry, note=words, before={"draft_note": words})
    visit.entry.draft_note = words
    opening.tasks = opening.wishes = opening.hours_note = words
    session.add(VisitEvent(visit_id=visit.id, at=NOW, kind="cancel", data={"reason": words}))
    reply = {"party": "company", "email": "a@b.invalid", "partstat": "DECLINED", "at": NOW, "message_id": str(visit.id)}
    session.add(VisitReply(visit_id=visit.id, comment=words, **reply))
    session.add(VisitConflict(visit_id=visit.id, reason="travel", found_at=NOW, accepted_because=words))
    agreed = make_follow_up(session, visit=visit, promise=words, outcome=words)
    session.add(ReminderWishes(user_id=agreed.owner_id, calendar="todo"))
    activity.record(session, None, NOW, "followups.agree", agreed, workplace_id=visit.workplace_id, promise=words)
    publish_visit(session, NOW, visit)
    show(session, NOW, agreed)
    for key, workplace_id in ((f"visit:{visit.id}", visit.workplace_id), (f"digest:{visit.id}", None)):
        html = f"<p>{words}</p>".replace("'", "&#39;")
        file = {"name": "b.ics", "mime": "text/calendar", "text": folded(words)}
        told = {"subject": words[:60], "text": f"Hej\n{words}\n", "html": html, "attachments": [file]}
        send(session, NOW, channel="mail", dedupe_key=key, to="c@b.invalid", workplace_id=workplace_id, **told)
    session.flush()
    return [agreed]


def folded(words: str) -> str:
    """As calendar files break their lines: anywhere, after 75 octets (RFC 5545, 3.1)."""
    line = "DESCRIPTION:" + words.replace(",", "\\,")
    parts = [line[0:20], *(line[at : at + 20] for at in range(20, len(line), 20))]
    lines = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:x", "\r\n ".join(parts), "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(lines)


def everything(session: Session) -> str:
    """All that stands in any table of the product, lines of calendar files joined."""
    session.flush()
    rows = []
    for table in Base.metadata.sorted_tables:
        columns = [cast(one, String) for one in table.columns if one.name != "attachments"]
        rows += [" | ".join(str(value) for value in row) for row in session.execute(select(*columns))]
    for mail in session.scalars(select(OutboxMessage).where(OutboxMessage.channel == "mail")):
        rows += [file["text"].replace("\r\n ", "") for file in mail.attachments]
    return "\n".join(rows)


def test_no_table_names_who_is_erased(session: Session) -> None:
    """Calls, visits, their history, answers and conflicts, agreements, events, mails and their files, errors."""
    opening, who = tied(session, "ZX-204")
    write_everywhere(session, opening, "Vi sender CV for ZX-204, som er klar, zx-204's plads, ikke ZX-2041")
    session.add(
        SetAside(job="x", item="1", error="Cannot send 'CV for ZX-204'", first_at=NOW, last_at=NOW, retry_at=NOW)
    )
    session.flush()
    done = erasing.erase(session, None, NOW, who)
    session.expire_all()
    found = everything(session)
    assert "ZX-204's" not in found
    assert found.lower().count("zx-204") == found.count("ZX-2041") > 15
    assert "(slettet), som er klar, (slettet)'s plads, ikke ZX-2041" in found
    assert done.taken.texts >= 8
    assert done.taken.mails == 2
    event = session.scalars(select(CalendarEvent).where(CalendarEvent.uid.startswith("visit-"))).one()
    assert event.description.endswith("(slettet)'s plads, ikke ZX-2041")
    with pytest.raises(Refusal):
        erasing.erase(session, None, NOW, who)


def test_initials_go_from_what_is_tied_and_from_copies_of_it_alone(session: Session) -> None:
    opening, who = tied(session, "AB")
    other = make_opening(session, visit=make_visit(session, state="held", starts_at=NOW + timedelta(hours=3)))
    words = "Vi sender AB's CV på mandag"
    write_everywhere(session, opening, words)
    elsewhere = "Volvo AB ringer om truckkort"
    call = make_call(session, entry=other.visit.entry, note=elsewhere)
    other.visit.note = elsewhere
    send(
        session,
        NOW,
        channel="mail",
        dedupe_key="digest:9",
        to="d@b.invalid",
        text=f"{words}\n{elsewhere}",
        subject="AB",
    )
    session.flush()
    erasing.erase(session, None, NOW, who)
    session.expire_all()
    found = everything(session)
    assert "AB's" not in found
    assert "Vi sender (slettet)'s CV på mandag" in found
    assert (call.note, other.visit.note) == (elsewhere, elsewhere)
    mail = session.scalars(select(OutboxMessage).where(OutboxMessage.dedupe_key == "digest:9")).one()
    assert mail.body_text == f"Vi sender (slettet)'s CV på mandag\n{elsewhere}"


def test_a_reference_two_people_have_stays_where_it_may_be_the_others(session: Session) -> None:
    """Jobcentres number their cases by themselves."""
    opening, who = tied(session, "F-204")
    other = make_opening(session, visit=make_visit(session, state="held", starts_at=NOW + timedelta(hours=3)))
    theirs = make_candidate(session, jobcentre=make_jobcentre(session, code="101", postcode="1550"), reference="f-204")
    other.wishes, opening.wishes = "F-204 passer", "F-204 passer"
    other.workplace_id = opening.workplace_id
    session.flush()
    assert [place.key for place in naming.places(session, EVERYTHING, who)] == [f"openings:{other.id}"]
    erasing.erase(session, None, NOW, who)
    assert (opening.wishes, other.wishes, theirs.reference) == ("(slettet) passer", "F-204 passer", "f-204")


def test_the_companys_other_visits_are_reached_by_a_reference_of_ones_own(session: Session) -> None:
    opening, who = tied(session, "F-204")
    visit = make_visit(
        session,
        workplace=opening.workplace,
        state="held",
        starts_at=NOW + timedelta(days=1),
        note="F-204 igen, F-20 ej",
    )
    call = make_call(session, entry=visit.entry, note="De spurgte til F-204")
    erasing.erase(session, None, NOW, who)
    assert (visit.note, call.note) == ("(slettet) igen, F-20 ej", "De spurgte til (slettet)")


def test_places_are_shown_and_those_chosen_go(session: Session) -> None:
    opening, who = tied(session, "AB")
    other = make_visit(session, state="held", starts_at=NOW + timedelta(hours=3), note="AB vil gerne se værkstedet")
    innocent = make_visit(session, state="held", starts_at=NOW + timedelta(hours=6), note="Volvo AB, ab fabrik")
    opening.wishes = "Spørg efter ab igen"
    session.flush()
    activity.record(session, None, NOW, "visits.book", other, note="AB vil gerne se værkstedet")
    publish_visit(session, NOW, other)
    shown = {place.key: place for place in naming.places(session, EVERYTHING, who)}
    assert set(shown) == {f"visits:{other.id}", f"visits:{innocent.id}", f"openings:{opening.id}"}
    assert shown[f"visits:{innocent.id}"].excerpts == ("Volvo AB, ab fabrik",)
    chosen = [f"visits:{other.id}", f"openings:{opening.id}", "users:1", "visits:987654"]
    done = erasing.erase(session, None, NOW, who, scope=EVERYTHING, chosen=chosen)
    session.expire_all()
    assert (other.note, opening.wishes) == ("(slettet) vil gerne se værkstedet", "Spørg efter (slettet) igen")
    assert innocent.note == "Volvo AB, ab fabrik"
    assert done.left == 1
    assert session.scalars(select(Activity.data).where(Activity.verb == "visits.book")).all() == [
        {"note": "(slettet) vil gerne se værkstedet"}
    ]
    assert "AB" not in session.scalars(select(CalendarEvent)).one().description


def test_nobody_is_shown_or_changes_what_is_out_of_reach(session: Session) -> None:
    _opening, who = tied(session, "AB")
    place = make_jobcentre(session, code="101", postcode="1550")
    far = make_visit(session, consultant=make_user(session, "consultant", jobcentre=place), note="AB kom også")
    far.jobcentre_id = place.id
    session.flush()
    own = Scope(jobcentres=frozenset({who.jobcentre_id or 0}))
    assert naming.places(session, own, who) == []
    erasing.erase(session, None, NOW, who, scope=own, chosen=[f"visits:{far.id}"])
    assert far.note == "AB kom også"


def test_a_digest_that_names_initials_is_shown_to_their_jobcentre(session: Session) -> None:
    opening, who = tied(session, "AB")
    for key, to in (("a", opening.consultant.email), ("b", "x@b.invalid")):
        send(session, NOW, channel="mail", dedupe_key=key, to=to, text="Husk AB i morgen", subject="I dag")
    mails = {mail.dedupe_key: mail for mail in session.scalars(select(OutboxMessage))}
    (place,) = naming.places(session, EVERYTHING, who)
    assert (place.key, place.excerpts) == (f"outbox:{mails['a'].id}", ("Husk AB i morgen",))
    erasing.erase(session, None, NOW, who, scope=EVERYTHING, chosen=[place.key])
    session.expire_all()
    assert (mails["a"].body_text, mails["b"].body_text) == ("Husk (slettet) i morgen", "Husk AB i morgen")


def test_what_is_counted_stays_counted(session: Session) -> None:
    opening, who = tied(session, "AB", state="hired")
    row = session.scalars(select(candidacies.Candidacy)).one()
    make_placement(session, opening, row)
    moments = row.presented_at, row.sent_at, row.hired_at, row.state
    erasing.erase(session, None, NOW, who)
    session.expire_all()
    assert (row.presented_at, row.sent_at, row.hired_at, row.state) == moments
    assert row.candidate_id == who.id


@pytest.mark.parametrize(
    ("reference", "theirs", "alike"),
    [
        ("F-20", ("F-20", "f-20", "F-20's", "F-20,", "(F-20)"), ("F-204", "F-200", "F-20-4", "AF-20", "F-2")),
        ("AB", ("AB", "AB's", "AB,", "(AB)", "AB."), ("ABC", "ab", "LAB", "AB-12", "ABS", "Ab")),
    ],
)
def test_random_texts_tied_and_untied(
    session: Session, reference: str, theirs: tuple[str, ...], alike: tuple[str, ...]
) -> None:
    """Everything tied loses the person and only that; nothing untied is touched."""
    rng = random.Random(reference)

    def words() -> str:
        return " ".join(rng.choice((*theirs, *alike, "kok", "på mandag", "truck")) for _ in range(rng.randint(2, 9)))

    opening, who = tied(session, reference)
    others = [make_visit(session, state="held", starts_at=NOW + timedelta(hours=3 * n)) for n in range(1, 7)]
    untied: list[tuple[Visit | Call, str]] = []
    for one in others:
        one.note = words()
        untied += [(one, one.note), (call := make_call(session, entry=one.entry, note=words()), call.note)]
    calls = [make_call(session, entry=opening.visit.entry, note=words()) for _ in range(20)]
    agreed = [make_follow_up(session, visit=opening.visit, promise=words()) for _ in range(10)]
    before = [call.note for call in calls] + [one.promise for one in agreed]
    session.flush()
    erasing.erase(session, None, NOW, who)
    session.expire_all()
    assert [row.note for row, _ in untied] == [told for _, told in untied]
    gone = {word: word.replace(reference, "(slettet)").replace("f-20", "(slettet)") for word in theirs}
    wanted = [" ".join(gone.get(word, word) for word in text.split(" ")) for text in before]
    assert [call.note for call in calls] + [one.promise for one in agreed] == wanted
