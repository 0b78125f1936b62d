"""Frida on Azure: what Direct Line and a bot behind it answer, replayed.

She greets late, thinks and says it in two messages about dagpenger, asks back with buttons of
every kind what "penger" means, answers an adaptive card for "skjema", hands over to a human, takes
leave, and says that she does not know. Her activities come a poll after the question, as the
service's do; a reply names what it replies to, a greeting the arrival of the user.
"""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

SECRET = "azure-secret"
PAGE = "https://www.nav.no/dagpenger"
BUTTONS = [
    {"type": "imBack", "title": "Dagpenger", "value": "dagpenger"},
    {"type": "postBack", "title": "Sykepenger", "value": {"intent": "sykepenger"}},
    {"type": "messageBack", "title": "Annet", "text": "annet", "value": {"intent": "annet"}},
    {"type": "openUrl", "title": "Alle tjenester", "value": "https://www.nav.no/tjenester"},
    {"type": "call", "title": "Ring oss", "value": "tel:55553333"},
]
ADAPTIVE = {
    "contentType": "application/vnd.microsoft.card.adaptive",
    "content": {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [
            {"type": "Container", "items": [{"type": "TextBlock", "text": "Velg **skjema**"}]}
        ],
        "actions": [
            {"type": "Action.Submit", "title": "Klage", "data": {"form": "klage"}},
            {"type": "Action.OpenUrl", "title": "Skjemaer", "url": "https://www.nav.no/skjema"},
        ],
    },
}


def _message(text: str | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "message", "text": text, "inputHint": "acceptingInput", **more}


def _replies(activity: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """What she says, poll by poll."""
    value = activity.get("value")
    said = str(value["intent"] if isinstance(value, dict) and "intent" in value else "")
    text = (said or activity.get("text") or "").casefold()
    if isinstance(value, dict) and value.get("form"):
        return [[_message(f"Skjemaet heter {value['form']}.", textFormat="plain")]]
    if "dagpenger" in text:
        file = {"contentType": "application/pdf", "contentUrl": PAGE, "name": "Om dagpenger"}
        last = _message("Les mer under.", attachments=[file])
        return [[{"type": "typing"}], [_message("Søk om **dagpenger** på nav.no.")], [last]]
    if "sykepenger" in text:
        return [[_message("Arbeidsgiveren søker <b>for</b> deg.\nVent.", textFormat="plain")]]
    if "penger" in text:
        card = {"contentType": "application/vnd.microsoft.card.hero"}
        card["content"] = {"text": "Hva mener du?", "buttons": BUTTONS}  # type: ignore[assignment]
        return [[_message(attachments=[card], inputHint="expectingInput")]]
    if "skjema" in text:
        return [[_message(attachments=[ADAPTIVE])]]
    if "menneske" in text:
        event = {"type": "event", "name": "handoff.initiate", "value": {"skill": "dagpenger"}}
        return [[_message("Jeg setter deg over."), event]]
    if "ha det" in text:
        return [
            [_message("Ha det!"), {"type": "endOfConversation", "code": "completedSuccessfully"}]
        ]
    if "alt" in text:
        return [[_message("*a **b [" * 100_000)] * 3]
    if "stille" in text:
        return []
    return [[_message("Det vet jeg ikke.")]]


class Frida:
    """What she was sent, and what stands in her conversations."""

    def __init__(self) -> None:
        self.came: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str, str]] = []
        self.conversations: dict[str, list[dict[str, Any]]] = {}
        self.waiting: dict[str, list[list[dict[str, Any]]]] = {}
        self.expires_in = 1800

    def forget(self) -> None:
        """All conversations are gone."""
        self.conversations.clear()

    def begin_anew(self) -> None:
        """As if nothing had ever been sent."""
        self.__init__()  # type: ignore[misc]

    def start(self) -> dict[str, Any]:
        id = f"conversation-{len(self.calls)}"
        self.conversations[id] = []
        self.waiting[id] = []
        return self.shown(id)

    def shown(self, id: FromPath[str]) -> dict[str, Any]:
        token = f"token-{id}"
        return {"conversationId": id, "token": token, "expires_in": self.expires_in}

    def hear(self, id: str, activity: dict[str, Any]) -> dict[str, Any]:
        self.came.append(activity)
        posted = self._add(id, activity)
        if len(self.conversations[id]) == 1:
            self._add(id, _message("Hei, jeg er Frida!") | {"replyToId": "arrival"} | BY_FRIDA)
        if activity["type"] == "message":
            self.waiting[id] += [
                [{"replyToId": posted, "locale": "nb-NO", **BY_FRIDA, **one} for one in batch]
                for batch in _replies(activity)
            ]
        return {"id": posted}

    def since(self, id: str, watermark: str) -> dict[str, Any]:
        found = self.conversations[id][int(watermark or 0) :]
        reached = len(self.conversations[id])
        for one in self.waiting[id].pop(0) if self.waiting[id] else []:
            self._add(id, one)
        return {"activities": found, "watermark": str(reached)}

    def _add(self, id: str, activity: dict[str, Any]) -> str:
        number = f"{id}|{len(self.conversations[id]):07d}"
        self.conversations[id].append({**activity, "id": number, "channelId": "directline"})
        return number


BY_FRIDA = {"from": {"id": "frida-bot", "name": "Frida", "role": "bot"}}


def frida() -> Litestar:
    """The service, at `/v3/directline`. `app.state.frida` is she."""
    her = Frida()

    def answer(request: Request[Any, Any, Any], id: str | None, made: Any) -> Response[Any]:
        bearer = request.headers.get("authorization", "")
        her.calls.append((request.method, request.url.path, bearer))
        wanted = {f"Bearer {SECRET}"} | ({f"Bearer token-{id}"} if id else set())
        if bearer not in wanted:
            return Response({"error": {"code": "BadArgument"}}, status_code=403)
        if id is not None and id not in her.conversations:
            return Response({"error": {"code": "ConversationNotFound"}}, status_code=404)
        return Response(made())

    @post("/v3/directline/conversations")
    async def start(request: Request[Any, Any, Any]) -> Response[Any]:
        return answer(request, None, her.start)

    @get("/v3/directline/conversations/{id:str}")
    async def reconnect(request: Request[Any, Any, Any], id: FromPath[str]) -> Response[Any]:
        return answer(request, id, lambda: her.shown(id))

    @post("/v3/directline/conversations/{id:str}/activities")
    async def hear(
        request: Request[Any, Any, Any], id: FromPath[str], data: JSONBody[dict[str, Any]]
    ) -> Response[Any]:
        return answer(request, id, lambda: her.hear(id, data))

    @get("/v3/directline/conversations/{id:str}/activities")
    async def since(
        request: Request[Any, Any, Any], id: FromPath[str], watermark: FromQuery[str] = ""
    ) -> Response[Any]:
        return answer(request, id, lambda: her.since(id, watermark))

    app = Litestar([start, reconnect, hear, since], logging_config=None)
    app.state.frida = her
    return app
