"""The table of facts, bodies by facts, and one fact of it in all bodies."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import QueryParameter

from brains import rendering
from brains.knowledge import Answer, FactMissing, title_of
from brains.model import Body, Entry
from router.api.parameters import BrainPath
from router.api.service import ServiceHere
from router.console import fact_parts as parts
from router.console import forms, frame
from router.console.entry_links import entries_seen, entry_url, scopes_seen
from router.console.fact_parts import Only, Wanted
from router.console.flashes import Undo
from router.console.pages.body_facts import list_page
from router.curation.fact_table import Table
from router.security.guards import needs

AnyRequest = Request[Any, Any, Any]
READ = [needs("read", "any body")]
Words = Annotated[str, QueryParameter(max_length=200, required=False)]
ROWS_SHOWN, ROWS_MIN = 40, 10
# So many that a page with all bodies of a large federation is still quick to open.
CELLS_SHOWN = 1600
BODIES_SHOWN = 30
USES_SHOWN = 20


class FactPages(Controller):
    """The table, and one fact of it. An editor has a list of the own body's instead."""

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
        of = tuple(dict.fromkeys(request.query_params.getall("of", [])))
        wanted, own = Wanted(only, topic, entry, text), frame.own_body(request)
        if own is not None:
            return await list_page(request, service.knowledge.body(own), wanted)
        wanted = msgspec.structs.replace(wanted, of=of)
        table = await parts.table_of(request, brain, of)
        rows = [row for row in table.rows if wanted.takes(row)]
        if only == "missing":
            rows.sort(key=lambda row: (-row.asked, -row.missing, row.key))
        at_once = _rows_at_once(table)
        start = (page - 1) * at_once
        return frame.page(
            request,
            "facts/table.html",
            title=frame.say(request, "facts.title"),
            area="facts",
            table=table,
            rows=rows[start : start + at_once],
            found=len(rows),
            wanted=wanted,
            page_number=page,
            pages=-(-len(rows) // at_once),
            url=parts.facts_url(brain),
            scopes=scopes_seen(request, brain),
            topics=[(topic, topic) for topic in table.topics],
            entry_title=_entry_title(request, brain, entry),
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
        only: Only = "",
        text: Words = "",
        page: Annotated[int, QueryParameter(ge=1, le=10_000, required=False)] = 1,
    ) -> Any:
        """One fact: its value in each body, those that lack it first, and what it is for."""
        row = parts.row_of(await parts.table_of(request, brain), key)
        bodies = service.facts.bodies(brain, frame.own_body(request))
        chosen = next((one for one in bodies if one.id == seen_as), bodies[0])
        found = [
            body
            for body in bodies
            if (only != "missing" or row.cells[body.id].missing)
            and text.casefold().strip() in body.name.casefold()
        ]
        found.sort(key=lambda body: not row.cells[body.id].missing)
        start = (page - 1) * BODIES_SHOWN
        return frame.page(
            request,
            "facts/fact.html",
            title=parts.label(request, row),
            area="facts",
            row=row,
            organisations=found[start : start + BODIES_SHOWN],
            bodies_in_all=len(bodies),
            found=len(found),
            wanted=Wanted(only, text=text),
            page_number=page,
            pages=-(-len(found) // BODIES_SHOWN),
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
        before = parts.row_of(await parts.table_of(request, brain), key).label
        label = forms.texts(await request.form(), "label_")
        await service.facts.name(brain, key, label)
        url = f"{parts.facts_url(brain)}/{quote(key)}"
        undo = Undo(f"{url}/label", forms.fields("label_", before))
        frame.flash(request, "facts.named", undo=undo)
        return frame.redirect(url)


def _rows_at_once(table: Table) -> int:
    """Fewer where there are many columns."""
    return min(ROWS_SHOWN, max(ROWS_MIN, CELLS_SHOWN // max(1, len(table.columns))))


def _entry_title(request: AnyRequest, brain: str, id: str) -> str:
    entry = entries_seen(request, brain).get(id)
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
