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

from adapters import ours
from adapters.a2a.messages import metadata
from router.adapters import Kind, PartnerFailed, Told
from router.messages import Option, Source

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
    whole = ours.read(metadata(message))
    return whole or _something(_told(message.parts))


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
    """The options of a data part; data of any other shape has none."""
    try:
        return msgspec.convert(data, _Offered).options
    except msgspec.ValidationError:
        return []


def _something(told: Told) -> Told:
    if not (told.text or told.html or told.options or told.sources):
        raise PartnerFailed("an empty reply")
    return told
