"""Base form: CSRF, trimmed text, Danish messages (WTForms ships none), and fields our pages share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import Field, StringField, ValidationError

from crm.base.errors import Refusal
from crm.web.i18n import say
from crm.web.wtforms_da import WtformsMessages


class BaseForm(FlaskForm):  # type: ignore[misc]
    """Every form of the product. ``refused(refusal)`` puts a domain refusal's field errors on the fields."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def get_translations(self, form: Any) -> Any:
            return WtformsMessages()

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            filters = list(unbound_field.kwargs.get("filters", ()))
            if issubclass(unbound_field.field_class, StringField) and "password" not in options["name"]:
                filters.insert(0, _trim)
            return unbound_field.bind(form=form, **{**options, "filters": filters})

    def refused(self, refusal: Refusal) -> None:
        """Show a refusal on the form: on its fields where it names them, else above the form."""
        for name, message in refusal.errors.items():
            if name in self:
                self[name].errors = [*self[name].errors, say(message, refusal.fields)]
        if not refusal.errors or not any(name in self for name in refusal.errors):
            self.form_errors.append(say(refusal.message, refusal.fields))


def _trim(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def parsed(parse: Callable[[str], Any]) -> Callable[[Any, Field], None]:
    """A validator from a value type's parser: an empty field passes, a wrong one says the parser's reason."""

    def check(_form: Any, field: Field) -> None:
        if field.data:
            try:
                field.data = parse(field.data)
            except ValueError as exc:
                raise ValidationError(gettext(str(exc)) + ".") from exc

    return check


def choices(pairs: Iterable[tuple[Any, str]], empty: str | None = None) -> list[tuple[str, str]]:
    """(value, label) pairs for a select, values as strings, with an optional empty first choice."""
    rows = [(str(value), label) for value, label in pairs]
    return [("", empty), *rows] if empty is not None else rows


def as_int(raw: Any) -> int | None:
    """Coerce for selects of ids: empty gives None."""
    return int(raw) if raw not in (None, "", "None") else None
