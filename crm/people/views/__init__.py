"""Pages of people: sign-in, own account, users, jobcentres and calling firms."""

from __future__ import annotations

from crm.people.views import account, leave, partners, places, sign_in, users
from crm.people.views.blueprint import pages

__all__ = ["account", "leave", "pages", "partners", "places", "sign_in", "users"]
