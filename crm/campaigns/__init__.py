"""Campaigns: who takes part and when, segments, the lists jobcentres review, letters, script, capacity.

Verbs: segment, approve, freeze, mail. An approved list is frozen; ``calling`` turns it into queue entries.
Reads: people, companies.
"""
