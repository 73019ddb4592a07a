"""Setting up a campaign, drawing, striking out, basis and approval, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from crm.base.activity import Activity
from crm.base.errors import Invalid, NotFound, Refusal
from crm.campaigns.actions import (
    Join,
    approve,
    create_campaign,
    delete_draft,
    draw_list,
    record_basis,
    redraw,
    restore,
    save_segment,
    set_calendars_full,
    strike,
    update_campaign,
    use_extract,
)
from crm.campaigns.models import CampaignExtract, ListEntry, Participation, SavedSegment
from crm.campaigns.queries import frozen_workplaces, list_sums
from crm.campaigns.rules import Filters, draw_key
from crm.companies.models import ImportBatch, ImportedWorkplace
from tests.conftest import NOW
from tests.factories.campaigns import make_call_list, make_fact
from tests.factories.core import (
    make_campaign,
    make_firm,
    make_jobcentre,
    make_participation,
    make_user,
    make_workplace,
)

BASIS = "Samtykke fra virksomheden af 3. november 2026, vurderet af jurist KM"


def on(session, call_list):
    """Workplace ids of a list in drawn order."""
    return list(
        session.scalars(
            select(ListEntry.workplace_id).where(ListEntry.call_list_id == call_list.id).order_by(ListEntry.position)
        )
    )


def draw(session, participation, **filters):
    return draw_list(session, None, NOW, participation, name="Uge 48", filters=Filters(**filters), seed=4711)


def setup_campaign(session, **changes):
    values = {
        "name": "Luk op",
        "starts_on": date(2026, 11, 1),
        "ends_on": date(2027, 3, 1),
        "joins": [Join(make_jobcentre(session).id, make_firm(session).id, 120)],
        **changes,
    }
    return create_campaign(session, make_user(session, "campaign_manager"), NOW, **values)


def test_a_campaign_starts_with_its_jobcentres(session):
    campaign = setup_campaign(session, visit_minutes=45)
    part = session.scalars(select(Participation).where(Participation.campaign_id == campaign.id)).one()
    assert part.target_visits == 120
    assert part.calling_firm is not None
    assert (campaign.visit_minutes, campaign.calls_from, campaign.state) == (45, 480, "open")
    assert session.scalar(select(Activity.verb).where(Activity.campaign_id == campaign.id)) == "campaigns.create"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"ends_on": date(2026, 10, 1)}, "ends_on"),
        ({"joins": []}, "joins"),
        ({"joins": [Join(999_999)]}, "joins"),
        ({"calls_from": 600, "calls_to": 600}, "calls_to"),
        ({"visit_minutes": 5}, "visit_minutes"),
    ],
)
def test_a_campaign_that_cannot_be_names_the_field(session, changes, field):
    with pytest.raises(Invalid) as refused:
        setup_campaign(session, **changes)
    assert field in refused.value.errors


def test_two_campaigns_cannot_share_a_name(session):
    setup_campaign(session)
    with pytest.raises(Invalid) as refused:
        setup_campaign(session)
    assert "name" in refused.value.errors


def test_editing_adds_and_removes_jobcentres_but_keeps_those_with_lists(session):
    campaign = setup_campaign(session)
    other = make_jobcentre(session, code="851", postcode="9000")
    first = session.scalars(select(Participation).where(Participation.campaign_id == campaign.id)).one()
    settings = {"name": "Luk op 2", "starts_on": campaign.starts_on, "ends_on": campaign.ends_on}
    update_campaign(session, None, NOW, campaign, joins=[Join(first.jobcentre_id), Join(other.id)], **settings)
    assert campaign.name == "Luk op 2"
    assert first.calling_firm_id is None
    make_call_list(session, participation=first)
    with pytest.raises(Invalid) as refused:
        update_campaign(session, None, NOW, campaign, joins=[Join(other.id)], **settings)
    assert "joins" in refused.value.errors


def test_a_list_takes_the_jobcentres_area_and_nothing_else(session):
    inside = make_workplace(session)
    make_workplace(session, municipality_code="851", postcode="9000")
    assert on(session, draw(session, make_participation(session))) == [inside.id]


def test_a_campaign_with_extracts_draws_on_them_alone(session):
    known, _other = make_workplace(session), make_workplace(session)
    batch = ImportBatch(filename="udtræk.csv", started_at=NOW)
    session.add(batch)
    session.flush()
    session.add(ImportedWorkplace(batch_id=batch.id, workplace_id=known.id))
    participation = make_participation(session)
    use_extract(session, None, NOW, participation.campaign, batch.id)
    use_extract(session, None, NOW, participation.campaign, batch.id)
    assert session.scalar(select(func.count()).select_from(CampaignExtract)) == 1
    assert on(session, draw(session, participation)) == [known.id]
    with pytest.raises(Refusal, match="findes ikke"):
        use_extract(session, None, NOW, participation.campaign, 999_999)


@pytest.mark.parametrize(
    "filters",
    [
        {"industries": ("C",)},
        {"min_employees": 10, "max_employees": 20},
        {"postcodes": ("9550",)},
        {"not_contacted_months": 12},
        {"exclude_partners": True},
    ],
)
def test_each_condition_keeps_the_one_that_fits(session, filters):
    fits = make_workplace(session, industry_code="251100", employees=12, postcode="9550")
    fails = make_workplace(session, industry_code="432200", employees=None, postcode="9500")
    make_fact(session, fails, NOW - timedelta(days=200), "calling.finish", outcome="declined")
    make_fact(session, fails, NOW - timedelta(days=200), "visits.report", result="held")
    assert on(session, draw(session, make_participation(session), **filters)) == [fits.id]


def test_only_contacts_within_the_months_count(session):
    for days, outcome in ((10, "no_answer"), (400, "booked")):
        make_fact(session, make_workplace(session), NOW - timedelta(days=days), "calling.finish", outcome=outcome)
    make_fact(session, make_workplace(session), NOW - timedelta(days=900), "visits.report", result="held")
    make_fact(session, make_workplace(session), NOW - timedelta(days=9), "visits.report", result="nobody_there")
    drawn = draw(session, make_participation(session), not_contacted_months=12, exclude_partners=True)
    assert len(on(session, drawn)) == 4


def test_the_sample_is_repeatable_and_the_same_on_both_databases(session):
    made = [make_workplace(session, p_number=f"10000000{n:02d}") for n in range(40)]
    drawn = on(session, draw(session, make_participation(session), sample=10))
    expected = sorted(made, key=lambda workplace: draw_key(4711, workplace.p_number))[:10]
    assert drawn == [workplace.id for workplace in expected]
    again = make_participation(session, campaign=make_campaign(session))
    assert on(session, draw(session, again, sample=10)) == drawn


def test_a_workplace_is_never_drawn_twice_in_a_campaign(session):
    participation = make_participation(session)
    for _ in range(6):
        make_workplace(session)
    first, second = (on(session, draw(session, participation, sample=3)) for _ in range(2))
    assert not set(first) & set(second)
    assert len(first) == len(second) == 3
    assert on(session, draw(session, participation)) == []


def test_those_who_asked_not_to_be_called_are_never_drawn(session):
    make_workplace(session, do_not_call_at=NOW)
    assert on(session, draw(session, make_participation(session))) == []


def test_protected_ones_are_left_out_before_sampling_until_a_basis_is_recorded(session):
    open_one = make_workplace(session)
    protected = make_workplace(session, advertising_protected=True)
    lead = make_user(session, "jobcentre_lead")
    drawn = draw(session, make_participation(session))
    assert on(session, drawn) == [open_one.id]
    with pytest.raises(Invalid):
        record_basis(session, lead, NOW, drawn, "for kort")
    record_basis(session, lead, NOW, drawn, BASIS)
    assert (drawn.legal_basis, drawn.legal_basis_by, drawn.legal_basis_at) == (BASIS, lead.id, NOW)
    assert redraw(session, lead, NOW, drawn, name="Uge 48", filters=Filters(), seed=4711) == 2
    assert set(on(session, drawn)) == {open_one.id, protected.id}
    approve(session, lead, NOW, drawn)
    assert drawn.state == "approved"


def test_strikes_survive_a_new_draw(session):
    participation = make_participation(session)
    small, big = make_workplace(session, employees=3), make_workplace(session, employees=30)
    drawn = draw(session, participation)
    ids = {entry.workplace_id: entry.id for entry in session.scalars(select(ListEntry))}
    strike(session, None, NOW, drawn, list(ids.values()), "contact")
    redraw(session, None, NOW, drawn, name="Store", filters=Filters(min_employees=10), seed=1)
    session.expire_all()
    left = session.scalars(select(ListEntry).where(ListEntry.call_list_id == drawn.id)).all()
    assert [(entry.workplace_id, entry.struck_reason) for entry in left] == [(big.id, "contact")]
    assert small.id not in on(session, drawn)


def test_strike_out_and_restore_stand_on_the_companys_timeline(session):
    workplace, other = make_workplace(session), make_workplace(session)
    draft = make_call_list(session, workplaces=[workplace, other])
    lead = make_user(session, "jobcentre_lead")
    entry = session.scalars(select(ListEntry).where(ListEntry.workplace_id == workplace.id)).one()
    assert strike(session, lead, NOW, draft, [entry.id], "closed") == 1
    assert strike(session, lead, NOW, draft, [entry.id], "closed") == 0
    assert strike(session, lead, NOW, draft, [entry.id], "case") == 1
    assert list_sums(session, draft).on_list == 1
    assert restore(session, lead, NOW, draft, [entry.id]) == 1
    told = session.execute(
        select(Activity.verb, Activity.data["reason"].as_string(), Activity.actor_name)
        .where(Activity.workplace_id == workplace.id)
        .order_by(Activity.id)
    ).all()
    assert told == [
        ("campaigns.strike", "closed", lead.name),
        ("campaigns.strike", "case", lead.name),
        ("campaigns.restore", None, lead.name),
    ]


def test_strikes_need_a_reason_and_an_entry_of_this_list(session):
    draft, foreign = (
        make_call_list(session),
        make_call_list(session, participation=make_participation(session, campaign=make_campaign(session))),
    )
    entry_ids = list(session.scalars(select(ListEntry.id).where(ListEntry.call_list_id == foreign.id)))
    with pytest.raises(NotFound):
        strike(session, None, NOW, draft, entry_ids, "contact")
    for reason in ("", "whatever", "do_not_call"):
        with pytest.raises(Invalid):
            strike(session, None, NOW, foreign, entry_ids, reason)


def test_protected_companies_do_not_pass_approval(session):
    """Also when they became protected after the draw."""
    workplace = make_workplace(session)
    draft = make_call_list(session, workplaces=[workplace, make_workplace(session)])
    workplace.advertising_protected = True
    session.flush()
    with pytest.raises(Refusal) as refused:
        approve(session, None, NOW, draft)
    assert refused.value.code == "protected"
    assert draft.state == "draft"
    entry = session.scalars(select(ListEntry).where(ListEntry.workplace_id == workplace.id)).one()
    strike(session, None, NOW, draft, [entry.id], "other")
    assert approve(session, None, NOW, draft).state == "approved"


def test_an_empty_list_is_not_approved(session):
    draft = make_call_list(session)
    strike(session, None, NOW, draft, list(session.scalars(select(ListEntry.id))), "contact")
    with pytest.raises(Refusal) as refused:
        approve(session, None, NOW, draft)
    assert refused.value.code == "empty"


def test_approval_strikes_out_those_who_have_asked_since(session):
    asked, stays = make_workplace(session), make_workplace(session)
    draft = make_call_list(session, workplaces=[asked, stays])
    asked.do_not_call_at = NOW
    session.flush()
    lead = make_user(session, "jobcentre_lead")
    approve(session, lead, NOW, draft)
    assert [entry.workplace_id for entry in frozen_workplaces(session, draft)] == [stays.id]
    assert (draft.approved_by, draft.approved_at) == (lead.id, NOW)


def test_a_frozen_list_refuses_every_change(session):
    draft = make_call_list(session)
    entry_ids = list(session.scalars(select(ListEntry.id)))
    assert frozen_workplaces(session, draft) == []
    approve(session, None, NOW, draft)
    for change in (
        lambda: strike(session, None, NOW, draft, entry_ids, "contact"),
        lambda: restore(session, None, NOW, draft, entry_ids),
        lambda: record_basis(session, None, NOW, draft, BASIS),
        lambda: redraw(session, None, NOW, draft, name="x", filters=Filters(), seed=1),
        lambda: delete_draft(session, None, NOW, draft),
        lambda: approve(session, None, NOW, draft),
    ):
        with pytest.raises(Refusal) as refused:
            change()
        assert refused.value.code == "frozen"
    assert [entry.id for entry in frozen_workplaces(session, draft)] == entry_ids


def test_a_closed_campaign_draws_and_approves_nothing(session):
    participation = make_participation(session, campaign=make_campaign(session, state="closed"))
    draft = make_call_list(session, participation=participation)
    for change in (lambda: draw(session, participation), lambda: approve(session, None, NOW, draft)):
        with pytest.raises(Refusal) as refused:
            change()
        assert refused.value.code == "closed"


def test_a_dropped_draft_gives_its_workplaces_back(session):
    participation = make_participation(session)
    workplace = make_workplace(session)
    delete_draft(session, None, NOW, draw(session, participation))
    assert on(session, draw(session, participation)) == [workplace.id]


def test_a_segment_is_kept_under_its_name(session):
    participation = make_participation(session)
    for size in (5, 10):
        save_segment(session, None, NOW, participation, name="Store", filters=Filters(min_employees=size))
    kept = session.scalars(select(SavedSegment)).one()
    assert Filters.from_json(kept.filters) == Filters(min_employees=10)
    with pytest.raises(Invalid):
        save_segment(session, None, NOW, participation, name=" ", filters=Filters())


def test_the_calendar_flag_keeps_when_it_was_set(session):
    participation = make_participation(session)
    set_calendars_full(session, NOW, participation, True)
    set_calendars_full(session, NOW + timedelta(days=1), participation, True)
    assert participation.calendars_full_since == NOW
    set_calendars_full(session, NOW, participation, False)
    assert participation.calendars_full_since is None
