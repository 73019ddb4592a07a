"""Set up a campaign: dates, hours, texts, who takes part, which extracts it draws on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, Refusal
from crm.campaigns.models import CallList, Campaign, CampaignExtract, Participation
from crm.companies.models import ImportBatch
from crm.people.models import CallingFirm, Jobcentre

# field -> smallest, largest
LIMITS: dict[str, tuple[float, float]] = {
    "calls_from": (0, 1439),
    "calls_to": (1, 1440),
    "max_attempts": (1, 50),
    "max_attempts_a_day": (1, 20),
    "max_number_attempts": (1, 200),
    "call_backs_each": (1, 500),
    "quarantine_months": (0, 60),
    "fit_weight": (0, 1),
    "letter_days": (0, 60),
    "visit_minutes": (15, 480),
    "margin_minutes": (0, 120),
    "horizon_days": (1, 120),
    "notice_hours": (0, 336),
    "target_visits": (1, 1_000_000),
    "nag_before_days": (0, 20),
    "nag_overdue_days": (1, 60),
    "nag_lead_days": (2, 90),
    "nag_region_days": (3, 120),
    "ending_days": (1, 60),
    "ask_company_days": (0, 60),
}
# Each reminder lies after the one before: field -> the field before it, and what is said otherwise
LADDER = {
    "nag_lead_days": ("nag_overdue_days", N_("Skal ligge efter påmindelsen til konsulenten")),
    "nag_region_days": ("nag_lead_days", N_("Skal ligge efter beskeden til lederen")),
}
SETTINGS = frozenset(LIMITS) | {"calls_any_day", "information_text", "state"}
_KEPT = N_("Kampagnen er ikke gemt. Ret felterne og prøv igen.")


@dataclass(frozen=True)
class Join:
    """A jobcentre that takes part, the firm that calls for it, and how many visits it aims at."""

    jobcentre_id: int
    calling_firm_id: int | None = None
    target_visits: int | None = None


def create_campaign(
    session: Session,
    actor: Any,
    now: datetime,
    *,
    name: str,
    starts_on: date,
    ends_on: date,
    joins: Sequence[Join],
    **settings: Any,
) -> Campaign:
    """A campaign with its jobcentres. ``settings``: columns of Campaign named in ``SETTINGS``. It follows the
    standard script until one is published. Raises Invalid naming each field."""
    _check(session, None, name, starts_on, ends_on, settings)
    _check_joins(session, joins)
    campaign = Campaign(
        name=name.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        created_at=now,
        **settings,
    )
    session.add(campaign)
    session.flush()
    session.add_all(_participation(campaign, join) for join in joins)
    session.flush()
    activity.record(session, actor, now, "campaigns.create", campaign, campaign_id=campaign.id, name=campaign.name)
    return campaign


def update_campaign(
    session: Session,
    actor: Any,
    now: datetime,
    campaign: Campaign,
    *,
    name: str,
    starts_on: date,
    ends_on: date,
    joins: Sequence[Join],
    **settings: Any,
) -> Campaign:
    """Raises Invalid naming each field. A jobcentre that has lists cannot be taken out."""
    _check(session, campaign, name, starts_on, ends_on, settings)
    _check_joins(session, joins)
    _set_joins(session, campaign, joins)
    changed = {"name": name.strip(), "starts_on": starts_on, "ends_on": ends_on, **settings}
    for field, value in changed.items():
        setattr(campaign, field, value)
    activity.record(session, actor, now, "campaigns.edit", campaign, campaign_id=campaign.id, name=campaign.name)
    session.flush()
    return campaign


def _check(
    session: Session, campaign: Campaign | None, name: str, starts_on: date, ends_on: date, settings: Mapping[str, Any]
) -> None:
    if set(settings) - SETTINGS:
        raise TypeError(f"no such campaign settings: {sorted(set(settings) - SETTINGS)}")
    errors: dict[str, str] = {}
    taken = session.scalar(select(Campaign.id).where(Campaign.name == name.strip()))
    if not name.strip():
        errors["name"] = N_("Giv kampagnen et navn")
    elif taken and (campaign is None or taken != campaign.id):
        errors["name"] = N_("Der findes allerede en kampagne med det navn")
    if ends_on < starts_on:
        errors["ends_on"] = N_("Slutdatoen ligger før startdatoen")
    for field, (low, high) in LIMITS.items():
        value = settings.get(field)
        if value is not None and not low <= value <= high:
            errors[field] = N_("Tallet ligger uden for det mulige")
    first = settings.get("calls_from", campaign.calls_from if campaign else 480)
    if settings.get("calls_to", campaign.calls_to if campaign else 1020) <= first:
        errors["calls_to"] = N_("Ringetiden slutter, før den begynder")
    errors |= {field: words for field, words in _ladder_problems(campaign, settings).items() if field not in errors}
    if errors:
        raise Invalid(_KEPT, errors=errors)


def _ladder_problems(campaign: Campaign | None, settings: Mapping[str, Any]) -> dict[str, str]:
    """Reminders that do not lie after the one before, by what is set now and what stays as it is."""

    def days(field: str) -> int:
        standard = Campaign.__table__.c[field].default.arg
        return int(settings.get(field) or (getattr(campaign, field) if campaign else standard))

    return {field: words for field, (before, words) in LADDER.items() if days(field) <= days(before)}


def _check_joins(session: Session, joins: Sequence[Join]) -> None:
    wanted = {join.jobcentre_id for join in joins}
    firms = {join.calling_firm_id for join in joins if join.calling_firm_id}
    known = set(session.scalars(select(Jobcentre.id).where(Jobcentre.id.in_(wanted))))
    known_firms = set(session.scalars(select(CallingFirm.id).where(CallingFirm.id.in_(firms))))
    if not wanted or wanted - known or len(wanted) != len(joins):
        raise Invalid(_KEPT, errors={"joins": N_("Vælg mindst ét jobcenter, hvert kun én gang")})
    if firms - known_firms:
        raise Invalid(_KEPT, errors={"joins": N_("Phonerfirmaet findes ikke")})
    if any(join.target_visits is not None and not 1 <= join.target_visits <= 1_000_000 for join in joins):
        raise Invalid(_KEPT, errors={"joins": N_("Et mål for besøg er et tal fra 1 og op")})


def _participation(campaign: Campaign, join: Join) -> Participation:
    return Participation(
        campaign_id=campaign.id,
        jobcentre_id=join.jobcentre_id,
        calling_firm_id=join.calling_firm_id,
        target_visits=join.target_visits,
    )


def _set_joins(session: Session, campaign: Campaign, joins: Sequence[Join]) -> None:
    held = {
        p.jobcentre_id: p
        for p in session.scalars(select(Participation).where(Participation.campaign_id == campaign.id))
    }
    wanted = {join.jobcentre_id: join for join in joins}
    leaving = [part for jobcentre_id, part in held.items() if jobcentre_id not in wanted]
    stuck = [
        part.jobcentre.name
        for part in leaving
        if session.scalar(select(exists().where(CallList.participation_id == part.id)))
    ]
    if stuck:
        raise Invalid(
            N_("{names} har lister i kampagnen og kan ikke tages ud. Intet er gemt."),
            names=", ".join(sorted(stuck)),
            errors={"joins": N_("Et jobcenter med lister bliver stående")},
        )
    for part in leaving:
        session.delete(part)
    for jobcentre_id, join in wanted.items():
        if jobcentre_id in held:
            held[jobcentre_id].calling_firm_id = join.calling_firm_id
            held[jobcentre_id].target_visits = join.target_visits
        else:
            session.add(_participation(campaign, join))
    session.flush()


def use_extract(session: Session, actor: Any, now: datetime, campaign: Campaign, batch_id: int) -> None:
    """Let the campaign draw on an import batch; a second time changes nothing.

    Raises Refusal ``unknown_extract``.
    """
    if session.get(ImportBatch, batch_id) is None:
        raise Refusal("unknown_extract", N_("Registerudtrækket findes ikke. Kampagnen er ikke ændret."), status=404)
    if session.get(CampaignExtract, (campaign.id, batch_id)) is None:
        session.add(CampaignExtract(campaign_id=campaign.id, batch_id=batch_id))
        session.flush()
        activity.record(
            session, actor, now, "campaigns.use_extract", campaign, campaign_id=campaign.id, batch_id=batch_id
        )


def set_calendars_full(session: Session, now: datetime, participation: Participation, full: bool) -> None:
    """Written from below: whether its consultants have no bookable time left within the horizon."""
    if full == (participation.calendars_full_since is not None):
        return
    participation.calendars_full_since = now if full else None
    activity.record(
        session,
        None,
        now,
        "campaigns.calendars_full" if full else "campaigns.calendars_open",
        participation,
        campaign_id=participation.campaign_id,
    )
    session.flush()
