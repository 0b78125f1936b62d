"""Our own `Reply` inside another protocol: what a partner that is a Samsvar tells is read whole."""

from __future__ import annotations

from typing import get_args

import msgspec

from router.adapters import Kind, Told
from router.messages import Crisis, Handover, Outcome, Reply

KINDS: dict[type, Kind] = {kind: kind.__struct_config__.tag for kind in get_args(Outcome)}


def read(value: object) -> Told | None:
    """What a reply in our own shapes tells; None for anything else."""
    try:
        reply = msgspec.convert(value, Reply)
    except msgspec.ValidationError:
        return None
    outcome = reply.outcome
    return Told(
        text=reply.text,
        html=reply.html,
        kind=KINDS[type(outcome)],
        language=reply.language,
        speaker=reply.body.bot or reply.body.name,
        options=tuple(reply.options),
        sources=tuple(reply.sources),
        contacts=tuple(outcome.contacts) if isinstance(outcome, Crisis | Handover) else (),
        reply=reply,
    )
