"""The web edge every page and call passes: one transaction, one permission, one error form.

Knows: the request's session and commit, ``requires()``, base form, API plumbing (tokens, problems, paging,
OpenAPI), filters, errors, CSRF, headers, language. Reads nothing of the domain: the permission table is handed in
by ``people`` through ``Gatekeeper``.
"""
