"""What exports and tables say beside question and answer: sources and topics."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import msgspec

from brains.formats import columns
from brains.model import Source

_WITHOUT_SCHEME = re.compile(r"www\.\S+\Z", re.IGNORECASE)
_AN_ADDRESS = re.compile(r"\S+:\S+\Z")


def written_source(text: str) -> list[Source]:
    """What somebody wrote as a source. Words are none; what looks like an address is taken for one.

    Whether it is one is for `brains.checks` to say.
    """
    address = f"https://{text}" if _WITHOUT_SCHEME.match(text) else text
    return [Source(_host(address), address)] if _AN_ADDRESS.match(address) else []


def named_source(source: str, name: str = "") -> list[Source]:
    """The source an export names, where that is a web page."""
    if not source.startswith(("http://", "https://")):
        return []
    return [Source(name if name and name != source else _host(source), source)]


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def category(metadata: str) -> str:
    """The topic in an export's metadata, `category:avfall|x:y` or a JSON list of pairs."""
    try:
        pairs = msgspec.json.decode(metadata or "[]", type=list[dict[str, str]])
        named = {pair.get("name", ""): pair.get("value", "") for pair in pairs}
    except msgspec.MsgspecError:
        named = {
            name: value
            for part in metadata.split("|")
            for name, mark, value in [part.partition(":")]
            if mark
        }
    return topic_in(named)


def topic_in(metadata: dict[str, str]) -> str:
    """The value of whatever an export calls its topic."""
    for name, value in metadata.items():
        if columns.read([name]).kinds == ["topic"]:
            return value.strip()
    return ""
