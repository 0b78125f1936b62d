"""Passwords: which are refused, and how they are kept and compared.

Rules after NIST SP 800-63B: long rather than complicated, nothing that is
among the first a guesser tries, no expiry. Kept as Argon2id with the
parameters that argon2-cffi recommends (RFC 9106, low memory).
"""

from __future__ import annotations

import asyncio
import importlib.resources
import re
import unicodedata
from functools import cache
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from brains.people import Person

LENGTH_MIN = 12
# Bounds the work of one sign-in; longer than anybody types.
LENGTH_MAX = 200
# Each takes some 64 MiB for some hundredths of a second.
HASHED_AT_ONCE_MAX = 2
# A word of somebody's address or name that short says nothing about a password.
WORD_CHARS_MIN = 4
UNIT_CHARS_MAX = 4

Weakness = Literal["short", "long", "common", "own"]
TEXTS: dict[Weakness, str] = {
    "short": f"Use at least {LENGTH_MIN} characters. A few words in a row are good.",
    "long": f"Use at most {LENGTH_MAX} characters.",
    "common": "This password is one of the first that others would guess. Choose another.",
    "own": "Your name or e-mail address is easily guessed. Choose a password without it.",
}

_ROWS = (
    "abcdefghijklmnopqrstuvwxyzæøå",
    "01234567890123456789",
    "qwertyuiopåasdfghjkløæzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
_LOOKALIKES = str.maketrans("0134578@$!", "oieastbasi")


class Passwords:
    """Hashes and compares in threads, a few at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._free = asyncio.Semaphore(HASHED_AT_ONCE_MAX)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """What is stored of a password."""
        async with self._free:
            return await asyncio.to_thread(self._hasher.hash, normal(password))

    async def matches(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password. It takes as long where there is none to compare with."""
        if self._nobodys is None:
            self._nobodys = await self.hash("nobody has this password")
        async with self._free:
            found = await asyncio.to_thread(self._compare, hashed or self._nobodys, password)
        return found and hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Whether it was hashed with other parameters than would be used now."""
        return self._hasher.check_needs_rehash(hashed)

    def _compare(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, normal(password)[: LENGTH_MAX + 1])
        except (VerificationError, InvalidHashError):
            return False


def weakness(password: str, person: Person) -> Weakness | None:
    """Why `person` may not choose `password`, None where they may."""
    plain = normal(password)
    if len(plain) < LENGTH_MIN:
        return "short"
    if len(plain) > LENGTH_MAX:
        return "long"
    folded = plain.casefold()
    if _is_own(folded, person):
        return "own"
    return "common" if _is_common(folded) else None


def normal(password: str) -> str:
    """The same characters however a keyboard composes them: NFKC, as NIST recommends."""
    return unicodedata.normalize("NFKC", password)


def _is_own(folded: str, person: Person) -> bool:
    """Whether little but the person's own words is in it."""
    rest = folded
    words = re.split(r"[\W_]+", f"{person.email} {person.name}".casefold())
    for word in sorted(set(words), key=len, reverse=True):
        if len(word) >= WORD_CHARS_MIN:
            rest = rest.replace(word, "")
    return rest != folded and len(_letters(rest)) < WORD_CHARS_MIN


def _is_common(folded: str) -> bool:
    return _repeats(folded) or _is_row(folded) or _is_common_words(folded)


def _repeats(folded: str) -> bool:
    """`abcabcabcabc`, `aaaaaaaaaaaa`: a short piece again and again."""
    pieces = (folded[:size] for size in range(1, UNIT_CHARS_MAX + 1))
    return any((piece * len(folded))[: len(folded)] == folded for piece in pieces)


def _is_row(folded: str) -> bool:
    """`123456789012`, `qwertyuiopå`: along the alphabet, the digits or the keyboard."""
    return any(folded in row or folded in row[::-1] for row in _ROWS)


def _is_common_words(folded: str) -> bool:
    """Whether nothing is left but digits and signs when the common words are taken out."""
    return any(
        len(_letters(_common().sub("", way))) < WORD_CHARS_MIN and _common().search(way)
        for way in (folded, folded.translate(_LOOKALIKES))
    )


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalpha())


@cache
def _common() -> re.Pattern[str]:
    file = importlib.resources.files("router.security") / "common_passwords.txt"
    words = sorted(file.read_text("utf-8").split(), key=len, reverse=True)
    return re.compile("|".join(re.escape(word) for word in words))
