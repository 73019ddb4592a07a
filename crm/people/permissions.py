"""The permission table: role x verb x scope. The one place that says who may do what to which records.

Scopes: ``own`` (records that name the user), ``firm`` (the calling firm's lists), ``jobcentre``, ``region``
(its jobcentres), ``all``. A user with several roles has the union. A structure test proves that every route
declares a verb of this table, and that every verb is used by a route.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.scope import Scope
from crm.people.models import Jobcentre, User

_CALLER = "phoner"
_CONSULTANT = "consultant"
_LEAD = "jobcentre_lead"
_REGION = "regional_lead"
_MANAGER = "campaign_manager"
_ADMIN = "admin"

# verb -> role -> scope
TABLE: dict[str, dict[str, str]] = {
    "people.self": dict.fromkeys((_CALLER, _CONSULTANT, _LEAD, _REGION, _MANAGER, _ADMIN), "own"),
    "people.manage": {_ADMIN: "all"},
    "people.leave": {_CONSULTANT: "own", _LEAD: "jobcentre", _REGION: "own", _MANAGER: "own"},
    "people.partners": {_LEAD: "jobcentre", _REGION: "region", _MANAGER: "all"},
    "companies.read": {
        _CALLER: "firm",
        _CONSULTANT: "jobcentre",
        _LEAD: "jobcentre",
        _REGION: "region",
        _MANAGER: "all",
    },
    "companies.import": {_MANAGER: "all"},
    "companies.protect": {_LEAD: "jobcentre", _MANAGER: "all"},
    "campaigns.read": {_CONSULTANT: "jobcentre", _LEAD: "jobcentre", _REGION: "region", _MANAGER: "all"},
    "campaigns.manage": {_MANAGER: "all"},
    "campaigns.segment": {_LEAD: "jobcentre", _MANAGER: "all"},
    "campaigns.script": {_LEAD: "jobcentre", _MANAGER: "all"},
    "campaigns.mail": {_LEAD: "jobcentre", _MANAGER: "all"},
    "calling.call": {_CALLER: "firm"},
    "calling.read": {_CALLER: "firm", _LEAD: "jobcentre", _MANAGER: "all"},
    "calling.supervise": {_LEAD: "jobcentre", _MANAGER: "all"},
    "calendars.read": {_CONSULTANT: "own", _LEAD: "jobcentre"},
    "calendars.manage": {_CONSULTANT: "own", _LEAD: "jobcentre"},
    "visits.read": {_CALLER: "own", _CONSULTANT: "jobcentre", _LEAD: "jobcentre", _REGION: "region", _MANAGER: "all"},
    "visits.book": {_CALLER: "firm", _CONSULTANT: "jobcentre", _LEAD: "jobcentre"},
    "visits.change": {_CONSULTANT: "own", _LEAD: "jobcentre"},
    "visits.reassign": {_CONSULTANT: "own", _LEAD: "jobcentre"},
    "visits.report": {_CONSULTANT: "own", _LEAD: "jobcentre"},
    "visits.weigh": {_LEAD: "jobcentre"},
    "visits.today": {_CONSULTANT: "own"},
    "openings.read": {_CONSULTANT: "jobcentre", _LEAD: "jobcentre", _REGION: "region", _MANAGER: "all"},
    "openings.log": {_CONSULTANT: "jobcentre", _LEAD: "jobcentre"},
    "openings.candidates": {_CONSULTANT: "jobcentre", _LEAD: "jobcentre"},
    "openings.share": {_CONSULTANT: "jobcentre", _LEAD: "jobcentre"},
    "openings.board": {_CONSULTANT: "jobcentre", _LEAD: "jobcentre"},
    "openings.types": {_ADMIN: "all"},
    "followups.read": {_CONSULTANT: "own", _LEAD: "jobcentre"},
    "followups.fulfil": {_CONSULTANT: "own", _LEAD: "jobcentre"},
    "followups.hand_over": {_CONSULTANT: "own", _LEAD: "jobcentre"},
    "followups.reminders": {_CONSULTANT: "own", _LEAD: "own", _REGION: "own"},
    "reports.read": {_LEAD: "jobcentre", _REGION: "region", _MANAGER: "all"},
    "desk.search": {_CALLER: "firm", _CONSULTANT: "jobcentre", _LEAD: "jobcentre", _REGION: "region", _MANAGER: "all"},
    "outbox.read": {_ADMIN: "all"},
    "recurring.read": {_ADMIN: "all"},
    "recurring.run": {_ADMIN: "all"},
    # /metrics is no role's: it is for the scraper that brings CRM_METRICS_TOKEN (crm.web.metrics), and names nobody
}


def verbs() -> frozenset[str]:
    return frozenset(TABLE)


def scope_of(
    session: Session, user: User, verb: str, known: dict[frozenset[int], frozenset[int]] | None = None
) -> Scope:
    """The union of what the user's roles give for ``verb``; an unknown verb raises KeyError.

    known: jobcentres of regions found already, for callers that ask for many verbs at once.
    """
    grants = TABLE[verb]
    everything, jobcentres, firms, regions = False, set[int](), set[int](), set[int]()
    own: int | None = None
    for held in user.roles if user.active else []:
        kind = grants.get(held.role)
        everything |= kind == "all"
        if kind == "own":
            own = user.id
        if kind == "firm" and held.calling_firm_id:
            firms.add(held.calling_firm_id)
        if kind == "jobcentre" and held.jobcentre_id:
            jobcentres.add(held.jobcentre_id)
        if kind == "region" and held.region_id:
            regions.add(held.region_id)
    if regions:
        found = known if known is not None else {}
        key = frozenset(regions)
        if key not in found:
            found[key] = frozenset(session.scalars(select(Jobcentre.id).where(Jobcentre.region_id.in_(regions))))
        jobcentres |= found[key]
    return Scope(everything, frozenset(jobcentres), frozenset(firms), own)


class Gate:
    """What the web edge asks of this room."""

    def user_by_token(self, session: Session, token: str) -> Any | None:
        from crm.people.queries import user_by_token

        return user_by_token(session, token)

    def scope(self, session: Session, user: Any, verb: str) -> Scope:
        """The request's session remembers the regions' jobcentres, so that a page's many verbs ask once."""
        return scope_of(session, user, verb, session.info.setdefault("jobcentres_of_regions", {}))

    def verbs(self) -> frozenset[str]:
        return verbs()
