"""The entries of a brain: drafted, published, retired, and brought back."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, get, post, put
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from brains.errors import UnknownEntry
from brains.model import EVERYONE, GROUP_PREFIX, Entry, Source, Status
from router.api.parameters import WITH_KEY, BrainPath, Cursor, EntryPath, Limit
from router.api.problems import problems
from router.api.service import ServiceHere
from router.results import EntryPage, Revision
from router.security.access import Access
from router.security.edge import slashed
from router.security.guards import key_in, needs

AnyRequest = Request[Any, Any, Any]

READ = problems(400, 401, 403, 404, 429)
WRITE = problems(400, 401, 403, 404, 409, 413, 415, 429, 503)
QUESTIONS_MAX = 500
QUESTION_CHARS_MAX = 1000
ANSWER_CHARS_MAX = 20_000

Question = Annotated[str, Meta(min_length=1, max_length=QUESTION_CHARS_MAX)]
Answers = dict[str, Annotated[str, Meta(max_length=ANSWER_CHARS_MAX)]]


class EntryRequest(msgspec.Struct, forbid_unknown_fields=True):
    """An entry to save. `revision` is the one it was made from: 409 if there is a newer."""

    questions: Annotated[list[Question], Meta(min_length=1, max_length=QUESTIONS_MAX)]
    answers: Answers
    title: Annotated[str, Meta(max_length=200)] = ""
    topic: Annotated[str, Meta(max_length=120)] = ""
    owner: Annotated[str, Meta(max_length=120)] | None = None
    audience: Annotated[list[Annotated[str, Meta(max_length=120)]], Meta(max_length=500)] = (
        msgspec.field(default_factory=lambda: [EVERYONE])
    )
    sources: Annotated[list[Source], Meta(max_length=20)] = []
    valid_from: Annotated[dt.datetime, Meta(tz=True)] | None = None
    valid_until: Annotated[dt.datetime, Meta(tz=True)] | None = None
    status: Literal["draft", "in_review", "published"] = "draft"
    revision: Annotated[int, Meta(ge=0)] | None = None

    def entry(self, brain: str, entry_id: str) -> Entry:
        """The entry this asks for."""
        values = msgspec.structs.asdict(self) | {"revision": self.revision or 0}
        return Entry(id=entry_id, brain=brain, **values)


class RestoreRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Which revision to bring back."""

    revision: Annotated[int, Meta(ge=1)]


class RevisionList(msgspec.Struct, frozen=True):
    """All revisions of an entry, newest first."""

    items: list[Revision]
    next: str | None = None


