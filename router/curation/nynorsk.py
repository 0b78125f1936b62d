"""A Nynorsk draft of a Bokmål text, for a person to correct: by apertium, where it is installed.

    apt-get install apertium-nno-nob

Facts, addresses, code and the signs of Markdown go through as they are: they are
shown to apertium as tags of a web page, which it leaves in their place.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import re
import shutil
from pathlib import Path

from brains.errors import Invalid, StorageError

MODE = "nob-nno"
MODES_FOLDERS = (Path("/usr/share/apertium/modes"), Path("/usr/local/share/apertium/modes"))
TEXT_CHARS_MAX = 20_000
TIME_LIMIT_S = 20.0

_KEPT = re.compile(
    r"\{\{[^{}]*\}\}|\{%[^{}]*%\}"  # facts
    r"|```.*?```|`[^`\n]*`"  # code
    r"|(?<=\])\([^()\s]*\)|<[^<>\s]+>|https?://[^\s)>]+|www\.[^\s)>]+|(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.]+"
    r"|^[ \t]*(?:[-+*]|\d+[.)]|#{1,6}|>)[ \t]+"  # list items, headings, quotations
    r"|[*_~\[\]|#>\\]+|\n+"
    # Control signs, and words no language has: apertium would stop there without a word.
    r"|[\x00-\x09\x0b-\x1f\x7f-\x9f]+|[^\s<>]{80,}",
    re.DOTALL | re.MULTILINE,
)
_TAG = re.compile(r'<i n="(\d+)"\s*(?:/>|></i>)')


class Unavailable(StorageError):
    """There is no apertium here, or it failed."""


def available() -> bool:
    """Whether there is a draft to be had."""
    folders = [folder / f"{MODE}.mode" for folder in MODES_FOLDERS]
    return shutil.which("apertium") is not None and any(file.exists() for file in folders)


async def draft(markdown: str) -> str:
    """The text in Nynorsk, its Markdown and facts untouched.

    Raises `Invalid` for a text that is too long, and `Unavailable`.
    """
    if len(markdown) > TEXT_CHARS_MAX:
        raise Invalid(f"A draft is made of at most {TEXT_CHARS_MAX} characters.", "field answers")
    kept: list[str] = []

    def put_away(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f'<i n="{len(kept) - 1}"/>'

    shown = "".join(
        put_away(found) if found else html.escape(plain, quote=False)
        for plain, found in _parts(markdown)
    )
    shown += f'<i n="{len(kept)}"/>'
    kept.append("")  # comes back only where nothing before it was cut off
    translated = html.unescape(await _apertium(shown))
    if [int(number) for number in _TAG.findall(translated)] != list(range(len(kept))):
        raise Unavailable("The draft lost a part of the text. Write it by hand this time.")
    return _TAG.sub(lambda found: kept[int(found[1])], translated)


def _parts(markdown: str) -> list[tuple[str, re.Match[str] | None]]:
    """What is to be translated, and what is to be kept, in turn."""
    parts: list[tuple[str, re.Match[str] | None]] = []
    start = 0
    for found in _KEPT.finditer(markdown):
        parts += [(markdown[start : found.start()], None), ("", found)]
        start = found.end()
    return [*parts, (markdown[start:], None)]


async def _apertium(page: str) -> str:
    if not available():
        raise Unavailable("There is no apertium here. Install the package apertium-nno-nob.")
    process = await asyncio.create_subprocess_exec(
        "apertium",
        "-u",
        "-f",
        "html",
        MODE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(page.encode()), TIME_LIMIT_S)
    except TimeoutError:
        raise Unavailable("The draft took too long. Try with a shorter text.") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        raise Unavailable("The draft could not be made. Write it by hand this time.")
    return out.decode()
