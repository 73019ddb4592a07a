"""Sign-in with its defences, the administrator's pages, own account."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.people.models import CallingFirm, Jobcentre, User
from crm.people.queries import user_by_token
from tests.conftest import PASSWORD, build_app
from tests.factories.core import make_firm, make_jobcentre, make_user
from tests.factories.people import make_role, make_token


@pytest.fixture
def admin(db: Session) -> User:
    made = make_user(db, name="Anders Administrator", email="admin@x.invalid")
    db.commit()
    return made


@pytest.fixture
def desk(client: FlaskClient, sign_in: Callable, admin: User) -> FlaskClient:
    return sign_in(client, admin)


def read(db: Session, statement):
    """What the statement finds now, without keeping SQLite's write lock."""
    rows = db.scalars(statement.execution_options(populate_existing=True)).all()
    db.commit()
    return rows


def enter(client: FlaskClient, email: str, password: str = PASSWORD, target: str = ""):
    return client.post(f"/sign-in{target}", data={"email": email, "password": password})


def test_sign_in_leads_to_where_one_was_going(client, admin):
    sent = client.get("/account")
    assert sent.location == "/sign-in?next=/account"
    assert client.get(sent.location).status_code == 200
    answer = enter(client, "ADMIN@x.invalid", target="?next=/account")
    assert (answer.status_code, answer.location) == (302, "/account")
    assert "Anders Administrator" in client.get("/account").text


def test_the_cookie_is_kept_from_scripts_and_other_sites(client, admin):
    cookie = enter(client, admin.email).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert cookie.startswith("jobaabner=")


def test_the_cookie_stays_on_https_where_the_site_is(sqlite_template, tmp_path):
    app = build_app(f"sqlite:///{sqlite_template}", tmp_path, base_url="https://jobaabner.invalid")
    assert app.config["SESSION_COOKIE_SECURE"]
    app.extensions["crm.engine"].dispose()


@pytest.mark.parametrize("target", [
    "https://evil.invalid/", "//evil.invalid", "/\\evil.invalid", "/\t/evil.invalid", "javascript:alert(1)", "account",
])  # fmt: skip
def test_nobody_is_sent_to_another_site(client, admin, target):
    answer = client.post("/sign-in", query_string={"next": target}, data={"email": admin.email, "password": PASSWORD})
    assert answer.location == "/"


def test_wrong_address_and_wrong_password_get_the_same_answer(client, admin):
    wrong, unknown = enter(client, admin.email, "forkert adgangskode"), enter(client, "ingen@x.invalid")
    assert wrong.status_code == unknown.status_code == 422
    assert "E-mail eller adgangskode er forkert." in wrong.text
    strip = lambda text: re.sub(r'value="[^"]*"|content="[^"]*"', "", text)  # noqa: E731
    assert strip(wrong.text) == strip(unknown.text)


def test_a_disabled_user_is_refused_and_thrown_out(client, db, admin):
    user = make_user(db, "consultant", email="k@x.invalid")
    make_user(db)
    db.commit()
    enter(client, "k@x.invalid")
    assert client.get("/account").status_code == 200
    user.active = False
    db.commit()
    assert client.get("/account").status_code == 302
    assert enter(client, "k@x.invalid").status_code == 422


def test_guessing_is_throttled_with_a_danish_page(sqlite_template, tmp_path):
    import shutil

    shutil.copy(sqlite_template, tmp_path / "crm.sqlite3")
    app = build_app(f"sqlite:///{tmp_path / 'crm.sqlite3'}", tmp_path, sign_in_limit="3 per minute")
    client = app.test_client()
    answers = [enter(client, "gæt@x.invalid", f"gæt nummer {n}") for n in range(5)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 429, 429]
    assert "For mange forsøg. Vent et minut og prøv igen." in answers[-1].text
    assert client.get("/sign-in").status_code == 200
    assert enter(client, "kollega@x.invalid", "gæt").status_code == 422, "a colleague at the same address gets in"
    app.extensions["crm.engine"].dispose()


