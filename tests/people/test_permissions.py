"""The permission table, role by verb, as literally as the rules were agreed; and the scopes roles give."""

from __future__ import annotations

import pytest

from crm.base.scope import Scope
from crm.people.models import ROLES
from crm.people.permissions import TABLE, scope_of
from tests.factories.core import make_firm, make_jobcentre, make_user
from tests.factories.people import make_role

# verb: phoner, consultant, jobcentre lead, regional lead, campaign manager, administrator
# own, firm, jobcentre, region, all; - nothing
AGREED = """
people.self          own   own        own        own     own  own
people.manage        -     -          -          -       -    all
companies.read       firm  jobcentre  jobcentre  region  all  -
companies.import     -     -          -          -       all  -
companies.protect    -     -          jobcentre  -       all  -
campaigns.read       -     jobcentre  jobcentre  region  all  -
campaigns.manage     -     -          -          -       all  -
campaigns.segment    -     -          jobcentre  -       all  -
campaigns.script     -     -          jobcentre  -       all  -
calling.call         firm  -          -          -       -    -
visits.report        -     own        jobcentre  -       -    -
followups.fulfil     -     own        jobcentre  -       -    -
reports.read         -     -          jobcentre  region  all  -
outbox.read          -     -          -          -       -    all
"""
CELLS = [(verb, role, kind) for verb, *kinds in (line.split() for line in AGREED.strip().splitlines())
         for role, kind in zip(ROLES, kinds, strict=True)]  # fmt: skip


@pytest.mark.parametrize(("verb", "role", "kind"), CELLS)
def test_a_role_may_what_was_agreed(verb, role, kind):
    assert TABLE[verb].get(role, "-") == kind


def test_every_role_of_the_table_is_a_role():
    assert {role for grants in TABLE.values() for role in grants} <= set(ROLES)


def test_scopes_name_the_users_own_places(session):
    horsens, hobro = make_jobcentre(session, code="615"), make_jobcentre(session)
    firm = make_firm(session)
    lead = make_user(session, "jobcentre_lead", jobcentre=horsens)
    assert scope_of(session, lead, "campaigns.segment") == Scope(jobcentres=frozenset({horsens.id}))
    make_role(session, lead, "jobcentre_lead", jobcentre_id=hobro.id)
    make_role(session, lead, "phoner", calling_firm_id=firm.id)
    both = frozenset({horsens.id, hobro.id})
    assert scope_of(session, lead, "campaigns.segment") == Scope(jobcentres=both)
    assert scope_of(session, lead, "companies.read") == Scope(jobcentres=both, firms=frozenset({firm.id}))
    assert scope_of(session, lead, "people.manage").empty


def test_a_region_is_its_jobcentres(session):
    horsens, hobro = make_jobcentre(session, code="615"), make_jobcentre(session)
    region = make_user(session, "regional_lead", jobcentre=horsens)
    reach = scope_of(session, region, "reports.read").jobcentres
    assert horsens.id in reach
    assert hobro.id not in reach


def test_a_disabled_user_may_nothing(session):
    admin = make_user(session)
    admin.active = False
    assert all(scope_of(session, admin, verb).empty for verb in TABLE)


def test_an_unknown_verb_is_a_mistake(session):
    with pytest.raises(KeyError):
        scope_of(session, make_user(session), "people.everything")
