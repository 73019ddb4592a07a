"""Consultants' time: working hours, absence, home base, published events, the read-only feed.

Verbs: free, publish. Visits write their events here through ``publish``; this room knows no visit.
Reads: people, travel (places).
"""
