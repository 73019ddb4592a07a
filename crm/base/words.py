"""Danish names of days and months: the msgids that pages translate, and the words of mails, which are Danish."""

from __future__ import annotations

from crm.base.errors import N_

DAYS = (N_("ma."), N_("ti."), N_("on."), N_("to."), N_("fr."), N_("lø."), N_("sø."))
LONG_DAYS = (N_("mandag"), N_("tirsdag"), N_("onsdag"), N_("torsdag"), N_("fredag"), N_("lørdag"), N_("søndag"))
MONTHS = (
    N_("jan."),
    N_("feb."),
    N_("marts"),
    N_("april"),
    N_("maj"),
    N_("juni"),
    N_("juli"),
    N_("aug."),
    N_("sep."),
    N_("okt."),
    N_("nov."),
    N_("dec."),
)
LONG_MONTHS = (
    N_("januar"),
    N_("februar"),
    N_("marts"),
    N_("april"),
    N_("maj"),
    N_("juni"),
    N_("juli"),
    N_("august"),
    N_("september"),
    N_("oktober"),
    N_("november"),
    N_("december"),
)
