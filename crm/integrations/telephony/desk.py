"""Telephones of the phoner's own: dialled by hand, or through a ``tel:`` link that a desk phone's program opens."""

from __future__ import annotations

from crm.integrations.telephony.line import Line, Reported


class DeskPhone:
    """``manual`` or ``tel``: the product knows when the number was shown to be dialled, and no more."""

    reports = False
    in_browser = False

    def __init__(self, name: str) -> None:
        self.name = name

    def line(self, user_id: int, token: str, number: str) -> Line:
        return Line(self.name, tel=f"tel:{number}" if self.name == "tel" else "")

    def begin(self, user_id: int, token: str) -> None:
        """Nothing to place."""

    def hang_up(self, parent_sid: str) -> None:
        """The phoner hangs up by hand."""

    def report(self, sid: str) -> Reported | None:
        return None

    def start(self, address: str) -> None:
        """Nothing to start."""
