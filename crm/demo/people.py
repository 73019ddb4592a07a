"""The demo's people: jobcentres with consultants and a lead, regional leads, calling firms with phoners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.calendars.actions import default_calendar
from crm.demo import names
from crm.demo.places import DemoJobcentre, seat
from crm.people.actions import Grant, add_calling_firm, add_jobcentre, add_user, load_reference
from crm.people.models import CallingFirm, Jobcentre, Region, User

PASSWORD = "demo-adgang-2026"  # noqa: S105 - the demo's sign-in is meant to be known
DOMAIN = "demo.invalid"
FIRMS = ("Ring & Aftal Eksempel A/S", "Møde-Phonerne Prøve ApS")


@dataclass
class Firm:
    row: CallingFirm
    phoners: list[User] = field(default_factory=list)


@dataclass
class Centre:
    """A jobcentre of the demo with its people and the firm that calls for it."""

    demo: DemoJobcentre
    row: Jobcentre
    firm: Firm
    lead: User
    consultants: list[User] = field(default_factory=list)


@dataclass
class People:
    admin: User
    manager: User
    regional_leads: list[User]
    firms: list[Firm]
    centres: list[Centre]

    def of(self, jobcentre_id: int) -> Centre:
        return next(centre for centre in self.centres if centre.row.id == jobcentre_id)

    @property
    def everyone(self) -> list[User]:
        """In the order in which sign-ins are shown: the chain's three people first."""
        phoners = [phoner for firm in self.firms for phoner in firm.phoners]
        consultants = [consultant for centre in self.centres for consultant in centre.consultants]
        leads = [centre.lead for centre in self.centres]
        return [*phoners, *consultants, *leads, *self.regional_leads, self.manager, self.admin]


@dataclass(frozen=True)
class Staffing:
    """How many consultants a jobcentre has, and which firm (0 or 1) calls for it."""

    centre: DemoJobcentre
    consultants: int
    firm: int


class Settler:
    """Admits the demo's people; numbers run through each role (phoner1, phoner2 … over both firms)."""

    def __init__(self, session: Session, now: datetime, rng: Random) -> None:
        self.session, self.now, self.rng = session, now, rng
        self._count: dict[str, int] = {}
        self._taken: set[str] = set()

    def settle(self, staffing: Sequence[Staffing], phoners: Sequence[int]) -> People:
        load_reference(self.session)
        admin = self._user("admin", Grant("admin"), "administrator", numbered=False)
        manager = self._user("manager", Grant("campaign_manager"), "kampagneleder", numbered=False)
        firms = [self._firm(name, count) for name, count in zip(FIRMS, phoners, strict=True)]
        centres = [self._centre(admin, one, firms[one.firm]) for one in staffing]
        return People(admin, manager, self._regional_leads(centres), firms, centres)

    def _user(self, mailbox: str, grant: Grant, title: str, numbered: bool = True) -> User:
        number = self._count[mailbox] = self._count.get(mailbox, 0) + 1
        email = f"{mailbox}{number if numbered else ''}@{DOMAIN}"
        return add_user(
            self.session,
            None,
            self.now,
            email=email,
            name=self._name(),
            password=PASSWORD,
            grants=[grant],
            title=title,
            phone=names.phone(self.rng),
            demo=True,
        )

    def _name(self) -> str:
        """A name nobody has yet, while there are any."""
        for _try in range(50):
            name = names.person(self.rng)
            if name not in self._taken:
                break
        self._taken.add(name)
        return name

    def _firm(self, name: str, phoners: int) -> Firm:
        firm = Firm(add_calling_firm(self.session, None, self.now, name))
        firm.phoners = [
            self._user("phoner", Grant("phoner", calling_firm_id=firm.row.id), "phoner") for _ in range(phoners)
        ]
        return firm

    def _centre(self, admin: User, staffing: Staffing, firm: Firm) -> Centre:
        town = seat(staffing.centre)
        row = add_jobcentre(
            self.session,
            admin,
            self.now,
            name=staffing.centre.name,
            municipality_codes=staffing.centre.codes,
            postcode=town.postcode,
            street=names.street(self.rng),
            city=town.place,
            phone=self._own_number(),
        )
        lead = self._user("lead", Grant("jobcentre_lead", jobcentre_id=row.id), "teamleder")
        centre = Centre(staffing.centre, row, firm, lead)
        for _ in range(staffing.consultants):
            title = self.rng.choice(("virksomhedskonsulent", "virksomhedskonsulent", "jobkonsulent"))
            user = self._user("consultant", Grant("consultant", jobcentre_id=row.id), title)
            default_calendar(self.session, user, row.name, town.postcode)
            centre.consultants.append(user)
        return centre

    def _own_number(self) -> str:
        return "+45" + names.phone(self.rng).replace(" ", "")

    def _regional_leads(self, centres: Sequence[Centre]) -> list[User]:
        """One for each region, that of the first jobcentre first."""
        order = list(dict.fromkeys(centre.row.region_id for centre in centres))
        named = {region.id: region for region in self.session.scalars(select(Region))}
        return [
            self._user("region", Grant("regional_lead", region_id=region_id), f"regionsleder, {named[region_id].name}")
            for region_id in order
        ]
