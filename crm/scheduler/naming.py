"""What was set aside, in words: jobs know their items by number, and only the composition knows all rooms."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.errors import N_
from crm.calendars.models import BusySource
from crm.calling.models import PhoneCall, QueueEntry
from crm.campaigns.models import CallList, Campaign, Participation
from crm.companies.models import Workplace
from crm.followups.models import FollowUp
from crm.openings.models import Opening, Placement
from crm.people.models import Jobcentre, Partner, User
from crm.recurring.models import SetAside
from crm.recurring.rules import Named
from crm.visits.models import Visit
from crm.web.filters import dk_date, dk_datetime

log = logging.getLogger("crm.scheduler")
PAIR = re.compile(r"\d+/\d+")

Found = Mapping[str, Named]
Find = Callable[[Session, Sequence[str]], Found]


def named(session: Session, rows: Iterable[SetAside]) -> Mapping[int, Named]:
    """Words for each row, by its id; one query a kind of thing. What cannot be named keeps its number."""
    wanted: dict[Find, list[SetAside]] = defaultdict(list)
    for row in rows:
        if row.job in KINDS:
            wanted[KINDS[row.job]].append(row)
    told: dict[int, Named] = {}
    for find, those in wanted.items():
        try:
            found = find(session, sorted({row.item for row in those}))
        except (ValueError, TypeError) as exc:  # a row so broken that it cannot be read is still to be shown
            log.warning("set aside, and nameless: %s", type(exc).__name__)
            continue
        told.update((row.id, found[row.item]) for row in those if row.item in found)
    return told


def _by_id(words: str, query: Any, say: Callable[[Any], dict[str, Any]], endpoint: str) -> Find:
    """``query``: the id first, then the id in the link, then what ``say`` reads."""

    def find(session: Session, items: Sequence[str]) -> Found:
        number = query.selected_columns[0]
        rows = session.execute(query.where(number.in_([int(item) for item in items if item.isdecimal()])))
        return {str(row[0]): Named(words, say(row), endpoint, {ARGUMENTS[endpoint]: row[1]}) for row in rows}

    return find


COMPANY, PERSON, CAMPAIGN = "desk.company", "people.users_edit", "campaigns.show"
OPENING, VISIT, LIST = "openings.show", "visits.show", "campaigns.call_list"
ARGUMENTS = {
    COMPANY: "workplace_id",
    PERSON: "user_id",
    CAMPAIGN: "campaign_id",
    OPENING: "opening_id",
    VISIT: "visit_id",
    LIST: "list_id",
}

_follow_up = _by_id(
    N_("Aftale med {company}, frist {day}"),
    select(FollowUp.id, FollowUp.workplace_id, Workplace.name, FollowUp.due_on).join(
        Workplace, Workplace.id == FollowUp.workplace_id
    ),
    lambda row: {"company": row[2], "day": dk_date(row[3])},
    COMPANY,
)
_opening = _by_id(
    N_("Åbning hos {company}: {occupation}"),
    select(Opening.id, Opening.id, Workplace.name, Opening.occupation).join(
        Workplace, Workplace.id == Opening.workplace_id
    ),
    lambda row: {"company": row[2], "occupation": row[3] or "–"},
    OPENING,
)
_placement = _by_id(
    N_("Ansættelse hos {company}, slutter {day}"),
    select(Placement.id, Placement.opening_id, Workplace.name, Placement.ends_on).join(
        Workplace, Workplace.id == Placement.workplace_id
    ),
    lambda row: {"company": row[2], "day": dk_date(row[3]) or "–"},
    OPENING,
)
_visit = _by_id(
    N_("Besøg hos {company}, {when}"),
    select(Visit.id, Visit.id, Workplace.name, Visit.starts_at).join(Workplace, Workplace.id == Visit.workplace_id),
    lambda row: {"company": row[2], "when": dk_datetime(row[3])},
    VISIT,
)
_workplace = _by_id(
    N_("Virksomheden {company}"),
    select(Workplace.id, Workplace.id, Workplace.name),
    lambda row: {"company": row[2]},
    COMPANY,
)
_phone = _by_id(
    N_("Telefonopkald til {company}"),
    select(PhoneCall.id, QueueEntry.workplace_id, Workplace.name)
    .join(QueueEntry, QueueEntry.id == PhoneCall.entry_id)
    .join(Workplace, Workplace.id == QueueEntry.workplace_id),
    lambda row: {"company": row[2]},
    COMPANY,
)
_person = _by_id(N_("{person}"), select(User.id, User.id, User.name), lambda row: {"person": row[2]}, PERSON)
_calendar = _by_id(
    N_("Kalenderen »{calendar}«, {person}"),
    select(BusySource.id, User.id, BusySource.name, User.name).join(User, User.id == BusySource.consultant_id),
    lambda row: {"calendar": row[2], "person": row[3]},
    PERSON,
)
_campaign = _by_id(
    N_("Kampagnen {campaign}"),
    select(Campaign.id, Campaign.id, Campaign.name),
    lambda row: {"campaign": row[2]},
    CAMPAIGN,
)
_participation = _by_id(
    N_("{jobcentre}, {campaign}"),
    select(Participation.id, Campaign.id, Jobcentre.name, Campaign.name)
    .join(Campaign, Campaign.id == Participation.campaign_id)
    .join(Jobcentre, Jobcentre.id == Participation.jobcentre_id),
    lambda row: {"jobcentre": row[2], "campaign": row[3]},
    CAMPAIGN,
)
_list = _by_id(
    N_("Listen {list}, {jobcentre}"),
    select(CallList.id, CallList.id, CallList.name, Jobcentre.name)
    .join(Participation, Participation.id == CallList.participation_id)
    .join(Jobcentre, Jobcentre.id == Participation.jobcentre_id),
    lambda row: {"list": row[2], "jobcentre": row[3]},
    LIST,
)


def _pairs(session: Session, items: Sequence[str]) -> Found:
    """``campaign/jobcentre``."""
    pairs = {item: tuple(map(int, item.split("/"))) for item in items if PAIR.fullmatch(item)}
    campaigns, centres = {pair[0] for pair in pairs.values()}, {pair[1] for pair in pairs.values()}
    found = session.execute(
        select(Participation.campaign_id, Participation.jobcentre_id, Jobcentre.name, Campaign.name)
        .join(Campaign, Campaign.id == Participation.campaign_id)
        .join(Jobcentre, Jobcentre.id == Participation.jobcentre_id)
        .where(Participation.campaign_id.in_(campaigns), Participation.jobcentre_id.in_(centres))
    )
    names = {(row[0], row[1]): {"jobcentre": row[2], "campaign": row[3]} for row in found}
    return {
        item: Named(N_("{jobcentre}, {campaign}"), names[pair], CAMPAIGN, {"campaign_id": pair[0]})
        for item, pair in pairs.items()
        if pair in names
    }


def _receivers(session: Session, items: Sequence[str]) -> Found:
    """``partner:5`` and ``jobcentre:3``."""
    found: dict[str, Named] = {}
    for kind, model in (("partner", Partner), ("jobcentre", Jobcentre)):
        numbers = [int(item.partition(":")[2]) for item in items if item.startswith(f"{kind}:")]
        if numbers:
            for number, name in session.execute(select(model.id, model.name).where(model.id.in_(numbers))):
                found[f"{kind}:{number}"] = Named(N_("Tavlens mail til {receiver}"), {"receiver": name})
    return found


def _mails(_session: Session, items: Sequence[str]) -> Found:
    """Known by what the mailbox calls them: what people wrote is not kept."""
    return {item: Named(N_("Mailen {name} i postkassen"), {"name": item}) for item in items}


def _messages(_session: Session, items: Sequence[str]) -> Found:
    """By number alone: they could not be read."""
    return {item: Named(N_("Besked nr. {number} i udbakken"), {"number": item}) for item in items}


KINDS: Mapping[str, Find] = {
    **dict.fromkeys(("nag", "nag_answer", "ask", "with_visit"), _follow_up),
    **dict.fromkeys(("details", "cvs"), _opening),
    "endings": _placement,
    "caldav_moved": _visit,
    "places": _workplace,
    "phones": _phone,
    **dict.fromkeys(("nag_digest", "conflicts"), _person),
    **dict.fromkeys(("links", "caldav", "respell", "respell_leavers", "respell_seal"), _calendar),
    **dict.fromkeys(("letters", "order"), _campaign),
    "capacity": _participation,
    "firms": _list,
    "fit": _pairs,
    "board": _receivers,
    "replies": _mails,
    **dict.fromkeys(("deliver", "calendars"), _messages),
}
