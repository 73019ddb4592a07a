"""Tables of visits: the visits, what stands around the slots, what happens to a visit from outside."""

from __future__ import annotations

from crm.visits.models.changes import ConflictCheck as ConflictCheck
from crm.visits.models.changes import MoveProposal as MoveProposal
from crm.visits.models.changes import VisitConflict as VisitConflict
from crm.visits.models.changes import VisitReply as VisitReply
from crm.visits.models.slots import FitRun as FitRun
from crm.visits.models.slots import SlotHold as SlotHold
from crm.visits.models.slots import SlotWeights as SlotWeights
from crm.visits.models.visits import OCCUPYING as OCCUPYING
from crm.visits.models.visits import Visit as Visit
from crm.visits.models.visits import VisitEvent as VisitEvent
