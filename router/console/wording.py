"""What the console says, in Bokmål and English: `texts/<area>.<language>.toml`.

    say("gaps.title", "nb")        say("common.dates.days", "en", count=3)

A key is `<area>.<name>`, deeper tables by more dots. A text that depends on
a number is a table of `one` and `other`, chosen by `count`.
"""

from __future__ import annotations

import functools
import importlib.resources
import tomllib
from typing import Any

LANGUAGES = {"nb": "Bokmål", "en": "English"}
DEFAULT = "nb"


def say(key: str, language: str, /, **values: object) -> str:
    """The text under `key`, `{name}` in it replaced. Raises KeyError for a key there is none of."""
    found = _lookup(key, language)
    if isinstance(found, dict):
        found = found["one" if values.get("count") == 1 else "other"]
    if not isinstance(found, str):
        raise KeyError(key)
    return found.format(**values) if values else found


def has(key: str, language: str) -> bool:
    """Whether there is a text under `key`."""
    try:
        return _lookup(key, language) is not None
    except KeyError:
        return False


def spoken(*wanted: str | None) -> str:
    """The first of `wanted` that the console speaks. Any Norwegian is Bokmål here."""
    for tag in wanted:
        base = (tag or "").lower().partition("-")[0]
        base = {"nn": "nb", "no": "nb"}.get(base, base)
        if base in LANGUAGES:
            return base
    return DEFAULT


@functools.cache
def texts(area: str, language: str) -> dict[str, Any]:
    """One file, as it is. Raises KeyError where there is none."""
    file = importlib.resources.files("router.console") / "texts" / f"{area}.{language}.toml"
    if not file.is_file():
        raise KeyError(f"{area}.{language}")
    return tomllib.loads(file.read_text("utf-8"))


@functools.lru_cache(maxsize=8192)
def _lookup(key: str, language: str) -> Any:
    area, *names = key.split(".")
    found: Any = texts(area, language)
    for name in names:
        if not isinstance(found, dict) or name not in found:
            raise KeyError(key)
        found = found[name]
    return found
