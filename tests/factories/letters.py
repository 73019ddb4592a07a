"""Factories of letters: an approved list whose companies can have one, and batches of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.campaigns.actions import make_letters
from crm.campaigns.models import CallList, LetterBatch, Participation
from crm.companies.models import Workplace
from tests.conftest import NOW
from tests.factories.campaigns import make_call_list
from tests.factories.core import make_campaign, make_participation, make_workplace

TEXT = "Vi har dit navn og nummer fra CVR-registret. Jobcentret er dataansvarligt."


def make_mailing_list(
    session: Session,
    count: int = 5,
    *,
    participation: Participation | None = None,
    workplaces: Sequence[Workplace] | None = None,
    **fields: Any,
) -> CallList:
    """An approved list of a campaign with an information text, whose companies have addresses."""
    if participation is None:
        campaign = make_campaign(session, information_text=TEXT, letter_days=4, calls_from=480, calls_to=1020,
                                 calls_any_day=False)  # fmt: skip
        participation = make_participation(session, campaign=campaign)
    chosen = workplaces if workplaces is not None else [make_workplace(session) for _n in range(count)]
    return make_call_list(
        session, participation=participation, workplaces=chosen, state="approved", approved_at=NOW, **fields
    )


def make_batch(
    session: Session,
    listed: CallList | None = None,
    *,
    mailed_on: date | None = None,
    now: datetime = NOW,
    **spread: Any,
) -> LetterBatch:
    """The first batch of the list, as the action makes it; mailed on the day of NOW unless told otherwise."""
    listed = listed or make_mailing_list(session)
    return make_letters(session, None, now, listed, name="Brev", first_on=mailed_on or NOW.date(), **spread)[0]
