"""The remits that come from a partner's manifest: replaced as a whole, all or none."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from brains import checks, store, vectors
from brains.database import Database
from brains.documents import BODIES, REMITS
from brains.model import Remit
from brains.vectors import TextEncoder


async def replace(
    db: Database,
    encoder: TextEncoder,
    bodies: Collection[str],
    prefix: str,
    remits: Sequence[Remit],
) -> bool:
    """Whether anything changed. `remits` take the place of these bodies' remits whose topic
    starts with `prefix`; other remits of theirs stay. Raises `Invalid`."""
    async with db.read() as tx:
        known = {body.id for body in await BODIES.all(tx)}
    checks.refuse(problem for remit in remits for problem in checks.check_remit(remit, known))
    texts = [question for remit in remits for question in remit.questions]
    prepared = await vectors.prepare(db, encoder, texts, "query")
    new = {(remit.body, remit.topic) for remit in remits}
    async with db.write() as tx:
        changed = bool(await REMITS.put(tx, remits, store.now()))
        for body in bodies:
            for old in await REMITS.where(tx, body=body):
                if old.topic.startswith(prefix) and (old.body, old.topic) not in new:
                    changed |= await REMITS.remove(tx, (old.body, old.topic), store.now())
        await vectors.store(tx, prepared)
    return changed
