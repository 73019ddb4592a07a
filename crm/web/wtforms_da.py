"""WTForms' own messages in Danish (there is no Danish catalogue upstream). English passes through unchanged."""

from __future__ import annotations

from crm.web.i18n import locale_code

DANISH = {
    "Invalid field name '%s'.": "Ugyldigt feltnavn '%s'.",
    "Field must be equal to %(other_name)s.": "Feltet skal være det samme som %(other_name)s.",
    "Not a valid integer value.": "Skriv et helt tal.",
    "Not a valid decimal value.": "Skriv et tal.",
    "Not a valid float value.": "Skriv et tal.",
    "Not a valid choice": "Vælg en af mulighederne.",
    "Not a valid choice.": "Vælg en af mulighederne.",
    "Invalid Choice: could not coerce": "Valget kan ikke læses.",
    "Invalid Choice: could not coerce.": "Valget kan ikke læses.",
    "Invalid choice(s): one or more data inputs could not be coerced.": "Et eller flere valg kan ikke læses.",
    "Choices cannot be None.": "Der er ingen muligheder at vælge imellem.",
    "Not a valid datetime value.": "Skriv dato og klokkeslæt, fx 24.11.2026 10.00.",
    "Not a valid date value.": "Skriv en dato, fx 24.11.2026.",
    "Not a valid time value.": "Skriv et klokkeslæt, fx 10.00.",
    "Not a valid week value.": "Skriv en uge, fx 2026-W48.",
    "Not a valid UUID value.": "Nøglen kan ikke læses.",
    "This field is required.": "Feltet skal udfyldes.",
    "This field cannot be edited.": "Feltet kan ikke ændres.",
    "This field is disabled and cannot have a value.": "Feltet er slået fra og kan ikke udfyldes.",
    "Invalid input.": "Det skrevne kan ikke bruges.",
    "Invalid email address.": "E-mailadressen kan ikke læses.",
    "Invalid IP address.": "IP-adressen kan ikke læses.",
    "Invalid Mac address.": "MAC-adressen kan ikke læses.",
    "Invalid URL.": "Adressen kan ikke læses.",
    "Invalid UUID.": "Nøglen kan ikke læses.",
    "Invalid value, must be one of: %(values)s.": "Vælg en af: %(values)s.",
    "Invalid value, can't be any of: %(values)s.": "Må ikke være en af: %(values)s.",
    "Number must be at least %(min)s.": "Tallet skal være mindst %(min)s.",
    "Number must be at most %(max)s.": "Tallet må højst være %(max)s.",
    "Number must be between %(min)s and %(max)s.": "Tallet skal ligge mellem %(min)s og %(max)s.",
    "Invalid CSRF Token.": "Siden er for gammel. Indlæs den igen og prøv en gang til.",
    "CSRF token missing.": "Siden er for gammel. Indlæs den igen og prøv en gang til.",
    "CSRF failed.": "Siden er for gammel. Indlæs den igen og prøv en gang til.",
    "CSRF token expired.": "Siden er for gammel. Indlæs den igen og prøv en gang til.",
}

PLURALS = {
    "Field must be at least %(min)d character long.": ("Skriv mindst %(min)d tegn.", "Skriv mindst %(min)d tegn."),
    "Field cannot be longer than %(max)d character.": ("Skriv højst %(max)d tegn.", "Skriv højst %(max)d tegn."),
    "Field must be exactly %(max)d character long.": ("Skriv præcis %(max)d tegn.", "Skriv præcis %(max)d tegn."),
    "Field must be between %(min)d and %(max)d characters long.": (
        "Skriv mellem %(min)d og %(max)d tegn.",
        "Skriv mellem %(min)d og %(max)d tegn.",
    ),
}


class WtformsMessages:
    """The object WTForms asks for its messages."""

    def gettext(self, string: str) -> str:
        if locale_code() != "da":
            return string
        return DANISH.get(string) or PLURALS.get(string, (string,))[0]

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        if locale_code() != "da":
            return singular if n == 1 else plural
        one, many = PLURALS.get(singular, (singular, plural))
        return one if n == 1 else many
