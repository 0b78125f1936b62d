"""CONFIG: what a chat panel shows around a conversation. Colours and words stay its own."""

from __future__ import annotations

from typing import Any

from adapters.boost import elements
from adapters.boost.shapes import Command
from router.adapters import Desk, Served


def config(desk: Desk, body: str, asked: Command) -> dict[str, Any]:
    """The name of the body as the panel's title; of another one where `van_id` names it."""
    bodies = {one.id: one for one in desk.bodies()}
    vans = {elements.van_of(one.id): one for one in bodies.values()}
    shown = vans.get(asked.van_id or -1) or bodies.get(body)
    return _config(shown) if shown is not None else {}


def _config(body: Served) -> dict[str, Any]:
    tags = [elements.tag(language) for language in body.languages or [body.language]]
    return {
        "chatPanel": {"header": {"title": body.name}},
        "messages": {tag: {"header.text": body.name} for tag in tags},
    }
