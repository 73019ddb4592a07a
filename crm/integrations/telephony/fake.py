"""A provider that runs inside the product: no call leaves it, but everything about one happens.

It fetches our TwiML and does what that says, keeps each call's state (queued, ringing, in-progress, completed, busy,
no-answer, failed, canceled), posts the callbacks that were asked for with the provider's fields and signature, and
answers REST. Field names and states follow Twilio's public OpenAPI description (twilio_api_v2010, ``call``) and its
page on voice webhooks. What a number does: ``fake_plan``. Time comes from outside: ``step(now)``, or a thread.
"""

from __future__ import annotations

import heapq
import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any
from xml.etree import ElementTree

from crm.base.clock import Clock
from crm.base.settings import Settings
from crm.integrations.telephony.fake_plan import Plan, plan_for
from crm.integrations.telephony.fake_post import Post, over_http
from crm.integrations.telephony.line import Line, Reported, identity

log = logging.getLogger("crm.telephony")

FINAL = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
OURS = "+4500000000"  # the caller id when none is set
TICK = 0.2  # seconds


def _sid(kind: str) -> str:
    return kind + uuid.uuid4().hex


@dataclass
class FakeCall:
    """One leg. ``dial`` and ``number`` are the TwiML's attributes, on the company's leg."""

    sid: str
    source: str
    to: str
    status: str
    parent: FakeCall | None = None
    child: FakeCall | None = None
    plan: Plan = field(default_factory=Plan)
    dial: dict[str, str] = field(default_factory=dict)
    number: dict[str, str] = field(default_factory=dict)
    sent: int = 0
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    recording: bool = False
    pressed: str = ""

    @property
    def seconds(self) -> int:
        """Rounded up, as the provider bills."""
        if not (self.answered_at and self.ended_at):
            return 0
        return -(-int((self.ended_at - self.answered_at).total_seconds() * 1000) // 1000)


class FakeTelephony:
    name = "fake"
    reports = True
    in_browser = True

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.base_url = settings.base_url.rstrip("/")
        self.clock = clock or Clock(settings.clock)
        self.account = "AC" + "0" * 32
        self.calls: dict[str, FakeCall] = {}
        self.now = self.clock.now()
        self.post = Post(settings.webhook_secrets[-1], self._later)
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._serial = count()
        self._lock = threading.Lock()

    # what the product asks of a telephone

    def line(self, user_id: int, token: str, number: str) -> Line:
        return Line(self.name)

    def begin(self, user_id: int, token: str) -> None:
        """The browser's leg, as the SDK would open it."""
        leg = FakeCall(_sid("CA"), f"client:{identity(user_id)}", "", "ringing")
        self.calls[leg.sid] = leg
        self._at(self.clock.now() + timedelta(seconds=TICK), lambda: self._voice(leg, token))

    def hang_up(self, parent_sid: str) -> None:
        leg = self.calls.get(parent_sid)
        if leg is not None:
            self._at(self.clock.now(), lambda: self._phoner_hangs_up(leg))

    def report(self, sid: str) -> Reported | None:
        call = self.calls.get(sid)
        if call is None:
            return None
        state = "queued" if call.status == "initiated" else call.status  # REST knows no "initiated"
        return Reported(state, call.seconds if call.ended_at else None, call.ended_at)

    def start(self, address: str) -> None:
        self.post.sender = over_http(address)
        threading.Thread(target=self._run, name="fake-telephony", daemon=True).start()

    # time

    def _run(self) -> None:
        waiting = threading.Event()
        while not waiting.wait(TICK):
            try:
                self.step(self.clock.now())
            except Exception:
                log.exception("the fake telephone stumbled")

    def step(self, now: datetime) -> int:
        """Do what is due by ``now``, in order of time; how many things were done."""
        done = 0
        while True:
            with self._lock:
                if not self._agenda or self._agenda[0][0] > now:
                    self.now = max(self.now, now)
                    return done
                self.now, _serial, action = heapq.heappop(self._agenda)
            action()
            done += 1

    def _at(self, moment: datetime, action: Callable[[], None]) -> None:
        with self._lock:
            heapq.heappush(self._agenda, (moment, next(self._serial), action))

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self._at(self.now + timedelta(seconds=seconds), action)

    # a call's life

    def _voice(self, leg: FakeCall, token: str) -> None:
        """Fetch the TwiML of the application, and dial when it says so."""
        form = self._form(leg, "inbound") | {"ApplicationSid": "AP" + "0" * 32, "call": token}
        answer = self.post.ask(f"{self.base_url}/telephony/voice", form)
        dial = _document(answer).find("Dial")
        number = dial.find("Number") if dial is not None else None
        if dial is None or number is None:
            leg.status, leg.ended_at = "failed" if answer is None else "completed", self.now
            return
        to = (number.text or "").strip()
        child = FakeCall(_sid("CA"), dial.get("callerId") or OURS, to, "queued", leg, plan=plan_for(to))
        child.dial, child.number = dict(dial.attrib), dict(number.attrib)
        leg.child = child
        self.calls[child.sid] = child
        self._later(TICK, lambda: self._progress(child, "initiated"))
        self._later(TICK * 2, lambda: self._ring(child))

    def _ring(self, child: FakeCall) -> None:
        plan = child.plan
        if child.status in FINAL:
            return
        patience = float(child.dial.get("timeout", 30))
        if plan.ends not in ("busy", "failed"):
            self._progress(child, "ringing")
        if plan.ends or plan.rings > patience:
            self._later(min(plan.rings, patience), lambda: self._end(child, plan.ends or "no-answer"))
        else:
            self._later(plan.rings, lambda: self._answer(child))

    def _answer(self, child: FakeCall) -> None:
        if child.status in FINAL:
            return
        child.answered_at = self.now
        self._progress(child, "in-progress")
        if child.parent:
            child.parent.status = "in-progress"
        if "url" in child.number:
            self._whisper(child, self.post.ask(child.number["url"], self._form(child, "outbound-dial")))
        limit = float(child.dial.get("timeLimit", 14400))
        self._later(min(child.plan.talks, limit), lambda: self._end(child, "completed"))

    def _whisper(self, child: FakeCall, answer: str | None) -> None:
        """What only the company hears before it is joined; it may press a key."""
        document = _document(answer)
        gather = document.find("Gather")
        if gather is not None and child.plan.presses:
            child.pressed = child.plan.presses[: int(gather.get("numDigits", "1"))]
            pressed = {"Digits": child.pressed, "FinishedOnKey": "", "msg": "Gather End"}
            form = self._form(child, "outbound-dial") | pressed
            document = _document(self.post.ask(gather.get("action", ""), form))
        recording = document.find("Start/Recording")
        child.recording = recording is not None and recording.get("channels") == "dual"

    def _phoner_hangs_up(self, leg: FakeCall) -> None:
        if leg.status in FINAL:
            return
        leg.status, leg.ended_at = "completed", self.now
        child = leg.child
        if child and child.status not in FINAL:
            self._end(child, "completed" if child.answered_at else "canceled")

    def _end(self, child: FakeCall, status: str) -> None:
        """The company's leg ends; the <Dial> is over and says how."""
        if child.status in FINAL:
            return
        child.ended_at = self.now
        self._progress(child, status)
        leg = child.parent
        if leg is None:
            return
        form = self._form(leg, "inbound") | {"DialCallStatus": status, "DialCallSid": child.sid}
        if status == "completed":
            form |= {"DialCallDuration": str(child.seconds), "DialBridged": "true"}
        if child.dial.get("action"):
            self.post.tell(child.dial["action"], form)
        if leg.status not in FINAL:
            leg.status, leg.ended_at = "completed", self.now

    # what is sent

    def _progress(self, child: FakeCall, status: str) -> None:
        """The new state, and its callback when the TwiML asked for it."""
        if child.status in FINAL:
            return
        child.status = status
        event = "answered" if status == "in-progress" else "completed" if status in FINAL else status
        url = child.number.get("statusCallback")
        if not url or event not in child.number.get("statusCallbackEvent", "completed").split():
            return
        form = self._form(child, "outbound-dial") | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(child.sent),
            "Timestamp": format_datetime(self.now.replace(microsecond=0)),
        }
        if status in FINAL:
            code = 200 if status == "completed" else child.plan.code
            minutes = -(-child.seconds // 60)
            form |= {"CallDuration": str(child.seconds), "Duration": str(minutes), "SipResponseCode": str(code)}
        child.sent += 1
        self.post.tell(url, form)

    def _form(self, call: FakeCall, direction: str) -> dict[str, str]:
        parent = {"ParentCallSid": call.parent.sid} if call.parent else {}
        return parent | {
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "CallSid": call.sid,
            "CallStatus": call.status,
            "Called": call.to,
            "Caller": call.source,
            "Direction": direction,
            "From": call.source,
            "To": call.to,
        }

    def text_in(self, sender: str, words: str, sid: str = "") -> str | None:
        """An SMS to us; the TwiML we answer with."""
        form: dict[str, Any] = {
            "AccountSid": self.account, "ApiVersion": "2010-04-01", "Body": words, "From": sender,
            "MessageSid": sid or _sid("SM"), "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received", "To": OURS,
        }  # fmt: skip
        return self.post.ask(f"{self.base_url}/telephony/sms", form)


def _document(answer: str | None) -> ElementTree.Element:
    """TwiML as a tree; an error is an empty document."""
    return ElementTree.fromstring(answer) if answer else ElementTree.Element("Response")  # noqa: S314 - our own words