def test_one_address_cannot_try_every_account(sqlite_template, tmp_path):
    import shutil

    shutil.copy(sqlite_template, tmp_path / "crm.sqlite3")
    app = build_app(f"sqlite:///{tmp_path / 'crm.sqlite3'}", tmp_path, sign_in_limit_address="3 per minute")
    client = app.test_client()
    answers = [enter(client, f"en{n}@x.invalid", "gæt") for n in range(5)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 429, 429]
    app.extensions["crm.engine"].dispose()


def test_sign_out_ends_it(desk):
    assert desk.get("/account").status_code == 200
    desk.post("/sign-out")
    assert desk.get("/account").status_code == 302


def test_a_form_without_its_token_changes_nothing(app, desk):
    app.config["WTF_CSRF_ENABLED"] = True
    answer = desk.post("/account/tokens")
    assert answer.status_code == 400
    assert "Siden er for gammel" in answer.text


def test_users_are_listed_found_and_paged(desk, db):
    firm = make_firm(db, "Nordfon ApS")
    for n in range(55):
        make_user(db, "phoner", firm=firm, name=f"Phoner {n:02d}")
    db.commit()
    page = desk.get("/users").text
    assert "Viser 1–50 af 56" in page
    assert "Nordfon ApS" in page
    assert "Viser 51–56 af 56" in desk.get("/users?page=2").text
    assert "Viser 1–1 af 1" in desk.get("/users?q=administrator&role=admin&state=active").text
    assert "Ingen brugere passer" in desk.get("/users?q=findes-ikke").text


def new_user(**changes) -> dict[str, object]:
    return {"email": "ny@x.invalid", "name": "Ny Leder", "password": "fire ord som huskes", **changes}


def test_an_administrator_admits_a_lead_of_two_jobcentres(desk, db):
    places = [make_jobcentre(db).id, make_jobcentre(db, code="615").id]
    db.commit()
    assert desk.get("/users/new").status_code == 200
    answer = desk.post("/users/new", data=new_user(roles=["jobcentre_lead"], lead_jobcentres=places))
    [made] = read(db, select(User).where(User.email == "ny@x.invalid"))
    assert answer.location == f"/users/{made.id}"
    assert {held.jobcentre_id for held in made.roles} == set(places)
    page = desk.get(answer.location).text
    assert page.count("selected") >= 2


@pytest.mark.parametrize(("changes", "told"), [
    ({}, "Vælg mindst én rolle"),
    ({"roles": ["phoner"]}, "Rollen kræver, at dette felt er valgt"),
    ({"roles": ["konge"]}, "Vælg"),
    ({"roles": ["admin"], "password": "kort"}, "Adgangskoden skal have mindst 12 tegn"),
    ({"roles": ["admin"], "email": "admin@x.invalid"}, "E-mailadressen er allerede i brug"),
    ({"roles": ["admin"], "phone": "12"}, "cifre"),
])  # fmt: skip
def test_a_wrong_user_says_what_and_keeps_what_was_typed(desk, db, changes, told):
    answer = desk.post("/users/new", data=new_user(**changes))
    assert answer.status_code == 422
    assert told in answer.text
    assert 'value="Ny Leder"' in answer.text
    assert read(db, select(User).where(User.name == "Ny Leder")) == []


def test_details_roles_password_and_state_are_changed(desk, db, client, app):
    user = make_user(db, "consultant", email="k@x.invalid")
    make_role(db, user, "phoner", calling_firm_id=make_firm(db).id)
    db.commit()
    url = f"/users/{user.id}"
    assert desk.post(url, data={"email": "k2@x.invalid", "name": "Kaj Konsulent"}).location == url
    assert desk.post(url, data={"email": "k2", "name": ""}).status_code == 422
    assert desk.post(f"{url}/roles", data={"roles": ["campaign_manager"]}).location == url
    assert desk.post(f"{url}/roles", data={}).status_code == 422
    assert desk.post(f"{url}/password", data={"password": "kort"}).status_code == 422
    assert desk.post(f"{url}/password", data={"password": "fire andre ord her"}).location == url
    [now] = read(db, select(User).where(User.id == user.id))
    assert (now.email, [held.role for held in now.roles]) == ("k2@x.invalid", ["campaign_manager"])
    assert enter(app.test_client(), "k2@x.invalid", "fire andre ord her").status_code == 302
    desk.post(f"{url}/active", data={"active": "0"})
    assert enter(app.test_client(), "k2@x.invalid", "fire andre ord her").status_code == 422
    assert "Spærret" in desk.get(url).text
    desk.post(f"{url}/active", data={"active": "1"})
    assert enter(app.test_client(), "k2@x.invalid", "fire andre ord her").status_code == 302


