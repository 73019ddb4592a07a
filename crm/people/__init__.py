"""Who works here: regions, municipalities, jobcentres, calling firms, users, roles, tokens, sign-in.

Verbs: admit (let a user in), permit (what a role may do, and to which records).
Reads nothing from other rooms but base, web and integrations.
"""
