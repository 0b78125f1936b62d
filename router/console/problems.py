"""What is wrong with an entry or a file, in the language of the page.

`brains` says it in English. `texts/problems.en.toml` has those sentences under
a name, with `{value}` where one goes; the same name in another language is
what a page says. What stands for a value may be one of those sentences itself. A
sentence that is not there is said as it is.
"""

from __future__ import annotations

import functools
import re

from router.console import wording

_VALUE = re.compile(r"\\\{(\w+)\\\}")


def worded(text: str, language: str) -> str:
    """The sentence in a language of the console."""
    if language == "en":
        return text
    for name, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            values = {key: worded(value, language) for key, value in found.groupdict().items()}
            return wording.say(f"problems.{name}", language, **values)
    return text


@functools.cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Those that say the most first: others may fit a part of them."""
    texts: dict[str, str] = wording.texts("problems", "en")
    found = sorted(texts.items(), key=lambda pair: -len(_VALUE.sub("", re.escape(pair[1]))))
    return [
        (name, re.compile(_VALUE.sub(r"(?P<\1>.+)", re.escape(text)), re.DOTALL))
        for name, text in found
    ]
