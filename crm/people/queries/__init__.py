"""Reads of people."""

from __future__ import annotations

from crm.people.queries.leave import on_leave as on_leave
from crm.people.queries.people import calling_firms as calling_firms
from crm.people.queries.people import consultants_of as consultants_of
from crm.people.queries.people import jobcentre as jobcentre
from crm.people.queries.people import jobcentre_rows as jobcentre_rows
from crm.people.queries.people import jobcentres as jobcentres
from crm.people.queries.people import leads_of as leads_of
from crm.people.queries.people import municipalities as municipalities
from crm.people.queries.people import municipality_codes as municipality_codes
from crm.people.queries.people import names_of as names_of
from crm.people.queries.people import people_at as people_at
from crm.people.queries.people import regions as regions
from crm.people.queries.people import tokens_of as tokens_of
from crm.people.queries.people import user as user
from crm.people.queries.people import user_by_email as user_by_email
from crm.people.queries.people import user_by_id as user_by_id
from crm.people.queries.people import user_by_session as user_by_session
from crm.people.queries.people import user_by_token as user_by_token
from crm.people.queries.people import users as users
from crm.people.queries.people import users_page as users_page
