"""A municipality that the question itself names: it is the one that is meant."""

from __future__ import annotations

from brains.knowledge import Knowledge
from brains.model import Body
from router import decide, places


def named(
    knowledge: Knowledge, decision: decide.Decision, text: str, body: Body
) -> decide.Decision:
    """The decision about the question `text`, asked in `body`, with the place that it names."""
    match decision:
        case decide.AskMunicipality(place, found):
            said = places.named(text, knowledge.members(place))
            if len(said) > 1:
                return decide.AskMunicipality(place, found, tuple(one.id for one in said))
        case decide.Answer(found):
            members = knowledge.members(found.brain or "")
            said = places.named(text, members, strictly=True)
            if body in said or len(said) > 1:
                return decision
        case _:
            return decision
    return decide.Refer(said[0].id, found) if said else decision
