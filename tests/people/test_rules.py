"""Passwords, tokens, initials."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.people.rules import (
    hash_password,
    initials_of,
    new_token,
    password_problem,
    token_hash,
    verify_password,
)


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_only_the_same_password_passes(password, other):
    kept = hash_password(password, demo=True)
    assert verify_password(kept, password)
    assert verify_password(kept, other) is (password == other)
    assert len(password) < 8 or password not in kept


def test_a_broken_hash_lets_nobody_in():
    assert not verify_password("ikke en hash", "demo")


@pytest.mark.parametrize(("password", "fine"), [
    ("kort", False), ("aaaaaaaaaaaaaaaa", False), ("fire ord som huskes", True), ("abcde" * 3, True),
])  # fmt: skip
def test_length_decides(password, fine):
    assert (password_problem(password) is None) is fine


@pytest.mark.parametrize(("name", "initials"), [
    ("Karen Mønster", "KMØ"), ("Åse", "ÅSE"), ("Per Ole Øst-Vest", "PVE"), ("  ", "?"), ("Bo Li", "BLI"),
])  # fmt: skip
def test_initials_are_those_jobcentres_use(name, initials):
    assert initials_of(name) == initials


def test_tokens_differ_and_are_kept_as_hashes():
    first, second = new_token(), new_token()
    assert first != second
    assert token_hash(first) != first
    assert len(token_hash(first)) == 64
