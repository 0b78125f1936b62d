"""Measures the impact preview on a brain of 5,000 entries.

The brain is made up from the demo federation's phrasings: each of its entries
many times, with its real vectors moved a little, and words of its own in every
phrasing. The head is made of the entries' means instead of being learned, which
would take hours and matters to no time measured here; the calibrator is the demo's
own. 2,000 questions are such phrasings too. A second task counts how long an event loop waits
meanwhile. Writes `docs/impact.md`:

    .venv/bin/python -m benchmarks.impact
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from benchmarks import wording
from brains import asked, store
from brains.asked import AskedRow
from brains.database import Database
from brains.gaps import Gaps
from brains.knowledge import Knowledge, key_of
from brains.model import Body, Brain, Entry, Source
from embeddings import fitting, foreign
from embeddings.background import background_texts
from embeddings.batching import BatchingEncoder
from embeddings.encoder import Encoder, load_encoder
from embeddings.fitting import Background
from embeddings.head import Head
from embeddings.learned import Learned
from embeddings.matcher import Matcher
from router import decide
from router.asked import AskedQuestions
from router.curation.deciding import Deciding
from router.curation.impact import Previews
from router.curation.previewed import Impact
from router.curation.trial import PHRASINGS_MAX
from router.curation.verdicts import NOISE, SURE
from router.demo.load import read_entries
from router.language import LanguageDetection

T = TypeVar("T")
Floats = npt.NDArray[np.float32]

PAGE = Path(__file__).parents[1] / "docs" / "impact.md"
ENTRIES, PHRASINGS, QUESTIONS, BODIES = 5_000, 8, 2_000, 90
# Length of what is added to a unit vector: for an entry, a phrasing, and a question.
ENTRY_NOISE, PHRASING_NOISE, QUESTION_NOISE = 0.35, 0.15, 0.2
BRAIN = "made-up"
HEAD_SCALE = 20.0
SOURCES = [Source("Made up", "https://made-up.example/")]
SEEDED = 5


class Made(NamedTuple):
    """Entries, and the vector of every text."""

    entries: list[Entry]
    queries: dict[str, Floats]
    passages: dict[str, Floats]


@dataclass(frozen=True)
class Timed(Generic[T]):
    """What was done and found, how long it took, and how long the event loop waited meanwhile."""

    what: str
    found: T
    seconds: float
    processor_seconds: float
    usual_wait_ms: float
    longest_wait_ms: float


def make(encoder: Encoder, random: np.random.Generator) -> Made:
    """The made-up brain."""
    real = [one for one in read_entries("kommune") if len(one.questions) >= PHRASINGS]
    texts = {one.id: one.questions[:PHRASINGS] for one in real}
    encoded = {id: encoder.encode(list(questions)) for id, questions in texts.items()}
    answers = dict(zip(texts, encoder.encode([one.title for one in real], "passage"), strict=True))
    made = Made([], {}, {})
    for number in range(ENTRIES):
        base = real[number % len(real)]
        copy = number // len(real)
        name = f"{base.id}-{copy}" if copy else base.id
        moved = _moved(
            encoded[base.id], _noise(random, (encoder.dimensions,), ENTRY_NOISE * (copy > 0))
        )
        rows = _moved(moved, _noise(random, (PHRASINGS, encoder.dimensions), PHRASING_NOISE))
        questions = [f"{text} {copy}" if copy else text for text in texts[base.id]]
        entry = Entry(
            id=name, title=name, questions=questions, answers={"nb": f"Om {name}."}, sources=SOURCES
        )
        made.entries.append(entry)
        made.queries.update(zip(questions, rows, strict=True))
        made.passages[f"Om {name}."] = answers[base.id]
    return made


class KnownEncoder:
    """Texts whose vectors were made up; anything else by the real encoder."""

    def __init__(self, encoder: Encoder, made: Made) -> None:
        self.fingerprint = f"made-up:{encoder.fingerprint}"
        self.dimensions = encoder.dimensions
        self._encoder = encoder
        self._known = {"query": made.queries, "passage": made.passages}

    def encode(self, texts: Sequence[str], kind: str = "query") -> Floats:
        known = self._known[kind]
        new = [text for text in texts if text not in known]
        if new:
            known.update(zip(new, self._encoder.encode(new, kind), strict=True))
        return np.stack([known[text] for text in texts])


def learned(matcher: Matcher, keys: Sequence[str], background: Background) -> Learned:
    """A fit whose head are the entries' means, and whose calibrator is a small brain's own."""
    items = tuple(matcher.item(key) for key in keys)
    small = Matcher(matcher.dimensions, background)
    for item in items[:150]:
        small.put(item)
    calibrator = small.fit().fit.calibrator
    texts = [text for item in items for text in item.texts]
    phrasings = np.vstack([item.vectors for item in items])
    classes = np.repeat(np.arange(len(items)), [len(item.texts) for item in items])
    none = np.zeros((0, matcher.dimensions), np.float32)
    space = fitting.make_space(
        fitting.Corpus(texts, phrasings, classes, none, np.zeros(0, dtype=np.intp))
    )
    features = fitting.Asked.of(texts, phrasings, space).features
    means = np.add.reduceat(features, np.searchsorted(classes, np.arange(len(items))), axis=0)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    head = Head(np.asarray(HEAD_SCALE * means, np.float32), np.zeros(len(items), np.float32))
    unmeasured = foreign.none(matcher.dimensions)
    return Learned.of(fitting.Fit(space, head, calibrator, unmeasured), items)


async def measure(encoder: Encoder) -> list[Timed[Impact]]:
    random = np.random.default_rng(0)
    made = make(encoder, random)
    with tempfile.TemporaryDirectory() as home:
        db = await Database.open(f"sqlite:///{home}/samsvar.db")
        batching = BatchingEncoder(KnownEncoder(encoder, made), cached_texts_max=0)
        await store.save_brain(db, Brain(id=BRAIN, name=BRAIN))
        bodies = [Body(id=f"body-{n}", name=f"Body {n}", brain=BRAIN) for n in range(BODIES)]
        await store.save_bodies(db, bodies)
        await store.import_entries(db, batching, BRAIN, made.entries)
        matcher = Matcher(encoder.dimensions)
        knowledge = await Knowledge.open(db, batching, matcher=matcher)
        foreign = background_texts()
        keys = [key_of(BRAIN, entry.id) for entry in made.entries]
        matcher.adopt(learned(matcher, keys, Background(foreign, encoder.encode(foreign))))
        gaps = await Gaps.open(db, batching)
        questions = AskedQuestions(db, batching, knowledge, gaps.spared)
        await _ask(db, made, batching.fingerprint, random)
        limits = decide.Limits(matcher.answer_threshold(0.05))
        deciding = Deciding(knowledge, lambda: limits)
        certainly = LanguageDetection().certainly
        previews = Previews(
            db, knowledge, matcher, batching, questions, deciding, certainly, store.now
        )
        timed = [
            await _timed(what, previews.preview(BRAIN, proposed))
            for what, proposed in _edits(made.entries)
        ]
        await knowledge.close()
        await gaps.close()
        await batching.close()
        await db.close()
    return timed


def _edits(entries: Sequence[Entry]) -> list[tuple[str, Entry | str]]:
    first, other = entries[0], entries[1]
    ways: dict[str, dict[str, Any]] = {
        "an answer reworded": {"answers": {"nb": "Noe annet."}},
        "a phrasing of its own": {"questions": [*first.questions, f"{first.questions[0]} takk"]},
        "a greedy phrasing": {"questions": [*first.questions, "hva koster det"]},
        "another entry's phrasings": {"questions": [*first.questions, *other.questions[:SEEDED]]},
    }
    changed: list[tuple[str, Entry | str]] = [
        (what, msgspec.structs.replace(first, **fields)) for what, fields in ways.items()
    ]
    return [*changed, ("retired", first.id)]


async def _ask(db: Database, made: Made, fingerprint: str, random: np.random.Generator) -> None:
    """2,000 questions in all bodies, each like a phrasing, those of the first entries often."""
    texts = [text for entry in made.entries[:50] for text in entry.questions]
    texts += [str(text) for text in random.choice(list(made.queries), QUESTIONS - len(texts))]
    rows = [
        AskedRow(
            brain=BRAIN,
            body=f"body-{number % BODIES}",
            text=f"{text} {number}",
            language="nb",
            outcome="answered",
            probability=0.9,
            asked_at=store.now(),
            fingerprint=fingerprint,
            vector=_moved(
                made.queries[text], _noise(random, (len(made.queries[text]),), QUESTION_NOISE)
            ),
        )
        for number, text in enumerate(texts)
    ]
    async with db.write() as tx:
        await asked.add(tx, rows)


async def _timed(what: str, work: Awaitable[T]) -> Timed[T]:
    waits: list[float] = []
    watching = asyncio.create_task(_watch(waits))
    started, used = time.perf_counter(), time.process_time()
    found = await work
    seconds, used = time.perf_counter() - started, time.process_time() - used
    watching.cancel()
    print(f"{what}: {seconds:.1f} s, {used:.1f} s of processor time", flush=True)
    return Timed(what, found, seconds, used, float(np.quantile(waits, 0.99)), max(waits))


async def _watch(waits: list[float]) -> None:
    """How much later than asked for the loop comes back, in milliseconds."""
    while True:
        started = time.perf_counter()
        await asyncio.sleep(0.005)
        waits.append((time.perf_counter() - started - 0.005) * 1000)


def _noise(random: np.random.Generator, shape: tuple[int, ...], length: float) -> Floats:
    """Directions at random, each of that length."""
    drawn = random.normal(size=shape)
    drawn *= length / np.linalg.norm(drawn, axis=-1, keepdims=True)
    return drawn.astype(np.float32)


def _moved(vectors: Floats, noise: Floats) -> Floats:
    moved = vectors + noise
    return np.asarray(moved / np.linalg.norm(moved, axis=-1, keepdims=True), np.float32)


def page(previews: Sequence[Timed[Impact]], rows: int, texts: str) -> str:
    """The page of documentation, whole."""
    lines = [
        "| edit | seconds | of processor time | tried: questions + phrasings "
        "| better | worse | different | flagged | "
        "an answer waits, ms: 99 of 100 times under, at most |",
        "|---|---:|---:|---:|---:|---:|---:|---|---:|",
    ]
    for one in previews:
        asked_, own = one.found.questions, one.found.phrasings
        flagged = ", ".join(reason.kind for reason in one.found.reasons) or "no"
        lines.append(
            f"| {one.what} | {one.seconds:.1f} | {one.processor_seconds:.1f} "
            f"| {asked_.tried:,} + {own.tried:,} "
            f"| {asked_.better + own.better} | {asked_.worse + own.worse} "
            f"| {asked_.different + own.different} | {flagged} "
            f"| {one.usual_wait_ms:.0f}, {one.longest_wait_ms:.0f} |"
        )
    return PAGE_TEXT.format(
        table="\n".join(lines),
        entries=ENTRIES,
        rows=rows,
        questions=QUESTIONS,
        bodies=BODIES,
        near=PHRASINGS_MAX,
        sure=SURE,
        texts=texts,
        noise=NOISE,
    )


PAGE_TEXT = """# Impact preview

