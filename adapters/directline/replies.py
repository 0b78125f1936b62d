"""Which activities are the bot's reply, and when it has said it all."""

from __future__ import annotations

from collections.abc import Sequence

from adapters import ours
from adapters.directline.activities import HANDOFF
from adapters.directline.shapes import OURS, Activity
from router.adapters import Told

ACTIVITIES_MAX = 100


class Replies:
    """What a bot says to the activity with the id `posted`, of the user called `user`.

    Greetings and late words to earlier questions stand before the echo of what was posted, or
    say that they are replies to something else: neither is the reply.
    """

    def __init__(self, posted: str, user: str) -> None:
        self._posted = posted
        self._user = user
        self._news: float | None = None
        self.said: list[Activity] = []

    def add(self, found: Sequence[Activity], now: float) -> None:
        """Look at what has come since the last time."""
        for one in found:
            if one.id is not None and one.id == self._posted:
                self.said = [said for said in self.said if said.reply_to_id == self._posted]
            elif self._is_reply(one):
                self._news = now
                self.said = [*self.said, one][:ACTIVITIES_MAX]

    def complete(self, now: float, quiet_s: float) -> bool:
        """Whether nothing more is to come, as far as one can know."""
        shown = [one for one in self.said if one.type != "typing"]
        if any(_is_end(one) for one in shown):
            return True
        if not shown or self._news is None:
            return False
        if self.said[-1].input_hint == "expectingInput" or whole(self.said) is not None:
            return True
        return now - self._news >= quiet_s

    def _is_reply(self, one: Activity) -> bool:
        sender = one.sender
        if sender is not None and (sender.id == self._user or sender.role == "user"):
            return False
        return one.reply_to_id in (None, "", self._posted) and (
            one.type in ("message", "typing") or _is_end(one)
        )


def whole(said: Sequence[Activity]) -> Told | None:
    """The reply of another Samsvar, which is all in one activity."""
    data = [one.channel_data for one in said if isinstance(one.channel_data, dict)]
    given = [one[OURS] for one in data if OURS in one]
    return ours.read(given[-1]) if given else None


def _is_end(one: Activity) -> bool:
    return one.type in ("endOfConversation", "handoff") or (
        one.type == "event" and one.name == HANDOFF
    )
