"""Which of our conversations a partner's conversation is, by adapter, caller and its own id.

The partner's id is kept as a hash: it may name a person there.
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from brains.database import Transaction, insert_missing, upsert
from brains.tables import foreign_conversations


async def find(tx: Transaction, adapter: str, caller: str, external: str, body: str) -> str | None:
    """The id of our conversation, None where there is none (or it was erased)."""
    query = sa.select(foreign_conversations.c.conversation).filter_by(
        adapter=adapter, caller=caller, external=_hash(body, external)
    )
    found: str | None = (await tx.execute(query)).scalar()
    return found


async def bind(
    tx: Transaction, adapter: str, caller: str, external: str, body: str, conversation: str
) -> None:
    """From now on the partner's conversation is this one of ours."""
    row = _row(adapter, caller, external, body, conversation)
    await upsert(tx, foreign_conversations, [row])


async def claim(
    tx: Transaction, adapter: str, caller: str, external: str, body: str, conversation: str
) -> str:
    """As `bind`, where the partner's conversation is none of ours yet. Returns which it is."""
    row = _row(adapter, caller, external, body, conversation)
    await insert_missing(tx, foreign_conversations, [row])
    return await find(tx, adapter, caller, external, body) or conversation


async def release(tx: Transaction, adapter: str, caller: str, external: str, body: str) -> None:
    """From now on the partner's conversation is none of ours. Ours stays."""
    delete = sa.delete(foreign_conversations).filter_by(
        adapter=adapter, caller=caller, external=_hash(body, external)
    )
    await tx.execute(delete)


def _row(adapter: str, caller: str, external: str, body: str, conversation: str) -> dict[str, str]:
    return {
        "adapter": adapter,
        "caller": caller,
        "external": _hash(body, external),
        "conversation": conversation,
    }


def _hash(body: str, external: str) -> str:
    return hashlib.sha256(f"{body}\0{external}".encode("utf-8", "surrogatepass")).hexdigest()
