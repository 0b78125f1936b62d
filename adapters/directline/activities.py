"""A conversation as activities: pure functions over what is stored of it.

The list only ever grows, and what it has at a place stays there, so a place in
it is a watermark. First comes the greeting, with the broadcasts of the moment.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from adapters.directline.echoes import Echo, Echoes
from adapters.directline.shapes import (
    HERO_CARD,
    JSON_CONTENT,
    OURS,
    Account,
    Activity,
    Attachment,
    Card,
    CardAction,
    Conversation,
    SuggestedActions,
)
from router.messages import (
    Contact,
    Crisis,
    Handover,
    Option,
    Outcome,
    Referred,
    Reply,
    Source,
    Speaker,
    Spoken,
    Turn,
)

CHANNEL = "directline"
HANDOFF = "handoff.initiate"
VISITOR = "user"
CHOICE = "choice"


class Told(msgspec.Struct, frozen=True):
    """All there is to tell of a conversation: of which body's bot, and what was said in it."""

    id: str
    body: Speaker
    first: Spoken
    turns: Sequence[Turn]


def id_of(conversation: str, turn: int) -> str:
    """The id of a turn's activity; 0 is the greeting."""
    return f"{conversation}|{turn:07d}"


def activities(told: Told, echoes: Echoes) -> list[Activity]:
    """Everything that happened."""
    found = [_greeting(told)]
    for turn in told.turns:
        if turn.sender == "visitor":
            found.append(_visitors(told, turn, echoes.get(told.id, turn.turn)))
            continue
        found.append(_bots(told, turn))
        if turn.reply is not None and isinstance(turn.reply.outcome, Handover):
            found.append(_handoff(told, turn, turn.reply.outcome, found))
    return found


def _greeting(told: Told) -> Activity:
    notices = told.first.broadcasts
    texts = [*(notice.text for notice in notices), told.first.greeting]
    options = [notice.option for notice in notices if notice.option is not None]
    return Activity(
        type="message",
        id=id_of(told.id, 0),
        channel_id=CHANNEL,
        sender=Account(told.body.id, told.body.name, "bot"),
        conversation=Conversation(told.id),
        locale=told.first.language,
        text_format="markdown",
        text="\n\n".join(texts),
        suggested_actions=_buttons([*options, *told.first.popular]),
        channel_data={OURS: {"broadcasts": msgspec.to_builtins(notices)}},
    )


def _visitors(told: Told, turn: Turn, echo: Echo) -> Activity:
    own = {} if echo.client_id is None else {"clientActivityID": echo.client_id}
    return Activity(
        type="message",
        id=id_of(told.id, turn.turn),
        timestamp=turn.at.isoformat(),
        channel_id=CHANNEL,
        sender=Account(echo.user or VISITOR, echo.name, "user"),
        conversation=Conversation(told.id),
        text_format="plain",
        text=turn.text,
        channel_data=own or None,
    )


def _bots(told: Told, turn: Turn) -> Activity:
    said = Activity(
        type="message",
        id=id_of(told.id, turn.turn),
        timestamp=turn.at.isoformat(),
        channel_id=CHANNEL,
        sender=Account(told.body.id, told.body.name, "bot"),
        conversation=Conversation(told.id),
        text_format="markdown",
        text=turn.text,
    )
    return said if turn.reply is None else _with_reply(told, said, turn.turn, turn.reply)


def _with_reply(told: Told, said: Activity, turn: int, reply: Reply) -> Activity:
    links = [*_contacts(reply.outcome), *_places(reply.outcome), *map(_source, reply.sources)]
    card = Attachment(HERO_CARD, msgspec.to_builtins(Card(buttons=links)))
    return msgspec.structs.replace(
        said,
        sender=Account(reply.body.id, reply.body.name, "bot"),
        reply_to_id=id_of(told.id, turn - 1),
        locale=reply.language,
        input_hint="expectingInput" if reply.options else "acceptingInput",
        suggested_actions=_buttons(reply.options),
        attachments=[card] if links else None,
        channel_data={OURS: msgspec.to_builtins(reply)},
    )


def _handoff(told: Told, turn: Turn, outcome: Handover, before: Sequence[Activity]) -> Activity:
    transcript = {"activities": msgspec.to_builtins([one for one in before if one.text])}
    return Activity(
        type="event",
        id=f"{id_of(told.id, turn.turn)}h",
        timestamp=turn.at.isoformat(),
        channel_id=CHANNEL,
        sender=Account(told.body.id, told.body.name, "bot"),
        conversation=Conversation(told.id),
        reply_to_id=id_of(told.id, turn.turn - 1),
        name=HANDOFF,
        value=msgspec.to_builtins(outcome),
        attachments=[Attachment(JSON_CONTENT, transcript, name="Transcript")],
    )


def _buttons(options: Sequence[Option]) -> SuggestedActions | None:
    """Pressed, each sends its label as the text and its option's id in `value`."""
    if not options:
        return None
    return SuggestedActions([_button(one) for one in options])


def _button(option: Option) -> CardAction:
    return CardAction(
        type="messageBack",
        title=option.label,
        value={CHOICE: option.id},
        text=option.label,
        display_text=option.label,
    )


def _contacts(outcome: Outcome) -> list[CardAction]:
    if not isinstance(outcome, Crisis | Handover):
        return []
    return [action for one in outcome.contacts if (action := _contact(one)) is not None]


def _contact(contact: Contact) -> CardAction | None:
    if contact.url is None:
        return None
    kind = "call" if contact.url.startswith("tel:") else "openUrl"
    return CardAction(type=kind, title=f"{contact.label}: {contact.value}", value=contact.url)


def _places(outcome: Outcome) -> list[CardAction]:
    if not isinstance(outcome, Referred) or outcome.url is None:
        return []
    return [CardAction(type="openUrl", title=outcome.url, value=outcome.url)]


def _source(source: Source) -> CardAction:
    return CardAction(type="openUrl", title=source.title, value=source.url)
