"""One body's facts: a list that shows what is missing first, and a form for each."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from litestar import Controller, Request, get, post
from litestar.params import QueryParameter

from brains.errors import Invalid, Problem
from brains.model import Body, Texts
from router.api.parameters import BodyPath
from router.api.service import ServiceHere
from router.console import fact_parts as parts
from router.console import forms, frame
from router.console.fact_parts import Only, Wanted
from router.console.flashes import Undo
from router.curation.fact_table import Row
from router.security.guards import needs
from router.security.signed_in import own_path

AnyRequest = Request[Any, Any, Any]
Words = Annotated[str, QueryParameter(max_length=200, required=False)]
Back = Annotated[str, QueryParameter(max_length=2000, required=False)]
STALE = 409
# A list this short is shown whole; in a longer one a topic is opened by whoever needs it.
OPEN_ROWS_MAX = 15


class BodyFactPages(Controller):
    """Kept by the body's editors, and by curators."""

    path = "/bodies/{slug:str}/facts"

    @get("/", guards=[needs("read", "body")])
    async def index(
        self,
        request: AnyRequest,
        service: ServiceHere,
        slug: BodyPath,
        only: Only = "",
        topic: Words = "",
        entry: Words = "",
        text: Words = "",
    ) -> Any:
        """All of them, by topic, those missing first."""
        return await list_page(
            request, service.knowledge.body(slug), Wanted(only, topic, entry, text)
        )

    @get("/{key:str}", guards=[needs("set facts", "body")])
    async def form(
        self, request: AnyRequest, service: ServiceHere, slug: BodyPath, key: str, back: Back = ""
    ) -> Any:
        """One of them: its form, and the answers that need it."""
        known = service.knowledge.facts.get(slug, {}).get(key)
        return await _form(request, slug, key, known.value if known else None, back)

    @post("/{key:str}", guards=[needs("set facts", "body")])
    async def save(
        self, request: AnyRequest, service: ServiceHere, slug: BodyPath, key: str
    ) -> Any:
        """Give a fact its value; nothing at all removes it."""
        body = service.knowledge.body(slug)
        form = await request.form()
        known = service.knowledge.facts.get(slug, {}).get(key)
        before, value = known.value if known else None, parts.value_of(form)
        back, by = forms.text(form, "back"), frame.holder(request).name
        if forms.stale(form, before) and value != before:
            return await _form(request, slug, key, value, back, stale=True)
        try:
            if value is not None:
                parts.refuse_broken_links(request, body, key, value)
            await service.curation.set_facts(slug, {key: value}, by)
        except Invalid as error:
            return await _form(request, slug, key, value, back, error)
        service.facts_given.ask_again_soon(parts.brain_of(body), [slug], by)
        undo = Undo(
            f"{parts.body_url(slug)}/{quote(key)}", {**parts.sent(before, value), "back": back}
        )
        said = "facts.removed" if value is None else "facts.saved"
        frame.flash(request, said, undo=undo, name=parts.name_of(request, key), body=body.name)
        return frame.redirect(_back(back, slug))


async def list_page(request: AnyRequest, body: Body, wanted: Wanted) -> Any:
    """A body's facts by topic, those missing first. Raises `UnknownFact` where it has no brain."""
    brain = parts.brain_of(body)
    table = await frame.service(request).facts.table(brain, body.id)
    rows = [row for row in table.rows if wanted.takes(row)]
    missing = sorted((row for row in rows if row.missing), key=lambda row: (-row.asked, row.key))
    given = [row for row in rows if not row.missing]
    return frame.page(
        request,
        "facts/body.html",
        title=frame.say(request, "facts.of", name=body.name),
        area="facts",
        organisation=body,
        column=table.columns[0],
        missing=missing,
        topics=_by_topic(given),
        found=len(rows),
        opened=wanted.narrowed or len(given) <= OPEN_ROWS_MAX,
        wanted=wanted,
        total=len(table.rows),
        unused=sum(not row.uses for row in table.rows),
        topic_options=[(topic, topic) for topic in table.topics],
        table_url=parts.facts_url(brain),
        whole=frame.own_body(request) is None,
        url=parts.body_url(body.id),
        **parts.form_context(request, [body]),
    )


async def _form(
    request: AnyRequest,
    slug: str,
    key: str,
    written: str | Texts | None,
    back: str,
    error: Invalid | None = None,
    *,
    stale: bool = False,
) -> Any:
    """The form with what is written in it. Raises `UnknownFact`."""
    service = frame.service(request)
    body = service.knowledge.body(slug)
    brain = parts.brain_of(body)
    row = parts.row_of(await service.facts.table(brain, slug), key)
    return frame.page(
        request,
        "facts/form.html",
        title=parts.label(request, row),
        area="facts",
        status=STALE if stale else None,
        errors=forms.problems(error, _pointed),
        organisation=body,
        row=row,
        cell=row.cells[slug],
        written=written,
        stale=stale,
        seen=forms.seen(row.cells[slug].value),
        tags=forms.languages([body], *([written] if isinstance(written, dict) else [])),
        uses=list(parts.used_in(request, row, body)),
        back=_back(back, slug),
        table_url=parts.facts_url(brain),
        url=parts.body_url(slug),
        **parts.form_context(request, [body]),
    )


def _by_topic(rows: list[Row]) -> list[tuple[str, list[Row]]]:
    """The rows of each topic, the topics by name and those without one last."""
    names = sorted({row.topic for row in rows}, key=lambda topic: (not topic, topic.casefold()))
    return [(name, [row for row in rows if row.topic == name]) for name in names]


def _pointed(problem: Problem) -> Problem:
    """A problem of the stored fact, pointing at the form's field."""
    if problem.pointer.startswith(parts.VALUE):
        return problem
    _, _, tag = problem.pointer.removeprefix("field ").partition(".")
    return Problem(f"{parts.VALUE}{tag}" if tag else "value", problem.text)


def _back(wanted: str, slug: str) -> str:
    """Where the form was opened."""
    return own_path(wanted) if wanted else parts.body_url(slug)


handlers = [BodyFactPages]
