"""The same P-number twice in one file."""

from __future__ import annotations

from crm.base.errors import N_
from crm.companies.rules.remarks import Remark
from crm.companies.rules.rows import Row

_DIGEST = (1 << 64) - 1


class Repeats:
    """Remembers every P-number of the file with its row and the first half of its digest (about 150 bytes a row).

    A row that only repeats an earlier one is passed over with a warning. One that says something else is rejected:
    which of the two is right, a person must say; the first one went in.
    """

    def __init__(self, column: str) -> None:
        self._column = column
        self._seen: dict[int, int] = {}

    def check(self, row: Row) -> Row:
        """The row, marked when it repeats an earlier one."""
        if row.values is None:
            return row
        number = int(row.values["p_number"])
        digest = int(row.digest[:16], 16)
        packed = self._seen.setdefault(number, row.number << 64 | digest)
        first = packed >> 64
        if first == row.number:
            return row
        if packed & _DIGEST == digest:
            row.repeated = True
            row.remarks = [
                Remark(
                    row.number,
                    "warning",
                    self._column,
                    str(number),
                    N_("Rækken er en gentagelse af række {row}"),
                    {"row": first},
                )
            ]
        else:
            row.values = None
            row.remarks = [
                Remark(
                    row.number,
                    "reject",
                    self._column,
                    str(number),
                    N_("P-nummeret står også i række {row}, med andre oplysninger; den række er brugt"),
                    {"row": first},
                )
            ]
        return row