`benchmarks/impact.py` writes this page. Make it again with

    .venv/bin/python -m benchmarks.impact

Before an entry is published, the change is tried: the newest {questions:,} different questions
that visitors really asked (`brains/asked.py`), each in the body where it was asked, and the
{near:,} phrasings of all entries that are nearest to the change, each as if it were new. Measured
on a made-up brain of {entries:,} entries with {rows:,} phrasings and {bodies} bodies. *Of
processor time* is what it would take on an idle machine; this one was busy with other work.

{table}

*An answer waits* says how long the event loop was held up meanwhile.

## How it is judged
The entry as it is and as it is proposed are each held beside all others, as newcomers both, so
that only the edit differs (`embeddings/edits.py`). A phrasing is asked as if it were new: its own
row does not count, and a newcomer is scored by weights that never saw it. Most questions have
neither version among their nearest phrasings, which counting shows, and for most others it can
move the best candidate's probability by less than {noise}, which a bound shows: they are not
asked one by one. `tests/embeddings/test_edits.py` compares with asking all of them twice. Each of
the rest gets the decision a visitor would get, before and after.

- Where a visitor chose an entry among those offered, found an answer helpful, or the question is
  an entry's own phrasing, that entry is right; so is one that answers with a probability of
  {sure} today. More of it is better, less of it worse, and another entry's answer is worst.
