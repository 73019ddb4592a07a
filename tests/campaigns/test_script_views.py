"""The script editor in the browser's place: typed, moved, previewed, saved, refused; who may open it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.campaigns.models import Participation, Script
from crm.campaigns.rules import DEFAULT_SCRIPT, script_target
from crm.people.models import User
from tests.factories import make_campaign, make_jobcentre, make_participation, make_script, make_user

SignIn = Callable[[FlaskClient, User], FlaskClient]


@pytest.fixture
def part(db: Session) -> Participation:
    made = make_participation(db, campaign=make_campaign(db, script=[]))
    make_participation(db, campaign=made.campaign, jobcentre=make_jobcentre(db, code="101"))
    db.commit()
    return made


@pytest.fixture
def manager(client: FlaskClient, db: Session, sign_in: SignIn) -> FlaskClient:
    user = make_user(db, "campaign_manager", name="Kim Leder")
    db.commit()
    return sign_in(client, user)


@pytest.fixture
def lead(app: Flask, db: Session, sign_in: SignIn, part: Participation) -> FlaskClient:
    user = make_user(db, "jobcentre_lead", jobcentre=part.jobcentre)
    db.commit()
    return sign_in(app.test_client(), user)


def url(part: Participation, own: bool = False) -> str:
    return f"/campaigns/{part.campaign_id}/script" + (f"?jobcentre={part.jobcentre_id}" if own else "")


def form(steps: list[dict], **more: str) -> dict[str, str]:
    fields: dict[str, str] = {"base": "0"}
    for n, step in enumerate(steps):
        fields |= {f"{name}-{n}": step[name] for name in ("key", "title", "text")}
        for m, row in enumerate(step.get("answers", [])):
            fields |= {f"{name}-{n}-{m}": row[name] for name in ("label", "note", "outcome")}
            fields[f"to-{n}-{m}"] = script_target(row)
    return fields | more


def scripts(db: Session) -> list[Script]:
    found = db.scalars(sa.select(Script).order_by(Script.id).execution_options(populate_existing=True)).all()
    db.commit()
    return list(found)


HELLO = [{"key": "hils", "title": "Hils", "text": "Goddag {contact} hos {company}", "answers": []}]


def test_a_campaign_without_a_script_begins_with_the_standard_one(manager: FlaskClient, part: Participation) -> None:
    page = manager.get(url(part))
    assert "Kampagnen følger standardmanuskriptet." in page.text
    assert "Foreslå besøg" in page.text
    assert "Ingen versioner endnu" in page.text
    assert "Klar til at udgive" in page.text


def test_nothing_is_saved_before_it_is_asked_for(manager: FlaskClient, part: Participation, db: Session) -> None:
    shown = manager.post(url(part), data=form(HELLO, do="preview"))
    assert "<b>Mette Prøvesen</b> hos <b>Eksempel Blik &amp; Rør ApS</b>" in shown.text
    more = manager.post(url(part), data=form(HELLO, do="answer:0", note="Kortere"))
    assert 'name="label-0-0"' in more.text
    assert 'value="Kortere"' in more.text
    assert "Goddag {contact} hos {company}" in more.text
    added = manager.post(url(part), data=form(HELLO, do="add"), headers={"HX-Request": "true"})
    assert 'name="title-1"' in added.text
    assert "<html" not in added.text
    assert scripts(db) == []


def test_the_preview_walks_by_posting_too(manager: FlaskClient, part: Participation) -> None:
    page = manager.post(url(part), data=form(DEFAULT_SCRIPT, walk="0.0.0"))
    assert "Foreslår udfaldet Besøg aftalt" in page.text
    assert '<li class="is-current" data-script-step="bekraeft"' in page.text
    assert "tirsdag den 24. november kl. 10" in page.text
    assert '<li class="is-current" data-script-step="indledning"' in manager.post(
        url(part), data=form(DEFAULT_SCRIPT, walk="x")
    ).text  # fmt: skip


def test_a_draft_is_kept_half_finished_and_published_when_it_is_right(
    manager: FlaskClient, part: Participation, db: Session
) -> None:
    half = [{**HELLO[0], "text": "Goddag {chef}"}]
    kept = manager.post(url(part), data=form(half, do="save"), follow_redirects=True)
    assert "Kladden er gemt" in kept.text
    assert "1 ting skal rettes før udgivelse" in kept.text
    [draft] = scripts(db)
    base = kept.text.split('name="base" value="')[1].split('"')[0]
    refused = manager.post(url(part), data=form(half, do="publish", base=base))
    assert refused.status_code == 422
    assert "Trin 1: Feltet kendes ikke." in refused.text
    assert 'aria-describedby="text-0-error"' in refused.text
    assert "Goddag {chef}" in refused.text
    done = manager.post(url(part), data=form(HELLO, do="publish", base=base, note="Ret navn"), follow_redirects=True)
    assert "Version 1 er udgivet" in done.text
    assert "Ret navn" in done.text
    [published] = scripts(db)
    assert (published.id, published.steps[0]["text"]) == (draft.id, HELLO[0]["text"])


def test_what_another_saved_meanwhile_is_shown_and_nothing_typed_is_lost(
    manager: FlaskClient, part: Participation, db: Session
) -> None:
    make_script(db, campaign=part.campaign, steps=[{**HELLO[0], "text": "Hej {contact}"}], published_at=None)
    db.commit()
    page = manager.post(url(part), data=form(HELLO, do="save", note="Min note"))
    assert page.status_code == 409
    assert "Goddag {contact} hos {company}" in page.text
    assert "Min note" in page.text
    assert "<del>Hej</del>" in page.text
    base = page.text.split('name="base" value="')[1].split('"')[0]
    assert manager.post(url(part), data=form(HELLO, do="save", base=base)).status_code == 302
    assert [script.steps[0]["text"] for script in scripts(db)] == [HELLO[0]["text"]]


def test_an_outcome_the_campaign_does_not_have_is_refused(manager: FlaskClient, part: Participation) -> None:
    answer = {"label": "Ja", "note": "", "to": "", "outcome": "solgt"}
    page = manager.post(url(part), data=form([{**HELLO[0], "answers": [answer]}], do="publish"))
    assert page.status_code == 422
    assert "Trin 1, svar 1: Udfaldet findes ikke i kampagnen." in page.text


def test_a_lead_edits_the_own_jobcentres_script_alone(
    lead: FlaskClient, part: Participation, db: Session, manager: FlaskClient
) -> None:
    assert lead.get(url(part)).location == url(part, own=True)
    page = lead.get(url(part, own=True))
    assert "Jobcentret følger det fælles manuskript." in page.text
    assert lead.post(url(part), data=form(HELLO, do="publish")).status_code == 404
    other = make_jobcentre(db, code="101").id
    db.commit()
    assert lead.get(f"{url(part)}?jobcentre={other}").status_code == 404
    assert lead.post(url(part, own=True), data=form(HELLO, do="publish")).status_code == 302
    [own] = scripts(db)
    assert own.jobcentre_id == part.jobcentre_id
    assert "– eget" in manager.get(url(part)).text
    back = lead.post(
        f"/campaigns/{part.campaign_id}/script/common?jobcentre={part.jobcentre_id}", follow_redirects=True
    )
    assert "følger det fælles manuskript fra næste virksomhed" in back.text
    assert [len(script.steps) for script in scripts(db)] == [1, 0]


def test_versions_are_compared_brought_back_and_thrown_away(
    manager: FlaskClient, lead: FlaskClient, part: Participation, db: Session
) -> None:
    first = make_script(db, campaign=part.campaign, steps=HELLO)
    second = make_script(db, campaign=part.campaign, steps=[{**HELLO[0], "text": "Hej {contact} hos {company}"}])
    db.commit()
    versions = f"/campaigns/{part.campaign_id}/script/versions"
    page = manager.get(f"{versions}/{second.id}")
    assert "Ændret siden version 1" in page.text
    assert "<del>Goddag</del><ins>Hej</ins>" in page.text
    assert "Den første version" in manager.get(f"{versions}/{first.id}").text
    assert "Ændret siden version 2" in manager.get(f"{versions}/{first.id}?with={second.id}").text
    assert lead.get(f"{versions}/{first.id}").status_code == 200
    for act in ("restore", "discard"):
        assert lead.post(f"{versions}/{first.id}/{act}").status_code == 404
    assert manager.post(f"{versions}/{first.id}/discard").status_code == 409
    assert "kopieret til en ny kladde" in manager.post(f"{versions}/{first.id}/restore", follow_redirects=True).text
    draft = scripts(db)[-1]
    assert (draft.version, draft.published_at, draft.steps) == (3, None, first.steps)
    assert "Kladden er kasseret" in manager.post(f"{versions}/{draft.id}/discard", follow_redirects=True).text
    assert [script.version for script in scripts(db)] == [1, 2]


def test_other_roles_and_other_campaigns_stay_out(
    app: Flask, db: Session, sign_in: SignIn, part: Participation, lead: FlaskClient
) -> None:
    for role in ("consultant", "regional_lead", "phoner"):
        user = make_user(db, role)
        db.commit()
        assert sign_in(app.test_client(), user).get(url(part)).status_code == 403
    foreign = make_script(db, campaign=make_campaign(db, script=[]), steps=HELLO)
    db.commit()
    assert lead.get(f"/campaigns/{foreign.campaign_id}/script").status_code == 404
    assert lead.get(f"/campaigns/{part.campaign_id}/script/versions/{foreign.id}").status_code == 404


@pytest.mark.parametrize("many", [1, 30])
def test_the_editor_asks_the_same_number_of_queries_however_long_the_history(
    app: Flask, manager: FlaskClient, part: Participation, db: Session, many: int
) -> None:
    for _n in range(many):
        make_script(db, campaign=part.campaign, steps=HELLO)
        make_script(db, campaign=part.campaign, steps=HELLO, jobcentre_id=part.jobcentre_id)
    db.commit()
    seen: list[str] = []
    sa.event.listen(
        app.extensions["crm.engine"], "before_cursor_execute", lambda _c, _r, statement, *_rest: seen.append(statement)
    )
    assert manager.get(url(part, own=True)).status_code == 200
    assert len([one for one in seen if not one.startswith(("BEGIN", "COMMIT", "ROLLBACK"))]) <= 14


@pytest.mark.parametrize("do", ["up:99", "drop:0:9", "insert:99", "remove:0", "x:y:z", ""])
def test_strange_commands_harm_nothing(manager: FlaskClient, part: Participation, db: Session, do: str) -> None:
    assert manager.post(url(part), data=form(HELLO, do=do)).status_code == 200
    assert manager.post(url(part), data={"do": do}).status_code == 200
    assert scripts(db) == []
