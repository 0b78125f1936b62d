"""What a client's activity says to the bot: a text, a choice, or nothing to answer."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from adapters import plain
from adapters.directline.activities import CHOICE
from adapters.directline.echoes import Echo
from adapters.directline.errors import Refused
from adapters.directline.shapes import OURS, About, Activity
from router.messages import Option

# What happens at the client, with nothing in it to answer.
UNANSWERED = frozenset(
    [
        "conversationUpdate",
        "endOfConversation",
        "event",
        "installationUpdate",
        "invoke",
        "messageReaction",
        "trace",
        "typing",
    ]
)
ABOUT = About()
CLIENT_ID = "clientActivityID"
ID_CHARS_MAX = 100


class Heard(msgspec.Struct, frozen=True):
    """What is said to the bot, and the bodies that it has passed."""

    text: str
    choice: str | None
    via: tuple[str, ...] = ()


def heard(activity: Activity, offered: Sequence[Option]) -> Heard | None:
    """None where there is nothing to answer. Raises `Refused` for what is not understood.

    A button's value is the id of its option; a label or a number that was typed, or sent by a
    client that knows only texts, means the option that it names.
    """
    if activity.type in UNANSWERED:
        return None
    if activity.type != "message":
        raise Refused(400, "Activities of this type are not taken. Send a message.")
    value = activity.value
    if isinstance(value, dict) and isinstance(value.get(CHOICE), str):
        return Heard("", value[CHOICE], _about(activity).via)
    text = activity.text or (value if isinstance(value, str) else "")
    if not text.strip() and activity.attachments:
        raise Refused(400, "Files are not taken here. Send a text.", "NotSupported")
    return Heard(text, plain.chosen(text, offered), _about(activity).via)


def echo(activity: Activity, user: str | None) -> Echo:
    """What to send back with the activity."""
    sender, data = activity.sender, activity.channel_data
    client_id = data.get(CLIENT_ID) if isinstance(data, dict) else None
    return Echo(
        user or _short(sender.id if sender else None),
        _short(sender.name if sender else None),
        _short(client_id),
    )


def _about(activity: Activity) -> About:
    data = activity.channel_data
    if not isinstance(data, dict) or OURS not in data:
        return ABOUT
    try:
        return msgspec.convert(data[OURS], About)
    except msgspec.ValidationError as error:
        raise Refused(400, f"“{OURS}” in the channel data: {error}.") from None


def _short(text: object) -> str | None:
    return text if isinstance(text, str) and 0 < len(text) <= ID_CHARS_MAX else None
