"""Keys: shown once, stored hashed, revocable."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from brains import keys
from brains.database import Database
from brains.errors import Invalid
from brains.model import Role
from tests.brains.conftest import NOW


async def test_a_key_is_found_by_its_secret_until_revoked(federation: Database) -> None:
    async with federation.write() as tx:
        key, secret = await keys.create(tx, " Bergens bot ", "partner", "body:bergen", NOW)
        assert secret.startswith("smsv_") and len(secret) > 40
        assert await keys.find(tx, secret) == key
        for wrong in ("", "smsv_", secret[:-1], secret.removeprefix("smsv_"), "smsv_\ud800"):
            assert await keys.find(tx, wrong) is None
        stored = str((await tx.execute(sa.text("SELECT * FROM keys"))).all())
        assert secret not in stored and secret.removeprefix("smsv_") not in stored
        assert await keys.revoke(tx, key.id, NOW)
        assert not await keys.revoke(tx, key.id, NOW)
        assert await keys.find(tx, secret) is None
        (listed,) = await keys.listing(tx)
        assert (listed.name, listed.revoked) == ("Bergens bot", NOW)


@pytest.mark.parametrize(
    ("name", "role", "scope"),
    [
        ("", "reader", "*"),
        ("a", "king", "*"),
        ("a", "reader", "body:atlantis"),
        ("a", "reader", "nav"),
    ],
)
async def test_what_a_key_needs(federation: Database, name: str, role: Role, scope: str) -> None:
    async with federation.write() as tx:
        with pytest.raises(Invalid):
            await keys.create(tx, name, role, scope, NOW)
        for good in ("*", "brain:kommune", "brain:nav", "body:nav"):
            await keys.create(tx, "a", "curator", good, NOW)
