"""What the bot itself says, one TOML file a language.

    say("referred", "nn", body="Voss herad", other="NAV")

A language without a file, or a file without the text, gets Bokmål. To add a
language, copy `en.toml`, translate it and name it by its language tag.
"""

from __future__ import annotations

import functools
import importlib.resources
import tomllib
from typing import Any

DEFAULT = "nb"


@functools.cache
def languages() -> frozenset[str]:
    """The language tags there is a file for."""
    files = importlib.resources.files(__name__).iterdir()
    return frozenset(file.name[: -len(".toml")] for file in files if file.name.endswith(".toml"))


def say(key: str, language: str, /, **values: str) -> str:
    """The text under `key` in `language`, else in Bokmål. Raises KeyError for an unknown key."""
    text: str = _lookup(language, key)
    return text.format(**values) if values else text


def day_name(weekday: int, language: str) -> str:
    """The name of a weekday, 0 for Monday."""
    days: list[str] = _lookup(language, "days")
    return days[weekday]


def language_name(tag: str, language: str) -> str:
    """What the language `tag` is called in `language`."""
    names: dict[str, str] = _lookup(language, "languages")
    return names.get(tag, tag)


def _lookup(language: str, key: str) -> Any:
    for tag in (language, DEFAULT):
        texts = _texts(tag)
        if key in texts:
            return texts[key]
    raise KeyError(key)


@functools.cache
def _texts(language: str) -> dict[str, Any]:
    if language not in languages():
        return {}
    file = importlib.resources.files(__name__) / f"{language}.toml"
    return tomllib.loads(file.read_text("utf-8"))
