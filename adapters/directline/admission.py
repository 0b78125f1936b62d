"""Who may use which conversation: by the secret, by a token of ours, or by nothing."""

from __future__ import annotations

import secrets

from adapters.directline import tokens
from adapters.directline.errors import Refused
from adapters.directline.shapes import Start, Started
from adapters.directline.tokens import Pass
from router.adapters import AnyRequest, Desk, Talk

NAME = "directline"
ID_BYTES = 16
JWT_DOTS = 2


async def token_in(request: AnyRequest, desk: Desk, body: str) -> Pass | None:
    """What the request's token grants; None where it has a secret, or nothing.

    Raises for a token that is not good, and for one of a caller that is no longer let in.
    """
    kind, _, sent = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or sent.count(".") != JWT_DOTS:
        return None
    granted = await tokens.read(desk, sent.strip(), body)
    await desk.admit(request, body, granted.caller)
    return granted


def fresh(request: AnyRequest, desk: Desk, body: str, start: Start) -> Pass:
    """A conversation to be, of whoever has the secret, or nothing."""
    user = start.user.id if start.user else None
    return Pass(desk.caller(request, body), body, secrets.token_urlsafe(ID_BYTES), user)


async def begin(request: AnyRequest, desk: Desk, body: str, start: Start) -> Pass:
    """The conversation to be that a token is for; else a new one."""
    granted = await token_in(request, desk, body)
    return fresh(request, desk, body, start) if granted is None else granted


async def opened(
    request: AnyRequest, desk: Desk, body: str, conversation: str
) -> tuple[Pass, Talk]:
    """The conversation, for whoever may use it: with its token, or the secret it was begun with."""
    granted = await token_in(request, desk, body)
    if granted is None:
        if "authorization" not in request.headers:
            raise Refused(401, "Send the conversation's token, or the secret, as a Bearer token.")
        granted = Pass(desk.caller(request, body), body, conversation)
    if granted.conversation != conversation:
        raise Refused(403, "The token is another conversation's.")
    talk = await desk.find(NAME, granted.caller, conversation, body)
    if talk is None:
        raise Refused(404, "There is no such conversation. Start one.", "ConversationNotFound")
    return granted, talk


async def shown(desk: Desk, granted: Pass) -> Started:
    """The conversation with a fresh token."""
    token = await tokens.issue(desk, granted)
    return Started(granted.conversation, token, tokens.EXPIRES_SECONDS)
