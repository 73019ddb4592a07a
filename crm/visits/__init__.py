"""Visits: ranked slots, booking with overlap and driving checked, moving, cancelling, the visit's own report.

Verbs: offer, book, move, cancel, report. Every visit names who answers for it at every moment.
Reads: people, companies, travel, calendars, campaigns, calling.
"""
