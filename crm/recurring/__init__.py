"""What recurring jobs did: their runs, the leader's heart-beat, and the items that were set aside.

Verbs: each, begin, finish, ask, beat, release. Which jobs there are, and when they run, stands in `crm.scheduler`.
"""