def test_the_last_administrator_cannot_lock_everybody_out(desk, db, admin):
    answer = desk.post(f"/users/{admin.id}/active", data={"active": "0"})
    assert answer.status_code == 409
    assert "den sidste aktive administrator" in answer.text
    kept = desk.post(f"/users/{admin.id}/roles", data={"roles": ["campaign_manager"]})
    assert kept.status_code == 422
    assert "den sidste aktive administrator" in kept.text
    assert desk.get("/users").status_code == 200


def test_an_unknown_user_does_not_exist(desk):
    assert desk.get("/users/999999").status_code == 404
    assert desk.post("/users/999999/active").status_code == 404


def test_jobcentres_and_firms_are_added(desk, db):
    assert "Ingen jobcentre endnu" in desk.get("/jobcentres").text
    typed = {"name": "Virksomhedsservice Horsens", "municipalities": ["615"], "postcode": "8700"}
    assert desk.post("/jobcentres", data={**typed, "municipalities": []}).status_code == 422
    assert desk.post("/jobcentres", data={**typed, "postcode": "87"}).status_code == 422
    assert desk.post("/jobcentres", data=typed).location == "/jobcentres"
    assert desk.post("/jobcentres", data=typed).status_code == 422
    assert [found.name for found in read(db, select(Jobcentre))] == ["Virksomhedsservice Horsens"]
    assert "Virksomhedsservice Horsens" in desk.get("/jobcentres").text
    assert desk.post("/firms", data={"name": "Nordfon"}).location == "/firms"
    assert desk.post("/firms", data={"name": "Nordfon"}).status_code == 422
    assert len(read(db, select(CallingFirm))) == 1


def test_the_own_password_is_changed_without_signing_out(desk, app, admin):
    other = app.test_client()
    enter(other, admin.email)
    wrong = desk.post("/account/password", data={"current": "forkert kode her", "password": "fire nye ord her"})
    assert wrong.status_code == 422
    assert "Den nuværende adgangskode passer ikke" in wrong.text
    assert desk.post("/account/password", data={"current": PASSWORD, "password": "fire nye ord her"}).status_code == 302
    assert desk.get("/account").status_code == 200
    assert other.get("/account").status_code == 302
    assert enter(other, admin.email, "fire nye ord her").status_code == 302


def test_a_token_is_shown_once_and_can_be_revoked(desk, db, admin):
    shown = re.search(r"job_[\w-]{20,}", desk.post("/account/tokens").text)
    assert shown
    token = shown[0]
    assert token not in desk.get("/account").text
    assert user_by_token(db, token).id == admin.id
    number = make_token(db, make_user(db), "job_andens").id
    db.commit()
    assert desk.post("/account/tokens/revoke", data={"token_id": number}).status_code == 404
    mine = re.search(r'name="token_id" value="(\d+)"', desk.get("/account").text)
    desk.post("/account/tokens/revoke", data={"token_id": mine[1]})
    assert user_by_token(db, token) is None


def test_everybody_has_an_account_page_and_only_administrators_see_users(app: Flask, db, sign_in, admin):
    for role in ("phoner", "consultant", "jobcentre_lead", "regional_lead", "campaign_manager"):
        user = make_user(db, role)
        db.commit()
        client = sign_in(app.test_client(), user)
        assert client.get("/account").status_code == 200
        for path in ("/users", "/users/new", f"/users/{admin.id}", "/jobcentres", "/firms"):
            assert client.get(path).status_code == 403


def test_the_language_is_kept(desk):
    desk.post("/language", data={"language": "en", "next": "/account"})
    assert "My account" in desk.get("/account").text
    desk.post("/language", data={"language": "xx"})
    assert "My account" in desk.get("/account").text
