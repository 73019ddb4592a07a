"""JSON resources of the board: what is shared with us, sharing, offering, answering."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select

from crm.base.errors import NotFound
from crm.openings import queries
from crm.openings.actions import sharing as actions
from crm.openings.api.blueprint import api
from crm.openings.models import Candidacy, Candidate, OpeningShare
from crm.openings.queries import sharing as shared
from crm.openings.queries.partner import jobcentre_names
from crm.openings.rules.board import MAX_WORDS, card
from crm.openings.rules.candidates import NewCandidate
from crm.web.api import In, Paging, page
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


class OpeningPath(BaseModel):
    id: int = Field(ge=1, le=2**53)


class BoardPath(BaseModel):
    opening_id: int = Field(ge=1, le=2**53)


class CandidacyPath(BaseModel):
    id: int = Field(ge=1, le=2**53)


class CardOut(BaseModel):
    """A shared opening as receivers see it. ``company``: only where its owner tells it."""

    opening_id: int
    shared_at: datetime
    jobcentre_id: int = Field(description="The jobcentre it is shared with")
    type: str
    akutjob: bool
    positions: int
    occupation: str
    occupation_code: str | None
    tasks: str
    weekly_hours: float | None
    hours_note: str
    starts_on: date | None
    starts_note: str
    languages: list[str]
    wishes: str
    cvs_wanted: int | None
    cvs_by: date | None
    postcode: str
    town: str
    company: str | None
    jobcentre: str
    consultant: str
    consultant_email: str


class BoardOut(BaseModel):
    items: list[CardOut]
    next_cursor: str | None


class ShareIn(In):
    """Give at least one receiver. ``names_company``: whether boards show the company's name; left out: as it is."""

    jobcentre_ids: list[int] = Field(default_factory=list, max_length=200)
    partner_ids: list[int] = Field(default_factory=list, max_length=200)
    names_company: bool | None = None


class SharePath(BaseModel):
    opening_id: int = Field(ge=1, le=2**53)
    share_id: int = Field(ge=1, le=2**53)


class ProposalPath(BaseModel):
    candidacy_id: int = Field(ge=1, le=2**53)


class OneShare(BaseModel):
    """With one jobcentre or one partner. ``withdrawn_at``: when it was taken off that board, null while it is on it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    jobcentre_id: int | None
    partner_id: int | None
    shared_at: datetime
    withdrawn_at: datetime | None


class ShareList(BaseModel):
    items: list[OneShare]


class ShareOut(BaseModel):
    """``shares``: on whose boards it is now."""

    opening_id: int
    new: int = Field(description="On how many boards it is new")
    jobcentre_ids: list[int]
    partner_ids: list[int]
    names_company: bool
    shares: list[OneShare]


class NewCandidateIn(In):
    """``reference``: a case number or initials, never a name. ``agreed``: the person agreed on ``consent_on``."""

    reference: str = Field(max_length=40)
    occupation: str = Field(max_length=200)
    postcode: str = Field(max_length=4)
    consent_on: date
    agreed: bool
    weekly_hours: float | None = Field(None, ge=1, le=60)
    languages: list[str] = Field(default_factory=list, max_length=50)


class OfferIn(In):
    """One of one's own candidates, or a new one."""

    candidate_id: int | None = Field(None, ge=1, le=2**53)
    candidate: NewCandidateIn | None = None
    words: str = Field("", max_length=MAX_WORDS)

    @model_validator(mode="after")
    def _one_of_them(self) -> OfferIn:
        if (self.candidate_id is None) == (self.candidate is None):
            raise ValueError("give either candidate_id or candidate")
        return self


class AnswerIn(In):
    """A refusal needs words."""

    accept: bool
    words: str = Field("", max_length=MAX_WORDS)


class OfferOut(BaseModel):
    id: int
    opening_id: int
    candidate_id: int
    reference: str
    state: str
    offered_at: datetime | None
    answered_at: datetime | None
    answered_words: str


def as_json(found: Candidacy) -> dict[str, Any]:
    return OfferOut(
        id=found.id,
        opening_id=found.opening_id,
        candidate_id=found.candidate_id,
        reference=found.candidate.reference,
        state=found.state,
        offered_at=found.offered_at,
        answered_at=found.answered_at,
        answered_words=found.answered_words,
    ).model_dump(mode="json")


@api.get("/board", summary="Openings that others share with our jobcentre", responses={200: BoardOut})
@requires("openings.board")
def read_board(query: Paging) -> Any:
    """Newest first. Closed and withdrawn ones are not on it."""
    wanted = shared.board_statement(scope().jobcentres)
    rows, cursor = page(session(), wanted, OpeningShare.id, query, descending=True)
    names = jobcentre_names(session(), [row.opening.jobcentre_id for row in rows])
    return {"items": [_card(row, names) for row in rows], "next_cursor": cursor}


