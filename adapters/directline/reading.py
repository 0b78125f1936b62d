"""A bot's activities as a `Told`: texts, buttons and cards. Pure.

A text is Markdown unless it says what it is. Buttons that say something become
options, those that open or call become sources and contacts.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from markdown_it import MarkdownIt

from adapters.directline.activities import HANDOFF
from adapters.directline.replies import whole
from adapters.directline.shapes import Activity, Attachment, Card, CardAction
from router.adapters import Told
from router.messages import Contact, Option, Source

CARDS = frozenset(f"application/vnd.microsoft.card.{kind}" for kind in ("hero", "thumbnail"))
ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"
SAYS = frozenset({"imBack", "postBack", "messageBack"})
DEPTH_MAX = 10
TEXT_CHARS_MAX = 8_000
MARKDOWN = MarkdownIt("commonmark", {"html": False})


class Button(msgspec.Struct, array_like=True):
    """An option's id: all that is needed to press the button later."""

    type: str
    title: str
    value: Any = None
    text: str | None = None


def told(said: Sequence[Activity]) -> Told:
    """What the activities say, in the order in which they came."""
    texts: list[tuple[str | None, str | None]] = []
    actions: list[CardAction] = []
    files: list[Source] = []
    for one in said:
        texts.append((one.text, one.text_format))
        actions += one.suggested_actions.actions if one.suggested_actions else []
        for attachment in one.attachments or [] if one.type == "message" else []:
            words, buttons = _card(attachment)
            texts += [(word, None) for word in words]
            actions += buttons
            files += _file(attachment)
    speakers = [one.sender.name for one in said if one.sender is not None and one.sender.name]
    locales = [one.locale for one in said if one.locale]
    if (reply := whole(said)) is not None:
        return msgspec.structs.replace(reply, options=tuple(_options(actions)))
    handed = any(one.type == "handoff" or one.name == HANDOFF for one in said)
    return Told(
        html="".join(_marked(texts)),
        kind="handover" if handed else None,
        language=locales[-1] if locales else None,
        speaker=speakers[-1] if speakers else None,
        options=tuple(_options(actions)),
        sources=(*_links(actions), *files),
        contacts=tuple(_calls(actions)),
        ended=any(one.type == "endOfConversation" for one in said),
    )


def pressed(choice: str) -> Activity | None:
    """The activity that a client posts where the button is pressed; None for no button's id."""
    try:
        button = msgspec.json.decode(choice, type=Button)
    except msgspec.MsgspecError:
        return None
    data: dict[str, Any] | None = None if button.type == "imBack" else {"postBack": True}
    text, value = button.text, button.value
    if button.type == "messageBack":
        data = {"messageBack": {"displayText": button.title}}
    elif isinstance(value, str):
        text, value = value, None
    return Activity(type="message", text=text, value=value, channel_data=data)


def _marked(texts: Iterable[tuple[str | None, str | None]]) -> Iterable[str]:
    """Texts of any format as HTML, and no more than is ever shown: rendering takes time."""
    left = TEXT_CHARS_MAX
    for text, kind in texts:
        shown = (text or "").strip()[:left]
        left -= len(shown)
        if shown:
            yield _html(shown, kind)


def _html(text: str, kind: str | None) -> str:
    if kind == "plain":
        return f"<p>{html.escape(text).replace(chr(10), '<br>')}</p>"
    return text if kind == "xml" else str(MARKDOWN.render(text))


def _options(actions: Iterable[CardAction]) -> Iterable[Option]:
    known: dict[str, Option] = {}
    for one in actions:
        if one.type in SAYS and (label := one.title or _plain(one.value)):
            button = Button(one.type, label, one.value, one.text)
            id = msgspec.json.encode(button).decode()
            known.setdefault(label, Option(id, label))
    return known.values()


def _links(actions: Iterable[CardAction]) -> Iterable[Source]:
    for one in actions:
        if one.type == "openUrl" and isinstance(one.value, str):
            yield Source(one.title or one.value, one.value)


def _calls(actions: Iterable[CardAction]) -> Iterable[Contact]:
    for one in actions:
        if one.type == "call" and isinstance(one.value, str):
            number = one.value.removeprefix("tel:")
            yield Contact("phone", one.title or number, number, f"tel:{number}")


def _file(attachment: Attachment) -> list[Source]:
    url = attachment.content_url
    return [Source(attachment.name or url, url)] if url else []


def _card(attachment: Attachment) -> tuple[list[str], list[CardAction]]:
    """A card's texts and buttons; none of an attachment that is no card that is known."""
    if attachment.content_type == ADAPTIVE_CARD and isinstance(attachment.content, dict):
        found = list(_elements(attachment.content, DEPTH_MAX))
        texts = [one["text"] for one in found if _is(one, "TextBlock", "text")]
        return texts, [_action(one) for one in found if str(one.get("type")).startswith("Action.")]
    if attachment.content_type not in CARDS:
        return [], []
    try:
        card = msgspec.convert(attachment.content, Card)
    except msgspec.ValidationError:
        return [], []
    return [text for text in (card.title, card.subtitle, card.text) if text], card.buttons


def _elements(element: Any, depth: int) -> Iterable[dict[str, Any]]:
    """An adaptive card's elements and actions, wherever they stand in it."""
    if isinstance(element, dict):
        yield element
    if depth and isinstance(element, dict | list):
        for one in element.values() if isinstance(element, dict) else element:
            yield from _elements(one, depth - 1)


def _action(found: dict[str, Any]) -> CardAction:
    """An adaptive card's action as the button that does the same."""
    title = _plain(found.get("title"))
    if found.get("type") == "Action.OpenUrl":
        return CardAction(type="openUrl", title=title, value=found.get("url"))
    if found.get("type") == "Action.Submit":
        return CardAction(type="postBack", title=title, value=found.get("data", {}))
    return CardAction(type="", title=title)


def _is(found: dict[str, Any], type: str, field: str) -> bool:
    return found.get("type") == type and isinstance(found.get(field), str)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else ""
