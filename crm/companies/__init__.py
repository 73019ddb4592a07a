"""Companies (CVR number) and workplaces (P-number), contacts, protection and do-not-call, register import.

Verbs: import, protect. The workplace is what is called and visited.
Reads: people (municipalities).
"""
