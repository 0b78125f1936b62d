"""What a change to one entry would do, shown before it is published.

The real questions of late are asked with and without it, each in its own body,
and so are the entries' phrasings nearest to it (`trial`). `verdicts` says what is
better and worse, `warnings` what makes a change harmful. The work is done in
threads, in small parts, so that answers are not held up.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from brains.asked import AskedRow
from brains.database import Database
from brains.gaps import dismissed
from brains.knowledge import Knowledge, item_of, key_of, scopes_of
from brains.knowledge.visibility import is_for
from brains.model import Body, Entry
from brains.vectors import TextEncoder
from embeddings.edits import Both, Edit
from embeddings.matcher import Matcher, folded
from router.asked import AskedQuestions
from router.curation import warnings, wording
from router.curation.deciding import Deciding
from router.curation.previewed import Impact, impact
from router.curation.trial import AT_ONCE, Question, Trial
from router.curation.verdicts import Known, judge
from router.curation.vocabulary import Vocabulary
from router.curation.warnings import Away, Reason, Tried

# An end to validity that is nearer is told of.
SOON = dt.timedelta(days=30)
VERDICTS_AT_ONCE = 32

Progress = Callable[[float, str], None]


class Previews(msgspec.Struct, frozen=True):
    db: Database
    knowledge: Knowledge
    matcher: Matcher
    encoder: TextEncoder
    asked: AskedQuestions
    deciding: Deciding
    certainly: wording.Certainly
    clock: Callable[[], dt.datetime]

    async def preview(
        self,
        brain: str,
        proposed: Entry | str,
        progress: Progress | None = None,
        only_body: str | None = None,
    ) -> Impact:
        """The impact of publishing `proposed`, or of retiring the entry with that id.

        With `only_body`, on that body's own visitors and on the entries that they get.

        Raises `UnknownBrain`. What the entry lacks to be published is for saving it to say.
        """
        started = time.perf_counter()
        report = progress or _silent
        self.knowledge.brain(brain)
        report(0.0, "reading")
        trial = await self._trial(brain, proposed)
        asked = await self.asked.recent(brain, body=only_body)
        bodies = [
            body
            for body in self.knowledge.bodies.values()
            if body.brain == brain and only_body in (None, body.id)
        ]
        questions = await self._questions(brain, asked)
        questions += await asyncio.to_thread(trial.phrasings, bodies)
        tried: list[tuple[Question, Tried | None]] = []
        for start in range(0, len(questions), AT_ONCE):
            report(0.1 + 0.85 * start / len(questions), "trying")
            part = questions[start : start + AT_ONCE]
            tried += zip(part, await self._try(trial, part), strict=True)
        known = self._phrasings(brain, bodies)
        shared = await asyncio.to_thread(_shared, trial, known, _excused(asked))
        changed = [one for _, one in tried if one is not None]
        reasons = [
            *warnings.reasons(trial.key, changed, shared, self._lacking(trial, bodies)),
            *warnings.window(trial.key, changed, _away(trial, self.clock())),
            *warnings.left(trial.key, changed, trial.left(bodies)),
            *await self._worded(brain, trial),
            *warnings.unreached(self._unreached(trial, bodies)),
        ]
        report(1.0, "done")
        return impact(brain, trial.id, tried, reasons, time.perf_counter() - started)

    async def _trial(self, brain: str, proposed: Entry | str) -> Trial:
        id = proposed if isinstance(proposed, str) else proposed.id
        key, now = key_of(brain, id), self.clock()
        old = self.knowledge.entries[brain].get(id) if key in self.matcher else None
        new: Entry | None = None
        if not isinstance(proposed, str) and proposed.status != "retired":
            texts = dict.fromkeys(" ".join(text.split()) for text in proposed.questions)
            new = msgspec.structs.replace(
                proposed, brain=brain, questions=[text for text in texts if text]
            )
            now = max(now, new.valid_from or now)
        items = [
            await item_of(self.db, self.encoder, entry) if entry else None for entry in (old, new)
        ]
        edit = await asyncio.to_thread(Edit, self.matcher.variant(), key, *items)
        return Trial(key, old, new, edit, now)

    async def _questions(self, brain: str, asked: Sequence[AskedRow]) -> list[Question]:
        """Those of bodies that are still there."""
        async with self.db.read() as tx:
            refused = await dismissed.among(tx, brain, [row.text for row in asked])
        return [
            Question(
                row.text,
                row.vector,
                self.knowledge.bodies[row.body],
                row.language,
                _known(row, refused),
                row.count,
            )
            for row in asked
            if row.body in self.knowledge.bodies and row.vector is not None
        ]

    async def _try(self, trial: Trial, part: Sequence[Question]) -> list[Tried | None]:
        found = await asyncio.to_thread(trial.ask, part)
        tried: list[Tried | None] = [None] * len(part)
        for place, (question, both) in enumerate(zip(part, found, strict=True)):
            if both is not None:
                tried[place] = await self._judged(trial, question, both)
            if place % VERDICTS_AT_ONCE == 0:
                await asyncio.sleep(0)
        return tried

    async def _judged(self, trial: Trial, question: Question, both: Both) -> Tried:
        before, after = (
            self.deciding.verdict(
                scored,
                question.body,
                question.language,
                trial.now,
                {trial.key: entry} if entry else {},
            )
            for entry, scored in zip((trial.old, trial.new), both, strict=True)
        )
        taken = after.best == trial.key != before.best and before.outcome != "unanswered"
        return Tried(
            question.text,
            question.body.id,
            before,
            after,
            judge(before, after, question.known),
            question.phrasing_of,
            taken and await asyncio.to_thread(trial.is_stolen, question),
        )

    async def _worded(self, brain: str, trial: Trial) -> list[Reason]:
        """What is wrong with the texts themselves."""
        if trial.new is None:
            return []
        before = trial.old.answers if trial.old else {}
        other = await asyncio.to_thread(trial.other_matter)
        gone = [language for language in before if language not in trial.new.answers]
        return [
            *wording.reasons(before, trial.new.answers, self.certainly),
            *warnings.without_languages(gone, shared=True),
            *warnings.about_another(other, brain),
        ]

    def _lacking(self, trial: Trial, bodies: Sequence[Body]) -> list[str]:
        """The bodies that would lack a fact, and do not today."""
        return [
            body.id
            for body in bodies
            if trial.new is not None
            and scopes_of(body) & {*trial.new.audience}
            and self.deciding.missing(trial.new, body, body.language)
            and not (trial.old and self.deciding.missing(trial.old, body, body.language))
        ]

    def _unreached(self, trial: Trial, bodies: Sequence[Body]) -> list[str]:
        """The bodies whose visitors get a text of their own, where the shared one changes."""
        if trial.old is None or trial.new is None or trial.old.answers == trial.new.answers:
            return []
        new = trial.new
        return [
            body.id
            for body in bodies
            if is_for(new, scopes_of(body))
            and self.knowledge.texts_in(new, body) is not new.answers
        ]

    def _phrasings(self, brain: str, bodies: Sequence[Body]) -> dict[str, list[str]]:
        """Those of entries that visitors of the bodies get."""
        scopes = frozenset[str]().union(*map(scopes_of, bodies))
        return {
            id: entry.questions
            for id, entry in self.knowledge.entries[brain].items()
            if not scopes.isdisjoint(entry.audience)
        }


def _known(row: AskedRow, dismissed: Collection[str]) -> Known:
    """What the visitor's own choice and feedback, and a curator's dismissal, say."""
    entry = None if row.entry is None else key_of(row.entry_brain or row.brain, row.entry)
    if row.helpful is False:
        return Known(unwanted=entry)
    liked = row.helpful or row.outcome == "chosen"
    return Known(entry if liked else None, None, row.text in dismissed and not liked)


def _excused(asked: Sequence[AskedRow]) -> set[str]:
    """Questions whose answer did not help: to give them to another entry is no theft."""
    return {folded(row.text) for row in asked if row.helpful is False}


def _away(trial: Trial, now: dt.datetime) -> Away | None:
    """The time at which visitors who get the entry now would not, where that is the edit's doing
    and soon."""
    old, new = trial.old, trial.new
    if old is None or new is None:
        return None
    if new.valid_from is not None and new.valid_from > now:
        return Away(now, new.valid_from)
    ends = new.valid_until
    if ends is None or ends == old.valid_until or not now < ends <= now + SOON:
        return None
    return Away(ends)


def _shared(
    trial: Trial, phrasings: Mapping[str, Sequence[str]], excused: Collection[str]
) -> dict[str, list[str]]:
    """The entries that each new phrasing could as well be about. Slow: for a thread."""
    added = [text for text in trial.added() if folded(text) not in excused]
    if not added:
        return {}
    own, vocabulary = trial.id, Vocabulary(phrasings)
    return {text: vocabulary.shared_with(text, own) for text in added}


def _silent(share: float, what: str) -> None:
    pass
