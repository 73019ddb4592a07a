"""The ground every room stands on: database, UTC time, value types, errors, activity log, settings.

Knows nothing of the domain. Imports nothing from other rooms.
"""
