"""The table of facts, bodies by facts, and one fact of it in all bodies."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from litestar import Controller, Request, get, post
from litestar.params import QueryParameter

from brains import rendering
from brains.knowledge import Answer, FactMissing, title_of
from brains.model import Body, Entry
from router.api.parameters import BrainPath
from router.api.service import ServiceHere
from router.console import fact_parts as parts
from router.console import forms, frame
from router.console.entry_links import entry_url
from router.console.fact_parts import Only, UnknownFact, Wanted
from router.console.flashes import Undo
from router.curation.fact_table import Row, Table
from router.security.guards import needs

AnyRequest = Request[Any, Any, Any]
READ = [needs("read", "any body")]
Words = Annotated[str, QueryParameter(max_length=200, required=False)]
ROWS_SHOWN = 40
USES_SHOWN = 20


class FactPages(Controller):
    """The table, and one fact of it. An editor's has one column."""

    path = "/brains/{brain:str}"

    @get("/facts", guards=READ)
    async def table(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        only: Only = "",
        topic: Words = "",
        entry: Words = "",
        text: Words = "",
        page: Annotated[int, QueryParameter(ge=1, le=10_000, required=False)] = 1,
    ) -> Any:
        """Bodies by facts, the gaps in it marked."""
        table, wanted = await parts.table_of(request, brain), Wanted(only, topic, entry, text)
        rows = [row for row in table.rows if wanted.takes(row)]
        if only == "missing":
            rows.sort(key=lambda row: (-row.asked, -row.missing, row.key))
        start = (page - 1) * ROWS_SHOWN
        return frame.page(
            request,
            "facts/table.html",
            title=frame.say(request, "facts.title"),
            area="facts",
            table=table,
            rows=rows[start : start + ROWS_SHOWN],
            found=len(rows),
            wanted=wanted,
            page_number=page,
            pages=-(-len(rows) // ROWS_SHOWN),
            url=parts.facts_url(brain),
            topics=[(topic, topic) for topic in table.topics],
            entry_title=_entry_title(service, brain, entry),
            **parts.form_context(request, [column.body for column in table.columns]),
        )

    @get("/facts/{key:str}", guards=READ)
    async def fact(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        key: str,
        seen_as: Words = "",
    ) -> Any:
        """One fact: what it is for, and its value in each body."""
        row = _row(await parts.table_of(request, brain), key)
        bodies = service.facts.bodies(brain, frame.own_body(request))
        chosen = next((one for one in bodies if one.id == seen_as), bodies[0])
        return frame.page(
            request,
            "facts/fact.html",
            title=parts.label(request, row),
            area="facts",
            row=row,
            organisations=bodies,
            chosen=chosen,
            answers=[_answered(request, brain, use.entry, chosen) for use in row.uses[:USES_SHOWN]],
            url=parts.facts_url(brain),
            entry_url=lambda id: entry_url(brain, id),
            names=frame.may(request, "publish", brain=brain),
            preview_options=[(one.id, one.name) for one in bodies],
            **parts.form_context(request, bodies),
        )

    @post("/facts/{key:str}/label", guards=[needs("publish", "brain")])
    async def name(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, key: str
    ) -> Any:
        """Say what a fact is called, everywhere."""
        before = _row(await parts.table_of(request, brain), key).label
        label = forms.texts(await request.form(), "label_")
        await service.facts.name(brain, key, label)
        url = f"{parts.facts_url(brain)}/{quote(key)}"
        undo = Undo(f"{url}/label", forms.fields("label_", before))
        frame.flash(request, "facts.named", undo=undo)
        return frame.redirect(url)


def _row(table: Table, key: str) -> Row:
    row = next((row for row in table.rows if row.key == key), None)
    if row is None:
        raise UnknownFact(key)
    return row


def _entry_title(service: ServiceHere, brain: str, id: str) -> str:
    entry = service.knowledge.entries[brain].get(id)
    return title_of(entry) if entry else id


def _answered(
    request: AnyRequest, brain: str, id: str, body: Body
) -> tuple[Entry, Answer | FactMissing, str]:
    """An entry, what it says in a body, and that as HTML."""
    knowledge = frame.service(request).knowledge
    entry = knowledge.entry(brain, id)
    said = knowledge.worded(entry, knowledge.texts_in(entry, body), body.id, [body.language])
    return entry, said, rendering.html(said.markdown) if isinstance(said, Answer) else ""


handlers = [FactPages]
