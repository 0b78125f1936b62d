"""What goes over the wire: an envelope, its events, dialog events and manifests.

One set of structs for both directions. Fields that are not read may be there.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

VERSION = "1.1.0"
EVENTS_MAX = 50
TOKENS_MAX = 200
URI_CHARS_MAX = 500

Uri = Annotated[str, Meta(min_length=1, max_length=URI_CHARS_MAX)]
EventType = Literal[
    "utterance",
    "invite",
    "uninvite",
    "acceptInvite",
    "declineInvite",
    "bye",
    "getManifests",
    "publishManifests",
    "requestFloor",
    "grantFloor",
    "revokeFloor",
    "yieldFloor",
]


class Wire(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    """Named as the specification names things; what is not set is left out."""


class Schema(Wire):
    version: Annotated[str, Meta(pattern=r"^1\.")]


class Identification(Wire):
    """Who somebody at the floor is."""

    speaker_uri: Uri
    service_url: str = ""
    organization: str = ""
    conversational_name: str = ""
    synopsis: str = ""


class Conversant(Wire):
    identification: Identification


class Conversation(Wire):
    """`floor_granted` has the speakers with the right to speak; None is everybody."""

    id: Annotated[str, Meta(min_length=1, max_length=URI_CHARS_MAX)]
    conversants: list[Conversant] = []
    floor_granted: list[str] | None = None


class Sender(Wire):
    speaker_uri: Uri
    service_url: str | None = None


class To(Wire):
    """Whom an event is for. `private` is for nobody else's ears."""

    speaker_uri: str | None = None
    service_url: str | None = None
    private: bool = False


class Token(Wire):
    value: Any = None
    confidence: float | None = None


class Feature(Wire):
    mime_type: str
    tokens: Annotated[list[Token], Meta(max_length=TOKENS_MAX)]
    lang: str | None = None


class Span(Wire):
    start_time: str | None = None


class DialogEvent(Wire):
    """Something said: the same in each of its features."""

    speaker_uri: Uri
    features: dict[str, Feature]
    id: str | None = None
    span: Span | None = None


class SupportedLayers(Wire):
    input: list[str]
    output: list[str]


class Capability(Wire):
    keyphrases: list[str] = msgspec.field(default_factory=list)
    descriptions: list[str] = msgspec.field(default_factory=list)
    languages: list[str] | None = None
    supported_layers: SupportedLayers | None = None


class Manifest(Wire):
    """`score`, 0 to 1, says how well it fits the question that came with `getManifests`."""

    identification: Identification
    capabilities: list[Capability]
    score: float | None = None


class Parameters(Wire):
    """Those of all events; each event has its own of them."""

    dialog_event: DialogEvent | None = None
    dialog_history: list[DialogEvent] | None = None
    recommend_scope: Literal["internal", "external", "all"] | None = None
    servicing_manifests: list[Manifest] | None = None
    discovery_manifests: list[Manifest] | None = None


class Event(Wire):
    event_type: EventType
    to: To | None = None
    reason: str | None = None
    parameters: Parameters | None = None


class Envelope(Wire):
    schema: Schema
    conversation: Conversation
    sender: Sender
    events: Annotated[list[Event], Meta(max_length=EVENTS_MAX)]


class Payload(Wire):
    """The whole JSON document."""

    open_floor: Envelope


class Ours(msgspec.Struct, omit_defaults=True, kw_only=True):
    """The value of the feature `samsvar` in what is said to a Samsvar: all of it optional."""

    choice: Annotated[str, Meta(max_length=300)] | None = None
    language: Annotated[str, Meta(max_length=35)] | None = None
    via: Annotated[tuple[str, ...], Meta(max_length=20)] = ()


def payload(conversation: Conversation, sender: Sender, events: list[Event]) -> Payload:
    """An envelope of this version, ready to go."""
    return Payload(
        open_floor=Envelope(
            schema=Schema(version=VERSION), conversation=conversation, sender=sender, events=events
        )
    )
