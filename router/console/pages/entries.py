"""Answers: the list, one answer with all that belongs to it, and its way to being published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, QueryParameter

from brains import templates
from brains.errors import Invalid, UnknownEntry
from brains.knowledge import title_of
from brains.model import Body as Organisation
from brains.model import Entry
from router.api.parameters import BrainPath, EntryPath
from router.api.service import ServiceHere
from router.console import answers, frame
from router.console.differences import in_order
from router.console.entry_links import (
    Names,
    audience_name,
    bodies_of,
    entries_url,
    entry_url,
    reached,
    review_of,
)
from router.console.flashes import Undo
from router.curation.catalogue import Order, Show, Wanted, has_newer
from router.security.edge import slashed
from router.security.guards import needs

AnyRequest = Request[Any, Any, Any]
Words = Annotated[str, QueryParameter(max_length=200, required=False)]
SAID_SHOWN = 10


class Said(msgspec.Struct):
    """A small form: on which revision, and with which words."""

    revision: int
    note: str = ""


SaidForm = Annotated[Said, Body(media_type=RequestEncodingType.URL_ENCODED)]


class EntryPages(Controller):
    """What a brain's answers are, for everybody who may read it."""

    path = "/brains/{brain:str}/entries"

    @get("/", guards=[needs("read", "any body")])
    async def index(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        text: Words = "",
        show: Show = "",
        topic: Words = "",
        owner: Words = "",
        audience: Words = "",
        lacks: Words = "",
        expiring: bool = False,
        order: Order = "changed",
        page: Annotated[int, QueryParameter(ge=1, le=100_000, required=False)] = 1,
    ) -> Any:
        """The list: sought, narrowed, sorted."""
        service.knowledge.brain(brain)
        review = review_of(request)
        wanted = Wanted(
            text=text,
            show=show,
            topic=topic,
            owner=owner,
            audience=audience,
            lacks=lacks,
            expiring=expiring,
            order=order,
        )
        lines = await service.catalogue.look(
            brain, wanted, lambda one: review.sees(one.entry), frame.own_body(request), page
        )
        return frame.page(
            request,
            "entries/index.html",
            title=frame.say(request, "entries.title"),
            area="entries",
            wanted=wanted,
            lines=lines,
            page_number=page,
            may_draft=frame.may(request, "draft", brain=brain, body=frame.own_body(request)),
            has_newer=has_newer,
            title_of=title_of,
            in_order=in_order,
            url=lambda id: entry_url(brain, id),
            name_of=lambda scope: audience_name(request, scope),
            named=_named,
        )

    @get("/{entry:str}", guards=[needs("read", "any body")])
    async def show(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        entry: EntryPath,
        given_by: Words = "",
    ) -> Any:
        """One answer: what it says, who gets it, where it stands, and what was said about it."""
        review, id = review_of(request), slashed(entry)
        newest = await review.get(brain, id)
        summary = await service.catalogue.summary(brain, id)
        if summary is None:
            raise UnknownEntry(id)
        bodies = reached(newest, bodies_of(request, brain))
        chosen = next((one for one in bodies if one.id == given_by), None)
        answered = await service.catalogue.answered(brain, frame.own_body(request))
        return frame.page(
            request,
            "entries/show.html",
            title=title_of(newest),
            area="entries",
            entry=newest,
            summary=summary,
            has_newer=has_newer(summary),
            allowed=await review.allowed(brain, newest),
            notes=(await review.notes(brain, id))[:SAID_SHOWN],
            saved=(await review.revisions(brain, id))[:SAID_SHOWN],
            answered=answered.get(id, 0),
            bodies=bodies,
            chosen=chosen,
            shown=[
                (tag, *answers.given(service.knowledge, newest, tag, chosen))
                for tag in in_order(newest.answers)
            ],
            facts=_facts(service, newest, bodies),
            named_bodies=[(one.id, one.name) for one in bodies],
            last_day=Names(request).last_day(newest.valid_until),
            url=entry_url(brain, id),
            list_url=entries_url(brain),
            name_of=lambda scope: audience_name(request, scope),
        )

    @post("/{entry:str}/submit", guards=[needs("draft", "any body")])
    async def submit(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, data: SaidForm
    ) -> Any:
        """Hand it in for review."""
        review, id = review_of(request), slashed(entry)
        saved = await review.submit(brain, id, data.revision, data.note)
        return _done(request, saved, "entries.done.submitted")

    @post("/{entry:str}/withdraw", guards=[needs("draft", "any body")])
    async def withdraw(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, data: SaidForm
    ) -> Any:
        """Take it back from review."""
        saved = await review_of(request).withdraw(brain, slashed(entry), data.revision)
        return _done(request, saved, "entries.done.withdrawn")

    @post("/{entry:str}/return", guards=[needs("publish", "any body")])
    async def give_back(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, data: SaidForm
    ) -> Any:
        """Send it back, saying what to change."""
        review, id = review_of(request), slashed(entry)
        if not data.note.strip():
            frame.flash(request, "entries.wrong.no_comment", kind="danger")
            return frame.redirect(f"{entry_url(brain, id)}#give-back")
        saved = await review.give_back(brain, id, data.revision, data.note)
        return _done(request, saved, "entries.done.returned")

    @post("/{entry:str}/discard", guards=[needs("draft", "any body")])
    async def discard(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, data: SaidForm
    ) -> Any:
        """Let the draft go."""
        saved = await review_of(request).discard(brain, slashed(entry), data.revision)
        return _done(request, saved, "entries.done.discarded")

    @post("/{entry:str}/undo", guards=[needs("draft", "any body")])
    async def undo(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, data: SaidForm
    ) -> Any:
        """Take back what oneself did last."""
        saved = await review_of(request).undo(brain, slashed(entry), data.revision)
        frame.flash(request, "common.undone.done")
        return frame.redirect(entry_url(brain, saved.id))

    @post("/{entry:str}/comment", guards=[needs("draft", "any body")])
    async def comment(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, data: SaidForm
    ) -> Any:
        """Say something about it."""
        id = slashed(entry)
        if data.note.strip():
            await review_of(request).comment(brain, id, data.note)
            frame.flash(request, "entries.done.commented")
        else:
            frame.flash(request, "entries.wrong.empty_comment", kind="danger")
        return frame.redirect(f"{entry_url(brain, id)}#notes")


def _named(
    values: list[str], name: Callable[[str], str] = lambda value: value
) -> list[tuple[str, str]]:
    """Values as a select's options, by name."""
    return sorted(((value, name(value)) for value in values), key=lambda pair: pair[1].casefold())


def _done(request: AnyRequest, saved: Entry, key: str) -> Any:
    """Back to the answer, saying what was done and offering to take it back."""
    url = entry_url(saved.brain, saved.id)
    undo = Undo(f"{url}/undo", {"revision": str(saved.revision)})
    frame.flash(request, key, undo=undo, title=title_of(saved))
    return frame.redirect(url)


def _facts(
    service: ServiceHere, entry: Entry, bodies: list[Organisation]
) -> list[tuple[str, list[Organisation]]]:
    """The facts that the answers use, and the bodies that have not given them."""
    keys: set[str] = set()
    for text in entry.answers.values():
        try:
            keys |= templates.check(text)
        except Invalid:
            continue
    given = service.knowledge.facts
    return [
        (key, [one for one in bodies if key not in given.get(one.id, {})]) for key in sorted(keys)
    ]


handlers = [EntryPages]
