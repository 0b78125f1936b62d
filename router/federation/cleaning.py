"""What a partner said, made safe to show: cleaned, cut to a size, and of known kinds only."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

import msgspec

from brains import rendering
from router.adapters import Told
from router.messages import Contact, Option, Source
from router.security.texts import clean

TEXT_CHARS_MAX = 8_000
LABEL_CHARS_MAX = 200
ID_CHARS_MAX = 2_000
URL_CHARS_MAX = 2_000
STATE_CHARS_MAX = 8_192
OPTIONS_MAX = 12
SOURCES_MAX = 12
BREAKS = re.compile(r"(?i)<(?:br|/p|/div|/li|/tr|/h[1-6])[^>]*>")
BLANK_LINES = re.compile(r"\n\s*\n\s*")
CONTACT_KINDS = frozenset({"phone", "email", "chat", "visit", "web"})
LINK = re.compile(r"(?:https?://|tel:|mailto:)\S+\Z")


class Nothing(Exception):
    """The partner said nothing that can be shown."""


def cleaned(told: Told) -> Told:
    """Safe to show: `text` is plain, `html` has harmless elements only. Raises `Nothing`."""
    markup = rendering.clean(told.html[: 4 * TEXT_CHARS_MAX]).strip()
    text = _line(told.text, TEXT_CHARS_MAX) or _plain(markup)
    options = tuple(_options(told.options))
    if not text and not options:
        raise Nothing("The partner's reply has no text.")
    return msgspec.structs.replace(
        told,
        text=text,
        html=markup if markup and len(told.html) <= 4 * TEXT_CHARS_MAX else paragraphs(text),
        speaker=_line(told.speaker or "", LABEL_CHARS_MAX) or None,
        options=options,
        sources=tuple(_sources(told.sources)),
        contacts=tuple(_contacts(told.contacts)),
        state=told.state if len(told.state) <= STATE_CHARS_MAX else "",
    )


def paragraphs(text: str) -> str:
    """Plain text as HTML: an empty line parts paragraphs."""
    parts = BLANK_LINES.split(text.strip())
    return "".join(
        f"<p>{html.escape(part, quote=False).replace(chr(10), '<br>')}</p>" for part in parts
    )


def _plain(markup: str) -> str:
    """The words of cleaned HTML."""
    apart = BREAKS.sub("\n", markup)
    return _line(html.unescape(re.sub(r"<[^>]*>", "", apart)), TEXT_CHARS_MAX)


def _line(text: str, limit: int) -> str:
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return clean(cut, limit) if cut.strip() else ""


def _options(options: Iterable[Option]) -> Iterable[Option]:
    for one in list(options)[:OPTIONS_MAX]:
        label = _line(one.label, LABEL_CHARS_MAX)
        if label and one.id and len(one.id) <= ID_CHARS_MAX:
            yield Option(one.id, label)


def _sources(sources: Iterable[Source]) -> Iterable[Source]:
    for one in list(sources)[:SOURCES_MAX]:
        if len(one.url) <= URL_CHARS_MAX and LINK.match(one.url):
            yield Source(_line(one.title, LABEL_CHARS_MAX) or one.url, one.url)


def _contacts(contacts: Iterable[Contact]) -> Iterable[Contact]:
    for one in list(contacts)[:SOURCES_MAX]:
        value = _line(one.value, LABEL_CHARS_MAX)
        if value and one.kind in CONTACT_KINDS:
            url = one.url if one.url and LINK.match(one.url) else None
            yield Contact(one.kind, _line(one.label, LABEL_CHARS_MAX) or value, value, url)
