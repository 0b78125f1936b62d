"""Secrets that must be read again, kept sealed: what is stored is of no use without the key.

    sealer = Sealer.of(settings)
    stored = sealer.seal("s3cret")     # Fernet: AES-128 in CBC mode with HMAC-SHA256
    sealer.open(stored)                # "s3cret"

The key is made at first use and kept in the data folder, in a file that only
its owner reads. Several nodes with one database share a key by the setting
`SAMSVAR_SECRET_KEY`. Several of them, separated by commas, seal with the first
and open with any: that is how a key is changed.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from brains.errors import SamsvarError, StorageError
from router.settings import Settings

FILE = "secret.key"
KEY_BYTES = 32
PURPOSE = b"samsvar: sealed secrets, version 1"


class SealBroken(SamsvarError):
    """A stored secret was sealed with a key that is not here, or was changed since."""

    def __init__(self) -> None:
        super().__init__(
            "A stored secret cannot be opened: it was sealed with another key. Set "
            f"SAMSVAR_SECRET_KEY to the key it was sealed with, or bring back the file {FILE} "
            "of that data folder; else give the secret anew."
        )


class Sealer:
    """Seals and opens short texts. Make it with `Sealer.of(settings)`."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are random texts; the first seals, any opens. At least one."""
        self._fernet = MultiFernet([Fernet(_derived(key)) for key in keys])

    @classmethod
    def of(cls, settings: Settings) -> Sealer:
        """By the setting, or by the key file, which is made where it is not there.

        Raises `StorageError` where the file can be neither read nor made.
        """
        given = [key.strip() for key in settings.secret_key.split(",") if key.strip()]
        return cls(given or [_kept(settings.home_folder)])

    def seal(self, text: str) -> str:
        """The text, sealed: some 100 characters more than it."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """What was sealed. Raises `SealBroken`."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise SealBroken from None


def _derived(key: str) -> bytes:
    derived = HKDF(SHA256(), KEY_BYTES, None, PURPOSE).derive(key.encode())
    return base64.urlsafe_b64encode(derived)


def _kept(folder: Path) -> str:
    """The key in the folder. Where two processes make it at once, one wins and both use it."""
    file = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            _make(file)
        return file.read_text("ascii").strip()
    except OSError as error:
        raise StorageError(
            f"The key file {file} can be neither read nor made: {error.strerror}. Let Samsvar's "
            "user read and write its folder, or set SAMSVAR_SECRET_KEY."
        ) from error


def _make(file: Path) -> None:
    """Written whole beside its place and then linked there: nobody reads half a key."""
    draft = file.with_name(f".{FILE}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(KEY_BYTES) + "\n")
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()
