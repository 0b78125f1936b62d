"""What the service refuses, beside what `brains.errors` already names.

SamsvarError (brains.errors)
├── NotAuthenticated       401: no key, or one that is unknown or revoked
│   └── WrongToken         401: the conversation is another visitor's
├── NotAllowed             403: the key, or the page's origin, has no right to this
├── UnsupportedContent     415: the body is not in a form this address reads
└── PeerFailed             502: another installation failed us
"""

from __future__ import annotations

from brains.errors import SamsvarError, UnknownConversation

__all__ = [
    "NotAllowed",
    "NotAuthenticated",
    "PeerFailed",
    "UnknownConversation",
    "UnsupportedContent",
    "WrongToken",
]


class NotAuthenticated(SamsvarError):
    """Nobody is known by what was sent; the text says what to send."""


class WrongToken(NotAuthenticated):
    """The token does not open this conversation."""

    def __init__(self) -> None:
        super().__init__(
            "The token does not open this conversation. Send the token that came with it as "
            "“Authorization: Bearer <token>”, or start a new conversation."
        )


class NotAllowed(SamsvarError):
    """Known, but without the right; the text names the right or origin that is needed."""


class UnsupportedContent(SamsvarError):
    """The request's Content-Type is not one this address reads; the text names those it does."""


class PeerFailed(SamsvarError):
    """Another installation could not be reached, or did not answer as one."""
