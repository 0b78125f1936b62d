"""What a partner's agent said: a message or a task, as `Told`.

Text, HTML and data are told apart by the parts' media types. A part that is an address is a
source, and never followed. `{"options": [{"id", "label"}]}` in a data part, and the whole reply
under `samsvar` in the metadata, are our own ways (see `adapters.a2a`); agents that have neither
are understood by their text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from a2a.types import Message, Part, Task, TaskState
from google.protobuf.json_format import MessageToDict

from adapters.a2a.messages import METADATA
from router.adapters import Kind, PartnerFailed, Told
from router.messages import Contact, Option, Reply, Source

HTML = "text/html"
WEB = ("https://", "http://")

RUNNING = (TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_WORKING)
ENDED: dict[int, Kind | None] = {
    TaskState.TASK_STATE_COMPLETED: None,
    TaskState.TASK_STATE_INPUT_REQUIRED: "clarify",
    TaskState.TASK_STATE_REJECTED: "unanswered",
}


class _Offered(msgspec.Struct):
    options: list[Option]


def by_message(message: Message) -> Told:
    """A message is a whole reply."""
    told = _told(message.parts)
    reply = _reply(message)
    if reply is None:
        return _something(told)
    return msgspec.structs.replace(
        told,
        text=reply.text,
        html=reply.html,
        kind=reply.outcome.__struct_config__.tag,
        language=reply.language,
        speaker=reply.body.name,
        options=tuple(reply.options),
        sources=tuple(reply.sources),
        contacts=_contacts(reply),
    )


def by_task(task: Task) -> Told:
    """What a task that runs no more has led to. Raises `PartnerFailed` where that is nothing."""
    state = task.status.state
    if state not in ENDED:
        raise PartnerFailed(f"the task ended as {TaskState.Name(state)}")
    parts = [part for artifact in task.artifacts for part in artifact.parts]
    kind = ENDED[state]
    told = _told([*parts, *task.status.message.parts])
    if kind == "unanswered":
        return msgspec.structs.replace(told, kind=kind)
    return msgspec.structs.replace(_something(told), kind=kind)


def _told(parts: Iterable[Part]) -> Told:
    texts: dict[str, None] = {}  # what an artifact and the status both say is said once
    pages: dict[str, None] = {}
    options: list[Option] = []
    sources: list[Source] = []
    for part in parts:
        if part.HasField("data"):
            options += _options(MessageToDict(part.data))
        elif part.HasField("url") and part.url.startswith(WEB):
            sources.append(Source(part.filename or part.url, part.url))
        elif text := _text(part):
            (pages if part.media_type.startswith(HTML) else texts)[text] = None
    return Told(
        text="\n\n".join(texts),
        html="\n".join(pages),
        options=tuple(options),
        sources=tuple(sources),
    )


def _text(part: Part) -> str:
    """The text of a part, also where it came as a file."""
    if part.HasField("raw") and part.media_type.startswith("text/"):
        return part.raw.decode("utf-8", "replace").strip()
    return part.text.strip()


def _options(data: Any) -> list[Option]:
    """The options of a data part; other data has none."""
    if not isinstance(data, dict) or "options" not in data:
        return []
    try:
        return msgspec.convert(data, _Offered).options
    except msgspec.ValidationError as error:
        raise PartnerFailed(f"options of a wrong shape: {error}") from None


def _reply(message: Message) -> Reply | None:
    """The whole reply of another Samsvar, if that is what the agent is."""
    said = MessageToDict(message.metadata).get(METADATA)
    try:
        return None if said is None else msgspec.convert(said, Reply)
    except msgspec.ValidationError as error:
        raise PartnerFailed(f"a reply of a wrong shape: {error}") from None


def _contacts(reply: Reply) -> tuple[Contact, ...]:
    return tuple(getattr(reply.outcome, "contacts", ()))


def _something(told: Told) -> Told:
    if not (told.text or told.html or told.options or told.sources):
        raise PartnerFailed("an empty reply")
    return told