def _card(row: OpeningShare, names: dict[int, str]) -> dict[str, Any]:
    shown = card(row.opening, names[row.opening.jobcentre_id])
    told = {name: getattr(shown, name) for name in CardOut.model_fields if hasattr(shown, name)}
    told |= {"shared_at": row.shared_at, "jobcentre_id": row.jobcentre_id, "languages": list(shown.languages)}
    return CardOut(**told).model_dump(mode="json")


@api.post("/openings/<int:id>/share", summary="Share an opening", responses={200: ShareOut})
@requires("openings.share")
def share_opening(path: OpeningPath, body: ShareIn) -> Any:
    """404 for a receiver out of reach; 409 ``closed``; 422 without a receiver."""
    opening = queries.opening(session(), scope(), path.id)
    new = actions.share(
        session(),
        actor(),
        now(),
        opening,
        jobcentre_ids=body.jobcentre_ids,
        partner_ids=body.partner_ids,
        names_company=body.names_company,
    )
    live = [one for one in shared.shares_of(session(), opening.id) if one.withdrawn_at is None]
    return {
        "opening_id": opening.id,
        "new": new,
        "jobcentre_ids": [one.jobcentre_id for one in live if one.jobcentre_id],
        "partner_ids": [one.partner_id for one in live if one.partner_id],
        "names_company": opening.names_company,
        "shares": [_share(one) for one in live],
    }


def _share(row: OpeningShare) -> dict[str, Any]:
    return OneShare.model_validate(row).model_dump(mode="json")


@api.get("/openings/<int:opening_id>/shares", summary="Whom an opening was shared with", responses={200: ShareList})
@requires("openings.share")
def list_shares(path: BoardPath) -> Any:
    """Those that were withdrawn too, in the order of sharing."""
    opening = queries.opening(session(), scope(), path.opening_id)
    return {"items": [_share(row) for row in shared.shares_of(session(), opening.id)]}


@api.post(
    "/openings/<int:opening_id>/shares/<int:share_id>/withdraw",
    summary="Take an opening off a receiver's board",
    responses={200: OneShare},
)
@requires("openings.share")
def withdraw_share(path: SharePath) -> Any:
    """Proposals already made stay and wait. 409 ``withdrawn``."""
    opening = queries.opening(session(), scope(), path.opening_id)
    found = shared.share(session(), opening.id, path.share_id)
    actions.withdraw(session(), actor(), now(), opening, found)
    return _share(found)


@api.post("/board/<int:opening_id>/offer", summary="Offer a candidate for a shared opening", responses={201: OfferOut})
@requires("openings.board")
def offer_candidate(path: BoardPath, body: OfferIn) -> Any:
    """409 ``closed``, ``withdrawn``, ``consent``, ``duplicate``, ``known``, ``retired``; 422 names the fields."""
    share = shared.share_with(session(), path.opening_id, jobcentres=scope().jobcentres)
    candidate, told = None, None
    if body.candidate_id is not None:
        candidate = session().scalar(
            select(Candidate).where(Candidate.id == body.candidate_id, Candidate.jobcentre_id == share.jobcentre_id)
        )
        if candidate is None:
            raise NotFound
    elif (new := body.candidate) is not None:
        told = NewCandidate(
            new.reference,
            new.occupation,
            new.postcode,
            languages=tuple(new.languages),
            weekly_hours=new.weekly_hours,
            consent_on=new.consent_on,
        )
    made = actions.offer(
        session(),
        now(),
        share.opening,
        candidate=candidate,
        told=told,
        agreed=bool(body.candidate and body.candidate.agreed),
        words=body.words,
        user=actor(),
        jobcentre_id=share.jobcentre_id,
    )
    return as_json(made), 201


@api.post(
    "/board/proposals/<int:candidacy_id>/withdraw", summary="Take an own proposal back", responses={200: OfferOut}
)
@requires("openings.board")
def withdraw_proposal(path: ProposalPath) -> Any:
    """409 ``answered`` once the opening's owner has answered it."""
    found = shared.proposal_by(session(), path.candidacy_id, jobcentres=scope().jobcentres)
    return as_json(actions.withdraw_offer(session(), now(), found, user=actor()))


@api.post("/candidacies/<int:id>/answer", summary="Answer a proposal for an own opening", responses={200: OfferOut})
@requires("openings.share")
def answer_offer(path: CandidacyPath, body: AnswerIn) -> Any:
    """409 ``answered`` (naming who did), ``taken_back``, ``closed``; 422 for a refusal without words."""
    found = shared.candidacy(session(), scope(), path.id)
    return as_json(actions.answer(session(), actor(), now(), found, body.accept, body.words))
