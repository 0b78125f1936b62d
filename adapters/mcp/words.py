"""What the tools say in words: their descriptions, and their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters import plain
from adapters.mcp.shapes import Asked
from router.adapters import Served
from router.messages import RouteResult

ASK_TITLE = "Ask a public body"
ASK = (
    "Ask the bot of a Norwegian municipality or agency a question about its services. The reply "
    "names the body that speaks, which is another one where the question belongs there, and its "
    "sources. The outcome is `answered`, `clarify` (call again with the reply's `conversation` and "
    "the id of an option as `choice`), `referred` (another body's question), `handover` (how to "
    "reach a human), `crisis` (pass it on complete, at once) or `unanswered`. Follow-up questions "
    "need the `conversation`. Leave out names, identity numbers and other personal data."
)
ROUTE_TITLE = "Find the body a question belongs to"
ROUTE = (
    "Find out which Norwegian public body a question belongs to, without asking it. Gives the "
    "most likely one with a calibrated probability, and others; `body` is null where it is "
    "nobody's here. Give the municipality where the person lives, if known."
)
BODIES_TITLE = "List the public bodies"
BODIES = "List the bodies whose bots answer here, with their ids, languages and websites."


def of_reply(reply: Asked) -> str:
    """Who speaks, what is said, what can be chosen, and from where it is."""
    outcome = type(reply.outcome).__struct_config__.tag
    parts = [f"{reply.body.name} ({outcome}):\n\n{reply.text}"]
    if reply.options:
        lines = [f"- {option.label}: choice={option.id}" for option in reply.options]
        parts.append("\n".join(["Options, to send back as `choice`:", *lines]))
    if reply.sources:
        parts.append(plain.links(reply.sources))
    parts.append(f"conversation={reply.conversation}")
    return "\n\n".join(parts)


def of_route(found: RouteResult, names: Mapping[str, str]) -> str:
    """The body, how sure that is, and what else it may be."""
    if found.body is None:
        return "Nobody here is known to answer that."
    named = names.get(found.body, f"any body of “{found.body}” (say which municipality)")
    lines = [f"- {one.title} (id {one.id}): {one.probability:.2f}" for one in found.candidates]
    return "\n".join([f"{named} (id {found.body}), probability {found.probability:.2f}", *lines])


def of_bodies(bodies: Sequence[Served]) -> str:
    """A line each."""
    if not bodies:
        return "No body is called that. Leave `name` out for all of them."
    return "\n".join(f"- {body.name}: id {body.id}" for body in bodies)
