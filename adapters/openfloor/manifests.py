"""What a body can do, and which bodies a question is for: the answer to `getManifests`.

We are a servicing agent, and one that recommends others. Without a question: our own manifest
(`internal`), the names of all other bodies here (`external`), or both (`all`). With one, a
private utterance beside it: those among them whose question it is, with the probability as
`score`, the likeliest first. All of them answer themselves, so all are servicing manifests.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.openfloor.identity import of_served
from adapters.openfloor.shapes import Capability, Manifest, SupportedLayers
from router.adapters import Desk, Served, Topic

SCORE_MIN = 0.05
RECOMMENDED_MAX = 10
OTHERS_QUESTIONS_MAX = 3


async def manifests(
    desk: Desk, address: str, me: Served, scope: str, question: str | None
) -> list[Manifest]:
    """Of those who can service the question; of all in the scope where it is None."""
    others = [one for one in desk.bodies() if one.id != me.id]
    asked = ([me] if scope != "external" else []) + (others if scope != "internal" else [])
    if question is None:
        return [
            manifest(address, one, desk.topics(one.id) if one.id == me.id else ()) for one in asked
        ]
    routed = await desk.route(question, me.id)
    scores = {one.id: one.probability for one in routed.candidates}
    fitting = [one for one in asked if scores.get(one.id, 0.0) >= SCORE_MIN]
    fitting.sort(key=lambda one: -scores[one.id])
    return [_scored(desk, address, one, scores[one.id]) for one in fitting[:RECOMMENDED_MAX]]


def manifest(
    address: str, body: Served, topics: Sequence[Topic], score: float | None = None
) -> Manifest:
    """A body's manifest, with a capability for each topic."""
    return Manifest(
        identification=of_served(address, body),
        capabilities=[_capability(topic, body) for topic in topics],
        score=score,
    )


def _scored(desk: Desk, address: str, body: Served, score: float) -> Manifest:
    """Among several, a few questions a topic tell enough."""
    topics = [
        Topic(topic.id, topic.title, topic.questions[:OTHERS_QUESTIONS_MAX])
        for topic in desk.topics(body.id)
    ]
    return manifest(address, body, topics, score)


def _capability(topic: Topic, body: Served) -> Capability:
    return Capability(
        keyphrases=[topic.title],
        descriptions=list(topic.questions) or [topic.title],
        languages=body.languages,
        supported_layers=SupportedLayers(input=["text"], output=["text", "html"]),
    )
