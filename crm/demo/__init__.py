"""The demo: an invented campaign to try the product on, at two scales.

Composition level: it may import every room, and no room imports it. It knows no table of its own.

Verb: ``fill.fill`` (empty database in, campaign with people, register, calls, visits, openings and follow-ups out).
``small`` goes through the rooms' own actions; ``reference`` replays the campaign of 2012-13 as events through
``bulk``, which writes the rows those actions write (docs/decisions/020-demo.md). Everything is drawn from a seed and
the product clock's now, so that two runs are equal.
"""
