"""An answer that was published for a gap, taken back: visitors get what they got before."""

from __future__ import annotations

from brains.errors import Conflict
from brains.gaps.spared import NEW_ENTRY
from router.curation.closing import PHRASING
from router.curation.gap_desk import GapDesk
from router.results import AnsweredGap


def can_be_taken_back(done: AnsweredGap) -> bool:
    """Whether the answer is an entry that was published for the gap, or phrasings of one."""
    return done.entry is not None and done.how in (NEW_ENTRY, PHRASING)


async def take_back(desk: GapDesk, brain: str, done: AnsweredGap, by: str) -> None:
    """Retires a new entry, or takes its new phrasings away; and opens the gap again.

    Raises `Conflict` where somebody has changed the entry since, or it is no answer of that kind.
    """
    if done.entry is None or not can_be_taken_back(done):
        raise Conflict("There is nothing to take back.")
    id, revision = done.entry.id, done.entry.revision
    now = await desk.curation.entry(brain, id)
    if (now.revision, now.status) != (revision, "published"):
        raise Conflict("Somebody has changed the answer since.")
    if done.how == NEW_ENTRY:
        await desk.curation.retire_entry(brain, id, by, revision)
    else:
        before = await desk.curation.entry(brain, id, revision - 1)
        await desk.curation.save_entry(brain, before, by, revision)
    gap = await desk.get(brain, done.gap.id)
    if gap.merged_into is None:
        await desk.reopen(brain, gap.id, by)
