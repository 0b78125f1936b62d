"""The assembled service: what the API, the command line and the adapters are given.

`Service.open` puts the parts together once and starts what runs beside the
answers: following the change feed, learning again as the brain changes,
erasing old conversations. `close` ends it all.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from threadpoolctl import threadpool_limits

from brains import asked as asked_rows
from brains import conversations as conversation_rows
from brains import imports as import_rows
from brains import kept_forms, secrets, vectors
from brains import referrals as referral_rows
from brains.database import Database
from brains.errors import SamsvarError
from brains.gaps import Gaps
from brains.gaps.affinity import everyday
from brains.gaps.tidier import Tidier
from brains.knowledge import Found, Knowledge
from brains.store import now as utc_now
from embeddings import stored
from embeddings.background import background_texts
from embeddings.batching import BatchingEncoder, TextEncoder
from embeddings.encoder import load_encoder
from embeddings.fitting import Background
from embeddings.kept import KeptVectors
from embeddings.matcher import Matcher
from embeddings.packaged import Progress, default_cache
from router import decide, places, replies
from router.asked import AskedQuestions
from router.conversations import Conversations
from router.curation import Curation
from router.curation.asking_again import AskingAgain
from router.curation.broadcasts import Broadcasts
from router.curation.catalogue import Catalogue
from router.curation.closing import Closing
from router.curation.conflicts import Conflicts
from router.curation.deciding import Deciding
from router.curation.facts import Facts
from router.curation.facts_given import FactsGiven
from router.curation.gap_desk import GapDesk
from router.curation.impact import Previews
from router.curation.imports import Imports
from router.curation.local_answers import LocalAnswers
from router.curation.local_impact import LocalPreviews
from router.curation.several_gaps import SeveralGaps
from router.curation.suggestions import Suggestions
from router.curation.twins import Twins
from router.demo import visitors
from router.demo.load import load as load_demo
from router.detect import crisis, human
from router.detect.classifier import Example
from router.events import Events
from router.federation import http
from router.federation.confirming import Confirming
from router.federation.connections import Connections
from router.federation.exchange import Exchanges
from router.federation.health import HealthDesk
from router.federation.manifests import Manifests
from router.federation.peering import Peering
from router.federation.referring import Referring
from router.federation.trust import Trust
from router.federation.trust.opening import open_trust, partner_client
from router.installed import calling, installed
from router.jobs import Jobs
from router.language import LanguageDetection
from router.messages import Candidate, Human, Message, Option, Reply, RouteResult
from router.pipeline import Pipeline
from router.popular import popular
from router.security.sealing import Sealer
from router.settings import Settings
from router.steps.acting import Acting
from router.steps.recording import Recording
from router.untaken import Untaken

log = logging.getLogger(__name__)

PURGE_EVERY_S = 3600.0
KEEP_FIT_EVERY_S = 5.0
ROUTED_CANDIDATES = 10
DEMO_BRAIN = "kommune"


class Service:
    """Make it with `await Service.open(settings)`."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        encoder: BatchingEncoder,
        matcher: Matcher,
        knowledge: Knowledge,
        gaps: Gaps,
        pipeline: Pipeline,
        form_secret: str,
        trust: Trust,
    ) -> None:
        clock = pipeline.clock
        # What the console's forms are signed with, the same in every process.
        self.form_secret = form_secret
        self.settings = settings
        self.db = db
        self.encoder = encoder
        self.matcher = matcher
        self.knowledge = knowledge
        self.gaps = gaps
        self.pipeline = pipeline
        self.asked = pipeline.recording.questions
        self.connections = pipeline.acting.referring.connections
        self.exchanges = pipeline.acting.referring.exchanges
        self.health = HealthDesk(db, knowledge, self.connections, self.exchanges, clock)
        self.trust = trust
        self.connections.signs = trust.signs
        self.peering = Peering(db, trust.keys, partner_client(settings), trust.learning, clock)
        self.manifests = Manifests(db, knowledge, encoder, self.connections, self.peering, clock)
        self.events = Events.in_memory()
        self.jobs = Jobs()
        self.broadcasts = Broadcasts(db, knowledge, clock)
        self.local_answers = LocalAnswers(db, knowledge, clock)
        self.facts = Facts(db, knowledge, clock)
        self.confirming = Confirming(db, knowledge, encoder, form_secret, clock)
        self.conversations = Conversations(
            db, knowledge, pipeline, self.events, self.broadcasts, self.confirming, clock
        )
        self.untaken = Untaken(self.asked, pipeline.recording, pipeline.limits, clock)
        self.curation = Curation(db, knowledge, encoder, clock)
        self.gap_desk = GapDesk(
            db,
            gaps,
            knowledge,
            self.curation,
            self.local_answers,
            self.facts,
            Closing(gaps, AskingAgain(db, knowledge, encoder, pipeline.limits, clock)),
            clock,
        )
        self.several_gaps = SeveralGaps(gaps, knowledge)
        self.facts_given = FactsGiven(db, self.gap_desk)
        self.catalogue = Catalogue(db, clock)
        deciding = Deciding(knowledge, pipeline.limits)
        certainly = pipeline.languages.certainly
        self.impact = Previews(
            db, knowledge, matcher, encoder, self.asked, deciding, certainly, clock
        )
        self.local_impact = LocalPreviews(
            db, knowledge, matcher, encoder, self.asked, deciding, certainly, clock
        )
        twins = Twins(db, encoder, matcher)
        self.conflicts = Conflicts(db, knowledge, twins, self.local_answers, clock)
        self.suggestions = Suggestions(db, knowledge, encoder, self.asked, clock)
        self.imports = Imports(db, knowledge, encoder, twins, pipeline, clock)
        self._tasks: list[asyncio.Task[None]] = []
        self._kept: object = None

    @classmethod
    async def open(
        cls,
        settings: Settings,
        encoder: TextEncoder | None = None,
        progress: Progress | None = None,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> Service:
        """Open the database, load the encoder, learn what is to be learned, and start.

        Raises `StorageError` or `EncoderUnavailable`, which say what to do.
        """
        # More threads for small products cost more than they bring, beside the encoder's.
        threadpool_limits(1, user_api="blas")
        report = progress or _silent
        db = await Database.open(settings.database_url)
        loading = asyncio.to_thread(_load, settings.model or None, report)
        batching = BatchingEncoder(encoder if encoder is not None else await loading)
        if encoder is not None:
            loading.close()
        kept = KeptVectors(batching, default_cache() if encoder is None else None)
        if settings.demo:
            heard = _counted(report, "loading the demo federation")
            await load_demo(db, kept, heard, settings.demo_brain)
        matcher = await _matcher(db, kept)
        knowledge = await Knowledge.open(db, batching, matcher=matcher, clock=clock)
        await everyday(db, kept)
        gaps = await Gaps.open(db, batching, clock)
        pipeline = await _pipeline(settings, db, batching, kept, knowledge, gaps, clock, report)
        await asyncio.to_thread(kept.save)
        secret = await secrets.secret(db, "forms")
        trust = await open_trust(settings, db, clock)
        service = cls(settings, db, batching, matcher, knowledge, gaps, pipeline, secret, trust)
        await service._learn(report)
        if settings.demo and DEMO_BRAIN in knowledge.brains:
            await visitors.ask(pipeline, DEMO_BRAIN)
        service._start()
        return service

    async def close(self) -> None:
        """End the background work and let go of everything."""
        await self.jobs.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.facts_given.close()
        await self._keep_fit()
        with suppress(SamsvarError):
            await self.asked.flush()
        with suppress(SamsvarError):
            await self.knowledge.close()
        await self.gaps.close()
        await self.connections.close()
        await self.encoder.close()
        await self.db.close()

    async def ask(self, message: Message) -> Reply:
        """One stateless question. Raises `UnknownBody` and `Invalid`."""
        reply, _ = await self.pipeline.answer(message)
        return reply

    async def route(
        self, text: str, sender: str | None = None, municipality: str | None = None
    ) -> RouteResult:
        """Whose question it is.

        `municipality` is a slug or number; without it the question may name one, and else a
        question that any municipality answers is its brain's. Raises `UnknownBody`.
        """
        asking = self.knowledge.body(sender).id if sender else None
        local = self._municipality(municipality)
        vector = (await self.encoder.encode([text]))[0]
        found = self.knowledge.find(text, vector, None, self.pipeline.clock(), ROUTED_CANDIDATES)
        local = local or self._named(text, found)
        if local is None and asking is not None and self.knowledge.body(asking).brain:
            here = self.knowledge.body(asking)
            local = here.id if here.kind == "municipality" else None
        host = self.knowledge.bodies.get(local or "")
        whose = decide.whose(found, host, self.pipeline.limits())
        candidates = [
            Candidate(slug, self._name(slug), round(share, 4))
            for slug, share in whose.shares.items()
        ]
        best = candidates[0].probability if candidates else 0.0
        return RouteResult(whose.body, best, candidates, list(whose.ask))

    def _named(self, text: str, found: Sequence[Found]) -> str | None:
        """The only one of several bodies that the question names, and that may answer it."""
        shared = next((one.brain for one in found if one.owner is None and one.brain), None)
        said = places.named(text, self.knowledge.members(shared)) if shared else ()
        return said[0].id if len(said) == 1 else None

    async def popular(self, body: str, month: int | None = None) -> list[Option]:
        """The popular questions of a body in a month (1-12, by default this one)."""
        host = self.knowledge.body(body)
        month = month or self.pipeline.clock().month
        return popular(self.knowledge, self.pipeline.languages, host, host.language, month)

    def human(self, body: str) -> Human:
        return replies.human(self.knowledge.body(body), self.pipeline.clock())

    async def problems(self) -> list[str]:
        """Why the service is not ready; nothing where it is."""
        found = []
        try:
            async with self.db.read() as tx:
                await tx.execute(sa.text("SELECT 1"))
        except (SamsvarError, sa.exc.SQLAlchemyError) as error:
            found.append(f"The database does not answer: {error}")
        if self.knowledge.waiting:
            found.append(f"{self.knowledge.waiting} entries are being embedded for a new model.")
        if any(task.done() for task in self._tasks):
            found.append("A background task has ended; restart the service.")
        return found

    def _municipality(self, wanted: str | None) -> str | None:
        if not wanted:
            return None
        by_number = (
            body.id for body in self.knowledge.bodies.values() if body.municipality_number == wanted
        )
        return next(by_number, None) or self.knowledge.body(wanted).id

    def _name(self, slug: str) -> str:
        if slug in self.knowledge.bodies:
            return self.knowledge.bodies[slug].name
        return self.knowledge.brain(slug).name

    async def _learn(self, report: Progress) -> None:
        """Adopt the fit kept from an earlier run, or learn anew."""
        folder, matcher, fingerprint = self._fits, self.matcher, self.encoder.fingerprint
        report(0.9, "learning from the brain's own phrasings")
        if not await asyncio.to_thread(stored.load, matcher, folder, fingerprint):
            await self.knowledge.refit_if_stale()
            await self._keep_fit()
        else:
            self._kept = matcher.learned()
        report(1.0, "ready")

    async def _keep_fit(self) -> None:
        matcher = self.matcher
        if matcher.stale or matcher.learned() is self._kept:
            return
        self._kept = learned = matcher.learned()
        try:
            await asyncio.to_thread(
                stored.save, matcher, learned, self._fits, self.encoder.fingerprint
            )
        except OSError as error:
            log.warning("the fit could not be kept for the next start: %s", error)

    @property
    def _fits(self) -> Path:
        return Path(self.settings.home) / "fits"

    def _start(self) -> None:
        self._tasks = [
            asyncio.create_task(self.knowledge.follow(), name="follow the change feed"),
            asyncio.create_task(self.broadcasts.follow(), name="tell of broadcasts"),
            asyncio.create_task(self.trust.keys.follow(), name="follow the signing keys"),
            asyncio.create_task(self.trust.forget_for_ever(), name="forget used tokens"),
            asyncio.create_task(self.manifests.follow(), name="read partners' manifests"),
            asyncio.create_task(self.asked.flush_for_ever(), name="store what was asked"),
            asyncio.create_task(self.confirming.for_ever(), name="learn from referrals"),
            asyncio.create_task(self.untaken.for_ever(), name="record choices nobody took"),
            asyncio.create_task(Tidier(self.gaps).tidy_for_ever(), name="tidy gaps"),
            asyncio.create_task(self._purge_for_ever(), name="erase old conversations"),
            asyncio.create_task(self._keep_fits_for_ever(), name="keep fits"),
        ]

    async def _keep_fits_for_ever(self) -> None:
        while True:
            await asyncio.sleep(KEEP_FIT_EVERY_S)
            await self._keep_fit()

    async def _purge_for_ever(self) -> None:
        while True:
            oldest = self.pipeline.clock() - dt.timedelta(days=self.settings.retention_days)
            try:
                async with self.db.write() as tx:
                    erased = await conversation_rows.purge(tx, oldest)
                    erased += await asked_rows.purge(tx, oldest)
                    erased += await referral_rows.purge(tx, oldest)
                    await kept_forms.purge(tx, self.pipeline.clock())
                    await import_rows.expire(tx, self.imports.oldest())
            except SamsvarError as error:
                log.warning("old conversations could not be erased: %s", error)
                erased = 0
            await asyncio.sleep(0 if erased else PURGE_EVERY_S)


async def _matcher(db: Database, encoder: KeptVectors) -> Matcher:
    texts = background_texts()
    known = await vectors.ensure(db, encoder, texts, "query")
    background = Background(texts, np.stack([known[text] for text in texts]))
    return Matcher(encoder.dimensions, background)


async def _pipeline(
    settings: Settings,
    db: Database,
    encoder: BatchingEncoder,
    kept: KeptVectors,
    knowledge: Knowledge,
    gaps: Gaps,
    clock: Callable[[], dt.datetime],
    report: Progress,
) -> Pipeline:
    report(0.8, "reading the examples of crisis messages")
    crisis_examples, human_examples = crisis.examples(), human.examples()
    crisis_vectors = await _encode_examples(db, kept, crisis_examples)
    human_vectors = await _encode_examples(db, kept, human_examples)
    detectors = await asyncio.gather(
        asyncio.to_thread(LanguageDetection),
        asyncio.to_thread(crisis.CrisisDetector, crisis_examples, crisis_vectors),
        asyncio.to_thread(human.HumanDetector, human_examples, human_vectors),
    )
    languages, crisis_detector, human_detector = detectors
    asked = AskedQuestions(db, encoder, knowledge, gaps.spared)
    recording = Recording(knowledge, encoder, languages, gaps, asked, db)
    acting = Acting(knowledge, _referring(settings, db, knowledge, clock), recording)
    return Pipeline(
        knowledge,
        encoder,
        languages,
        crisis_detector,
        human_detector,
        acting,
        settings.wrong_rate,
        clock,
    )


def _referring(
    settings: Settings, db: Database, knowledge: Knowledge, clock: Callable[[], dt.datetime]
) -> Referring:
    connections = Connections(
        db,
        knowledge,
        Sealer.of(settings),
        lambda: calling(installed()),
        http.allowed(settings.partner_networks),
    )
    return Referring(db, knowledge, connections, Exchanges(db, connections, clock))


async def _encode_examples(
    db: Database, encoder: KeptVectors, examples: Sequence[Example]
) -> vectors.Vector:
    texts = [example.text for example in examples]
    known = await vectors.ensure(db, encoder, texts, "query")
    return np.stack([known[text] for text in texts])


def _load(model: str | None, report: Progress) -> TextEncoder:
    return load_encoder(model, lambda share, what: report(0.5 * share, what))


def _counted(report: Progress, what: str) -> Callable[[int, int], None]:
    return lambda done, total: report(0.5 + 0.3 * done / max(total, 1), what)


def _silent(share: float, what: str) -> None:
    pass
