"""Pages that join rooms: Today for each role, the company page with the whole timeline, search, navigation.

No tables of its own.
"""
