"""The call queue: entries, claims, calls, outcomes, dial rules, the phoner's screen.

Verbs: claim, finish, release, call_back. Never imports visits: the screen books by URL, and visits writes the
booked outcome through ``finish``.
Reads: people, companies, campaigns.
"""
