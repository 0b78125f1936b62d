"""The desk where gaps become answers.

`by` is the name of who does it, `seen` the event of the gap that they saw last: what
another person did since raises `brains.gaps.events.Unseen`. `only_body` is a body's
editor looking: then gaps, questions and counts are that body's own, see `brains.gaps.views`.
Errors are those of `brains.errors`; a gap of another brain is unknown.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from brains import people
from brains.database import Database
from brains.errors import Invalid, NotFound, UnknownBody
from brains.gaps import Gaps, moving, work
from brains.gaps.changing import Change
from brains.gaps.events import last_event, refuse_unseen
from brains.gaps.forwarding import forwarded_to
from brains.gaps.listing import Order
from brains.gaps.overview import GapOverview
from brains.gaps.spared import NEW_ENTRY
from brains.gaps.words import Wording
from brains.knowledge import Knowledge, scopes_of
from brains.model import (
    DismissReason,
    Entry,
    Gap,
    GapEvent,
    GapQuestion,
    GapStatus,
    Texts,
)
from brains.notes import NewNote
from brains.pages import Page
from router.curation.closing import FACT, LOCAL, PHRASING, Closing, Mending
from router.curation.content import Curation
from router.curation.fact_csv import Values
from router.curation.facts import Facts
from router.curation.local_answers import LocalAnswers
from router.results import AnsweredGap, SimilarGap

PHRASINGS_FROM_GAP_MAX = 15
TEXTS_LOOKED_AT = 200
TITLE_CHARS_MAX = 60
# Whoever waits for an answer gets it at once; another curator reads it afterwards.
UNREVIEWED = NewNote("unreviewed")


class GapDesk(msgspec.Struct, frozen=True):
    """Reads and works on the gaps of all brains."""

    db: Database
    gaps: Gaps
    knowledge: Knowledge
    curation: Curation
    local_answers: LocalAnswers
    facts: Facts
    closing: Closing
    clock: Callable[[], dt.datetime]

    async def list(
        self,
        brain: str,
        *,
        status: GapStatus | None = "open",
        body: str | None = None,
        text: str = "",
        assignee: str | None = None,
        order: Order = "priority",
        cursor: str | None = None,
        limit: int = 50,
        only_body: str | None = None,
    ) -> Page[Gap]:
        """A page of a brain's gaps, all of them or of one status; the most urgent first."""
        page = await self.gaps.list(
            self.knowledge.brain(brain).id,
            status,
            cursor,
            limit,
            body=body,
            text=text,
            assignee=assignee,
            order=order,
            only_body=only_body,
        )
        return Page([self._seen(gap, only_body) for gap in page.items], page.next)

    async def get(self, brain: str, id: str, only_body: str | None = None) -> Gap:
        """A merged gap too: its `merged_into` says where its questions are."""
        return self._seen(await self.gaps.get(id, brain, only_body), only_body)

    async def questions(
        self,
        brain: str,
        id: str,
        cursor: str | None = None,
        limit: int = 50,
        only_body: str | None = None,
    ) -> Page[GapQuestion]:
        """A page of a gap's questions, newest first."""
        return await self.gaps.questions(id, cursor, limit, brain=brain, only_body=only_body)

    async def wordings(
        self,
        brain: str,
        id: str,
        cursor: str | None = None,
        limit: int = 50,
        only_body: str | None = None,
    ) -> Page[Wording]:
        """A page of a gap's questions, each wording once, those asked last first."""
        return await self.gaps.wordings(id, cursor, limit, brain=brain, only_body=only_body)

    async def events(self, brain: str, id: str) -> Sequence[GapEvent]:
        """What was done to the gap, newest first. Not for editors: it names bodies."""
        await self.gaps.get(id, brain)
        return await self.gaps.events(id)

    async def days(
        self, brain: str, id: str, days: int = 28, only_body: str | None = None
    ) -> Sequence[int]:
        """Questions a day, the oldest day first, today last."""
        await self.gaps.get(id, brain, only_body)
        return await self.gaps.days(id, days, only_body)

    async def similar(self, brain: str, id: str, limit: int = 5) -> Sequence[SimilarGap]:
        """Open gaps that may ask the same: offers to merge."""
        await self.gaps.get(id, brain)
        near = await self.gaps.similar(brain, id, limit)
        return [SimilarGap(gap, cosine) for cosine, gap in near]

    async def overview(self, brain: str, only_body: str | None = None) -> GapOverview:
        return await self.gaps.overview(self.knowledge.brain(brain).id, only_body)

    async def touch(self, brain: str, id: str) -> None:
        """Somebody has the gap open: tidying leaves it alone for some minutes."""
        await self.gaps.touch(brain, id)

    # Work

    async def merge(
        self, brain: str, id: str, others: Sequence[str], by: str, seen: int | None = None
    ) -> Gap:
        """All questions of the others become this gap's. Undone by `unmerge`, one at a time."""
        async with self._changing(brain, id, by, seen) as change:
            await moving.merge(change, id, others)
        return await self.get(brain, id)

    async def unmerge(self, brain: str, id: str, other: str, by: str) -> Gap:
        """Gives a merged gap its questions back; it is returned."""
        await self.gaps.unmerge(brain, id, other, by)
        return await self.get(brain, other)

    async def split(
        self, brain: str, id: str, question_ids: Sequence[int], by: str, seen: int | None = None
    ) -> Gap:
        """Moves questions, and those of the same words, to a new gap, which is returned."""
        await self.refuse_unseen(id, seen, by)
        return await self.get(brain, await self.gaps.split(brain, id, question_ids, by))

    async def assign(
        self, brain: str, id: str, person_id: str | None, by: str, seen: int | None = None
    ) -> Gap:
        if person_id is not None:
            await self._require_person(person_id)
        async with self._changing(brain, id, by, seen) as change:
            await work.assign(change, id, person_id)
        return await self.get(brain, id)

    async def snooze(
        self, brain: str, id: str, until: dt.datetime | None, by: str, seen: int | None = None
    ) -> Gap:
        """Out of sight until a time; None brings it back. It goes on collecting."""
        async with self._changing(brain, id, by, seen) as change:
            await work.snooze(change, id, until)
        return await self.get(brain, id)

    async def rename(
        self, brain: str, id: str, title: str, by: str, seen: int | None = None
    ) -> Gap:
        """A title in a curator's own words; an empty one takes it away."""
        async with self._changing(brain, id, by, seen) as change:
            await work.rename(change, id, title)
        return await self.get(brain, id)

    async def dismiss(
        self, brain: str, id: str, reason: DismissReason, by: str, seen: int | None = None
    ) -> Gap:
        async with self._changing(brain, id, by, seen) as change:
            await work.dismiss(change, id, reason)
        return await self.get(brain, id)

    async def forward(self, brain: str, id: str, to: str, by: str, seen: int | None = None) -> Gap:
        """To `brain:x`, where its questions are recorded too, or to `body:y`."""
        other = forwarded_to(self.knowledge, brain, to)
        if other is not None:
            await self.refuse_unseen(id, seen, by)
            await self.gaps.forward_to_brain(brain, id, other, by)
        else:
            async with self._changing(brain, id, by, seen) as change:
                await work.forward(change, id, to)
        return await self.get(brain, id)

    async def reopen(self, brain: str, id: str, by: str, seen: int | None = None) -> Gap:
        """Undoes dismissing, forwarding, snoozing and answering."""
        async with self._changing(brain, id, by, seen) as change:
            await work.reopen(change, id)
        return await self.get(brain, id)

    # Answering

    async def answer_new(self, brain: str, id: str, entry: Entry, by: str) -> AnsweredGap:
        """Publishes a new entry. What it leaves empty (id, title, questions) the gap gives it."""
        gap = await self._open_to_answers(brain, id)
        title = entry.title or gap.title or gap.summary[:TITLE_CHARS_MAX]
        questions = entry.questions or [*await self._phrasings(gap)]
        entry = msgspec.structs.replace(
            entry,
            id=entry.id or await self.curation.free_id(brain, title),
            title=title,
            questions=questions,
            status="published",
        )
        saved = await self.curation.save_entry(brain, entry, by, note=UNREVIEWED)
        return await self.closing.try_to_close(
            brain, id, by, Mending(saved, NEW_ENTRY, saved.questions)
        )

    async def answer_phrasing(
        self, brain: str, id: str, entry_id: str, phrasings: Sequence[str], by: str
    ) -> AnsweredGap:
        """Publishes phrasings more for an existing entry."""
        await self._open_to_answers(brain, id)
        entry = await self.curation.entry(brain, entry_id)
        if entry.status != "published":
            raise Invalid(
                "The entry has unpublished changes. Publish or discard them first.", "entry"
            )
        questions = list(dict.fromkeys([*entry.questions, *phrasings]))
        longer = msgspec.structs.replace(entry, questions=questions)
        saved = await self.curation.save_entry(brain, longer, by, entry.revision, UNREVIEWED)
        return await self.closing.try_to_close(brain, id, by, Mending(saved, PHRASING, phrasings))

    async def answer_local(
        self,
        brain: str,
        id: str,
        entry_id: str,
        scope: str,
        answers: Texts,
        by: str,
        *,
        unread: bool = False,
    ) -> AnsweredGap:
        """Saves a body's or a group's own answer to an existing entry; `unread` where nobody has
        seen what it changes."""
        await self._open_to_answers(brain, id)
        entry = self.knowledge.entry(brain, entry_id)
        await self.local_answers.save(
            brain, entry_id, scope, answers, by, entry.revision, unread=unread
        )
        return await self.closing.try_to_close(brain, id, by, Mending(entry, LOCAL, scopes=[scope]))

    async def answer_fact(self, brain: str, id: str, facts: Values, by: str) -> AnsweredGap:
        """Gives facts of the brain's bodies their values, by body and key, all or none."""
        await self._open_to_answers(brain, id)
        for body in facts:
            if self.knowledge.body(body).brain != brain:
                raise UnknownBody(body)
        await self.facts.set(facts)
        return await self.closing.try_to_close(
            brain, id, by, Mending(None, FACT, scopes=list(facts))
        )

    async def ask_again(self, brain: str, id: str, by: str) -> AnsweredGap:
        """Asks the gap's questions again, and closes it if all are answered now."""
        await self._open_to_answers(brain, id)
        return await self.closing.try_to_close(brain, id, by, Mending())

    async def last_event(self, id: str) -> int:
        """The id of the last thing that was done to the gap."""
        async with self.db.read() as tx:
            return await last_event(tx, id)

    async def refuse_unseen(self, id: str, seen: int | None, by: str) -> None:
        """Raises `Unseen` where another person did something after the event `seen`."""
        async with self.db.read() as tx:
            await refuse_unseen(tx, id, seen, by)

    @contextlib.asynccontextmanager
    async def _changing(
        self, brain: str, id: str, by: str, seen: int | None
    ) -> AsyncIterator[Change]:
        async with self.gaps.changing(brain, by) as change:
            await refuse_unseen(change.tx, id, seen, by)
            yield change

    async def _open_to_answers(self, brain: str, id: str) -> Gap:
        """The gap, unless it is part of another: refused before anything is published."""
        gap = await self.get(brain, id)
        if gap.status == "merged":
            raise Invalid("This gap is part of another one now. Work on that one.", "gap")
        return gap

    async def _phrasings(self, gap: Gap) -> Sequence[str]:
        """The gap's own words, different ones, the most telling first."""
        page = await self.wordings(gap.brain, gap.id, limit=TEXTS_LOOKED_AT)
        texts = dict.fromkeys([gap.summary, *(one.newest.text for one in page.items)])
        return list(texts)[:PHRASINGS_FROM_GAP_MAX]

    async def _require_person(self, id: str) -> None:
        async with self.db.read() as tx:
            try:
                await people.get(tx, id)
            except NotFound:
                raise Invalid("There is no such person. Choose somebody else.", "person") from None

    def _seen(self, gap: Gap, only_body: str | None) -> Gap:
        """For an editor without the entries that the body's visitors do not get, and without the
        name of whoever closed it: it may be another body's editor, with a fact."""
        if only_body is None:
            return gap
        scopes = scopes_of(self.knowledge.body(only_body))
        known = self.knowledge.entries.get(gap.brain, {})

        def shared(id: str | None) -> bool:
            return id in known and bool(scopes & set(known[id].audience))

        return msgspec.structs.replace(
            gap,
            nearest=[one for one in gap.nearest if shared(one.entry)],
            answered_by=gap.answered_by if shared(gap.answered_by) else None,
            closed_by=None,
        )
