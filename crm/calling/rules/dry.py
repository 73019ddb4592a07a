"""Why an entry is not offered."""

from __future__ import annotations

from crm.base.errors import N_

# In the order in which a reason is found; each entry counts under its first one.
WHY_DRY: dict[str, str] = {
    "campaign_closed": N_("Kampagnen er lukket"),
    "campaign_not_begun": N_("Kampagnen er ikke begyndt"),
    "campaign_ended": N_("Kampagnen er slut"),
    "no_firm": N_("Listen er ikke hos noget phonerfirma"),
    "contract": N_("Phonerfirmaets aftale løber ikke i dag"),
    "do_not_call": N_("Har bedt om ikke at blive ringet op"),
    "protected": N_("Reklamebeskyttet uden registreret hjemmel"),
    "no_phone": N_("Mangler telefonnummer"),
    "quarantine": N_("Har for nylig svaret i en anden kampagne"),
    "attempt_cap": N_("Er ringet op det højeste antal gange"),
    "number_cap": N_("Nummeret er ringet op det højeste antal gange"),
    "claimed": N_("Er hos en anden phoner lige nu"),
    "reserved": N_("Er næste virksomhed hos en anden phoner"),
    "capacity": N_("Konsulenternes kalendere er fulde"),
    "call_back_later": N_("Genopkald er aftalt til senere"),
    "call_back_other": N_("En anden phoner har lovet at ringe tilbage"),
    "letter_wait": N_("Venter på, at brevet når frem"),
    "retry_later": N_("Prøves igen senere"),
    "not_due": N_("Skal først ringes op senere"),
    "day_cap": N_("Er ringet op det højeste antal gange i dag"),
    "same_number": N_("Nummeret er ringet op i dag eller hos en phoner nu"),
    "calling_hours": N_("Uden for kampagnens ringetid"),
}
