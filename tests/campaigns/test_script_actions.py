"""Versions of a script: drafts, publishing, going back, whose script a call follows. On both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import Invalid, NotFound, Refusal
from crm.base.scope import Scope
from crm.campaigns.actions import (
    discard_script,
    publish_script,
    restore_script,
    save_script,
    script_stamp,
    use_common_script,
)
from crm.campaigns.models import Script
from crm.campaigns.queries import (
    latest_script,
    own_scripts,
    script_centres,
    script_for,
    script_version,
    script_versions,
)
from tests.conftest import NOW
from tests.factories import make_campaign, make_jobcentre, make_participation, make_user

HOUR = timedelta(hours=1)


def steps(text: str = "Goddag, {contact}.") -> list[dict]:
    return [{"key": "hils", "title": "Hils", "text": text, "answers": []}]


def text_of(script: Script | None) -> str | None:
    return script.steps[0]["text"] if script else None


def test_a_draft_is_written_over_and_a_published_version_never(session: Session) -> None:
    campaign, user = make_campaign(session, script=[]), make_user(session, "campaign_manager")
    draft = save_script(session, user, NOW, campaign, steps("a"))
    assert save_script(session, user, NOW + HOUR, campaign, steps("b"), note=" Kortere ") is draft
    assert (draft.version, draft.note, draft.created_at, text_of(draft)) == (1, "Kortere", NOW + HOUR, "b")
    assert script_for(session, campaign.id, None) is None, "phoners do not see drafts"
    publish_script(session, user, NOW + HOUR, campaign, steps("c"))
    assert script_for(session, campaign.id, None) is draft
    again = save_script(session, user, NOW + 2 * HOUR, campaign, steps("d"))
    assert (again.version, text_of(draft), text_of(script_for(session, campaign.id, None))) == (2, "c", "c")
    history = script_versions(session, campaign.id, None)
    assert [(one.script.version, one.author, one.live) for one in history] == [
        (2, user.name, False),
        (1, user.name, True),
    ]
    verbs = session.scalars(
        select(Activity.verb).where(Activity.campaign_id == campaign.id).order_by(Activity.id)
    ).all()
    assert list(verbs) == ["campaigns.save_script"] * 2 + ["campaigns.publish_script", "campaigns.save_script"]


def test_a_half_finished_draft_is_kept_but_not_published(session: Session) -> None:
    campaign = make_campaign(session, script=[])
    half = [{"key": "a", "title": "", "text": "Goddag {chef}", "answers": [{"label": "", "outcome": "solgt"}]}]
    assert save_script(session, None, NOW, campaign, half).published_at is None
    with pytest.raises(Invalid) as refused:
        publish_script(session, None, NOW, campaign, half, outcomes={"booked"})
    assert set(refused.value.errors) == {"title-0", "text-0", "label-0-0", "outcome-0-0"}
    with pytest.raises(Invalid) as long:
        save_script(session, None, NOW, campaign, steps("x" * 3000), note="x" * 201)
    assert set(long.value.errors) == {"text-0", "note"}


def test_nobody_writes_over_what_another_saved_meanwhile(session: Session) -> None:
    campaign = make_campaign(session, script=[])
    base = script_stamp(latest_script(session, campaign.id, None))
    first = save_script(session, None, NOW, campaign, steps("a"), base=base)
    with pytest.raises(Refusal) as refused:
        save_script(session, None, NOW, campaign, steps("b"), base=base)
    assert refused.value.code == "conflict"
    assert text_of(first) == "a"
    mine = script_stamp(first)
    publish_script(session, None, NOW, campaign, steps("a"))
    with pytest.raises(Refusal):
        publish_script(session, None, NOW, campaign, steps("b"), base=mine)
    assert save_script(session, None, NOW, campaign, steps("b"), base=script_stamp(first)).version == 2


def test_a_jobcentres_own_script_goes_before_the_common_one_until_it_returns(session: Session) -> None:
    part = make_participation(session, campaign=make_campaign(session, script=[]))
    other = make_participation(session, campaign=part.campaign, jobcentre=make_jobcentre(session, code="101"))
    campaign, own = part.campaign, part.jobcentre_id
    publish_script(session, None, NOW, campaign, steps("fælles"))
    publish_script(session, None, NOW, campaign, steps("eget"), jobcentre_id=own)
    assert text_of(script_for(session, campaign.id, own)) == "eget"
    assert text_of(script_for(session, campaign.id, other.jobcentre_id)) == "fælles"
    assert text_of(script_for(session, campaign.id, None)) == "fælles"
    assert own_scripts(session, campaign.id) == {own}
    use_common_script(session, None, NOW + HOUR, campaign, own, note="Tilbage")
    assert text_of(script_for(session, campaign.id, own)) == "fælles"
    assert own_scripts(session, campaign.id) == frozenset()
    assert [one.script.version for one in script_versions(session, campaign.id, own)] == [2, 1]
    with pytest.raises(Refusal) as refused:
        use_common_script(session, None, NOW, campaign, own, note="")
    assert refused.value.code == "common_already"
    restore_script(session, None, NOW, script_versions(session, campaign.id, own)[1].script, note="")
    publish_script(session, None, NOW + 2 * HOUR, campaign, steps("eget"), jobcentre_id=own)
    assert text_of(script_for(session, campaign.id, own)) == "eget"


def test_a_call_keeps_the_version_that_was_in_force_when_it_began(session: Session) -> None:
    part = make_participation(session, campaign=make_campaign(session, script=[]))
    campaign, own = part.campaign, part.jobcentre_id
    publish_script(session, None, NOW, campaign, steps("1"))
    publish_script(session, None, NOW + HOUR, campaign, steps("2"))
    publish_script(session, None, NOW + 2 * HOUR, campaign, steps("eget"), jobcentre_id=own)
    use_common_script(session, None, NOW + 3 * HOUR, campaign, own, note="")
    seen = [text_of(script_for(session, campaign.id, own, NOW + n * HOUR)) for n in (-1, 0, 1, 2, 3)]
    assert seen == [None, "1", "2", "eget", "2"]


def test_going_back_copies_the_old_version_and_loses_no_draft(session: Session) -> None:
    campaign = make_campaign(session, script=[])
    first = publish_script(session, None, NOW, campaign, steps("1"))
    publish_script(session, None, NOW, campaign, steps("2"))
    draft = save_script(session, None, NOW, campaign, steps("kladde"))
    copy = restore_script(session, None, NOW + HOUR, first, note="Som version 1")
    assert (copy.version, text_of(copy), copy.published_at) == (4, "1", None)
    assert text_of(draft) == "kladde"
    assert text_of(script_for(session, campaign.id, None)) == "2"
    discard_script(session, None, NOW, copy)
    assert latest_script(session, campaign.id, None) is draft
    with pytest.raises(Refusal) as refused:
        discard_script(session, None, NOW, first)
    assert refused.value.code == "published"


def test_a_version_is_reached_through_the_scope(session: Session) -> None:
    part = make_participation(session, campaign=make_campaign(session, script=[]))
    other = make_participation(session, campaign=part.campaign, jobcentre=make_jobcentre(session, code="101"))
    foreign = make_campaign(session)
    common = publish_script(session, None, NOW, part.campaign, steps())
    own = publish_script(session, None, NOW, part.campaign, steps(), jobcentre_id=part.jobcentre_id)
    lead, stranger = Scope(jobcentres=frozenset({part.jobcentre_id})), Scope(jobcentres=frozenset({other.jobcentre_id}))
    campaign_id = part.campaign_id
    assert script_version(session, lead, campaign_id, own.id) is own
    assert script_version(session, lead, campaign_id, common.id) is common, "the common one may be compared with"
    assert [centre.id for centre in script_centres(session, lead, campaign_id)] == [part.jobcentre_id]
    for scope, campaign, script in (
        (stranger, campaign_id, own),
        (Scope(everything=True), foreign.id, own),
        (Scope(jobcentres=frozenset({-1})), campaign_id, common),
    ):
        with pytest.raises(NotFound):
            script_version(session, scope, campaign, script.id)


def test_the_database_holds_one_row_for_a_version_of_the_common_script_too(session: Session) -> None:
    campaign = make_campaign(session)
    session.add(Script(campaign_id=campaign.id, version=1, steps=[], created_at=NOW))
    with pytest.raises(IntegrityError), session.begin_nested():
        session.flush()
