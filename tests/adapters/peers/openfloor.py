"""Frida on Open Floor: a bot built on the `openfloor` package's own agent.

She greets who invites her, knows dagpenger (with a link), asks back what "penger" is meant to
be, yields the floor where she does not know, and leaves when told goodbye.
"""

from __future__ import annotations

import json
from typing import Any

import openfloor
from litestar import Litestar, Request, Response, post
from openfloor.agent import BotAgent

SPEAKER = "tag:frida.example,2026:frida"
ANSWER = "Du søker om dagpenger på nav.no."
ANSWER_HTML = '<p>Du søker om <a href="https://www.nav.no/dagpenger">dagpenger på nav.no</a>.</p>'
WHICH = "Hva slags penger mener du?\n\n1. Dagpenger\n2. Sykepenger"
UNKNOWN = "Det vet jeg ikke."


def manifest(address: str) -> openfloor.Manifest:
    """What Frida publishes about herself."""
    return openfloor.Manifest(
        identification=openfloor.Identification(
            speakerUri=SPEAKER,
            serviceUrl=address,
            organization="NAV",
            conversationalName="Frida",
            synopsis="Svarer på spørsmål til NAV.",
        ),
        capabilities=[
            openfloor.Capability(
                keyphrases=["dagpenger"],
                descriptions=["Hvordan søker jeg om dagpenger?", "Hvor mye får jeg i dagpenger?"],
                languages=["nb", "en"],
            ),
            openfloor.Capability(
                keyphrases=["sykepenger", "egenmelding"], descriptions=["Når du er syk"]
            ),
        ],
    )


class Frida(BotAgent):  # type: ignore[misc]
    """One conversation's Frida: the package's agent holds one conversation at a time."""

    def bot_on_invite(self, event: Any, came: Any, goes: Any) -> None:
        """As the package's own, with a greeting in Norwegian."""
        goes.events.append(openfloor.AcceptInviteEvent())
        self._say(goes, "Hei, jeg er Frida.")

    def bot_on_utterance(self, event: Any, came: Any, goes: Any) -> None:
        """Answers what was said to her."""
        said = openfloor.DialogEvent.from_dict(event.parameters["dialogEvent"])
        text = "".join(token.value for token in said.features["text"].tokens).casefold()
        if "dagpenger" in text:
            self._say(goes, ANSWER, ANSWER_HTML)
        elif "penger" in text:
            self._say(goes, WHICH)
        elif "hade" in text:
            self._say(goes, "Ha det!")
            goes.events.append(openfloor.ByeEvent())
        else:
            self._say(goes, UNKNOWN)
            goes.events.append(openfloor.YieldFloorEvent(reason="@outOfDomain"))

    def _say(self, goes: Any, text: str, html: str | None = None) -> None:
        goes.conversation.conversants = [openfloor.Conversant(self._manifest.identification)]
        features = {"text": openfloor.TextFeature(values=[text], lang="nb")}
        if html is not None:
            token = openfloor.Token(value=html)
            features["html"] = openfloor.Feature(mimeType="text/html", tokens=[token])
        spoken = openfloor.DialogEvent(speakerUri=SPEAKER, features=features)
        goes.events.append(openfloor.UtteranceEvent(dialogEvent=spoken))


def frida() -> Litestar:
    """The bot at `/floor`. `app.state.came` has every envelope and its `Authorization`."""
    agents: dict[str, Frida] = {}

    @post("/floor", status_code=200)
    async def floor(request: Request[Any, Any, Any]) -> Response[bytes]:
        body = (await request.body()).decode()
        envelope = openfloor.Envelope.from_json(body, as_payload=True)
        came = json.loads(body)["openFloor"]
        request.app.state.came.append((came, request.headers.get("authorization")))
        id = envelope.conversation.id
        if id not in agents:
            agents[id] = Frida(manifest(str(request.url)))
        answer = agents[id].process_envelope(envelope)
        return Response(answer.to_json(as_payload=True).encode(), media_type="application/json")

    app = Litestar([floor], openapi_config=None)
    app.state.came = []
    return app
