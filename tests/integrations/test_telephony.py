"""What is handed to the provider and the browser: TwiML, tokens, policy; and the settings that allow it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
import requests
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from crm.base.errors import ConfigurationError
from crm.base.settings import Settings
from crm.integrations.telephony import Reported, make_telephony, twiml
from crm.integrations.telephony.twilio import TwilioTelephony
from crm.web.headers import CSP, policy_for

TWILIO = {
    "CRM_TELEPHONY": "twilio",
    "CRM_BASE_URL": "https://ring.example.dk",
    "CRM_TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "CRM_TWILIO_AUTH_TOKEN": "secret",
    "CRM_TWILIO_API_KEY_SID": "SK" + "2" * 32,
    "CRM_TWILIO_API_KEY_SECRET": "a-key-secret-of-some-length-as-they-are",
    "CRM_TWILIO_TWIML_APP_SID": "AP" + "3" * 32,
    "CRM_TWILIO_CALLER_ID": "+4570123456",
}


def settings(tmp_path: Path, **environ: str) -> Settings:
    return Settings.from_environment({"CRM_DATA_DIR": str(tmp_path), "CRM_SECRET_KEY": "x" * 32, **environ})


def test_without_an_account_the_phoner_dials_by_hand(tmp_path: Path) -> None:
    line = make_telephony(settings(tmp_path))
    assert (line.name, line.reports, line.in_browser) == ("manual", False, False)
    assert line.line(7, "token", "+4520000000").tel == ""
    tel = make_telephony(settings(tmp_path, CRM_TELEPHONY="tel"))
    assert tel.line(7, "token", "+4520000000").tel == "tel:+4520000000"


@pytest.mark.parametrize("missing", [name for name in TWILIO if name != "CRM_TELEPHONY"])
def test_twilio_names_what_it_lacks(tmp_path: Path, missing: str) -> None:
    with pytest.raises(ConfigurationError, match=missing):
        settings(tmp_path, **(TWILIO | {missing: ""}))


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"CRM_TELEPHONY": "carrier-pigeon"}, "CRM_TELEPHONY"),
        ({"CRM_TELEPHONY": "fake", "CRM_ENV": "production"}, "CRM_TELEPHONY"),
        ({"CRM_TELEPHONY_RECORDING": "1"}, "CRM_TELEPHONY_RECORDING"),
        (TWILIO | {"CRM_TWILIO_CALLER_ID": "70123456"}, "CRM_TWILIO_CALLER_ID"),
        (TWILIO | {"CRM_BASE_URL": "http://ring.example.dk"}, "CRM_BASE_URL"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(tmp_path: Path, environ: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        settings(tmp_path, **environ)


def test_a_complete_account_is_taken(tmp_path: Path) -> None:
    made = settings(tmp_path, **TWILIO, CRM_ENV="production", CRM_TWILIO_EDGE="dublin", CRM_TWILIO_REGION="ie1")
    assert (made.telephony, made.telephony_recording) == ("twilio", False)
    assert made.webhook_secrets == ("secret",)


def claims(token: str) -> dict:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_the_browser_gets_a_token_for_our_application_and_no_number(tmp_path: Path) -> None:
    line = make_telephony(settings(tmp_path, **TWILIO)).line(7, "one-time", "+4520000000")
    granted = claims(line.access_token)["grants"]
    assert granted["identity"] == "user-7"
    assert granted["voice"] == {"outgoing": {"application_sid": "AP" + "3" * 32}}
    assert line.call == "one-time"
    assert "20000000" not in json.dumps(claims(line.access_token)) + line.call + line.tel


def dialled(ask: bool) -> ElementTree.Element:
    text = twiml.outgoing(
        number="+4520000000", caller_id="+4570123456", base_url="https://ring.example.dk/", token="t", ask_to_record=ask
    )
    return ElementTree.fromstring(text)


def test_the_twiml_dials_the_company_and_tells_us_of_every_step() -> None:
    dial = dialled(False).find("Dial")
    assert dial is not None
    assert dial.attrib["answerOnBridge"] == "true"
    assert dial.attrib["callerId"] == "+4570123456"
    assert dial.attrib["action"] == "https://ring.example.dk/telephony/dial-result?call=t"
    number = dial.find("Number")
    assert number is not None
    assert number.text == "+4520000000"
    assert number.attrib["statusCallback"] == "https://ring.example.dk/telephony/status?call=t"
    assert number.attrib["statusCallbackEvent"] == "initiated ringing answered completed"


@pytest.mark.parametrize("ask", [False, True])
def test_nothing_records_before_a_yes(ask: bool) -> None:
    document = dialled(ask)
    text = ElementTree.tostring(document, "unicode")
    assert "ecord" not in text
    number = document.find("Dial/Number")
    assert number is not None
    assert ("url" in number.attrib) is ask


def test_the_question_is_asked_and_silence_is_a_no() -> None:
    document = ElementTree.fromstring(twiml.question(base_url="https://ring.example.dk", token="t"))
    gather = document.find("Gather")
    assert gather is not None
    assert (gather.attrib["numDigits"], gather.attrib["action"]) == (
        "1",
        "https://ring.example.dk/telephony/agree?call=t",
    )
    assert [child.tag for child in document] == ["Gather"]  # after it nothing: the two are joined unrecorded
    recording = ElementTree.fromstring(twiml.recorded()).find("Start/Recording")
    assert recording is not None
    assert recording.attrib["channels"] == "dual"


def test_only_the_phoners_pages_and_only_with_twilio_may_reach_out(tmp_path: Path) -> None:
    plain, twilio = settings(tmp_path), settings(tmp_path, **TWILIO)
    for made, room in ((plain, "calling"), (settings(tmp_path, CRM_TELEPHONY="fake"), "calling"), (twilio, "people")):
        assert policy_for(made, room) == (CSP, "geolocation=(), camera=(), microphone=()")
    policy, permissions = policy_for(twilio, "calling")
    assert "microphone=(self)" in permissions
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["connect-src"].split()[:3] == [
        "'self'",
        "https://eventgw.twilio.com",
        "wss://voice-js.roaming.twilio.com",
    ]
    assert parts["media-src"].startswith("mediastream: https://")
    kept = {name: value for name, value in parts.items() if name not in ("connect-src", "media-src")}
    assert kept == {name: value for part in CSP.split(";") for name, _sp, value in [part.strip().partition(" ")] if name != "connect-src"}  # fmt: skip


def test_a_region_has_its_own_hosts(tmp_path: Path) -> None:
    made = settings(tmp_path, **TWILIO, CRM_TWILIO_EDGE="dublin", CRM_TWILIO_REGION="ie1")
    policy, _permissions = policy_for(made, "calling")
    assert "wss://voice-js.dublin.twilio.com" in policy
    assert "https://eventgw.ie1.twilio.com" in policy


class Rest(HttpClient):
    """Twilio's REST interface as its OpenAPI description has it, answering what it is given."""

    def __init__(self, *answers: tuple[int, dict] | Exception) -> None:
        super().__init__(None, False, None)  # type: ignore[no-untyped-call]
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict | None]] = []

    def request(
        self, method, url, params=None, data=None, headers=None, auth=None, timeout=None, allow_redirects=False
    ):
        self.asked.append((method, url, data))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Response(answer[0], json.dumps(answer[1]))


