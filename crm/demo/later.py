"""What became of the reference campaign's openings and agreements, through the bulk path: candidates shown the job,
hires and closings; the notices and digests of its nags; what the companies answered when they were asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from crm.base.clock import add_working_days, at, danish_date, next_working_day
from crm.demo import cases, texts
from crm.demo.bulk import Bulk
from crm.demo.matching import CLOSED, WEEKS
from crm.demo.people import Centre, People
from crm.demo.rows import Row
from crm.demo.timetable import moment
from crm.followups.models import Answer, Digest, FollowUp, Nag, Notice
from crm.followups.rules import AGREED, LADDER
from crm.openings.models import Candidacy, Candidate, Opening, Placement
from crm.openings.rules.occupations import code_of
from crm.people.models import User
from crm.visits.models import Visit

CANDIDATES = 24
LATEST = 12
"""Working days before now that are left to the actions themselves (crm.demo.reference.matched)."""
STEPS = {step.key: step for step in LADDER}


class Later:
    """Reads the rows that the bulk path has collected, changes and adds; ``play`` before they are written."""

    def __init__(self, bulk: Bulk, rng: Random, people: People, now: datetime) -> None:
        self.bulk, self.rng, self.now = bulk, rng, now
        self.users: Mapping[int, User] = {user.id: user for user in people.everyone}
        self.centres = {centre.row.id: centre for centre in people.centres}
        self.until = at(add_working_days(danish_date(now), -LATEST), 0)
        self.pool: dict[int, list[Row]] = {}
        self.hired: dict[int, int] = {}
        self.codes = {words: code_of(words) for words in cases.OCCUPATIONS}

    def play(self) -> None:
        for opening in self.bulk.rows[Opening]:
            if opening["created_at"] < self.until:
                self._opening(opening)
        self._told()
        for follow_up in self.bulk.rows[FollowUp]:
            self._asked(follow_up)

    def _candidates(self, centre: Centre) -> list[Row]:
        """The jobcentre's own, made when first needed; known by a reference alone."""
        if centre.row.id not in self.pool:
            since = self.until - timedelta(days=160)
            self.pool[centre.row.id] = [
                self._candidate(centre, number, since) for number in range(100, 100 + CANDIDATES)
            ]
        return self.pool[centre.row.id]

    def _candidate(self, centre: Centre, number: int, since: datetime) -> Row:
        told = asdict(cases.told(self.rng, centre, number, since))
        told |= {"languages": list(told["languages"]), "types": list(told["types"])}
        owner = centre.consultants[number % len(centre.consultants)].id
        home = {"jobcentre_id": centre.row.id, "partner_id": None, "owner_id": owner, "created_by": owner}
        told |= {"occupation_code": self.codes[told["occupation"]], "created_at": since}
        told |= {"consent_withdrawn_at": None, "active": True, "erased_at": None}
        return self.bulk._add(Candidate, **{name: told[name] for name in told if name in _columns()}, **home)

    def _opening(self, opening: Row) -> None:
        """Details mostly come; candidates are shown the job; some are hired; what is not filled closes in the end."""
        rng, when = self.rng, opening["created_at"]
        by = self.users[opening["consultant_id"]]
        if rng.random() < 0.6:
            when = self._day(when, 1, 5)
            start = next_working_day(danish_date(when) + timedelta(days=rng.randint(7, 45)))
            opening["occupation"] = opening["occupation"] or "Medarbejder til lageret"
            opening["occupation_code"] = opening["occupation_code"] or code_of(opening["occupation"])
            opening |= {"tasks": rng.choice(texts.TASKS), "weekly_hours": rng.choice((37.0, 30.0, 25.0, 15.0))}
            opening |= {"starts_on": start}
            if opening["cvs_wanted"] is None:
                opening["cvs_wanted"] = 0
            self._step(opening, by, when, "details", changed=["tasks", "weekly_hours", "starts_on"])
            if self._contact(opening):
                self._stage(opening, by, when, "specified")
        hired = 0
        if rng.random() < 0.62:
            people = rng.sample(self._candidates(self.centres[opening["jobcentre_id"]]), rng.choice((1, 1, 2, 2, 3, 4)))
            for person in people:
                last = self._candidacy(opening, by, person, when, full=hired >= opening["positions"])
                hired += last is not None
                when = max(when, last or when)
        if opening["state"] == "open" and when < self.now - timedelta(days=30) and rng.random() < 0.7:
            self._close(opening, by, self._day(when, 8, 20), str(rng.choices(*zip(*CLOSED, strict=True))[0]))  # type: ignore[arg-type]

    def _contact(self, opening: Row) -> bool:
        visits = self.bulk.rows[Visit]
        return bool(opening["contact_name"] or visits[opening["visit_id"] - visits[0]["id"]]["contact_name"])

    def _candidacy(self, opening: Row, by: User, person: Row, told: datetime, *, full: bool) -> datetime | None:
        """How far one candidate comes; when hired, else None."""
        rng = self.rng
        row = self.bulk._add(Candidacy, opening_id=opening["id"], candidate_id=person["id"], **_unstarted())
        proposed = self._day(told, 0, 4)
        row |= {"proposed_at": proposed, "proposed_by": by.id, "state": "proposed"}
        self._of(opening, row, by, proposed, "propose")
        shown = self._day(proposed, 0, 3)
        if full or rng.random() < 0.1:
            return self._end(opening, row, by, shown, "candidate_declined")
        row |= {"presented_at": shown, "presented_by": by.id, "state": "presented"}
        self._of(opening, row, by, shown, "present")
        self._stage(opening, by, shown, "presented")
        if person["consent_on"] is None or rng.random() < 0.2:
            return self._end(opening, row, by, self._day(shown, 1, 4), "candidate_declined")
        sent = self._day(shown, 0, 2)
        row |= {"sent_at": sent, "state": "sent"}
        self._of(opening, row, by, sent, "send", message=None)
        if rng.random() < 0.4:
            return self._end(opening, row, by, self._day(sent, 1, 6), "company_declined")
        talk = self._day(sent, 1, 4)
        row |= {"interview_at": talk, "state": "interview"}
        self._of(opening, row, by, talk, "interview", interview_at=talk.isoformat())
        self._stage(opening, by, talk, "interview")
        done = self._day(talk, 1, 3)
        if rng.random() < 0.4:
            return self._end(opening, row, by, done, "company_declined")
        self._hire(opening, row, by, done)
        return done

    def _end(self, opening: Row, row: Row, by: User, when: datetime, because: str) -> datetime | None:
        """Nobody was hired."""
        row |= {"state": "ended", "ended_at": when, "ended_because": because}
        self._of(opening, row, by, when, "end", because=because)
        return None

    def _hire(self, opening: Row, row: Row, by: User, when: datetime) -> None:
        rng, kind = self.rng, opening["type"]
        starts = next_working_day(danish_date(when) + timedelta(days=rng.choice((0, 1, 3, 7))))
        weeks = rng.choice(WEEKS[kind]) if kind in WEEKS else None
        ends = starts + timedelta(weeks=weeks, days=-3) if weeks else None
        over = ends is not None and ends < danish_date(self.now) - timedelta(days=1)
        kept = {"permanent": rng.random() < 0.35} if over else {"permanent": None}
        place = {name: opening[name] for name in ("campaign_id", "jobcentre_id", "workplace_id")}
        made = self.bulk._add(
            Placement,
            opening_id=opening["id"],
            candidacy_id=row["id"],
            **place,
            type=kind,
            starts_on=starts,
            ends_on=ends,
            state="ended" if over else "agreed",
            ended_on=ends if over else None,
            ended_because="as_agreed" if over else None,
            **kept,
            created_at=when,
            created_by=by.id,
            voided_at=None,
        )
        row |= {"hired_at": when, "state": "hired"}
        self._of(opening, row, by, when, "hire", placement_id=made["id"], placement_type=kind)
        taken = self.hired[opening["id"]] = self.hired.get(opening["id"], 0) + 1
        self._stage(opening, by, when, "hired" if taken >= opening["positions"] else "part")
        if taken >= opening["positions"]:
            self._close(opening, by, when, "filled_by_us")

    def _close(self, opening: Row, by: User, when: datetime, reason: str) -> None:
        if when < self.now:
            opening |= {"state": "closed", "closed_reason": reason, "closed_at": when}
            self._step(opening, by, when, "close", reason=reason, candidates=0)

    def _stage(self, opening: Row, by: User, when: datetime, stage: str) -> None:
        order = ("told", "specified", "presented", "interview", "part", "hired")
        if order.index(stage) > order.index(opening["stage"]):
            self._step(opening, by, when, "stage", was=opening["stage"], stage=stage)
            opening["stage"] = stage

    def _step(self, opening: Row, by: User, when: datetime, verb: str, **data: Any) -> None:
        told = {name: opening[name] for name in ("type", "positions", "visit_id")}
        place = (Opening, opening["id"], opening["workplace_id"])
        self.bulk._note(by, when, f"openings.{verb}", *place, {**told, **data})

    def _of(self, opening: Row, row: Row, by: User, when: datetime, verb: str, **data: Any) -> None:
        told = {"opening_id": opening["id"], "visit_id": opening["visit_id"], "candidate_id": row["candidate_id"]}
        place = (Candidacy, row["id"], opening["workplace_id"])
        self.bulk._note(by, when, f"openings.candidacy_{verb}", *place, {**told, "state": row["state"], **data})

    def _day(self, when: datetime, least: int, most: int) -> datetime:
        """So many working days later, in working hours; later than ``when`` and never after now."""
        day = add_working_days(danish_date(when), self.rng.randint(least, most))
        later = max(moment(self.rng, day), when + timedelta(minutes=4))
        return min(later, self.now - timedelta(minutes=5))

    def _told(self) -> None:
        """Each nag stood in its recipient's digest of that morning, and was read within days."""
        digests: dict[tuple[int, date], Row] = {}
        for nag in self.bulk.rows[Nag]:
            who, when = nag["recipient_id"], nag["written_at"]
            day = danish_date(when)
            digest = digests.get((who, day))
            if digest is None:
                digest = digests[who, day] = self.bulk._add(Digest, user_id=who, day=day, written_at=when)
            step, seen = STEPS[nag["step"]], when + timedelta(hours=self.rng.randint(1, 90))
            self.bulk._add(
                Notice,
                user_id=who,
                follow_up_id=nag["follow_up_id"],
                kind="nag",
                role="region" if step.to_region else "lead" if step.to_lead else "owner",
                nag_id=nag["id"],
                digest_id=digest["id"],
                created_at=when,
                seen_at=seen if seen < self.now else None,
            )

    def _asked(self, follow_up: Row) -> None:
        """Companies that had the agreement in writing are asked after its day; some answer, and see it their way."""
        rng = self.rng
        when = at(add_working_days(follow_up["due_on"], 3), 8 * 60 + 30)
        ours = follow_up["owed_by"] == "jobcentre" and follow_up["kind"] in AGREED and follow_up["told_at"] is not None
        if not ours or when >= self.now or rng.random() < 0.5:
            return
        done = follow_up["done_at"] is not None and follow_up["done_at"] < when
        follow_up["asked_at"] = when
        self.bulk._followed(follow_up, None, when, "followups.ask", {"done": done})
        said = self._day(when, 0, 4)
        if rng.random() < 0.55 or said <= when:
            return
        kept = rng.random() < (0.78 if follow_up["done_at"] and follow_up["done_at"] < said else 0.15)
        words = "" if kept else rng.choice(texts.NOT_KEPT)
        follow_up["company_kept"] = kept
        settled = said + timedelta(days=1) if not kept and said + timedelta(days=1) < self.now else None
        self.bulk._add(
            Answer,
            follow_up_id=follow_up["id"],
            at=said,
            kind="kept" if kept else "not_kept",
            words=words,
            due_on=None,
            owed_by=None,
            settled_at=settled,
            settled_by=follow_up["owner_id"] if settled else None,
            settled_as="accepted" if settled else None,
            reply="",
        )
        self.bulk._followed(follow_up, None, said, "followups.kept" if kept else "followups.not_kept", {"words": words})


def _columns() -> frozenset[str]:
    return frozenset(Candidate.__table__.c.keys()) - {"id", "jobcentre_id", "partner_id", "owner_id", "created_by"}


def _unstarted() -> Row:
    moments = ("offered", "answered", "told", "proposed", "presented", "sent", "interview", "hired", "ended")
    empty: Row = {f"{name}_at": None for name in moments}
    empty |= dict.fromkeys(("offered_by", "answered_by", "proposed_by", "presented_by", "ended_because"))
    return {**empty, "offered_words": "", "answered_words": "", "state": "proposed"}
