"""What is said: a `Reply` as a dialog event, and a dialog event as what a visitor wrote."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from html import escape

import msgspec

from adapters import plain
from adapters.openfloor.shapes import DialogEvent, Feature, Ours, Span, Token
from router.messages import Answered, Option, Reply, Spoken

OURS = "samsvar"


def of_reply(reply: Reply, speaker_uri: str) -> DialogEvent:
    """The whole reply: as text with numbered options and sources, as HTML, and as it is."""
    sure = reply.probability if isinstance(reply.outcome, Answered) else None
    return said(speaker_uri, reply.language, plain.as_text(reply), as_html(reply), reply, sure)


def of_greeting(first: Spoken, speaker_uri: str) -> DialogEvent:
    """Broadcasts first, then the greeting and what is often asked."""
    texts = [*(notice.text for notice in first.broadcasts), first.greeting]
    texts += [plain.numbered(first.popular)] if first.popular else []
    html = [*(notice.html for notice in first.broadcasts), f"<p>{escape(first.greeting)}</p>"]
    return said(
        speaker_uri,
        first.language,
        "\n\n".join(texts),
        "".join(html) + _listed(first.popular),
        first,
    )


def said(
    speaker_uri: str,
    language: str,
    text: str,
    html: str | None = None,
    ours: msgspec.Struct | None = None,
    confidence: float | None = None,
) -> DialogEvent:
    """A dialog event of now. `confidence`, 0 to 1, is in the text."""
    features = {"text": _feature("text/plain", text, language, confidence)}
    if html is not None:
        features["html"] = _feature("text/html", html, language)
    if ours is not None:
        features[OURS] = _feature("application/json", ours, language)
    return DialogEvent(
        id=f"de:{secrets.token_hex(16)}",
        speaker_uri=speaker_uri,
        span=Span(start_time=dt.datetime.now(dt.UTC).isoformat()),
        features=features,
    )


def as_html(reply: Reply) -> str:
    """The reply's HTML, then its options and sources as lists."""
    parts = [reply.html, _listed(reply.options)]
    if reply.sources:
        links = (
            f'<li><a href="{escape(source.url)}">{escape(source.title)}</a></li>'
            for source in reply.sources
        )
        parts.append(f"<ul>{''.join(links)}</ul>")
    return "".join(parts)


def text_of(event: DialogEvent, feature: str = "text") -> str:
    """The words of a feature, "" where it has none. Addresses in it are not followed."""
    found = event.features.get(feature)
    tokens = found.tokens if found is not None else []
    return "".join(token.value for token in tokens if isinstance(token.value, str))


def language_of(event: DialogEvent) -> str | None:
    text = event.features.get("text")
    return text.lang if text is not None else None


def ours_of(event: DialogEvent) -> object:
    """The value of our own feature as it came, None where there is none."""
    feature = event.features.get(OURS)
    return feature.tokens[0].value if feature is not None and feature.tokens else None


def wanted(event: DialogEvent) -> Ours:
    """What a caller's own feature asks for. Raises `msgspec.ValidationError`."""
    value = ours_of(event)
    return Ours() if value is None else msgspec.convert(value, Ours)


def _feature(
    mime_type: str, value: object, language: str, confidence: float | None = None
) -> Feature:
    token = Token(value=value, confidence=confidence)
    return Feature(mime_type=mime_type, tokens=[token], lang=language)


def _listed(options: Sequence[Option]) -> str:
    items = "".join(f"<li>{escape(option.label)}</li>" for option in options)
    return f"<ol>{items}</ol>" if items else ""
