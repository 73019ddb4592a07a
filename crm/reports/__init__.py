"""Rates, comparisons, exports. Reads only; no tables of its own.

Knows the definitions of booking rate and opening rate (versioned, shown beside every figure).
Reads: people, companies, campaigns, calling, visits, openings, followups.
"""
