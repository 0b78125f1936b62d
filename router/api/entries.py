"""The entries of a brain: drafted, published, retired, and brought back."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, get, post, put
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from brains.errors import Invalid
from brains.model import EVERYONE, Entry, Source, Status
from brains.notes import NOTE_CHARS_MAX, Note
from router.api.parameters import WITH_KEY, BrainPath, Cursor, EntryPath, Limit
from router.api.problems import problems
from router.api.read_only import UNSET, Unset, refuse_changed
from router.api.service import ServiceHere
from router.curation.review import Review
from router.results import EntryPage, Revision
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
    """An entry to save. `revision` is the one it was made from: 409 if there is a newer.

    What was read can be sent back: `id` and `brain` are as in the path, and only what is retired
    already may be `retired`.
    """

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
    status: Literal["draft", "in_review", "published", "retired"] = "draft"
    revision: Annotated[int, Meta(ge=0)] | None = None
    id: str | Unset = UNSET
    brain: str | Unset = UNSET

    def entry(self, brain: str, entry_id: str) -> Entry:
        """The entry this asks for. Raises `Invalid` where it says that it is another."""
        named = {"id": entry_id, "brain": brain}
        refuse_changed(self, named)
        return Entry(**msgspec.structs.asdict(self) | named | {"revision": self.revision or 0})


class RestoreRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Which revision to bring back."""

    revision: Annotated[int, Meta(ge=1)]


class NoteRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A word to whoever works on the entry next."""

    text: Annotated[str, Meta(max_length=NOTE_CHARS_MAX)] = ""


class NoteList(msgspec.Struct, frozen=True):
    """Everything said about an entry, newest first."""

    items: list[Note]
    next: str | None = None


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
        review = review_of(request, service)
        return EntryPage([item for item in page.items if review.sees(item)], page.next)

    @get("/{entry:str}", guards=[needs("read", "any body")], responses=READ)
    async def show(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, service: ServiceHere
    ) -> Entry:
        """One entry, in its newest revision."""
        return await review_of(request, service).get(brain, slashed(entry))

    @put("/{entry:str}", guards=[needs("draft", "any body")], responses=WRITE)
    async def save(
        self,
        request: AnyRequest,
        brain: BrainPath,
        entry: EntryPath,
        data: JSONBody[EntryRequest],
        service: ServiceHere,
    ) -> Entry:
        """Save an entry as a draft, hand it in for review, or publish it, by its `status`."""
        new, review = data.entry(brain, slashed(entry)), review_of(request, service)
        if new.status != "retired":
            return await review.save(brain, new, data.revision)
        before = await review.get(brain, new.id)
        if before.status != "retired":
            raise Invalid(f"The entry is {before.status}. Retire it with POST …/retire.", "status")
        return await review.save(brain, new, data.revision or before.revision)

    @post(
        "/{entry:str}/submit",
        status_code=200,
        guards=[needs("draft", "any body")],
        responses=WRITE,
    )
    async def submit(
        self,
        request: AnyRequest,
        brain: BrainPath,
        entry: EntryPath,
        data: JSONBody[NoteRequest],
        service: ServiceHere,
    ) -> Entry:
        """Hand the newest revision in for review, with a note to the reviewer."""
        review = review_of(request, service)
        newest = await review.get(brain, slashed(entry))
        return await review.submit(brain, newest.id, newest.revision, data.text)

    @post(
        "/{entry:str}/return",
        status_code=200,
        guards=[needs("publish", "any body")],
        responses=WRITE,
    )
    async def give_back(
        self,
        request: AnyRequest,
        brain: BrainPath,
        entry: EntryPath,
        data: JSONBody[NoteRequest],
        service: ServiceHere,
    ) -> Entry:
        """Send what waits for review back to a draft; the note says what to change."""
        review = review_of(request, service)
        newest = await review.get(brain, slashed(entry))
        return await review.give_back(brain, newest.id, newest.revision, data.text)

    @post(
        "/{entry:str}/publish",
        status_code=200,
        guards=[needs("publish", "any body")],
        responses=WRITE,
    )
    async def publish(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, service: ServiceHere
    ) -> Entry:
        """Make the newest revision public; in review, by another person than wrote it."""
        review = review_of(request, service)
        newest = await review.get(brain, slashed(entry))
        return await review.publish(brain, newest.id, newest.revision)

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
        review = review_of(request, service)
        newest = await review.get(brain, slashed(entry))
        return await review.retire(brain, newest.id, newest.revision, unread=True)

    @get("/{entry:str}/revisions", guards=[needs("read", "any body")], responses=READ)
    async def revisions(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, service: ServiceHere
    ) -> RevisionList:
        """Every revision, with who saved it and when."""
        return RevisionList(await review_of(request, service).revisions(brain, slashed(entry)))

    @get("/{entry:str}/notes", guards=[needs("read", "any body")], responses=READ)
    async def notes(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, service: ServiceHere
    ) -> NoteList:
        """What was said about an entry when it was handed in, sent back or approved."""
        return NoteList(await review_of(request, service).notes(brain, slashed(entry)))

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
        """Save an old revision as the newest: for visitors, if it was theirs; else as a draft."""
        review = review_of(request, service)
        newest = await review.get(brain, slashed(entry))
        old = await review.get(brain, newest.id, data.revision)
        public = old.status == "published"
        return await review.restore(
            brain, newest.id, data.revision, newest.revision, publish=public
        )


def review_of(request: AnyRequest, service: ServiceHere) -> Review:
    return Review(service.curation, request.app.state.access, key_in(request))
