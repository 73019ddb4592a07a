"""Writes of people: users, roles, passwords, tokens, places, reference data."""

from __future__ import annotations

from crm.people.actions.access import change_password, issue_token, revoke_token, set_password
from crm.people.actions.places import REGION_NAMES, add_calling_firm, add_jobcentre, load_reference
from crm.people.actions.users import Grant, add_user, set_active, set_roles, update_user

__all__ = [
    "REGION_NAMES", "Grant", "add_calling_firm", "add_jobcentre", "add_user", "change_password", "issue_token",
    "load_reference", "revoke_token", "set_active", "set_password", "set_roles", "update_user",
]  # fmt: skip
