"""Book, move, cancel, arrive, report: what is written, what is told, what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_string
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import at, danish
from crm.base.errors import Invalid, NotFound, Refusal
from crm.calendars.models import CalendarEvent
from crm.companies.models import Contact
from crm.integrations.models import OutboxMessage
from crm.visits.actions import arrive, book, cancel, move, report
from crm.visits.models import Visit
from crm.visits.rules import ContactDetails, VisitReport
from tests.conftest import NOW
from tests.factories import make_user, make_visit
from tests.factories.calendars import make_absence, make_consultant
from tests.factories.visits import AALBORG, HADSUND, METTE, Scene, make_scene

WEDNESDAY = danish(NOW).date() + timedelta(days=1)
TEN = at(WEDNESDAY + timedelta(days=1), 600)  # Thursday 26 November, 10.00


def booked(scene: Scene, starts_at: datetime = TEN, **fields: Any) -> Visit:
    where = fields.pop("at", None)
    entry = scene.entry(at=where)
    consultant = fields.pop("consultant", scene.consultant)
    return book(
        scene.session,
        scene.phoner,
        NOW,
        entry,
        consultant.id,
        starts_at,
        fields.pop("contact", METTE),
        "Ring på ved værkstedet",
    )


def outbox(session: Session, key: str) -> list[OutboxMessage]:
    return list(
        session.scalars(select(OutboxMessage).where(OutboxMessage.dedupe_key.like(key)).order_by(OutboxMessage.id))
    )


def refusal(code: str, call: Any, *args: Any, **kwargs: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    assert caught.value.code == code, str(caught.value)
    return caught.value


def test_booking_writes_everything_that_follows(session: Session) -> None:
    scene = make_scene(session)
    visit = booked(scene)
    assert (visit.state, visit.responsible_id, visit.booked_by) == ("booked", scene.consultant.id, scene.phoner.id)
    assert visit.ends_at - visit.starts_at == timedelta(minutes=60)
    entry = visit.entry
    assert (entry.state, entry.final_outcome, entry.claimed_by) == ("done", "booked", None)
    assert session.scalars(select(Contact.name).where(Contact.workplace_id == visit.workplace_id)).all() == [METTE.name]
    assert [event.kind for event in visit.events] == ["book"]
    event = session.scalars(select(CalendarEvent)).one()
    assert (event.uid, event.consultant_id) == (f"visit-{visit.id}@jobaabner", scene.consultant.id)
    assert session.scalar(select(Activity.verb).where(Activity.verb == "visits.book"))


def test_the_company_gets_a_confirmation_with_a_calendar_file(session: Session) -> None:
    visit = booked(make_scene(session))
    mail = outbox(session, "visit:%:visit_booked:%")[0]
    assert mail.recipient == METTE.email
    assert "torsdag den 26. november 2026 kl. 10.00" in mail.body_text
    assert "+4530303030" in mail.body_text or "30 30 30 30" in mail.body_text
    file = mail.attachments[0]
    assert file["mime"] == "text/calendar; method=REQUEST"
    assert "METHOD:REQUEST" in file["text"]
    assert f"UID:visit-{visit.id}@jobaabner" in file["text"]
    assert "ORGANIZER" in file["text"]
    assert "ATTENDEE" in file["text"]


def test_the_reminder_waits_for_the_working_day_before(session: Session) -> None:
    monday = at(WEDNESDAY + timedelta(days=5), 600)
    visit = booked(make_scene(session), monday)
    mail = outbox(session, f"visit:{visit.id}:reminder:0")[0]
    assert danish(mail.not_before).strftime("%a %H:%M") == "Fri 09:00"


def test_no_mail_to_a_company_without_an_address(session: Session) -> None:
    booked(make_scene(session), contact=ContactDetails("Mette Prøvesen"))
    assert [m.recipient for m in outbox(session, "visit:%")] != []
    assert not [m for m in outbox(session, "visit:%") if m.recipient == METTE.email]


def test_an_sms_when_the_visit_is_within_a_day(session: Session) -> None:
    scene = make_scene(session, notice_hours=2)
    visit = booked(scene, at(danish(NOW).date(), 14 * 60))
    assert [m.recipient for m in outbox(session, f"visit:{visit.id}:%:sms")] == ["+4530303030"]


def test_overlap_travel_hours_capacity_are_refused_with_alternatives(session: Session) -> None:
    scene = make_scene(session, max_visits=2)
    booked(scene)
    found = refusal("overlap", booked, scene, TEN + timedelta(minutes=30))
    assert len(found.extra["alternatives"]) == 3
    assert {"consultant_id", "starts_at", "why"} <= set(found.extra["alternatives"][0])
    far = refusal("travel", booked, scene, TEN + timedelta(minutes=60), at=AALBORG)
    assert far.fields["needed"] > far.fields["available"] == 0
    refusal("hours", booked, scene, at(WEDNESDAY, 19 * 60))
    refusal("hours", booked, scene, NOW + timedelta(hours=3))
    booked(scene, TEN + timedelta(hours=3))
    refusal("capacity", booked, scene, TEN - timedelta(minutes=90))


def test_absence_is_refused(session: Session) -> None:
    scene = make_scene(session)
    make_absence(session, scene.consultant, TEN, hours=1)
    refusal("hours", booked, scene)


def test_stale_and_protected(session: Session) -> None:
    scene = make_scene(session)
    first = booked(scene)
    refusal("stale", book, session, scene.phoner, NOW, first.entry, scene.consultant.id, TEN, METTE)
    unheld = scene.entry(held=False)
    refusal("stale", book, session, scene.phoner, NOW, unheld, scene.consultant.id, TEN + timedelta(hours=2), METTE)
    for field in ({"advertising_protected": True}, {"do_not_call_at": NOW}):
        entry = scene.entry(**field)
        refusal(
            "protected", book, session, scene.phoner, NOW, entry, scene.consultant.id, TEN + timedelta(hours=2), METTE
        )


def test_a_recorded_basis_lifts_the_registers_protection(session: Session) -> None:
    scene = make_scene(session)
    entry = scene.entry(advertising_protected=True)
    from crm.campaigns.models import CallList, ListEntry

    listed = session.get_one(CallList, session.get_one(ListEntry, entry.list_entry_id).call_list_id)
    listed.legal_basis = "Virksomheden har selv bedt om et besøg, 3.11."
    session.flush()
    assert book(session, scene.phoner, NOW, entry, scene.consultant.id, TEN, METTE).id


def test_a_consultant_books_without_claim_but_not_over_anothers(session: Session) -> None:
    scene = make_scene(session)
    refusal("stale", book, session, scene.consultant, NOW, scene.entry(), scene.consultant.id, TEN, METTE)
    free = scene.entry(held=False)
    assert book(session, scene.consultant, NOW, free, scene.consultant.id, TEN, METTE).id


def test_a_consultant_of_another_jobcentre_is_not_found(session: Session) -> None:
    scene = make_scene(session)
    stranger = make_user(session, "consultant", jobcentre=None if False else _other(session))
    with pytest.raises(NotFound):
        booked(scene, consultant=stranger)


def _other(session: Session) -> Any:
    from tests.factories import make_jobcentre

    return make_jobcentre(session, code="851", postcode="9000")


def test_no_place_no_booking(session: Session) -> None:
    scene = make_scene(session)
    entry = scene.entry(lat=None, lon=None, postcode="0999")
    refusal("no_place", book, session, scene.phoner, NOW, entry, scene.consultant.id, TEN, METTE)


def test_the_database_itself_refuses_an_overlap(session: Session) -> None:
    """Booking sees the day as it was read; a row that slips in between is refused by the database."""
    from crm.visits.actions.check import write

    scene = make_scene(session)
    visit = booked(scene)
    other = make_visit(session, consultant=scene.consultant, starts_at=TEN + timedelta(hours=3))

    def taken() -> None:
        raise Refusal("overlap", "x")

    def squeeze() -> None:
        other.starts_at, other.ends_at = visit.starts_at, visit.ends_at

    refusal("overlap", write, session, squeeze, taken)
    assert session.scalar(select(Visit.starts_at).where(Visit.id == other.id)) == TEN + timedelta(hours=3)


def test_moving_tells_both_parties_and_replaces_the_reminder(session: Session) -> None:
    scene = make_scene(session, consultants=2)
    visit = booked(scene, TEN + timedelta(days=5))
    moved = move(
        session, scene.consultant, NOW, visit, TEN + timedelta(days=4), "Kunden har ferie", scene.consultants[1].id
    )
    assert (moved.sequence, moved.responsible_id) == (1, scene.consultants[1].id)
    assert [e.kind for e in moved.events] == ["book", "move"]
    assert outbox(session, f"visit:{visit.id}:reminder:0") == []
    assert outbox(session, f"visit:{visit.id}:reminder:1")
    invitation = outbox(session, f"visit:{visit.id}:visit_moved:1")[0].attachments[0]["text"]
    assert "SEQUENCE:1" in invitation
    told = {m.recipient for m in outbox(session, f"visit:{visit.id}:visit_%:1:%")}
    assert told == {person.email for person in scene.consultants}
    shown = {e.consultant_id: e for e in session.scalars(select(CalendarEvent))}
    former, now_with = (shown[person.id] for person in scene.consultants)
    assert (former.status, former.sequence, former.starts_at) == ("CANCELLED", 1, TEN + timedelta(days=5))
    assert (now_with.status, now_with.sequence, now_with.uid) == ("CONFIRMED", 1, former.uid)


def test_moving_is_refused_as_booking_is(session: Session) -> None:
    scene = make_scene(session)
    booked(scene)
    visit = booked(scene, TEN + timedelta(hours=3))
    refusal("overlap", move, session, scene.consultant, NOW, visit, TEN, "x")
    refusal("hours", move, session, scene.consultant, NOW, visit, NOW - timedelta(hours=1), "x")
    with pytest.raises(Invalid):
        move(session, scene.consultant, NOW, visit, TEN + timedelta(days=1), " ")
    moved = move(session, scene.consultant, NOW, visit, TEN + timedelta(hours=2), "x")
    assert moved.starts_at == TEN + timedelta(hours=2), "a visit is not in its own way"


def test_cancelling_frees_the_time_and_tells_both(session: Session) -> None:
    scene = make_scene(session)
    visit = booked(scene)
    cancel(session, scene.consultant, NOW, visit, "company", "Syg")
    assert visit.state == "cancelled_by_company"
    assert visit.entry.final_outcome == "booked", "it still counts as booked"
    mail = outbox(session, f"visit:{visit.id}:visit_cancelled:1")[0]
    assert "METHOD:CANCEL" in mail.attachments[0]["text"]
    assert "STATUS:CANCELLED" in mail.attachments[0]["text"]
    assert mail.attachments[0]["mime"].endswith("method=CANCEL")
    assert not outbox(session, f"visit:{visit.id}:reminder:%")
    assert session.scalars(select(CalendarEvent.status)).one() == "CANCELLED"
    refusal("stale", cancel, session, scene.consultant, NOW, visit, "company", "Syg")
    assert booked(scene).state == "booked"


def test_arriving_counts_once(session: Session) -> None:
    scene = make_scene(session)
    visit = booked(scene)
    arrive(session, scene.consultant, TEN, visit)
    arrive(session, scene.consultant, TEN + timedelta(minutes=5), visit)
    assert visit.arrived_at == TEN
    assert [e.kind for e in visit.events] == ["book", "arrive"]


def test_reporting_and_correcting(session: Session) -> None:
    scene = make_scene(session)
    visit = booked(scene)
    with pytest.raises(Invalid) as caught:
        report(session, scene.consultant, NOW, visit, VisitReport("held", pressed=False))
    assert "result" in caught.value.errors
    later = TEN + timedelta(hours=2)
    report(
        session,
        scene.consultant,
        later,
        visit,
        VisitReport("held", pressed=True, schemes=("wage_subsidy",), materials=("folder",), note="God snak"),
    )
    assert (visit.state, visit.pressed, visit.schemes) == ("held", True, ["wage_subsidy"])
    report(session, scene.consultant, later, visit, VisitReport("nobody_there"))
    assert (visit.state, visit.pressed) == ("nobody_there", None)
    assert [e.kind for e in visit.events] == ["book", "report", "report"]


def test_a_held_visit_back_from_cancelled_cannot_take_anothers_time(session: Session) -> None:
    scene = make_scene(session)
    visit = booked(scene)
    cancel(session, scene.consultant, NOW, visit, "company", "Syg")
    booked(scene)
    refusal(
        "overlap",
        report,
        session,
        scene.consultant,
        TEN + timedelta(hours=2),
        visit,
        VisitReport("held", pressed=False),
    )


def test_a_postcode_place_widens_the_margin(session: Session) -> None:
    scene = make_scene(session)
    where = {"lat": HADSUND[0], "lon": HADSUND[1]}
    beside = scene.entry(at=HADSUND, held=False)
    make_visit(session, entry=beside, consultant=scene.consultant, starts_at=TEN, **where)
    exact = scene.entry()
    vague = scene.entry(geo_source="postcode")
    from crm.visits.queries import slots

    def verdict(entry: Any) -> Any:
        offer = slots(session, NOW, entry, TEN, TEN + timedelta(hours=6), refused=True)
        return {s.starts_at: s for s in offer.refused}[TEN + timedelta(minutes=60)].needed_min

    assert verdict(vague) - verdict(exact) == 5


def test_mails_read_well(session: Session) -> None:
    scene = make_scene(session, information_text="Vi har dit nummer fra CVR.")
    visit = booked(scene)
    move(session, scene.consultant, NOW, visit, TEN + timedelta(hours=2), "Bil på værksted")
    cancel(session, scene.consultant, NOW, visit, "jobcentre", "Sygdom")
    for mail in outbox(session, "visit:%"):
        assert "\n\n\n" not in mail.body_text
        assert "None" not in mail.body_text
        assert message_from_string(mail.subject) is not None
    first = outbox(session, "visit:%:visit_booked:0")[0]
    assert "Vi har dit nummer fra CVR." in first.body_text
    assert first.body_html
    assert make_consultant
