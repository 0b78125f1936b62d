"""Frida on boost.ai: the answers of such a server, replayed.

She greets, knows dagpenger (with a link), asks back what "penger" is meant to be, says so where
she does not know, hands over to a human who is asked for, reads 110 characters, and forgets her
conversations when told to. The shapes are those of the vendor's published clients.
"""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Request, Response, post

CHARS_MAX = 110
BUTTONS = {"184712": "Dagpenger", "184713": "Sykepenger"}
ANSWERS = {
    "Dagpenger": "<p>Du søker om dagpenger på <em>nav.no</em>.</p>",
    "Sykepenger": "<p>Arbeidsgiveren din søker om sykepenger.</p>",
}


class Frida:
    """What she has been sent, and where her conversations are."""

    def __init__(self) -> None:
        self.came: list[dict[str, Any]] = []
        self.authorised: list[str | None] = []
        self.humans: dict[str, bool] = {}
        self.responses = 1683980

    def forget(self) -> None:
        """All conversations have expired."""
        self.humans.clear()

    def answer(self, command: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body for one command."""
        self.came.append(command)
        if command["command"] == "CONFIG":
            words = {"no-NO": {"header.text": "Frida"}, "en-US": {"header.text": "Frida"}}
            return 200, {"chatPanel": {"header": {"title": "Frida"}}, "messages": words}
        if command["command"] == "START":
            id = f"conversation-{len(self.came)}"
            self.humans[id] = False
            return 200, self._said(id, [_html("<p>Hei, jeg er Frida.</p>")])
        id = command["conversation_id"]
        if id not in self.humans:
            return 404, {"error": "session ended"}
        if command["command"] == "POLLSTOP":
            self.humans[id] = False
            return 200, {"conversation": self._conversation(id)}
        return self._posted(id, command)

    def _posted(self, id: str, command: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if command["type"] == "action_link":
            if command["id"] not in BUTTONS:
                return 400, {"error": "no such link"}
            return 200, self._known(id, BUTTONS[command["id"]])
        text = command["value"].casefold()
        if len(text) > CHARS_MAX:
            return 400, {"error": "message too long"}
        if "menneske" in text:
            self.humans[id] = True
            return 200, self._said(id, [_text("Jeg setter deg over til en veileder.")])
        if "dagpenger" in text:
            return 200, self._known(id, "Dagpenger")
        if "penger" in text:
            buttons = [
                {"id": one, "text": label, "type": "action_link"} for one, label in BUTTONS.items()
            ]
            return 200, self._said(id, [_html("<p>Hva mener du?</p>"), _links(buttons)])
        return 200, self._said(id, [_html("<p>Jeg forstår ikke spørsmålet.</p>")])

    def _known(self, id: str, subject: str) -> dict[str, Any]:
        url = f"https://www.nav.no/{subject.lower()}"
        link = {"id": "9", "text": subject, "type": "external_link", "url": url}
        return self._said(id, [_html(ANSWERS[subject]), _links([link])])

    def _said(self, id: str, elements: list[dict[str, Any]]) -> dict[str, Any]:
        self.responses += 2
        return {
            "conversation": self._conversation(id),
            "posted_id": self.responses - 1,
            "response": {
                "id": str(self.responses),
                "source": "bot",
                "language": "no-NO",
                "date_created": "2020-06-25T10:50:22.703025",
                "elements": elements,
                "avatar_url": None,
            },
        }

    def _conversation(self, id: str) -> dict[str, Any]:
        human = self.humans[id]
        state = {
            "chat_status": "in_human_chat_queue" if human else "virtual_agent",
            "poll": human,
            "max_input_chars": CHARS_MAX,
            "allow_delete_conversation": True,
        }
        return {"id": id, "reference": "98ce", "state": state}


def _html(html: str) -> dict[str, Any]:
    return {"type": "html", "payload": {"html": html}}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "payload": {"text": text}}


def _links(links: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "links", "payload": {"links": links}}


def app(frida: Frida) -> Litestar:
    """Her server: `/api/chat/v2` and `/api/chat_panel/v2`."""

    @post(["/api/chat/v2", "/api/chat_panel/v2"])
    async def chat(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
        frida.authorised.append(request.headers.get("authorization"))
        status, body = frida.answer(await request.json())
        return Response(body, status_code=status)

    return Litestar([chat], openapi_config=None)
