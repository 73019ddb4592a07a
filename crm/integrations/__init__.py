"""The outside world behind small Protocols, and the outbox every message leaves through.

Knows: mail and SMS adapters (real and file), outbox rows, delivery. Verb: send.
"""