def over(tmp_path: Path, *answers: tuple[int, dict] | Exception) -> tuple[TwilioTelephony, Rest]:
    made, rest = settings(tmp_path, **TWILIO), Rest(*answers)
    line = TwilioTelephony(made)
    line._client = Client(made.twilio_account_sid, made.twilio_auth_token, http_client=rest)
    return line, rest


SID = "CA" + "4" * 32
ENDED = {"sid": SID, "status": "completed", "duration": "134", "end_time": "Tue, 24 Nov 2026 09:02:22 +0000"}


def test_the_provider_is_asked_how_a_call_ended(tmp_path: Path) -> None:
    line, rest = over(tmp_path, (200, ENDED), (200, {"sid": SID, "status": "in-progress", "duration": None}))
    assert line.report(SID) == Reported("completed", 134, datetime(2026, 11, 24, 9, 2, 22, tzinfo=UTC))
    assert line.report(SID) == Reported("in-progress")
    assert rest.asked[0][1].endswith(f"/Accounts/{TWILIO['CRM_TWILIO_ACCOUNT_SID']}/Calls/{SID}.json")


def test_a_call_the_provider_does_not_know_is_none_and_silence_an_error(tmp_path: Path) -> None:
    line, _rest = over(tmp_path, (404, {"code": 20404, "message": "not found"}), (503, {}), requests.ConnectionError())
    assert line.report(SID) is None
    for _ in range(2):
        with pytest.raises(OSError):
            line.report(SID)


def test_hanging_up_ends_the_phoners_leg(tmp_path: Path) -> None:
    line, rest = over(tmp_path, (200, ENDED), (500, {}))
    line.hang_up(SID)
    assert rest.asked[0][2] == {"Status": "completed"}
    with pytest.raises(OSError):
        line.hang_up(SID)
