"""What a curator does with a gap besides answering it. Each undoes another."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, post
from litestar.params import JSONBody
from msgspec import Meta

from brains.gaps.moving import MERGED_AT_ONCE_MAX
from brains.gaps.work import TITLE_CHARS_MAX
from brains.model import DismissReason, Gap
from router.api.entries import WRITE
from router.api.gaps import Name
from router.api.parameters import WITH_KEY, BrainPath, GapPath
from router.api.service import ServiceHere
from router.security.guards import key_in, needs

AnyRequest = Request[Any, Any, Any]

SPLIT_MAX = 10_000
NUMBER_MAX = 2**53


class MergeRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The gaps to put into this one."""

    gaps: Annotated[list[Name], Meta(min_length=1, max_length=MERGED_AT_ONCE_MAX)]


class UnmergeRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The gap to take out of this one again."""

    gap: Name


class SplitRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The questions, by their ids, that ask something else."""

    questions: Annotated[
        list[Annotated[int, Meta(ge=1, le=NUMBER_MAX)]], Meta(min_length=1, max_length=SPLIT_MAX)
    ]


class AssignRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Whose work it is, by the person's id; null is nobody's."""

    person: Name | None


class SnoozeRequest(msgspec.Struct, forbid_unknown_fields=True):
    """When to see it again; null is now."""

    until: Annotated[dt.datetime, Meta(tz=True)] | None


class RenameRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A title in the curator's own words; an empty one takes it away."""

    title: Annotated[str, Meta(max_length=TITLE_CHARS_MAX)]


class DismissRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Why nobody is to answer it."""

    reason: DismissReason = "other"


class ForwardRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Whose it is: `brain:nav`, or `body:politiet`."""

    to: Annotated[str, Meta(pattern=r"^(brain|body):[^\x00-\x1f\x7f]{1,120}$")]


class GapWorkController(Controller):
    """Needs a curator's key of the brain."""

    path = "/brains/{brain:str}/gaps/{gap:str}"
    security = WITH_KEY
    guards = [needs("close gaps", "brain")]

    @post("/merge", status_code=200, responses=WRITE)
    async def merge(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        data: JSONBody[MergeRequest],
        service: ServiceHere,
    ) -> Gap:
        """Put other gaps that ask the same into this one."""
        return await service.gap_desk.merge(brain, gap, data.gaps, key_in(request).name)

    @post("/unmerge", status_code=200, responses=WRITE)
    async def unmerge(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        data: JSONBody[UnmergeRequest],
        service: ServiceHere,
    ) -> Gap:
        """Take a gap out again, with the questions it brought; it is returned."""
        return await service.gap_desk.unmerge(brain, gap, data.gap, key_in(request).name)

    @post("/split", status_code=200, responses=WRITE)
    async def split(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        data: JSONBody[SplitRequest],
        service: ServiceHere,
    ) -> Gap:
        """Move questions, and those of the same words, to a new gap, which is returned."""
        return await service.gap_desk.split(brain, gap, data.questions, key_in(request).name)

    @post("/assign", status_code=200, responses=WRITE)
    async def assign(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        data: JSONBody[AssignRequest],
        service: ServiceHere,
    ) -> Gap:
        """Make it somebody's work, or nobody's."""
        return await service.gap_desk.assign(brain, gap, data.person, key_in(request).name)

    @post("/snooze", status_code=200, responses=WRITE)
    async def snooze(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        data: JSONBody[SnoozeRequest],
        service: ServiceHere,
    ) -> Gap:
        """Put it out of sight until a time. It goes on collecting."""
        return await service.gap_desk.snooze(brain, gap, data.until, key_in(request).name)

    @post("/rename", status_code=200, responses=WRITE)
    async def rename(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        data: JSONBody[RenameRequest],
        service: ServiceHere,
    ) -> Gap:
        """Give it a title."""
        return await service.gap_desk.rename(brain, gap, data.title, key_in(request).name)

    @post("/dismiss", status_code=200, responses=WRITE)
    async def dismiss(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        data: JSONBody[DismissRequest],
        service: ServiceHere,
    ) -> Gap:
        """Close the gap without an answer, and say why."""
        return await service.gap_desk.dismiss(brain, gap, data.reason, key_in(request).name)

    @post("/forward", status_code=200, responses=WRITE)
    async def forward(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        data: JSONBody[ForwardRequest],
        service: ServiceHere,
    ) -> Gap:
        """Hand it to another brain, where its questions are recorded too, or to a body."""
        return await service.gap_desk.forward(brain, gap, data.to, key_in(request).name)

    @post("/reopen", status_code=200, responses=WRITE)
    async def reopen(
        self, request: AnyRequest, brain: BrainPath, gap: GapPath, service: ServiceHere
    ) -> Gap:
        """Open a closed, forwarded or snoozed gap again."""
        return await service.gap_desk.reopen(brain, gap, key_in(request).name)
