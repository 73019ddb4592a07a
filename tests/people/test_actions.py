"""Users, roles, the last administrator, passwords, tokens, places; on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from crm.base.activity import Activity
from crm.base.errors import Invalid, NotFound, Refusal
from crm.people.actions import (
    Grant,
    add_calling_firm,
    add_jobcentre,
    add_user,
    change_password,
    issue_token,
    load_reference,
    revoke_token,
    set_active,
    set_password,
    set_roles,
    update_user,
)
from crm.people.models import Municipality, Region, User
from crm.people.queries import tokens_of, user_by_session, user_by_token, users_page
from crm.people.rules import verify_password
from tests.conftest import NOW, PASSWORD
from tests.factories.core import make_firm, make_jobcentre, make_user
from tests.factories.people import make_role, make_token


def admit(session, **changes):
    values = {
        "email": "Ny@Eksempel.invalid",
        "name": "Ny Bruger",
        "password": "fire ord som huskes",
        "grants": [Grant("admin")],
        **changes,
    }
    return add_user(session, None, NOW, **values)


def test_reference_data_is_loaded_once(session):
    assert load_reference(session) == 0
    assert session.scalar(select(func.count()).select_from(Municipality)) == 98
    assert session.scalar(select(func.count()).select_from(Region)) == 5


def test_a_user_is_admitted_with_lower_case_address(session):
    user = admit(session)
    assert (user.email, user.initials, user.active) == ("ny@eksempel.invalid", "NBR", True)
    assert verify_password(user.password_hash, "fire ord som huskes")
    assert session.scalar(select(Activity.verb).where(Activity.subject_id == user.id, Activity.subject_type == "users"))


@pytest.mark.parametrize(("changes", "field"), [
    ({"email": "ikke en adresse"}, "email"),
    ({"name": "  "}, "name"),
    ({"password": "kort"}, "password"),
    ({"grants": []}, "roles"),
    ({"grants": [Grant("phoner")]}, "calling_firm_id"),
    ({"grants": [Grant("consultant")]}, "jobcentre_id"),
    ({"grants": [Grant("regional_lead")]}, "region_id"),
    ({"phone": "123"}, "phone"),
])  # fmt: skip
def test_what_is_wrong_is_named(session, changes, field):
    with pytest.raises(Invalid) as refused:
        admit(session, **changes)
    assert field in refused.value.errors


def test_an_address_is_used_once_whatever_its_case(session):
    admit(session)
    with pytest.raises(Invalid):
        admit(session, email="NY@eksempel.invalid")


def test_details_change_and_initials_follow(session):
    user, other = make_user(session), make_user(session)
    update_user(session, None, NOW, user, email="anna@x.invalid", name="Anna Ågård", phone="20304050")
    assert (user.email, user.initials, user.phone) == ("anna@x.invalid", "AÅG", "+4520304050")
    with pytest.raises(Invalid):
        update_user(session, None, NOW, user, email=other.email, name="Anna")
    with pytest.raises(Invalid):
        update_user(session, None, NOW, user, email="anna@x.invalid", name="")


def test_disabling_ends_sign_ins_and_tokens(session):
    make_user(session)
    user = make_user(session, "consultant")
    cookie, token = user.get_id(), issue_token(session, None, NOW, user)
    assert user_by_session(session, cookie) is user
    assert user_by_token(session, token) is user
    set_active(session, None, NOW, user, False)
    assert user_by_session(session, cookie) is None
    assert user_by_token(session, token) is None
    set_active(session, None, NOW, user, True)
    assert user_by_session(session, cookie) is None
    assert user_by_token(session, token) is None


def test_the_last_active_administrator_stays(session):
    for held in session.scalars(select(User)):
        held.active = False
    only = make_user(session)
    for change in (lambda: set_active(session, only, NOW, only, False),
                   lambda: set_roles(session, only, NOW, only, [Grant("campaign_manager")])):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            change()
        assert refused.value.code == "last_admin"
    assert only.active
    assert only.has_role("admin")
    second = make_user(session)
    set_active(session, only, NOW, only, False)
    assert not only.active
    with pytest.raises(Refusal):
        set_active(session, second, NOW, second, False)


def test_new_roles_end_open_sign_ins(session):
    user = make_user(session, "consultant")
    cookie = user.get_id()
    set_roles(session, None, NOW, user, [Grant("jobcentre_lead", jobcentre_id=make_jobcentre(session).id)])
    assert [held.role for held in user.roles] == ["jobcentre_lead"]
    assert user_by_session(session, cookie) is None


def test_the_own_password_needs_the_one_in_use(session):
    user = make_user(session)
    with pytest.raises(Invalid) as refused:
        change_password(session, NOW, user, "gætter bare lidt", "fire nye ord her")
    assert list(refused.value.errors) == ["current"]
    with pytest.raises(Invalid):
        change_password(session, NOW, user, PASSWORD, "kort")
    change_password(session, NOW, user, PASSWORD, "fire nye ord her")
    assert verify_password(user.password_hash, "fire nye ord her")
    set_password(session, None, NOW, user, "endnu fire ord her")
    assert verify_password(user.password_hash, "endnu fire ord her")


def test_a_token_is_revoked_by_its_owner_alone(session):
    user, other = make_user(session), make_user(session)
    row = make_token(session, user, "job_hemmelig")
    with pytest.raises(NotFound):
        revoke_token(session, other, NOW, other, row.id)
    assert tokens_of(session, user.id) == [row]
    revoke_token(session, user, NOW, user, row.id)
    revoke_token(session, user, NOW, user, row.id)
    assert tokens_of(session, user.id) == []
    assert user_by_token(session, "job_hemmelig") is None


def test_places_have_names_of_their_own(session):
    made = add_jobcentre(session, None, NOW, name="Virksomhedsservice", municipality_codes=["615"], postcode="8700")
    assert [found.code for found in made.municipalities] == ["615"]
    for wrong in ({"name": "Andet", "municipality_codes": ["615"]}, {"name": "Andet", "municipality_codes": ["000"]},
                  {"name": "Virksomhedsservice", "municipality_codes": ["661"]}):  # fmt: skip
        with pytest.raises(Invalid):
            add_jobcentre(session, None, NOW, postcode="8700", **wrong)
    add_calling_firm(session, None, NOW, "Nordfon")
    with pytest.raises(Invalid):
        add_calling_firm(session, None, NOW, "Nordfon")


def test_users_are_found_by_words_role_and_state(session):
    firm = make_firm(session)
    anna = make_user(session, "phoner", firm=firm, name="Anna Berg", email="anna.b@x.invalid")
    bent = make_user(session, "consultant", name="Bent Berg", email="bent@x.invalid")
    make_role(session, bent, "phoner", calling_firm_id=firm.id)
    set_active(session, None, NOW, anna, False)
    found = lambda **how: [user.name for user in users_page(session, **how)[0]]  # noqa: E731
    assert found(text="berg") == ["Anna Berg", "Bent Berg"]
    assert found(text="anna.b@") == ["Anna Berg"]
    assert found(text="berg", role="consultant") == ["Bent Berg"]
    assert found(text="berg", role="phoner", active=True) == ["Bent Berg"]
    assert found(text="%") == found()
    assert users_page(session, text="berg", size=1)[1] == 2
