"""The telephone: how a call is placed, and what the provider can tell of it afterwards.

``manual`` and ``tel`` place no call themselves; ``twilio`` and ``fake`` do, and report by signed webhooks.
"""

from __future__ import annotations

from crm.base.clock import Clock
from crm.base.settings import Settings
from crm.integrations.telephony.desk import DeskPhone
from crm.integrations.telephony.fake import FakeTelephony
from crm.integrations.telephony.line import Line as Line
from crm.integrations.telephony.line import Reported as Reported
from crm.integrations.telephony.line import Telephony as Telephony
from crm.integrations.telephony.line import identity as identity
from crm.integrations.telephony.twilio import TwilioTelephony


def make_telephony(settings: Settings, clock: Clock | None = None) -> Telephony:
    """The telephone as configured."""
    if settings.telephony == "twilio":
        return TwilioTelephony(settings)
    if settings.telephony == "fake":
        return FakeTelephony(settings, clock)
    return DeskPhone(settings.telephony)
