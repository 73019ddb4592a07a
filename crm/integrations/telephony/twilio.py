"""Twilio: the phoner talks in the browser through the Voice SDK; REST for hanging up and for asking afterwards."""

from __future__ import annotations

from typing import Any

from crm.base.settings import Settings
from crm.integrations.telephony.line import Line, Reported, identity

TOKEN_SECONDS = 2 * 60 * 60  # longer than a call may last, so that a lost connection can be taken up again


class TwilioTelephony:
    name = "twilio"
    reports = True
    in_browser = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._client: Any = None

    @property
    def client(self) -> Any:
        """Made on first use: a process that places no calls loads nothing of it."""
        if self._client is None:
            from twilio.http.http_client import TwilioHttpClient
            from twilio.rest import Client

            s = self.settings
            edge = s.twilio_edge if s.twilio_region and s.twilio_edge != "roaming" else None
            http = TwilioHttpClient(timeout=10)
            self._client = Client(
                s.twilio_account_sid, s.twilio_auth_token, region=s.twilio_region or None, edge=edge, http_client=http
            )
        return self._client

    def line(self, user_id: int, token: str, number: str) -> Line:
        """The SDK's AccessToken lets this user call our TwiML application and nothing else; the number stays here."""
        from twilio.jwt.access_token import AccessToken
        from twilio.jwt.access_token.grants import VoiceGrant

        s = self.settings
        access = AccessToken(
            s.twilio_account_sid,
            s.twilio_api_key_sid,
            s.twilio_api_key_secret,
            identity=identity(user_id),
            ttl=TOKEN_SECONDS,
            region=s.twilio_region or None,
        )
        access.add_grant(VoiceGrant(outgoing_application_sid=s.twilio_twiml_app_sid, incoming_allow=False))
        return Line(self.name, access_token=str(access.to_jwt()), call=token)

    def begin(self, user_id: int, token: str) -> None:
        """The browser places the call."""

    def hang_up(self, parent_sid: str) -> None:
        from twilio.base.exceptions import TwilioException

        try:
            self.client.calls(parent_sid).update(status="completed")
        except TwilioException as exc:
            raise OSError(f"Twilio: {exc}") from exc

    def report(self, sid: str) -> Reported | None:
        from twilio.base.exceptions import TwilioException, TwilioRestException

        try:
            call = self.client.calls(sid).fetch()
        except TwilioRestException as exc:
            if exc.status == 404:
                return None
            raise OSError(f"Twilio {exc.status}: {exc.msg}") from exc
        except TwilioException as exc:
            raise OSError(f"Twilio: {exc}") from exc
        seconds = int(call.duration) if call.duration else None
        return Reported(str(call.status), seconds, call.end_time)

    def start(self, address: str) -> None:
        """Twilio runs already."""
