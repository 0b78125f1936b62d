"""What goes over the wire: the arguments of the tools, their results, and schemas of both."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from router.adapters import Served
from router.messages import Reply

TEXT_CHARS_MAX = 4000

Text = Annotated[
    str,
    Meta(
        max_length=TEXT_CHARS_MAX,
        description="The question, in the person's own words and language.",
    ),
]
Slug = Annotated[str, Meta(max_length=120, pattern=r"^[\w.:/-]+$")]
Language = Annotated[
    str,
    Meta(
        max_length=35,
        pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$",
        description="What to begin in where the text does not say: nb, nn, en.",
    ),
]
Conversation = Annotated[
    str,
    Meta(max_length=64, description="The id that an earlier reply of this body had, to go on."),
]
ChoiceId = Annotated[
    str,
    Meta(
        max_length=300,
        description="The id of an option of the latest reply, in place of `text`. "
        "Needs `conversation`.",
    ),
]


class AskOne(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A question to the one body whose address was called."""

    text: Text = ""
    choice: ChoiceId | None = None
    conversation: Conversation | None = None
    language: Language | None = None


class Ask(AskOne, kw_only=True, forbid_unknown_fields=True):
    """A question to a body."""

    body: Annotated[Slug, Meta(description="The body's id, such as bergen or nav; see `bodies`.")]


class Route(msgspec.Struct, forbid_unknown_fields=True):
    """A question whose body is looked for."""

    text: Text
    municipality: (
        Annotated[Slug, Meta(description="Where the person lives: a body's id or a number.")] | None
    ) = None


class Bodies(msgspec.Struct, forbid_unknown_fields=True):
    """A search for bodies."""

    name: Annotated[str, Meta(max_length=120, description="Part of a name or id.")] | None = None


class Asked(Reply, frozen=True, kw_only=True):
    """The reply, and the conversation it is in: send it along with what comes next."""

    conversation: str


class Listed(msgspec.Struct, frozen=True):
    """The bodies found, by name."""

    bodies: list[Served]


def schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON schema, with the object itself at the root as older revisions ask for."""
    (root,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    name = root["$ref"].rpartition("/")[2]
    shown = {key: value for key, value in parts[name].items() if key != "description"}
    others = {key: value for key, value in parts.items() if key != name or _refers(parts, name)}
    return {**shown, "$defs": others} if others else shown


def _refers(parts: dict[str, Any], name: str) -> bool:
    return f"#/$defs/{name}".encode() in msgspec.json.encode(parts)
