"""Local answers: a body's or a group's own text in place of a shared entry's."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, delete, get, put
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from brains.errors import UnknownLocalAnswer
from brains.model import LocalAnswer, Texts
from router.api.parameters import NAME, WITH_KEY, AudiencePath, BrainPath, EntryPath
from router.api.problems import problems
from router.api.read_only import UNSET, Unset, refuse_changed
from router.api.service import ServiceHere
from router.curation.local_answers import Shadowing
from router.security.access import Access
from router.security.edge import slashed
from router.security.guards import key_in, needs
from router.security.own import require_scope

AnyRequest = Request[Any, Any, Any]
READ = problems(400, 401, 403, 404, 429)
WRITE = problems(400, 401, 403, 404, 409, 413, 415, 429, 503)
ANSWER_CHARS_MAX = 20_000


class LocalAnswerItem(msgspec.Struct, frozen=True):
    """A local answer; `revision` is the shared one's when it was written, `older` whether the
    shared one says something else since."""

    entry: str
    title: str
    scope: str
    answers: Texts
    revision: int
    shared_revision: int
    older: bool
    by: str
    at: dt.datetime | None


class LocalAnswerList(msgspec.Struct, frozen=True):
    """Local answers, those older than the shared one first."""

    items: list[LocalAnswerItem]
    next: str | None = None


class LocalAnswerRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The texts, Markdown a language; facts may be used in them.

    What was read can be sent back: the other fields are what they are.
    """

    answers: dict[str, Annotated[str, Meta(max_length=ANSWER_CHARS_MAX)]]
    entry: str | Unset = UNSET
    title: str | Unset = UNSET
    scope: str | Unset = UNSET
    revision: int | Unset = UNSET
    shared_revision: int | Unset = UNSET
    older: bool | Unset = UNSET
    by: str | Unset = UNSET
    at: dt.datetime | Unset | None = UNSET


class LocalAnswerController(Controller):
    """A body's own needs a key that may keep that body, a group's one that may publish."""

    path = "/brains/{brain:str}"
    security = WITH_KEY

    @get("/local-answers", guards=[needs("read", "any body")], responses=READ)
    async def listing(
        self,
        request: AnyRequest,
        brain: BrainPath,
        service: ServiceHere,
        wanted: Annotated[
            str | None,
            QueryParameter(
                name="scope",
                required=False,
                pattern=NAME,
                description="A body's slug, or `group:` and a group.",
            ),
        ] = None,
    ) -> LocalAnswerList:
        """A brain's local answers. A body's key sees its own and its groups'."""
        found = await service.local_answers.list(brain, _scopes(request, service, wanted))
        return LocalAnswerList([_item(one) for one in found])

    @get("/entries/{entry:str}/local-answers", guards=[needs("read", "any body")], responses=READ)
    async def of_entry(
        self, request: AnyRequest, brain: BrainPath, entry: EntryPath, service: ServiceHere
    ) -> LocalAnswerList:
        """One entry's local answers."""
        service.local_answers.shared(brain, slashed(entry), own_body(request))
        scopes = _scopes(request, service, None)
        found = await service.local_answers.list(brain, scopes, slashed(entry))
        return LocalAnswerList([_item(one) for one in found])

    @get(
        "/entries/{entry:str}/local-answers/{audience:str}",
        guards=[needs("read", "any body")],
        responses=READ,
    )
    async def show(
        self,
        request: AnyRequest,
        brain: BrainPath,
        entry: EntryPath,
        audience: AudiencePath,
        service: ServiceHere,
    ) -> LocalAnswerItem:
        """One local answer."""
        id = slashed(entry)
        service.local_answers.shared(brain, id, own_body(request))
        scopes = _scopes(request, service, None)
        if scopes is not None and audience not in scopes:
            raise UnknownLocalAnswer(f"{id}, {audience}")
        return _item(await service.local_answers.get(brain, id, audience))

    @put(
        "/entries/{entry:str}/local-answers/{audience:str}",
        guards=[needs("keep body", "any body")],
        responses=WRITE,
    )
    async def save(
        self,
        request: AnyRequest,
        brain: BrainPath,
        entry: EntryPath,
        audience: AudiencePath,
        data: JSONBody[LocalAnswerRequest],
        service: ServiceHere,
    ) -> LocalAnswerItem:
        """Answer with these texts there, in place of the shared ones."""
        by = require_scope(request, brain, audience)
        id = slashed(entry)
        service.local_answers.shared(brain, id, own_body(request))
        refuse_changed(data, await _known(service, brain, id, audience))
        await service.local_answers.save(brain, id, audience, data.answers, by, unread=True)
        return _item(await service.local_answers.get(brain, id, audience))

    @delete(
        "/entries/{entry:str}/local-answers/{audience:str}",
        guards=[needs("keep body", "any body")],
        responses=WRITE,
    )
    async def remove(
        self,
        request: AnyRequest,
        brain: BrainPath,
        entry: EntryPath,
        audience: AudiencePath,
        service: ServiceHere,
    ) -> None:
        """Go back to the shared answer."""
        require_scope(request, brain, audience)
        await service.local_answers.remove(brain, slashed(entry), audience)


def own_body(request: AnyRequest) -> str | None:
    access: Access = request.app.state.access
    return access.own_body(key_in(request))


def _scopes(request: AnyRequest, service: ServiceHere, wanted: str | None) -> set[str] | None:
    """The scopes to show: those the key may see, and of them the one wanted."""
    own = own_body(request)
    if own is None:
        return None if wanted is None else {wanted}
    seen = set(service.local_answers.scopes_seen_in(own))
    return seen if wanted is None else seen & {wanted}


async def _known(service: ServiceHere, brain: str, id: str, scope: str) -> dict[str, Any]:
    """What cannot be changed by saving; None for what there is not yet."""
    try:
        item = msgspec.structs.asdict(_item(await service.local_answers.get(brain, id, scope)))
    except UnknownLocalAnswer:
        item = dict.fromkeys(LocalAnswerItem.__struct_fields__) | {"entry": id, "scope": scope}
    del item["answers"]
    return item


def _item(one: Shadowing) -> LocalAnswerItem:
    local: LocalAnswer = one.local
    return LocalAnswerItem(
        entry=local.entry,
        title=one.title,
        scope=local.scope,
        answers=local.answers,
        revision=local.revision,
        shared_revision=one.shared_revision,
        older=one.older,
        by=local.by,
        at=local.at,
    )
