"""The ``crm`` command: composition only; each subject has a file of its own in this folder."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, NoReturn

import click
from flask.cli import FlaskGroup, ScriptInfo
from sqlalchemy.exc import OperationalError

from crm.base.errors import CrmError

# command -> module and attribute; loaded on use, so that `crm travel` starts without a database.
COMMANDS = {
    "init-db": "crm.cli.ops:init_db",
    "serve": "crm.cli.serve:serve",
    "web": "crm.cli.serve:web",
    "worker": "crm.cli.serve:worker",
    "doctor": "crm.cli.doctor:doctor",
    "backup": "crm.cli.ops:backup",
    "restore": "crm.cli.ops:restore",
    "demo": "crm.cli.demo:demo",
    "import-register": "crm.cli.register:import_register",
    "users": "crm.cli.users:users",
    "rates": "crm.cli.rates:rates",
    "nag": "crm.cli.nag:nag",
    "jobs": "crm.cli.jobs:jobs",
    "fit": "crm.cli.fit:fit",
    "travel": "crm.cli.travel:travel_command",
}


def _app() -> Any:
    from crm.app import create_app

    return create_app()


class CrmGroup(FlaskGroup):
    """Flask's group without its own commands; ours load on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        target = COMMANDS.get(name)
        if target is None:
            return None
        module, _, attribute = target.partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found


cli = CrmGroup(
    name="crm",
    create_app=lambda: _app(),
    add_default_commands=False,
    add_version_option=False,
    load_dotenv=False,
    help="Jobåbner: employer campaigns for Danish jobcentres.",
)
cli.params.clear()  # Flask's --app, --env-file and --debug: there is one app, and settings come from the environment


def main() -> None:
    """Exit codes: 0 done, 1 refused with one clear line, 2 usage."""
    try:
        cli.main(prog_name="crm", obj=ScriptInfo(create_app=_app), standalone_mode=True)
    except CrmError as exc:
        _refuse(str(exc))
    except OperationalError as exc:
        _refuse(f"Databasen svarer ikke eller afviser: {_first_line(exc.orig)}. Se CRM_DATABASE_URL og CRM_DATA_DIR.")
    except OSError as exc:
        _refuse(f"{exc.filename or 'Systemet'}: {exc.strerror or exc}.")


def _first_line(error: object) -> str:
    return next(iter(str(error).splitlines()), "uden forklaring").rstrip(". ")


def _refuse(line: str) -> NoReturn:
    click.echo(line, err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
