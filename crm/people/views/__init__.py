"""Pages of people: sign-in, own account, users, jobcentres and calling firms."""

from __future__ import annotations

from crm.people.views import account, places, sign_in, users
from crm.people.views.blueprint import pages

__all__ = ["account", "pages", "places", "sign_in", "users"]
