"""Jobåbner: employer campaigns for Danish jobcentres, from register extract to regional rates."""
