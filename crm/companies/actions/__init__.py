"""Writes of companies: import a register extract and take it back, protect, keep contacts."""

from crm.companies.actions.contacts import add_contact
from crm.companies.actions.imports import ImportResult, import_register, rejects_csv
from crm.companies.actions.protect import lift_do_not_call, set_do_not_call
from crm.companies.actions.undo import undo_import

__all__ = [
    "ImportResult",
    "add_contact",
    "import_register",
    "lift_do_not_call",
    "rejects_csv",
    "set_do_not_call",
    "undo_import",
]
