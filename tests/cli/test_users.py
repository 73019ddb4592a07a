"""`crm users`."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy.orm import Session

from crm.cli.users import users
from crm.people.queries import user_by_email, user_by_token
from crm.people.rules import verify_password
from tests.factories.core import make_jobcentre, make_user


@pytest.fixture
def run(app: Flask):
    def call(*words: str, typed: str = "") -> Result:
        with app.app_context():
            return CliRunner().invoke(users, list(words), input=typed)

    return call


def test_a_user_is_added_with_a_place_by_name(run, db: Session):
    make_jobcentre(db)
    db.commit()
    answer = run("add", "Ny@x.invalid", "--name", "Ny Konsulent", "--role", "consultant:jobcenter mariagerfjord",
                 "--password-stdin", typed="fire ord som huskes\n")  # fmt: skip
    assert answer.exit_code == 0, answer.output
    user = user_by_email(db, "ny@x.invalid")
    assert user is not None
    assert user.roles[0].jobcentre_id
    assert verify_password(user.password_hash, "fire ord som huskes")


def test_the_password_is_asked_for_twice(run, db):
    typed = "fire ord som huskes\nfire ord som huskes\n"
    assert run("add", "a@x.invalid", "--name", "A", "--role", "admin", typed=typed).exit_code == 0
    assert user_by_email(db, "a@x.invalid")


@pytest.mark.parametrize(("words", "code", "told"), [
    (("--role", "konge"), 2, "findes ikke"),
    (("--role", "consultant"), 2, "kræver et sted"),
    (("--role", "consultant:Ingenmandsland"), 1, "Ingenmandsland findes ikke"),
    (("--role", "admin"), 1, "mindst 12 tegn"),
])  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(run, words, code, told):
    answer = run("add", "b@x.invalid", "--name", "B", *words, "--password-stdin", typed="kort\n")
    assert answer.exit_code == code
    assert told in answer.output


def test_a_token_is_printed_alone_and_works(run, db):
    user = make_user(db)
    db.commit()
    answer = run("token", user.email)
    assert re.fullmatch(r"job_[\w-]+\n", answer.output)
    assert user_by_token(db, answer.output.strip()).id == user.id
    assert run("token", "ingen@x.invalid").exit_code == 1


def test_disabling_and_listing(run, db):
    make_user(db)
    user = make_user(db, "consultant", email="k@x.invalid", name="Kaj")
    only = make_user(db, email="sidste@x.invalid")
    db.commit()
    assert run("disable", "k@x.invalid").exit_code == 0
    assert f"{user.email}\tKaj\tconsultant\tspærret" in run("list").output
    assert run("token", "k@x.invalid").exit_code == 1
    assert run("disable", only.email).exit_code == 0
    last = run(
        "disable", next(line.split("\t")[0] for line in run("list").output.splitlines() if "admin\taktiv" in line)
    )
    assert last.exit_code == 1
    assert "sidste aktive administrator" in last.output
