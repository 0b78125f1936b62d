"""What partners publish of themselves becomes remits here, and is read again every hour.

A card's topics are remits of the connection's body, or of the one member of it
that a topic names. They are told from remits that people have written by their
topic's beginning, and replaced as a whole: what has vanished there vanishes
here. A partner that cannot be read keeps the remits it had.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
import re
import unicodedata
from collections.abc import Callable, Collection

import httpx
import msgspec

from brains import cards, checks, peers, remits
from brains.cards import CardRead
from brains.database import Database
from brains.errors import SamsvarError
from brains.knowledge import Knowledge
from brains.model import Connection, Remit
from brains.vectors import TextEncoder
from router.adapters import Card, PartnerFailed, Topic
from router.federation.adopting import is_of
from router.federation.connections import Connections
from router.federation.peering import Peering

log = logging.getLogger(__name__)

PREFIX = "card:"
READ_EVERY = dt.timedelta(hours=1)
RETRY_AFTER = dt.timedelta(minutes=1)
LOOK_EVERY_S = 2.0
READ_SECONDS_MAX = 60.0
TOPICS_MAX = 6_000
QUESTIONS_MAX = 20
SLUG_CHARS_MAX = 80
DIGEST_CHARS = 10
PROBLEM_CHARS_MAX = 500


class Manifests:
    """Reads the card behind each connection, and the manifest of each peer."""

    def __init__(
        self,
        db: Database,
        knowledge: Knowledge,
        encoder: TextEncoder,
        connections: Connections,
        peering: Peering,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._db = db
        self._knowledge = knowledge
        self._encoder = encoder
        self._connections = connections
        self._peering = peering
        self._clock = clock

    async def follow(self) -> None:
        """Reads what is due, for ever. Of several processes one reads each."""
        while True:
            try:
                await self.read_due()
            except SamsvarError as error:
                log.warning("partners' manifests could not be read: %s", error)
            await asyncio.sleep(LOOK_EVERY_S)

    async def read_due(self) -> None:
        """Reads every card that was not tried for an hour, or failed a minute ago, and forgets
        those of connections that are gone."""
        async with self._db.read() as tx:
            known = await cards.listing(tx)
        for body in known.keys() - self._knowledge.connections.keys():
            await self._forget(body)
        switched_on = (one for one in self._connections.listing() if one.enabled)
        await asyncio.gather(*(self._read_if_due(one, known.get(one.body)) for one in switched_on))

    async def _read_if_due(self, connection: Connection, last: CardRead | None) -> None:
        """Reads the card, where no other process does."""
        failed = last is not None and last.problem
        before = self._clock() - (RETRY_AFTER if failed else READ_EVERY)
        if not _is_due(last, before):
            return
        async with self._db.write() as tx:
            mine = await cards.claim(tx, connection.body, self._clock(), before)
        if mine:
            await self.read(connection, last)

    async def read(self, connection: Connection, last: CardRead | None) -> None:
        """Reads one card and writes down how it went; what fails is no error here."""
        now = self._clock()
        done = last or CardRead(body=connection.body)
        try:
            count = await self._take_over(connection)
            await self._refresh_peer(connection)
            done = CardRead(body=connection.body, read_at=now, topics=count)
        except (TimeoutError, httpx.HTTPError, PartnerFailed, SamsvarError) as error:
            problem = (str(error) or type(error).__name__)[:PROBLEM_CHARS_MAX]
            done = msgspec.structs.replace(done, problem=problem)
        except Exception as error:
            log.error("The card of %s could not be read", connection.body, exc_info=error)
            problem = f"The adapter failed with {type(error).__name__}."
            done = msgspec.structs.replace(done, problem=problem)
        async with self._db.write() as tx:
            await cards.note(tx, done)

    async def _take_over(self, connection: Connection) -> int:
        """How many topics the partner has now."""
        adapter = self._connections.adapters.get(connection.adapter)
        if adapter is None:
            raise PartnerFailed(f"There is no adapter called “{connection.adapter}”.")
        line = await self._connections.line(connection)
        async with asyncio.timeout(READ_SECONDS_MAX):  # embedding what was read may take longer
            card = await adapter.card(line)
        found = [] if card is None else remits_of(card, connection.body, self._members(connection))
        bodies = {connection.body, *self._members(connection)}
        if await remits.replace(self._db, self._encoder, bodies, PREFIX, found):
            await self._knowledge.catch_up()
        return len(found)

    async def _refresh_peer(self, connection: Connection) -> None:
        async with self._db.read() as tx:
            known = await peers.listing(tx)
        for peer in known:
            if is_of(connection, peer.address):
                await self._peering.refresh(peer)

    async def _forget(self, body: str) -> None:
        groups = {other.id for other in self._knowledge.bodies.values() if body in other.groups}
        if await remits.replace(self._db, self._encoder, {body, *groups}, PREFIX, []):
            await self._knowledge.catch_up()
        async with self._db.write() as tx:
            await cards.forget(tx, body)

    def _members(self, connection: Connection) -> set[str]:
        """The bodies that the connection reaches as a group's."""
        return {
            body.id
            for body in self._knowledge.bodies.values()
            if connection.body in body.groups
            and body.brain is None
            and body.id not in self._knowledge.connections
        }


def remits_of(card: Card, body: str, members: Collection[str] = ()) -> list[Remit]:
    """A card's topics as remits of `body`, or of the member that a topic names.

    What is too long is cut, and a topic without words is left out: it is a stranger's text.
    """
    found: dict[tuple[str, str], Remit] = {}
    for topic in card.topics[:TOPICS_MAX]:
        owner = topic.body if topic.body in members and topic.body is not None else body
        title = _line(topic.title, checks.TITLE_CHARS_MAX)
        questions = _questions(topic) or ([title] if title else [])
        if not questions:
            continue
        remit = Remit(
            body=owner,
            topic=PREFIX + slug(topic.id),
            title=title or _line(questions[0], checks.TITLE_CHARS_MAX),
            questions=questions,
        )
        found[(remit.body, remit.topic)] = remit
    return list(found.values())


def slug(id: str) -> str:
    """A topic's id as part of a slug: as it is where it can be, else with its digest."""
    plain = unicodedata.normalize("NFKD", id).encode("ascii", "ignore").decode().lower()
    kept = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_CHARS_MAX].strip("-")
    if kept == id:
        return kept
    digest = hashlib.sha256(id.encode("utf-8", "replace")).hexdigest()[:DIGEST_CHARS]
    return f"{kept}-{digest}".lstrip("-")


def _questions(topic: Topic) -> list[str]:
    lines = (_line(text, checks.QUESTION_CHARS_MAX) for text in topic.questions[:QUESTIONS_MAX])
    return list(dict.fromkeys(line for line in lines if line))


def _line(text: str, chars_max: int) -> str:
    """One line without control characters or lone surrogates, cut to a length."""
    printable = (
        " " if unicodedata.category(one).startswith("C") else one for one in text[: 4 * chars_max]
    )
    return " ".join("".join(printable).split())[:chars_max].strip()


def _is_due(read: CardRead | None, before: dt.datetime) -> bool:
    return read is None or read.tried_at is None or read.tried_at < before
