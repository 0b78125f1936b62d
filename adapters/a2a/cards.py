"""The agent cards that we serve, in one document that both versions read."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from router.adapters import Served, Topic

EXAMPLES_MAX = 12
ANSWERS = ["text/plain", "application/json"]
BEARER = {"scheme": "bearer", "description": "A partner's key. Without one, as any visitor."}


class Skill(msgspec.Struct):
    id: str
    name: str
    description: str
    tags: list[str]
    examples: list[str]


class Interface(msgspec.Struct, rename="camel", omit_defaults=True):
    """Where and how the agent is called. `tenant` is the body, where the address is for all."""

    url: str
    protocol_binding: str
    protocol_version: str
    tenant: str = ""


class Capabilities(msgspec.Struct, rename="camel"):
    streaming: bool = True
    push_notifications: bool = False
    extended_agent_card: bool = False


class AgentCard(msgspec.Struct, rename="camel", kw_only=True, omit_defaults=True):
    """The card of 1.0, and those fields of 0.3 that are called otherwise there."""

    name: str
    description: str
    version: str
    supported_interfaces: list[Interface]
    skills: list[Skill]
    capabilities: Capabilities
    default_input_modes: list[str]
    default_output_modes: list[str]
    provider: dict[str, str] | None = None
    security_schemes: dict[str, Any]
    security_requirements: list[dict[str, Any]]
    url: str | None = None
    preferred_transport: str | None = None
    protocol_version: str | None = None
    security: list[dict[str, list[str]]] | None = None


def of_body(address: str, body: Served, topics: Sequence[Topic]) -> AgentCard:
    """The card of one body's bot, which is at `address`."""
    card = _card(
        body.name,
        f"Answers questions to {body.name}, in {_spoken(body.languages)}. What is another body's "
        "is answered there, or says whose it is.",
        [
            Interface(address, "JSONRPC", "1.0"),
            Interface(address, "HTTP+JSON", "1.0"),
            Interface(address, "JSONRPC", "0.3"),
        ],
        [_skill(topic, body.name) for topic in topics],
    )
    if body.website:
        card.provider = {"organization": body.name, "url": body.website}
    card.url, card.preferred_transport, card.protocol_version = address, "JSONRPC", "0.3.0"
    card.security = [{"bearer": []}, {}]
    return card


def of_all(address: str, bodies: Iterable[tuple[Served, Sequence[Topic]]]) -> AgentCard:
    """The card of all bodies' bots, each a tenant and a skill. 0.3 knows no tenants."""
    known = list(bodies)
    return _card(
        "Samsvar",
        "Answers questions to public bodies. The tenant says to which.",
        [
            Interface(address, binding, "1.0", tenant=body.id)
            for body, _ in known
            for binding in ("JSONRPC", "HTTP+JSON")
        ],
        [_skill_of_all(body, topics) for body, topics in known],
    )


def _card(
    name: str, description: str, interfaces: list[Interface], skills: list[Skill]
) -> AgentCard:
    return AgentCard(
        name=name,
        description=description,
        version=importlib.metadata.version("samsvar"),
        supported_interfaces=interfaces,
        skills=skills,
        capabilities=Capabilities(),
        default_input_modes=ANSWERS,
        default_output_modes=ANSWERS,
        # The second form is 0.3's: each version reads its own and leaves the other.
        security_schemes={"bearer": {"httpAuthSecurityScheme": BEARER, "type": "http", **BEARER}},
        security_requirements=[{"schemes": {"bearer": {"list": []}}}, {"schemes": {}}],
    )


def _skill(topic: Topic, of: str) -> Skill:
    examples = list(topic.questions[:EXAMPLES_MAX])
    said = f"Questions to {of} about {topic.title}."
    return Skill(topic.id, topic.title, said, [topic.id], examples)


def _skill_of_all(body: Served, topics: Sequence[Topic]) -> Skill:
    examples = [topic.questions[0] for topic in topics[:EXAMPLES_MAX]]
    said = f"Questions to {body.name}, in {_spoken(body.languages)}."
    return Skill(body.id, body.name, said, [body.id, *body.languages], examples)


def _spoken(languages: Sequence[str]) -> str:
    return ", ".join(languages)
