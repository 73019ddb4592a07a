"""Fields that forms of the room share."""

from __future__ import annotations

from wtforms import FloatField


class HoursField(FloatField):
    """Hours with a comma or a point."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata([valuelist[0].replace(",", ".")] if valuelist else valuelist)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data:g}".replace(".", ",")
