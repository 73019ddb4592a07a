"""Reads of openings."""

from __future__ import annotations

from crm.openings.queries.history import history as history
from crm.openings.queries.history import reached as reached
from crm.openings.queries.openings import Asked as Asked
from crm.openings.queries.openings import Found as Found
from crm.openings.queries.openings import hired_of as hired_of
from crm.openings.queries.openings import of_visit as of_visit
from crm.openings.queries.openings import of_workplace as of_workplace
from crm.openings.queries.openings import opening as opening
from crm.openings.queries.openings import openings as openings
from crm.openings.queries.openings import relaxations as relaxations
from crm.openings.queries.openings import statement as statement
from crm.openings.queries.openings import under_way_of as under_way_of
from crm.openings.queries.openings import with_visit as with_visit
from crm.openings.queries.types import offered as offered
from crm.openings.queries.types import own_type as own_type
from crm.openings.queries.types import own_types as own_types
from crm.openings.queries.types import said_type as said_type
from crm.openings.queries.types import type_rows as type_rows
