"""Rules of openings."""

from __future__ import annotations

from crm.openings.rules.details import Details as Details
from crm.openings.rules.languages import LANGUAGES as LANGUAGES
from crm.openings.rules.life import DETAILS as DETAILS
from crm.openings.rules.life import STAGES as STAGES
from crm.openings.rules.life import missing as missing
from crm.openings.rules.types import CLOSE_REASONS as CLOSE_REASONS
from crm.openings.rules.types import MAX_CVS as MAX_CVS
from crm.openings.rules.types import MAX_POSITIONS as MAX_POSITIONS
from crm.openings.rules.types import MAX_WISHES as MAX_WISHES
from crm.openings.rules.types import SHORT as SHORT
from crm.openings.rules.types import STATES as STATES
from crm.openings.rules.types import TYPES as TYPES
from crm.openings.rules.types import NewOpening as NewOpening
from crm.openings.rules.types import ReportingType as ReportingType
from crm.openings.rules.types import match as match
from crm.openings.rules.types import problems as problems
from crm.openings.rules.types import resized as resized
