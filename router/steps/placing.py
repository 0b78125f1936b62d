"""Which municipality is meant, in reply to being asked for one."""

from __future__ import annotations

import msgspec

from brains.knowledge import Knowledge
from router import choices, decide, places, replies
from router.state import Asked
from router.steps.acting import Acted
from router.steps.pressing import Pressing
from router.steps.retrieving import kept


class Placed(msgspec.Struct, frozen=True):
    """The reply to a place. `choice` is the button that the place stands for, None where it has
    to be asked for again."""

    acted: Acted
    choice: str | None


class Placing(msgspec.Struct, frozen=True):
    """What finding the place needs."""

    knowledge: Knowledge
    pressing: Pressing

    async def place(self, decision: decide.Decision, asked: Asked) -> Placed | None:
        """The reply to a place, where one was asked for and the message is one."""
        key = asked.memory.pending
        if not key or (found := kept(self.knowledge, key, asked)) is None:
            return None
        members = self.knowledge.members(found.owner or found.brain or "")
        meant = places.meant(asked.text, members)
        if len(meant.bodies) == 1:
            choice = choices.of_found(found, meant.bodies[0].id)
            pressed = await self.pressing.press(choice, msgspec.structs.replace(asked, text=""))
            return Placed(pressed, choice)
        certain = meant.sure or isinstance(decision, decide.Unknown)
        if not meant.bodies and not (meant.unknown and certain):
            return None
        reply = replies.ask_municipality(
            asked.body,
            found,
            meant.bodies or members,
            asked.language,
            asked.now,
            asked.memory.member,
            meant.unknown,
            several=bool(meant.bodies),
        )
        return Placed(Acted(reply), None)
