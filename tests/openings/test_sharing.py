"""Sharing, offering and answering: what is refused, what is kept, who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import Invalid, NotFound, Refusal
from crm.integrations.models import OutboxMessage
from crm.openings.actions.candidacies import send
from crm.openings.actions.candidates import withdraw_consent
from crm.openings.actions.life import close
from crm.openings.actions.sharing import answer, offer, share, withdraw, withdraw_offer
from crm.openings.models import Candidacy, Candidate, Opening, OpeningShare
from crm.openings.queries.board import fitting
from crm.openings.queries.sharing import on_board, waits_for
from crm.openings.rules.board import consent_problem, standing
from crm.openings.rules.candidates import NewCandidate
from crm.people.models import Jobcentre, Leave, Partner
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user
from tests.factories.candidates import make_candidacy, make_placement
from tests.factories.openings import make_opening
from tests.factories.sharing import make_board_candidate, make_offer, make_partner, make_share

TOLD = NewCandidate("A-17", "Smed", "9500", consent_on=date(2026, 11, 20))


@pytest.fixture
def opening(session: Session) -> Opening:
    return make_opening(session, occupation="Smed")


def offered(session: Session, opening: Opening, partner: Partner, told: NewCandidate = TOLD) -> Candidacy:
    return offer(session, NOW, opening, told=told, agreed=True, partner=partner)


def test_sharing_puts_it_on_the_receivers_boards_once(session: Session, opening: Opening) -> None:
    other, partner = make_jobcentre(session, code="461"), make_partner(session)
    actor = opening.consultant
    assert share(session, actor, NOW, opening, jobcentre_ids=[other.id], partner_ids=[partner.id]) == 2
    assert share(session, actor, NOW, opening, jobcentre_ids=[other.id], partner_ids=[]) == 0
    assert [one.opening_id for one in on_board(session, jobcentres=[other.id])] == [opening.id]
    assert [one.opening_id for one in on_board(session, partner_id=partner.id)] == [opening.id]
    assert on_board(session, jobcentres=[opening.jobcentre_id]) == []
    assert opening.names_company is False


def test_a_withdrawn_share_comes_back_as_new(session: Session, opening: Opening) -> None:
    other = make_jobcentre(session, code="461")
    shared = make_share(session, opening, other, told_at=NOW)
    withdraw(session, opening.consultant, NOW, opening, shared)
    assert on_board(session, jobcentres=[other.id]) == []
    with pytest.raises(Refusal) as again:
        withdraw(session, opening.consultant, NOW, opening, shared)
    assert again.value.code == "withdrawn"
    later = NOW + timedelta(days=1)
    assert share(session, opening.consultant, later, opening, jobcentre_ids=[other.id]) == 1
    assert (shared.withdrawn_at, shared.told_at, shared.shared_at) == (None, None, later)
    assert session.scalar(select(func.count()).select_from(OpeningShare)) == 1


def test_receivers_out_of_reach_are_not_found_and_nobody_is_a_mistake(session: Session, opening: Opening) -> None:
    far = make_partner(session, "Netværk Fyn", jobcentre_id=make_jobcentre(session, code="461").id)
    gone = make_partner(session, "Nedlagt", active=False)
    actor = opening.consultant
    for wrong in ({"partner_ids": [far.id]}, {"partner_ids": [gone.id]}, {"jobcentre_ids": [opening.jobcentre_id]}):
        with pytest.raises(NotFound):
            share(session, actor, NOW, opening, **wrong)
    with pytest.raises(Invalid) as nobody:
        share(session, actor, NOW, opening)
    assert "receivers" in nobody.value.errors
    close(session, actor, NOW, opening, "withdrawn")
    with pytest.raises(Refusal) as closed:
        share(session, actor, NOW, opening, partner_ids=[make_partner(session).id])
    assert closed.value.code == "closed"


def test_closed_and_voided_openings_leave_the_boards_by_themselves(session: Session, opening: Opening) -> None:
    partner = make_partner(session)
    make_share(session, opening, partner)
    close(session, opening.consultant, NOW, opening, "filled_elsewhere")
    assert on_board(session, partner_id=partner.id) == []
    opening.state, opening.voided_at = "open", NOW
    session.flush()
    assert on_board(session, partner_id=partner.id) == []


def test_a_partners_offer_waits_and_keeps_the_consent(session: Session, opening: Opening) -> None:
    partner = make_partner(session)
    make_share(session, opening, partner)
    made = offered(session, opening, partner, replace(TOLD, languages=("da", "pl"), weekly_hours=30.0))
    who = made.candidate
    assert (made.state, made.offered_at, made.proposed_at, made.offered_by) == ("offered", NOW, None, None)
    assert (who.partner_id, who.jobcentre_id, who.consent_on, who.postcode) == (
        partner.id, None, TOLD.consent_on, "9500",
    )  # fmt: skip
    assert (who.languages, who.weekly_hours, who.occupation_code) == (["da", "pl"], 30.0, "7221")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reference": "010190-1234"}, "reference"),
        ({"reference": "Peter Jensen"}, "reference"),
        ({"reference": ""}, "reference"),
        ({"occupation": ""}, "occupation"),
        ({"postcode": "0001"}, "postcode"),
        ({"consent_on": None}, "consent_on"),
        ({"consent_on": date(2026, 11, 25)}, "consent_on"),
        ({"consent_on": date(2025, 11, 1)}, "consent_on"),
        ({"languages": ("klingon",)}, "languages"),
        ({"weekly_hours": 90.0}, "weekly_hours"),
    ],
)
def test_an_offer_names_what_is_wrong(session: Session, opening: Opening, wrong: dict[str, object], field: str) -> None:
    partner = make_partner(session)
    make_share(session, opening, partner)
    with pytest.raises(Invalid) as refused:
        offered(session, opening, partner, replace(TOLD, **wrong))  # type: ignore[arg-type]
    assert field in refused.value.errors
    assert session.scalar(select(func.count()).select_from(Candidate)) == 0


def test_without_the_persons_word_nothing_is_sent(session: Session, opening: Opening) -> None:
    partner = make_partner(session)
    make_share(session, opening, partner)
    with pytest.raises(Invalid) as refused:
        offer(session, NOW, opening, told=TOLD, agreed=False, partner=partner)
    assert list(refused.value.errors) == ["agreed"]


def test_the_same_reference_twice_is_refused_and_withdrawing_opens_it_again(session: Session, opening: Opening) -> None:
    partner, other = make_partner(session), make_partner(session, "HK")
    for one in (partner, other):
        make_share(session, opening, one)
    made = offered(session, opening, partner)
    with pytest.raises(Refusal) as twice:
        offered(session, opening, partner, replace(TOLD, reference=" a-17 "))
    assert twice.value.code == "duplicate"
    assert (
        offered(session, opening, other).candidate_id != made.candidate_id
    )  # another partner's A-17 is another person
    withdraw_offer(session, NOW, made, partner=partner)
    assert (made.state, made.ended_because) == ("ended", "offer_withdrawn")
    again = offered(session, opening, partner, replace(TOLD, occupation="Klejnsmed"))
    assert (again.id, again.state, again.candidate.occupation) == (made.id, "offered", "Klejnsmed")


def facts(session: Session, who: Candidate) -> list[tuple[str, dict[str, object]]]:
    wanted = select(Activity).where(Activity.subject_type == "candidates", Activity.subject_id == who.id)
    return [(note.verb.removeprefix("openings."), note.data) for note in session.scalars(wanted.order_by(Activity.id))]


def test_proposed_again_somebody_under_way_stays_who_they_are(session: Session, opening: Opening) -> None:
    """The occupation others were told stays; a consent never grows older; what changed is written down, and by whom."""
    partner, second = make_partner(session), make_opening(session)
    for one in (opening, second):
        make_share(session, one, partner)
    who = offered(session, opening, partner).candidate
    assert [verb for verb, _data in facts(session, who)] == ["candidate_add", "consent_given"]
    with pytest.raises(Invalid) as refused:
        offered(session, second, partner, replace(TOLD, occupation="Kok"))
    assert (list(refused.value.errors), who.occupation) == (["occupation"], "Smed")
    older = replace(TOLD, occupation=" smed", postcode="5000", consent_on=date(2026, 8, 20))
    assert offered(session, second, partner, older).candidate_id == who.id
    assert (who.postcode, who.consent_on) == ("5000", TOLD.consent_on)
    verb, data = facts(session, who)[-1]
    assert (verb, data["by"], data["changed"]) == (
        "candidate_change",
        partner.name,
        {"occupation": {"was": "Smed", "is": "smed"}, "postcode": {"was": "9500", "is": "5000"}},
    )
    third = make_opening(session)
    make_share(session, third, partner)
    offered(session, third, partner, replace(older, consent_on=date(2026, 11, 24)))
    assert who.consent_on == date(2026, 11, 24)
    assert facts(session, who)[-1] == (
        "consent_given",
        {"on": "2026-11-24", "partner": partner.id, "by": partner.name},
    )


def test_a_partners_consent_taken_back_ends_everything_and_only_a_newer_one_revives_it(
    session: Session, opening: Opening
) -> None:
    partner, second = make_partner(session), make_opening(session)
    for one in (opening, second):
        make_share(session, one, partner)
    made, waits = offered(session, opening, partner), offered(session, second, partner)
    answer(session, opening.consultant, NOW, made, True, "Kom endelig")
    opening.contact_email = "a@b.invalid"
    session.flush()
    send(session, opening.consultant, NOW, opening, [made])
    withdraw_consent(session, None, NOW, made.candidate, partner=partner)
    assert [(one.state, one.ended_because) for one in (made, waits)] == [("ended", "consent_withdrawn")] * 2
    assert standing(waits.state, waits.ended_because, answered=False) == "consent_withdrawn"
    mails = session.scalars(select(OutboxMessage.dedupe_key)).all()
    assert [key.split(":")[0] for key in mails] == ["board-answer"]  # the company is not told any more
    third = make_opening(session)
    make_share(session, third, partner)
    with pytest.raises(Refusal) as refused:
        offered(session, third, partner, replace(TOLD, consent_on=date(2026, 11, 24)))
    assert refused.value.code == "consent"
    later = NOW + timedelta(days=1)
    told = replace(TOLD, consent_on=date(2026, 11, 25))
    again = offer(session, later, third, told=told, agreed=True, words="", partner=partner)
    assert (again.state, again.candidate.consent_withdrawn_at) == ("offered", None)


def test_a_withdrawn_or_closed_share_says_what_to_do(session: Session, opening: Opening) -> None:
    partner = make_partner(session)
    shared = make_share(session, opening, partner, withdrawn_at=NOW)
    with pytest.raises(Refusal) as withdrawn:
        offered(session, opening, partner)
    assert (withdrawn.value.code, withdrawn.value.fields["email"]) == ("withdrawn", opening.consultant.email)
    shared.withdrawn_at = None
    close(session, opening.consultant, NOW, opening, "withdrawn")
    with pytest.raises(Refusal) as closed:
        offered(session, opening, partner)
    assert closed.value.code == "closed"
    with pytest.raises(NotFound):
        offered(session, opening, make_partner(session, "Ukendt"))


def test_a_jobcentre_offers_its_own_consented_candidates_only(session: Session, opening: Opening) -> None:
    other = make_jobcentre(session, code="461")
    colleague = make_user(session, "consultant", jobcentre=other)
    make_share(session, opening, other)
    mine, foreign = make_board_candidate(session, other), make_board_candidate(session, make_partner(session))
    silent = make_board_candidate(session, other, "B-2", consent_on=None)
    taken_back = make_board_candidate(session, other, "C-3", consent_withdrawn_at=NOW)

    def by_us(who: Candidate) -> Candidacy:
        return offer(session, NOW, opening, candidate=who, user=colleague, jobcentre_id=other.id, words="Dygtig")

    made = by_us(mine)
    assert (made.state, made.offered_by, made.offered_words) == ("offered", colleague.id, "Dygtig")
    with pytest.raises(NotFound):
        by_us(foreign)
    for who in (silent, taken_back):
        with pytest.raises(Refusal) as refused:
            by_us(who)
        assert refused.value.code == "consent"
    with pytest.raises(Refusal) as known:
        offer(session, NOW, opening, told=TOLD, agreed=True, user=colleague, jobcentre_id=other.id)
    assert known.value.code == "known"


def test_who_is_in_work_is_not_suggested_for_others_openings(session: Session, opening: Opening) -> None:
    other = make_jobcentre(session, code="461")
    near = opening.workplace.postcode
    free, busy = (make_board_candidate(session, other, reference, postcode=near) for reference in ("F-1", "B-2"))
    work = make_opening(session)
    placed = make_placement(session, work, make_candidacy(session, work, busy, state="hired"))
    found = fitting(session, NOW, [other.id], [opening])[opening.id]
    assert [who.reference for who, _fit in found] == [free.reference]
    placed.state, placed.ended_on = "ended", date(2026, 11, 20)
    session.flush()
    assert len(fitting(session, NOW, [other.id], [opening])[opening.id]) == 2


def test_yes_makes_a_candidate_and_tells_the_partner(session: Session, opening: Opening) -> None:
    partner = make_partner(session, contact_name="Lis")
    make_share(session, opening, partner)
    made = offered(session, opening, partner)
    answer(session, opening.consultant, NOW, made, True, "Kom endelig")
    assert (made.state, made.proposed_at, made.answered_by) == ("proposed", NOW, opening.consultant_id)
    assert made.candidate.consent_on == TOLD.consent_on
    mail = session.scalars(select(OutboxMessage)).one()
    assert (mail.recipient, mail.reply_to) == (partner.email, opening.consultant.email)
    assert mail.subject.startswith("Ja tak til A-17")
    assert "Kom endelig" in mail.body_text
    assert "/tavle/" in mail.body_text
    assert opening.workplace.name not in mail.body_text
    assert opening.workplace.name not in (mail.body_html or "")


def test_a_proposal_waits_for_the_owner_for_who_stands_in_and_else_for_the_lead(
    session: Session, opening: Opening
) -> None:
    home = session.get_one(Jobcentre, opening.jobcentre_id)
    other, lead = make_user(session, "consultant", jobcentre=home), make_user(session, "jobcentre_lead", jobcentre=home)
    strange = make_user(session, "jobcentre_lead", jobcentre=make_jobcentre(session, code="461"))
    make_offer(session, opening, make_board_candidate(session, make_partner(session)))
    people = [opening.consultant_id, other.id, lead.id, strange.id]

    def waits() -> list[int | None]:
        return [session.scalar(waits_for(one, date(2026, 11, 24))) for one in people]

    assert waits() == [1, 0, 0, 0]
    days = {"from_on": date(2026, 11, 24), "until_on": date(2026, 11, 24), "created_at": NOW}
    leave = Leave(user_id=opening.consultant_id, substitute_id=other.id, **days)
    session.add(leave)
    session.flush()
    assert waits() == [1, 1, 0, 0]
    leave.substitute_id = None
    session.flush()
    assert waits() == [1, 0, 1, 0]
    leave.from_on = leave.until_on = date(2026, 11, 23)
    opening.consultant.active = False
    session.flush()
    assert waits() == [1, 0, 1, 0]
    opening.voided_at = NOW
    session.flush()
    assert waits() == [0, 0, 0, 0]


def test_no_needs_words_and_goes_to_the_colleague_who_proposed(session: Session, opening: Opening) -> None:
    other = make_jobcentre(session, code="461")
    colleague = make_user(session, "consultant", jobcentre=other)
    make_share(session, opening, other)
    made = make_offer(session, opening, make_board_candidate(session, other), offered_by=colleague.id)
    with pytest.raises(Invalid) as silent:
        answer(session, opening.consultant, NOW, made, False, " ")
    assert "words" in silent.value.errors
    answer(session, opening.consultant, NOW, made, False, "De vil have en med truckkort")
    assert (made.state, made.proposed_at) == ("refused", None)
    assert session.scalars(select(OutboxMessage)).one().recipient == colleague.email
    with pytest.raises(Refusal) as again:
        answer(session, opening.consultant, NOW, made, True)
    assert (again.value.code, again.value.fields["name"]) == ("answered", opening.consultant.name)
    with pytest.raises(Refusal) as late:
        withdraw_offer(session, NOW, made, user=colleague)
    assert late.value.code == "answered"


def test_a_closed_opening_takes_nobody_on(session: Session, opening: Opening) -> None:
    made = make_offer(session, opening, make_board_candidate(session, make_partner(session)))
    close(session, opening.consultant, NOW, opening, "filled_elsewhere")
    with pytest.raises(Refusal) as refused:
        answer(session, opening.consultant, NOW, made, True)
    assert refused.value.code == "taken_back"
    assert standing(made.state, made.ended_because, answered=False) == "closed"


@given(st.integers(-800, 800))
def test_a_consent_holds_from_its_day_and_for_a_year(days: int) -> None:
    today = date(2026, 11, 24)
    assert (consent_problem(today - timedelta(days=days), today) is None) == (0 <= days <= 365)
