"""Why a request of another installation is refused. Every text says what to change.

NotAuthenticated (router.errors): 401
└── Untrusted
    ├── NoToken          no token, or one that cannot be read
    ├── StrangerRefused  the sender is not a peer here
    ├── UnknownKey       signed with a key that the peer does not publish
    ├── WrongSignature   the signature is not that key's, or of another kind
    ├── WrongAudience    meant for another installation
    ├── TooOld           expired
    ├── ClockOff         not valid yet: the clocks disagree
    ├── TooLong          valid for longer than a token may be
    ├── MeantElsewhere   for another method or path
    ├── BodyChanged      the body is not the one that was signed
    └── Replayed         used before
NotAllowed (router.errors): 403
├── SwitchedOff          the peer is switched off here
└── FalseSender          it speaks for a body that is not its own
"""

from __future__ import annotations

from router.errors import NotAllowed, NotAuthenticated


class Untrusted(NotAuthenticated):
    """The token does not prove who sends this."""


class NoToken(Untrusted):
    def __init__(self) -> None:
        super().__init__(
            "Send “Authorization: Samsvar <token>”, with a token signed for this very request."
        )


class StrangerRefused(Untrusted):
    def __init__(self) -> None:
        super().__init__(
            "Your installation is not a peer of this one. Ask its operator for an invitation "
            "(samsvar federation invite), and join with it (samsvar federation join)."
        )


class UnknownKey(Untrusted):
    def __init__(self) -> None:
        super().__init__(
            "The token is signed with a key that your installation does not publish at its "
            "registered address. Publish it there, or let a minute pass and try again."
        )


class WrongSignature(Untrusted):
    def __init__(self) -> None:
        super().__init__(
            "The signature is wrong. Sign with Ed25519 and the key that the header's `kid` names."
        )


class WrongAudience(Untrusted):
    def __init__(self, ours: str) -> None:
        super().__init__(f"The token is meant for another installation. This one is “{ours}”.")


class TooOld(Untrusted):
    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The token expired {seconds:.0f} seconds ago by the clock here. Sign each request "
            "as it is sent; where it is, your clock is behind: set it."
        )


class ClockOff(Untrusted):
    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The token is made {seconds:.0f} seconds in the future by the clock here: your clock "
            "is ahead, or ours is behind. Set it; a token is good for a minute."
        )


class TooLong(Untrusted):
    def __init__(self, seconds: float, most: float) -> None:
        super().__init__(
            f"The token is good for {seconds:.0f} seconds. Make it good for {most:.0f} at most."
        )


class MeantElsewhere(Untrusted):
    def __init__(self, method: str, path: str) -> None:
        super().__init__(
            f"The token is for another request. Sign this one's method and path: {method} {path}."
        )


class BodyChanged(Untrusted):
    def __init__(self) -> None:
        super().__init__(
            "The body is not the one that was signed. Sign the exact bytes that are sent."
        )


class Replayed(Untrusted):
    def __init__(self) -> None:
        super().__init__("The token was used before. Make a new one for each request.")


class SwitchedOff(NotAllowed):
    def __init__(self) -> None:
        super().__init__(
            "Your installation is switched off here for now. Ask the operator of this one."
        )


class FalseSender(NotAllowed):
    def __init__(self, body: str) -> None:
        super().__init__(
            f"Your installation does not speak for “{body}” here. Name one of its own bodies as "
            "`sender`, and as the last of `via`."
        )
