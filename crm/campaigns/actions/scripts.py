"""Scripts in versions: keep a draft, publish, go back to an older one, return to the common script."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, Refusal
from crm.campaigns.models import Campaign, Script
from crm.campaigns.queries.scripts import latest_script
from crm.campaigns.rules import DEFAULT_SCRIPT, clean_steps, script_errors, script_limits

NOTE_LENGTH = 200


def script_stamp(script: Script | None) -> str:
    """What an editor began from: changes when a draft is saved, published or made anew; "0" for none."""
    if script is None:
        return "0"
    held = json.dumps([script.steps, script.note, script.published_at is not None], sort_keys=True)
    return f"{script.version}-{hashlib.blake2b(held.encode(), digest_size=6).hexdigest()}"


def save_script(
    session: Session,
    actor: Any,
    now: datetime,
    campaign: Campaign,
    steps: Sequence[Mapping[str, Any]],
    *,
    jobcentre_id: int | None = None,
    note: str = "",
    base: str | None = None,
) -> Script:
    """Keep a draft, half-finished as it may be; the draft that is there is written over, a published version never.

    base: ``script_stamp`` of what the editor began from; None asks no question. Raises Refusal ``conflict`` when
    somebody saved meanwhile, Invalid when there are more steps, answers or letters than fit.
    """
    kept = clean_steps(steps)
    _refuse(N_("Kladden er ikke gemt. Ret felterne og prøv igen."), script_limits(kept) | _note(note))
    script = _write(session, actor, now, campaign, kept, jobcentre_id, note, base)
    _record(session, actor, now, "campaigns.save_script", script)
    return script


def publish_script(
    session: Session,
    actor: Any,
    now: datetime,
    campaign: Campaign,
    steps: Sequence[Mapping[str, Any]],
    *,
    jobcentre_id: int | None = None,
    note: str = "",
    base: str | None = None,
    outcomes: Collection[str] | None = None,
) -> Script:
    """A version phoners follow from their next company on; it is never changed again.

    outcomes: the keys answers may propose; None = any. Raises Invalid naming step and field (see
    ``rules.script_errors``), Refusal ``conflict`` as ``save_script``.
    """
    kept = clean_steps(steps)
    _refuse(N_("Manuskriptet er ikke udgivet. Ret felterne og prøv igen."), script_errors(kept, outcomes) | _note(note))
    script = _write(session, actor, now, campaign, kept, jobcentre_id, note, base)
    script.published_at = now
    _record(session, actor, now, "campaigns.publish_script", script)
    return script


def restore_script(session: Session, actor: Any, now: datetime, script: Script, *, note: str) -> Script:
    """A new draft with an older version's steps. A draft that is there stays in the history, unpublished."""
    campaign = _lock(session, script.campaign_id)
    latest = latest_script(session, campaign.id, script.jobcentre_id)
    steps = clean_steps(script.steps or DEFAULT_SCRIPT)
    made = _new(session, actor, now, campaign.id, script.jobcentre_id, latest, steps, note)
    _record(session, actor, now, "campaigns.restore_script", made, from_version=script.version)
    return made


def use_common_script(
    session: Session, actor: Any, now: datetime, campaign: Campaign, jobcentre_id: int, *, note: str
) -> Script:
    """The jobcentre follows the campaign's script again, by a published version without steps; its own versions
    stay. Raises Refusal ``common_already``."""
    _lock(session, campaign.id)
    latest = latest_script(session, campaign.id, jobcentre_id)
    if latest is None or (latest.published_at and not latest.steps):
        raise Refusal("common_already", N_("Jobcentret bruger allerede det fælles manuskript. Intet er ændret."))
    made = _new(session, actor, now, campaign.id, jobcentre_id, latest, [], note)
    made.published_at = now
    _record(session, actor, now, "campaigns.use_common_script", made)
    return made


def discard_script(session: Session, actor: Any, now: datetime, script: Script) -> None:
    """Throw a draft away. Raises Refusal ``published``: a published version stays."""
    if script.published_at is not None:
        raise Refusal("published", N_("Versionen er udgivet og bliver stående. Intet er slettet."))
    _record(session, actor, now, "campaigns.discard_script", script)
    session.delete(script)
    session.flush()


def _note(note: str) -> dict[str, str]:
    return {"note": N_("Skriv højst 200 tegn")} if len(note.strip()) > NOTE_LENGTH else {}


def _refuse(message: str, errors: Mapping[str, str]) -> None:
    if errors:
        raise Invalid(message, errors=errors)


def _lock(session: Session, campaign_id: int) -> Campaign:
    """One writer of a campaign's scripts at a time, so that nobody's version is written over unseen."""
    return session.scalars(
        select(Campaign).where(Campaign.id == campaign_id).with_for_update(key_share=True, of=Campaign)
    ).one()


def _write(
    session: Session,
    actor: Any,
    now: datetime,
    campaign: Campaign,
    steps: list[dict[str, Any]],
    jobcentre_id: int | None,
    note: str,
    base: str | None,
) -> Script:
    _lock(session, campaign.id)
    latest = latest_script(session, campaign.id, jobcentre_id)
    if base is not None and base != script_stamp(latest):
        raise Refusal(
            "conflict",
            N_("En anden har gemt en nyere version imens. Det, du har skrevet, står her stadig og er ikke gemt endnu."),
        )
    if latest is None or latest.published_at is not None:
        return _new(session, actor, now, campaign.id, jobcentre_id, latest, steps, note)
    latest.steps, latest.note = steps, note.strip()
    latest.created_at, latest.created_by = now, getattr(actor, "id", None)
    session.flush()
    return latest


def _new(
    session: Session,
    actor: Any,
    now: datetime,
    campaign_id: int,
    jobcentre_id: int | None,
    latest: Script | None,
    steps: list[dict[str, Any]],
    note: str,
) -> Script:
    made = Script(
        campaign_id=campaign_id,
        jobcentre_id=jobcentre_id,
        version=latest.version + 1 if latest else 1,
        steps=steps,
        note=note.strip()[:NOTE_LENGTH],
        created_at=now,
        created_by=getattr(actor, "id", None),
    )
    session.add(made)
    session.flush()
    return made


def _record(session: Session, actor: Any, now: datetime, verb: str, script: Script, **data: Any) -> None:
    activity.record(
        session,
        actor,
        now,
        verb,
        script,
        campaign_id=script.campaign_id,
        jobcentre_id=script.jobcentre_id,
        version=script.version,
        **data,
    )
    session.flush()
