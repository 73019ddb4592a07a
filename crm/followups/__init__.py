"""What was agreed, who owes it and by when; nags; and closing a visit, which demands a follow-up decision.

Verbs: agree, fulfil, snooze, nag; close_visit joins the visit's report, its openings and the agreement.
Reads: people, companies, campaigns, visits, openings, integrations (outbox).
"""