class EntryController(Controller):
    """Needs a key of this brain, or of everything; a body's own key for that body's own entries."""

    path = "/brains/{brain:str}/entries"
    security = WITH_KEY

    @get("/", guards=[needs("read", "any body")], responses=READ)
    async def listing(
        self,
        request: AnyRequest,
        brain: BrainPath,
        service: ServiceHere,
        status: Annotated[Status | None, QueryParameter(required=False)] = None,
        topic: Annotated[str | None, QueryParameter(required=False, max_length=120)] = None,
        text: Annotated[
            str | None,
            QueryParameter(required=False, max_length=200, description="Words to look for."),
        ] = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> EntryPage:
        """A brain's entries, also drafts."""
        page = await service.curation.entries(brain, status, topic, text, cursor, limit)
        own = _own_body(request)
        return EntryPage([item for item in page.items if _sees(service, own, item)], page.next)

    @get("/{entry:str}", guards=[needs("read", "any body")], responses=READ)
    async def show(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, service: ServiceHere
    ) -> Entry:
        """One entry, in its newest revision."""
        return await _seen(request, service, brain, slashed(entry))

    @put("/{entry:str}", guards=[needs("draft", "any body")], responses=WRITE)
    async def save(
        self,
        request: AnyRequest,
        brain: BrainPath,
        entry: EntryPath,
        data: JSONBody[EntryRequest],
        service: ServiceHere,
    ) -> Entry:
        """Save an entry as a draft, or publish it by its `status`."""
        new = data.entry(brain, slashed(entry))
        by = await _by(request, service, brain, slashed(entry), _right_for(new.status), new)
        return await service.curation.save_entry(brain, new, by, data.revision)

    @post(
        "/{entry:str}/publish",
        status_code=200,
        guards=[needs("publish", "any body")],
        responses=WRITE,
    )
    async def publish(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, service: ServiceHere
    ) -> Entry:
        """Make the newest revision public. It is answered with from then on."""
        by = await _by(request, service, brain, slashed(entry), "publish")
        return await service.curation.set_status(brain, slashed(entry), "published", by)

    @post(
        "/{entry:str}/retire",
        status_code=200,
        guards=[needs("publish", "any body")],
        responses=WRITE,
    )
    async def retire(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, service: ServiceHere
    ) -> Entry:
        """Take an entry out of use. It is kept, and can be published again."""
        by = await _by(request, service, brain, slashed(entry), "publish")
        return await service.curation.set_status(brain, slashed(entry), "retired", by)

    @get("/{entry:str}/revisions", guards=[needs("read", "any body")], responses=READ)
    async def revisions(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, service: ServiceHere
    ) -> RevisionList:
        """Every revision, with who saved it and when."""
        await _seen(request, service, brain, slashed(entry))
        own = _own_body(request)
        saved = await service.curation.revisions(brain, slashed(entry))
        return RevisionList([item for item in saved if _sees(service, own, item.entry)])

    @post(
        "/{entry:str}/restore",
        status_code=200,
        guards=[needs("publish", "any body")],
        responses=WRITE,
    )
    async def restore(
        self,
        request: AnyRequest,
        brain: BrainPath,
        entry: EntryPath,
        data: JSONBody[RestoreRequest],
        service: ServiceHere,
    ) -> Entry:
        """Save an old revision as the newest."""
        old = await _revision(request, service, brain, slashed(entry), data.revision)
        by = await _by(request, service, brain, slashed(entry), "publish", old)
        return await service.curation.restore(brain, slashed(entry), data.revision, by)


def _right_for(status: str) -> Literal["draft", "publish"]:
    return "publish" if status == "published" else "draft"


async def _by(
    request: AnyRequest,
    service: ServiceHere,
    brain: str,
    entry_id: str,
    right: Literal["draft", "publish"],
    new: Entry | None = None,
) -> str:
    """The name of the key that may do this to the entry as it is and as it will be."""
    access: Access = request.app.state.access
    key = key_in(request)
    if access.own_body(key) is None:
        access.require(key, right, brain=brain)
        return key.name
    for entry in [new, await _existing(service, brain, entry_id)]:
        if entry is not None:
            access.require(key, right, brain=brain, body=_only_body(entry))
    return key.name


async def _existing(service: ServiceHere, brain: str, entry_id: str) -> Entry | None:
    try:
        return await service.curation.entry(brain, entry_id)
    except UnknownEntry:
        return None


async def _seen(request: AnyRequest, service: ServiceHere, brain: str, entry_id: str) -> Entry:
    """The entry, where the request's key may see it; else as if there were none."""
    entry = await service.curation.entry(brain, entry_id)
    if not _sees(service, _own_body(request), entry):
        raise UnknownEntry(entry_id)
    return entry


async def _revision(
    request: AnyRequest, service: ServiceHere, brain: str, entry_id: str, number: int
) -> Entry | None:
    """An old revision, where the key is one body's and must not bring back another's."""
    if _own_body(request) is None:
        return None
    saved = await service.curation.revisions(brain, entry_id)
    return next((item.entry for item in saved if item.revision == number), None)


def _own_body(request: AnyRequest) -> str | None:
    access: Access = request.app.state.access
    return access.own_body(key_in(request))


def _sees(service: ServiceHere, body: str | None, entry: Entry) -> bool:
    """A body's key sees what that body's visitors may be shown; other keys see everything."""
    if body is None:
        return True
    groups = {f"{GROUP_PREFIX}{group}" for group in service.knowledge.body(body).groups}
    return not {EVERYONE, body, *groups}.isdisjoint(entry.audience)


def _only_body(entry: Entry) -> str | None:
    """The body whose own an entry is: it owns it, and nobody else sees it."""
    return entry.owner if entry.owner and entry.audience == [entry.owner] else None
