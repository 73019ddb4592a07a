"""TwiML, the provider's instructions for a call. Sources: Twilio's pages on <Dial>, <Number>, <Gather>, <Start>.

Every address carries the call's own token, so that what comes back is found whatever comes first; the provider's
signature covers it.
"""

from __future__ import annotations

from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Dial, Gather, Hangup, Number, Start, VoiceResponse

TALK_LIMIT = 60 * 60  # seconds; the provider ends a call that is left open
RING = 40  # seconds; then it is no answer
VOICE = {"language": "da-DK", "voice": "Polly.Naja"}
QUESTION = (
    "Goddag. Må vi optage samtalen, så vi kan blive bedre til at ringe? "
    "Tryk 1 for ja. Ellers vent et øjeblik, så bliver samtalen ikke optaget."
)
AGREED = "Tak. Samtalen bliver optaget."


def outgoing(*, number: str, caller_id: str, base_url: str, token: str, ask_to_record: bool) -> str:
    """Dial the company. The phoner hears it ring (``answerOnBridge``); nothing in here records.

    ask_to_record: the company hears the question before the two are joined.
    """
    base = base_url.rstrip("/")
    dial = Dial(
        answer_on_bridge=True,
        caller_id=caller_id,
        time_limit=TALK_LIMIT,
        timeout=RING,
        action=f"{base}/telephony/dial-result?call={token}",
        method="POST",
    )
    asked = {"url": f"{base}/telephony/ask?call={token}", "method": "POST"} if ask_to_record else {}
    dial.append(
        Number(
            number,
            status_callback=f"{base}/telephony/status?call={token}",
            status_callback_event="initiated ringing answered completed",
            status_callback_method="POST",
            **asked,
        )
    )
    return _document(dial)


def question(*, base_url: str, token: str) -> str:
    """What the company hears when it answers: one key, and silence is a no."""
    base = base_url.rstrip("/")
    gather = Gather(num_digits=1, timeout=5, action=f"{base}/telephony/agree?call={token}", method="POST")
    gather.say(QUESTION, **VOICE)
    return _document(gather)


def recorded() -> str:
    """After a yes: record the two voices apart from now on, then join them."""
    response = VoiceResponse()
    response.say(AGREED, **VOICE)
    start = Start()
    start.recording(channels="dual", track="both")
    response.append(start)
    return str(response)


def nothing() -> str:
    """No instructions: join the parties, or end."""
    return str(VoiceResponse())


def refused(text: str) -> str:
    """The phoner hears why, and the call ends; nobody is dialled."""
    response = VoiceResponse()
    response.say(text, **VOICE)
    response.append(Hangup())
    return str(response)


def ended() -> str:
    return _document(Hangup())


def answer(text: str) -> str:
    """An SMS back."""
    response = MessagingResponse()
    response.message(text)
    return str(response)


def _document(verb: Dial | Gather | Hangup) -> str:
    response = VoiceResponse()
    response.append(verb)
    return str(response)
