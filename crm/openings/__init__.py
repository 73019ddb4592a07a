"""Job openings by type, from the visit report and later.

Verbs: log, close. An opening told for three positions counts three.
Reads: people, companies, campaigns, visits.
"""
