"""WTForms forms for the gallery: filled, empty and refused."""

from __future__ import annotations

from datetime import date

from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Form,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

TYPES = [
    ("ordinary", "Ordinært job"),
    ("wage", "Løntilskud"),
    ("rotation", "Jobrotation"),
    ("trainee", "Virksomhedspraktik"),
    ("apprentice", "Voksenlærling"),
    ("upskilling", "Opkvalificeringsjob"),
    ("other", "Andet"),
]


class AllFields(Form):
    """One of each field."""

    name = StringField("Navn på kontakt", [InputRequired("Skriv et navn."), Length(max=80)])
    email = EmailField("Mail", description="Bruges kun til aftalen.")
    phone = TelField("Telefon")
    number = StringField("Beløb pr. time")
    industry = SelectField("Branche", choices=[("a", "Bygge og anlæg"), ("b", "Industri"), ("c", "Transport")])
    due = DateField("Frist", [InputRequired("Vælg en dato.")])
    note = TextAreaField("Note", description="Skriv det, konsulenten skal vide.")
    channel = RadioField(
        "Hvordan vil de høre fra os?",
        choices=[("mail", "Mail"), ("sms", "SMS"), ("phone", "Telefon")],
        validators=[InputRequired("Vælg en måde.")],
    )
    schemes = SelectMultipleField("Ordninger", choices=TYPES[:4])
    agree = BooleanField("Virksomheden må kontaktes igen", [InputRequired("Sæt kryds, eller vælg ring ikke igen.")])
    urgent = BooleanField("Akutjob")
    count = IntegerField("Antal stillinger", default=1)


class Report(Form):
    """The visit report on the telephone."""

    result = RadioField(
        "Hvordan gik besøget?",
        choices=[("held", "Holdt"), ("company", "Aflyst"), ("moved", "Flyttet"), ("nobody", "Ingen hjemme")],
    )
    pressed = RadioField("Virkede virksomheden presset til mødet?", choices=[("yes", "Ja"), ("no", "Nej")])
    types = SelectMultipleField("Hvilke åbninger har de?", choices=TYPES)
    ordinary = IntegerField("Ordinært job", default=1)
    urgent = BooleanField("Akutjob", default=True)
    wage = IntegerField("Løntilskud", default=2)
    schemes = SelectMultipleField(
        "Hvilke ordninger talte I om?",
        choices=[
            ("wage", "Løntilskud"),
            ("trainee", "Virksomhedspraktik"),
            ("rotation", "Jobrotation"),
            ("upskilling", "Opkvalificeringsjob"),
            ("mentor", "Mentor"),
            ("apprentice", "Voksenlærling"),
        ],
    )
    owed_by = RadioField(
        "Hvem", choices=[("us", "Vi"), ("company", "Virksomheden"), ("none", "Ingen opfølgning, fordi …")]
    )
    promise = TextAreaField("Hvad")
    due = RadioField(
        "Hvornår",
        choices=[("27", "fre. 27. nov."), ("14", "om 2 uger"), ("mar", "1. marts"), ("own", "Anden dato")],
        validators=[InputRequired("Vælg en dato, før du lukker besøget.")],
    )


class SignIn(Form):
    """The way in."""

    email = EmailField("Mail", [InputRequired()])
    password = PasswordField("Adgangskode", [InputRequired()])
    remember = BooleanField("Husk mig på denne computer", [Optional()])


def all_fields(*, refused: bool) -> AllFields:
    """Return the form with content, or as it comes back with errors."""
    if refused:
        form = AllFields(MultiDict({"number": "180"}))
        form.validate()
        return form
    return AllFields(
        data={
            "name": "Mette Prøvesen",
            "email": "mette@blikogror.example",
            "due": date(2026, 11, 27),
            "channel": "sms",
            "schemes": ["ordinary", "rotation"],
            "agree": True,
            "urgent": True,
            "count": 2,
        }
    )


def report(*, refused: bool) -> Report:
    """Return the visit report, filled in but for the date when refused."""
    data = MultiDict(
        [
            ("result", "held"), ("pressed", "no"), ("types", "ordinary"), ("types", "wage"), ("ordinary", "1"),
            ("wage", "2"), ("urgent", "y"), ("schemes", "wage"), ("schemes", "trainee"), ("owed_by", "us"),
            ("promise", "Vi sender to kandidater til løntilskud."),
        ]
    )  # fmt: skip
    if not refused:
        data.add("due", "27")
    form = Report(data)
    form.validate()
    return form


def form_for(page: str) -> Form:
    """Pick the form that a gallery page shows."""
    if page.startswith("report-") or page == "report":
        return report(refused=page == "report-error")
    if page == "sign-in":
        return SignIn()
    return all_fields(refused=page == "errors")
