"""Scripts of the demo: the standard one published for the campaign, and one jobcentre's own with a draft to come."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from crm.campaigns.actions import publish_script, save_script
from crm.campaigns.models import Campaign
from crm.campaigns.rules import DEFAULT_SCRIPT
from crm.demo.people import Centre
from crm.people.models import User

NEED = (
    "I {jobcentre} har vi netop nu mange, der er klar til job i bygge og industri, og nogle, der gerne vil begynde i "
    "praktik. Det koster ikke noget at høre om dem. Hvordan ser det ud hos jer: Mangler I folk nu, eller kommer I til "
    "det inden for det næste halve år?"
)
OFFER = (
    "Så vil {consultant} fra jobcentret gerne kigge forbi jer på {street} og høre, hvad I har brug for. Det tager "
    "højst en time. Skal vi sige {when}, {contact_first}?"
)


def common(session: Session, manager: User, campaign: Campaign, when: datetime) -> None:
    """The standard script becomes version 1 of the campaign's."""
    publish_script(session, manager, when, campaign, DEFAULT_SCRIPT, note="Første version")


def own(session: Session, centre: Centre, campaign: Campaign, when: datetime, now: datetime) -> None:
    """The jobcentre's own words for two steps, published; and a change of the lead's that is not."""
    steps = deepcopy(DEFAULT_SCRIPT)
    by_key = {step["key"]: step for step in steps}
    by_key["behov"]["text"] = NEED
    centre_id = centre.row.id
    note = "Vores egne ord om behovet"
    publish_script(session, centre.lead, when, campaign, steps, note=note, jobcentre_id=centre_id)
    by_key["forslag"]["text"] = OFFER
    saved = now - timedelta(hours=3)
    save_script(session, centre.lead, saved, campaign, steps, note="Mere præcist forslag", jobcentre_id=centre_id)
