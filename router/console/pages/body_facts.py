"""One body's facts, a form each."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from litestar import Controller, Request, get, post
from litestar.params import QueryParameter

from brains.errors import Invalid
from router.api.parameters import BodyPath
from router.api.service import ServiceHere
from router.console import fact_parts as parts
from router.console import forms, frame
from router.console.fact_parts import Only, Wanted
from router.console.flashes import Undo
from router.security.guards import needs
from router.security.signed_in import own_path

AnyRequest = Request[Any, Any, Any]
Words = Annotated[str, QueryParameter(max_length=200, required=False)]


class BodyFactPages(Controller):
    """One body's facts, a form each."""

    path = "/bodies/{slug:str}/facts"

    @get("/", guards=[needs("read", "body")])
    async def index(
        self,
        request: AnyRequest,
        service: ServiceHere,
        slug: BodyPath,
        only: Only = "",
        text: Words = "",
    ) -> Any:
        """All of them, by topic."""
        body = service.knowledge.body(slug)
        table = await service.facts.table(parts.brain_of(body), body.id)
        wanted = Wanted(only, text=text)
        rows = [row for row in table.rows if wanted.takes(row)]
        return frame.page(
            request,
            "facts/body.html",
            title=frame.say(request, "facts.of", name=body.name),
            area="facts",
            organisation=body,
            column=table.columns[0],
            rows=rows,
            wanted=wanted,
            total=len(table.rows),
            table_url=parts.facts_url(parts.brain_of(body)),
            url=f"/console/bodies/{quote(slug, safe='')}/facts",
            **parts.form_context(request, [body]),
        )

    @post("/{key:str}", guards=[needs("set facts", "body")])
    async def save(
        self, request: AnyRequest, service: ServiceHere, slug: BodyPath, key: str
    ) -> Any:
        """Give a fact its value; nothing at all removes it."""
        body = service.knowledge.body(slug)
        form = await request.form()
        before = service.knowledge.facts.get(slug, {}).get(key)
        value = parts.value_of(form)
        back = _back(form, parts.brain_of(body))
        old = parts.sent(before.value if before else None)
        undo = Undo(
            f"/console/bodies/{quote(slug, safe='')}/facts/{quote(key)}", {**old, "back": back}
        )
        try:
            await service.curation.set_facts(slug, {key: value}, frame.holder(request).name)
        except Invalid as error:
            frame.flash(request, "facts.wrong", kind="danger", text=error.problems[0].text)
            return frame.redirect(back)
        service.facts_given.ask_again_soon(parts.brain_of(body), [slug], frame.holder(request).name)
        said = "facts.removed" if value is None else "facts.saved"
        frame.flash(request, said, undo=undo, name=parts.name_of(request, key), body=body.name)
        return frame.redirect(back)


def _back(form: Any, brain: str) -> str:
    """Where the form was."""
    back = forms.text(form, "back")
    return own_path(back) if back else parts.facts_url(brain)


handlers = [BodyFactPages]
