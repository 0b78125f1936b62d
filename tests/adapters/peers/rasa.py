"""Frida on Rasa: the REST channel replayed as Rasa 3's own code writes it.

Rasa's server is not on PyPI for this Python, so what it says is replayed: a message for each
paragraph, buttons on the message of their text, `custom` for JSON, an attachment's payload, an
empty list from a bot that says nothing, and the failure of a server that wants a token.
"""

from __future__ import annotations

import json
from typing import Any

from litestar import Litestar, Request, Response, get, post

TOKEN = "a-token"
WHICH = [
    {"title": "Dagpenger", "payload": '/velg{"ytelse":"dagpenger"}'},
    {"title": "Sykepenger", "payload": '/velg{"ytelse":"sykepenger"}'},
]
PICTURE = "https://www.nav.example/bilder/dagpenger.png"
FORM = {
    "type": "file",
    "payload": {"src": "https://www.nav.example/skjema.pdf", "title": "Søknadsskjema"},
}
SCRIPT: dict[str, list[dict[str, Any]]] = {
    "hei": [{"text": "Hei, jeg er Frida."}],
    "penger": [{"text": "Hva slags penger mener du?", "buttons": WHICH}],
    '/velg{"ytelse":"dagpenger"}': [
        {"text": "Du søker om dagpenger på nav.no."},
        {"text": "Les mer: https://www.nav.no/dagpenger"},
        {"image": PICTURE},
        {"attachment": FORM},
    ],
    "når hentes søpla?": [
        {"text": "Det forsto jeg ikke."},
        {"custom": {"intent": {"name": "nlu_fallback", "confidence": 0.3}}},
    ],
    "hva er klokka?": [
        {"text": "Det kan jeg ikke svare på.", "metadata": {"utter_action": "utter_vet_ikke"}}
    ],
    "stille": [],
}
REFUSED = {
    "version": "3.6.20",
    "status": "failure",
    "message": "User is not authenticated.",
    "reason": "NotAuthenticated",
    "details": {},
    "help": None,
    "code": 401,
}


def frida() -> Litestar:
    """The server. `app.state.came` has every request's JSON."""

    @get("/webhooks/rest/")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @post("/webhooks/rest/webhook", status_code=200)
    async def webhook(request: Request[Any, Any, Any]) -> Response[Any]:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(REFUSED, status_code=401)
        asked = json.loads(await request.body())
        request.app.state.came.append(asked)
        said = SCRIPT.get(asked["message"].casefold(), SCRIPT["når hentes søpla?"])
        return Response([{"recipient_id": asked["sender"], **one} for one in said])

    app = Litestar([health, webhook], openapi_config=None)
    app.state.came = []
    return app
