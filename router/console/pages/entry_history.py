"""What an answer has said before, what changed between any two times, and bringing it back."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, QueryParameter

from brains.errors import UnknownEntry
from brains.knowledge import title_of
from router.api.parameters import BrainPath, EntryPath
from router.console import differences, frame
from router.console.entry_links import Names, entries_url, entry_url, review_of
from router.console.flashes import Undo
from router.results import Revision
from router.security.edge import slashed
from router.security.guards import needs

AnyRequest = Request[Any, Any, Any]
Number = Annotated[int, QueryParameter(ge=0, required=False)]


class Restore(msgspec.Struct):
    """Which state to bring back, and the newest that was seen."""

    old: int
    revision: int


class EntryHistoryPages(Controller):
    """Every state of an answer; nothing is ever lost."""

    path = "/brains/{brain:str}/entries/{entry:str}"

    @get("/history", guards=[needs("read", "any body")])
    async def history(
        self,
        request: AnyRequest,
        brain: BrainPath,
        entry: EntryPath,
        before: Number = 0,
        after: Number = 0,
    ) -> Any:
        """All states, and the difference between two: by default the newest and the one before."""
        review, id = review_of(request), slashed(entry)
        saved = await review.revisions(brain, id)
        later = _at(saved, after or saved[0].revision)
        earlier = _at(saved, before) if before else _before(saved, later)
        newest = saved[0]
        return frame.page(
            request,
            "entries/history.html",
            title=frame.say(request, "entries.history_of", title=title_of(newest.entry)),
            area="entries",
            saved=saved,
            newest=newest,
            earlier=earlier,
            later=later,
            found=differences.between(
                earlier.entry if earlier else None, later.entry, Names(request)
            ),
            allowed=await review.allowed(brain, newest.entry),
            live=review.live_seen(brain, id),
            options=[
                (one.revision, frame.say(request, "entries.revision", number=one.revision))
                for one in saved
            ],
            list_url=entries_url(brain),
            url=entry_url(brain, id),
            name=title_of(newest.entry),
        )

    @post("/restore", guards=[needs("draft", "any body")])
    async def restore(
        self,
        request: AnyRequest,
        brain: BrainPath,
        entry: EntryPath,
        data: Annotated[Restore, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Any:
        """Bring a state back as a draft."""
        review, id = review_of(request), slashed(entry)
        saved = await review.restore(brain, id, data.old, data.revision, publish=False)
        url = entry_url(brain, id)
        undo = Undo(f"{url}/undo", {"revision": str(saved.revision)})
        frame.flash(request, "entries.done.restored", undo=undo, number=data.old)
        return frame.redirect(url)


def _at(saved: list[Revision], number: int) -> Revision:
    for one in saved:
        if one.revision == number:
            return one
    raise UnknownEntry(f"{saved[0].entry.id}, revision {number}")


def _before(saved: list[Revision], later: Revision) -> Revision | None:
    return next((one for one in saved if one.revision < later.revision), None)


handlers = [EntryHistoryPages]
