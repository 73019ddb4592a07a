"""The recurring jobs (`jobs`), one run of one (`running`), and the clock that runs them (`clock`): composition only."""

from __future__ import annotations

from crm.scheduler.clock import OnClock as OnClock
from crm.scheduler.clock import Scheduler as Scheduler
from crm.scheduler.clock import background as background
from crm.scheduler.clock import start as start
from crm.scheduler.jobs import JOBS as JOBS
from crm.scheduler.jobs import Job as Job
from crm.scheduler.locks import LEADER as LEADER
from crm.scheduler.locks import held as held
from crm.scheduler.running import NotBegun as NotBegun
from crm.scheduler.running import Untold as Untold
from crm.scheduler.running import run_job as run_job
