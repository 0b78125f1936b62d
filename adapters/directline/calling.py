"""A question to a bot on Azure: start or go on, post it, and poll until all is said.

    POST conversations                      once; the secret gives a token for the conversation
    POST conversations/{id}/activities      the question, or the button pressed
    GET  conversations/{id}/activities      again and again, from a watermark

What is needed to go on is in `Told.state`. A token that has run out is asked for
again with the secret; a conversation that the bot has forgotten begins anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from adapters.directline import reading
from adapters.directline.activities import HANDOFF
from adapters.directline.replies import Replies
from adapters.directline.shapes import (
    JSON_CONTENT,
    OURS,
    About,
    Account,
    Activity,
    ActivitySet,
    Attachment,
    Posted,
)
from router.adapters import Line, PartnerFailed, Question, Told

SETTINGS = {
    "poll_s": "Seconds between two looks for the bot's reply. 0.5 if not set.",
    "quiet_s": "Seconds without anything new after which the bot has said it all. 1 if not set.",
}
POLL_SECONDS, POLL_SECONDS_MIN = 0.5, 0.05
QUIET_SECONDS = 1.0
VERSION = "/v3/directline"
EXPIRES_SECONDS = 1800
# A token that ends within this is not used for another question.
MARGIN_SECONDS = 60
GONE = (403, 404)

T = TypeVar("T")


class Gone(PartnerFailed):
    """The bot knows the conversation no more, or its token."""


class Opened(msgspec.Struct):
    """What a bot answers where a conversation begins, or goes on with a fresh token."""

    conversation: str = msgspec.field(name="conversationId")
    token: str = ""
    expires_in: int = EXPIRES_SECONDS


class State(msgspec.Struct, array_like=True):
    """A conversation at the bot. `until` is when the token ends, in seconds since 1970."""

    conversation: str
    token: str
    until: float
    watermark: str = ""


async def ask(line: Line, question: Question) -> Told:
    """Take the question there. Raises `httpx.HTTPError` and `PartnerFailed`."""
    if question.state:
        with contextlib.suppress(Gone):
            return await _asked(line, question, await _opened(line, question.state))
    return await _asked(line, question, await _started(line))


async def _asked(line: Line, question: Question, state: State) -> Told:
    user = Account(question.conversation, None, "user")
    if question.transcript:
        await _post(line, state, _transcript(question, user))
    activity = reading.pressed(question.choice) if question.choice else None
    activity = activity or Activity(type="message", text=question.text, text_format="plain")
    activity.sender, activity.locale = user, question.language
    about = About(question.sender, question.sender_name, question.via)
    activity.channel_data = {**(activity.channel_data or {}), OURS: about}
    posted = await _post(line, state, activity)
    said = await _listen(line, state, Replies(posted.id, user.id))
    told = reading.told(said)
    return msgspec.structs.replace(told, state=msgspec.json.encode(state).decode())


async def _started(line: Line) -> State:
    return _begun(await _call(line, "POST", "conversations", line.secret, Opened, {}))


async def _opened(line: Line, kept: str) -> State:
    """The conversation that was kept, with a token that is good for a while."""
    try:
        state = msgspec.json.decode(kept, type=State)
    except msgspec.MsgspecError:
        raise PartnerFailed("What was kept of the conversation cannot be read.") from None
    if not line.secret or state.until - MARGIN_SECONDS > time.time():
        return state
    path = f"{_path(state)}?watermark={quote(state.watermark, safe='')}"
    again = _begun(await _call(line, "GET", path, line.secret, Opened))
    return msgspec.structs.replace(again, watermark=state.watermark)


def _begun(opened: Opened) -> State:
    return State(opened.conversation, opened.token, time.time() + opened.expires_in)


async def _listen(line: Line, state: State, replies: Replies) -> list[Activity]:
    """Poll until the bot has said it all. The router ends what never ends."""
    poll = max(_seconds(line, "poll_s", POLL_SECONDS), POLL_SECONDS_MIN)
    quiet = _seconds(line, "quiet_s", QUIET_SECONDS)
    while True:
        path = f"{_path(state)}/activities?watermark={quote(state.watermark, safe='')}"
        found = await _call(line, "GET", path, state.token or line.secret, ActivitySet)
        state.watermark = found.watermark or state.watermark
        replies.add(found.activities, time.monotonic())
        if replies.complete(time.monotonic(), quiet):
            return replies.said
        await asyncio.sleep(poll)


async def _post(line: Line, state: State, activity: Activity) -> Posted:
    path = f"{_path(state)}/activities"
    return await _call(line, "POST", path, state.token or line.secret, Posted, activity)


def _transcript(question: Question, user: Account) -> Activity:
    """What was said before, as the framework's bots hand conversations over."""
    lines = [
        Activity(
            type="message",
            sender=Account(one.by, one.name, "user" if one.by == "visitor" else "bot"),
            text=one.text,
        )
        for one in question.transcript
    ]
    content = {"activities": msgspec.to_builtins(lines)}
    return Activity(
        type="event",
        name=HANDOFF,
        sender=user,
        locale=question.language,
        value={"from": question.sender_name},
        attachments=[Attachment(JSON_CONTENT, content, name="Transcript")],
    )


async def _call(
    line: Line, method: str, path: str, bearer: str, kind: type[T], content: Any = None
) -> T:
    base = line.address if line.address.endswith(VERSION) else f"{line.address}{VERSION}"
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    sent = None if content is None else msgspec.json.encode(content)
    response = await line.http.request(method, f"{base}/{path}", content=sent, headers=headers)
    if response.status_code >= 500:
        response.raise_for_status()
    step = f"{method} {path.split('/')[-1].split('?')[0] if '/' in path else path}"
    if not response.is_success:
        failed = Gone if response.status_code in GONE else PartnerFailed
        raise failed(f"{step} was refused with HTTP {response.status_code}.")
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise PartnerFailed(f"{step} was answered with what Direct Line does not know.") from None


def _path(state: State) -> str:
    return f"conversations/{quote(state.conversation, safe='')}"


def _seconds(line: Line, name: str, otherwise: float) -> float:
    try:
        return float(line.settings.get(name) or otherwise)
    except ValueError:
        raise PartnerFailed(f"The setting {name} is not a number of seconds.") from None
