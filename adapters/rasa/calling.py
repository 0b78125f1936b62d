"""Asking a bot that runs on Rasa.

It knows the conversation by `sender`, so nothing needs to be remembered here. A button's
payload is what is sent when it is pressed. All that a bot says to one message is one reply.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from adapters import ours
from adapters.rasa.shapes import Message, Messages
from router.adapters import Line, PartnerFailed, Question, Told
from router.messages import Option, Source

PATH = "/webhooks/rest/webhook"
FALLBACKS = "nlu_fallback,action_default_fallback,utter_default"
SETTINGS = {
    "path": f"the webhook below the address; {PATH} without it",
    "fallback": "intents, responses and actions, separated by commas, by which the bot says "
    f"that it does not know; {FALLBACKS} without it",
}
# Where a bot's own code puts what it has understood, or what it answered with.
NAMED_IN = ("intent", "action", "utter_action", "template_name", "response")

_messages = msgspec.json.Decoder(Messages)


async def ask(line: Line, question: Question) -> Told:
    """Its messages as one reply; nothing said at all is that it does not know."""
    headers = {"Content-Type": "application/json"}
    if line.secret:
        headers["Authorization"] = f"Bearer {line.secret}"
    response = await line.http.post(
        f"{line.address}/{line.settings.get('path', PATH).lstrip('/')}",
        content=msgspec.json.encode(_asked(question)),
        headers=headers,
    )
    response.raise_for_status()
    try:
        said = _messages.decode(response.content)
    except msgspec.DecodeError as error:
        raise PartnerFailed(f"It sent no messages of Rasa's: {error}") from None
    if any(message.recipient_id != question.conversation for message in said):
        raise PartnerFailed("It sent messages for another conversation.")
    known = (one.strip() for one in line.settings.get("fallback", FALLBACKS).split(","))
    return _told(said, {name for name in known if name})


def _asked(question: Question) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "language": question.language,
        "from": question.sender,
        "via": question.via,
    }
    if question.transcript:
        metadata["transcript"] = question.transcript
    message = question.text if question.choice is None else question.choice
    return {"sender": question.conversation, "message": message, "metadata": metadata}


def _told(said: list[Message], fallbacks: set[str]) -> Told:
    """A Samsvar's whole reply, else the words; what is pressed is a button's payload in both."""
    buttons = [one for message in said for one in (*message.buttons, *message.quick_replies)]
    options = tuple(Option(one.payload, one.title) for one in buttons if one.payload)
    whole = (one.custom.get("samsvar") for one in said if isinstance(one.custom, dict))
    if (told := next(filter(None, map(ours.read, whole)), None)) is not None:
        return msgspec.structs.replace(told, options=options, reply=None)
    fell_back = any(name in fallbacks for message in said for name in _names(message))
    return Told(
        text="\n\n".join(message.text for message in said if message.text),
        kind="unanswered" if fell_back or not said else None,
        options=options,
        sources=tuple(_links(said)),
    )


def _links(said: Iterable[Message]) -> Iterator[Source]:
    """Pictures, attachments and buttons that lead somewhere."""
    for message in said:
        for button in (*message.buttons, *message.quick_replies):
            if button.url:
                yield Source(button.title or _title(button.url), button.url)
        if message.image:
            yield Source(_title(message.image), message.image)
        if isinstance(message.attachment, str):
            yield Source(_title(message.attachment), message.attachment)
        elif message.attachment is not None:
            at = message.attachment.payload
            if url := at.url or at.src:
                yield Source(at.title or _title(url), url)


def _names(message: Message) -> Iterator[str]:
    """What the bot understood or answered with, where it tells."""
    for place in (message.custom, message.metadata):
        for key in NAMED_IN if isinstance(place, dict) else ():
            found = place.get(key)
            name = found.get("name") if isinstance(found, dict) else found
            if isinstance(name, str):
                yield name


def _title(url: str) -> str:
    """A file's name, or the host it is on."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return parts.path.rstrip("/").rsplit("/", 1)[-1] or parts.netloc or url