- A question that curators dismissed as not theirs is better unanswered.
- Of the others: an answer is better than a question back, that is better than nothing, another
  entry's answer is different, and what another body answers today is worse answered here.
- The same best candidate moving by less than {noise} is no change.

A change is flagged as harmful where a new phrasing is answered by another entry today, or its
words are in several other entries' phrasings; where it takes other entries' phrasings or answered
questions, or another body's; where more gets worse than better; where bodies would lack a fact;
where what visitors asked of late would have no answer any more, or not until or after a date
within a month; where bodies lose the answer and nothing answers in its place; and where questions
would be referred to another body than today. That some bodies have a text of their own, which the
change does not reach, is said without a flag.

The text itself is read too (`router/curation/wording.py`, `embeddings/matter.py`): flagged is one
that has no link, telephone number or figure left where it had some, or a quarter of its words; a
language less; a text in another language than its field; and one that suits another entry's
phrasings much better than its own.
It is a warning, and no proof: the preview shows the questions, and people decide. The same entry
is fitted anew after publishing, together with all others, so that probabilities move a little.

## Which texts are flagged
Of the demo's answers, changed as said. The first three and another entry's answer are harmful.
`benchmarks/wording.py` makes the table.

{texts}

Without their last sentence some have lost the only link, number or fact that they had.

## Wherever what visitors read can change
- **An entry** published, retired or brought back in the console, and a phrasing or a new entry for
  a gap: tried against questions and phrasings, and harm needs a reason; undone, and listed for
  another to read where nobody else has.
- **A body's or a group's own text**, also for a gap, and going back to the shared one: tried for
  who gets it, what they read before and after, and what is lost; harm needs a reason; undone.
- **The same over the API**: `POST .../preview` says what it would do; afterwards it is listed for
  another to read, retired ones too.
- **A file**: shown row by row, with what the brain answers already; listed together for another to
  look through, and undone for a week.
- **A fact**: its page lists the answers that use it; undone, and where it is lacked there is a gap.
- **A notice**: shown as visitors will see it; undone.

A local answer changes what an entry says somewhere, not which questions it gets: the questions
asked there of late are asked as they are (`router/curation/local_impact.py`). A language that it
lacks does harm where somebody asked in it, and is else only said.
"""


def main() -> None:
    with threadpool_limits(1):
        encoder = load_encoder()
        previews = asyncio.run(measure(encoder))
        texts = wording.table(list(wording.rows(encoder)))
    PAGE.write_text(page(previews, ENTRIES * PHRASINGS, texts), "utf-8")


if __name__ == "__main__":
    main()
