"""What pages show of a connection: its form, its figures, and what it has taught us."""

from __future__ import annotations

from urllib.parse import quote

from brains.errors import Invalid
from brains.knowledge import Knowledge
from brains.model import Body, Connection, Remit
from router.console import connection_forms, forms, frame, wording
from router.federation.confirming import TOPIC
from router.federation.manifests import PREFIX
from router.opening import DAYS

FEDERATION = "/console/federation"
# The languages offered by name; others that a connection has are shown too.
LANGUAGES = ("nb", "nn", "en", "se", "uk", "pl", "ar", "so", "ti", "lt")


def url(slug: str) -> str:
    """The page of a body's connection."""
    return f"{FEDERATION}/{quote(slug, safe='')}"


def seconds(request: frame.AnyRequest, milliseconds: int | None) -> str:
    """A time as it is read: `420 ms`, `2,2 s`."""
    if milliseconds is None:
        return frame.say(request, "common.no_value")
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    shown = f"{round(milliseconds / 1000, 1):g}"
    return f"{shown.replace('.', ',') if frame.language(request) == 'nb' else shown} s"


def share(of: float | None) -> str:
    """A share from 0 to 1 in per cent."""
    return "–" if of is None else f"{of * 100:.0f} %"


def said(kind: str) -> str:
    """A kind of failure as part of a text's key."""
    return kind.replace(" ", "_")


def learned(knowledge: Knowledge, slug: str) -> list[tuple[Body, Remit]]:
    """What the partner itself has said that it answers, and for which body, by title."""
    bodies = [body for body in knowledge.bodies.values() if body.id == slug or slug in body.groups]
    found = [
        (body, remit)
        for body in bodies
        for topic, remit in knowledge.remits.get(body.id, {}).items()
        if topic.startswith(PREFIX)
    ]
    return sorted(found, key=lambda one: (one[1].title.casefold(), one[0].id))


def confirmed(knowledge: Knowledge) -> list[tuple[Body, list[str]]]:
    """The questions that visitors have confirmed to be a body's, by the body's name."""
    found = [
        (knowledge.bodies[slug], topics[TOPIC].questions)
        for slug, topics in knowledge.remits.items()
        if TOPIC in topics and slug in knowledge.bodies
    ]
    return sorted(found, key=lambda one: one[0].name.casefold())


def form_page(
    request: frame.AnyRequest, connection: Connection, error: Invalid | None = None
) -> frame.ConsolePage:
    """The form of a connection: a new one, where the body has none yet."""
    service = frame.service(request)
    known = service.knowledge.connections.get(connection.body)
    body = service.knowledge.bodies.get(connection.body) if known else None
    own = service.connections.adapters.get(connection.adapter)
    return frame.page(
        request,
        "federation/form.html",
        title=frame.say(request, "federation.edit", name=body.name)
        if body
        else frame.say(request, "federation.new"),
        area="federation",
        errors=forms.problems(error, lambda one: connection_forms.pointed(one, _say(request))),
        connection=connection,
        known=known,
        organisation=body,
        free=[] if known else free(service.knowledge),
        settings=own.settings if own else {},
        adapters=[(name, _adapter_name(request, name)) for name in service.connections.adapters],
        language_options=[
            (tag, frame.tongue(request, tag, capital=True))
            for tag in dict.fromkeys([*LANGUAGES, *connection.languages])
        ],
        days=DAYS,
        url=f"{url(connection.body)}/edit" if known else f"{FEDERATION}/new",
        back=url(connection.body) if known else FEDERATION,
    )


def free(knowledge: Knowledge) -> list[tuple[str, str]]:
    """The bodies whose bot is not ours and not connected yet, by name."""
    found = [
        (body.id, body.name)
        for body in knowledge.bodies.values()
        if body.brain is None and body.id not in knowledge.connections
    ]
    return sorted(found, key=lambda one: one[1].casefold())


def _adapter_name(request: frame.AnyRequest, name: str) -> str:
    key = f"federation.adapter.{name}.name"
    return frame.say(request, key) if wording.has(key, frame.language(request)) else name


def _say(request: frame.AnyRequest) -> connection_forms.Say:
    return lambda key, **values: frame.say(request, key, **values)
