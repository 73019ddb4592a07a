"""Tables of the openings room."""

from __future__ import annotations

from crm.openings.models.candidates import Candidacy as Candidacy
from crm.openings.models.candidates import Candidate as Candidate
from crm.openings.models.candidates import Placement as Placement
from crm.openings.models.openings import Opening as Opening
from crm.openings.models.openings import OwnType as OwnType
from crm.openings.models.openings import Relaxation as Relaxation
from crm.openings.models.sharing import OpeningShare as OpeningShare
