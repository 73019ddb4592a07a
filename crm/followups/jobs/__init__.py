"""Jobs of follow-ups: each takes the edge (``begin``) or sessions, and now; the schedule is in crm.scheduler."""
