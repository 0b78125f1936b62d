"""A reply, a greeting and a visitor's words as responses; languages, dates, other bodies."""

from __future__ import annotations

import datetime as dt
import html as markup
import zlib
from collections.abc import Sequence

from adapters.boost.shapes import Element, Link, Payload, Response
from router.messages import Contact, Crisis, Handover, Option, Reply, Source, Spoken, Turn

GREETING = "0"

TO_BOOST = {"nb": "no-NO", "nn": "nn-NO", "en": "en-US"}
FILTERS = {"bokmal": "nb", "bokmål": "nb", "nynorsk": "nn", "english": "en"}


def tag(language: str) -> str:
    """Our language tag as front ends know it: `nb` is `no-NO`."""
    return TO_BOOST.get(language, language)


def untag(language: str) -> str:
    """The other way."""
    plain = language.replace("_", "-").split("-")[0].lower()
    return "nb" if plain == "no" else plain


def chosen_language(filters: Sequence[str]) -> str | None:
    """The language that filter values name, None where they name none."""
    return next((FILTERS[one.lower()] for one in filters if one.lower() in FILTERS), None)


def van_of(body: str) -> int:
    """The number that a body goes by: the same for ever, and not negative."""
    return zlib.crc32(body.encode("utf-8", "replace")) & 0x7FFFFFFF


def date(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def of_reply(reply: Reply, host: str, at: dt.datetime, clean: bool) -> Response:
    """`host` is the body whose panel it is; where another speaks, it is named."""
    other = None if reply.body.id == host else reply.body.name
    shown = [_said(_named(reply.text, other), f"{_heading(other)}{reply.html}", clean)]
    outcome = reply.outcome
    contacts = outcome.contacts if isinstance(outcome, Crisis | Handover) else []
    links = [
        *(_option(option, other) for option in reply.options),
        *(_contact(contact, reply.turn, n) for n, contact in enumerate(contacts) if contact.url),
        *(_source(source, reply.turn, n, other) for n, source in enumerate(reply.sources)),
    ]
    return Response(
        id=str(reply.turn),
        source="bot",
        language=tag(reply.language),
        date_created=date(at),
        elements=[*shown, *_links(links)],
        van_id=None if other is None else van_of(reply.body.id),
    )


def of_turn(turn: Turn, host: str, language: str, clean: bool) -> Response:
    """A line of the conversation, shown again."""
    if turn.reply is not None:
        return of_reply(turn.reply, host, turn.at, clean)
    visitor = turn.sender == "visitor"
    return Response(
        id=str(turn.turn),
        source="client" if visitor else "bot",
        language=tag(language),
        date_created=date(turn.at),
        elements=[_said(turn.text, turn.html, clean or visitor)],
        is_human_agent=turn.sender == "agent",
    )


def of_opening(first: Spoken, at: dt.datetime, clean: bool, silent: bool) -> Response:
    """Broadcasts, greeting, and popular questions as buttons; nothing of it where `silent`."""
    notices = [] if silent else first.broadcasts
    asked = [one.option for one in notices if one.option is not None]
    links = [] if silent else [_option(option, None) for option in [*asked, *first.popular]]
    greeting = [] if silent else [first.greeting]
    return Response(
        id=GREETING,
        source="bot",
        language=tag(first.language),
        date_created=date(at),
        elements=[
            *(_said(one.text, one.html, clean) for one in notices),
            *(_said(text, f"<p>{markup.escape(text)}</p>", clean) for text in greeting),
            *_links(links),
        ],
    )


def _said(text: str, html: str, clean: bool) -> Element:
    if clean:
        return Element("text", Payload(text=text))
    return Element("html", Payload(html=html))


def _links(links: list[Link]) -> list[Element]:
    return [Element("links", Payload(links=links))] if links else []


def _named(text: str, speaker: str | None) -> str:
    return text if speaker is None else f"{speaker}:\n{text}"


def _heading(speaker: str | None) -> str:
    return "" if speaker is None else f"<p><strong>{markup.escape(speaker)}</strong></p>"


def _option(option: Option, other: str | None) -> Link:
    return Link(id=option.id, text=option.label, type="action_link", van_name=other)


def _contact(contact: Contact, turn: int, n: int) -> Link:
    return _external(f"contact:{turn}:{n}", f"{contact.label}: {contact.value}", contact.url or "")


def _source(source: Source, turn: int, n: int, other: str | None) -> Link:
    return _external(f"source:{turn}:{n}", source.title, source.url, other)


def _external(id: str, text: str, url: str, other: str | None = None) -> Link:
    target = "_blank" if url.startswith("http") else None
    return Link(id=id, text=text, type="external_link", url=url, link_target=target, van_name=other)
