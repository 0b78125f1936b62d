"""Texts that no public body answers: what the calibrator learns foreign matter from.

`background.txt` was written for this project: trivia, chatter, keyboard mash,
other people's business. A brain that does answer some of them loses nothing:
`embeddings.fitting` leaves out those that lie near its own phrasings.
"""

from __future__ import annotations

import functools
import importlib.resources


@functools.cache
def background_texts() -> tuple[str, ...]:
    file = importlib.resources.files("embeddings") / "background.txt"
    lines = file.read_text("utf-8").splitlines()
    return tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
