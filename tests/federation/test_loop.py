"""Three installations, each of which thinks that the next one knows: the question comes to an end.

Alfa refers to Beta, Beta to Gamma, and Gamma to Alfa again. All three are services on sockets, and
peers of each other.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from brains import audit, store
from brains.audit import Filter
from brains.model import Body, Remit
from tests.adapters.installations import Installation, installation
from tests.router.conftest import others
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMES = ("alfa", "beta", "gamma")
QUESTION = "Hvordan søker jeg om tippetilskudd?"
ENTRIES = 12


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def three(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[Installation]]:
    async with contextlib.AsyncExitStack() as stack:
        found = []
        for name in NAMES:
            body = Body(id=name, name=name.capitalize(), kind="agency", brain=f"om-{name}")
            entries = others("kommune", ENTRIES, "samtale")
            home = tmp_path_factory.mktemp(name)
            made = installation(home, f"om-{name}", [body], entries)
            found.append(await stack.enter_async_context(made))
        for place, one in enumerate(found):
            other = found[(place + 1) % len(found)]
            code = await other.service.peering.invite()
            await one.service.peering.join(other.address, code, one.address)
        for place, one in enumerate(found):
            await one.service.knowledge.catch_up()
            to = NAMES[(place + 1) % len(NAMES)]
            remit = Remit(body=to, topic="tippetilskudd", title="Tilskudd", questions=[QUESTION])
            await store.save_remits(one.service.db, one.service.encoder, [remit])
            await one.service.knowledge.catch_up()
        yield found


async def test_a_question_in_a_loop_of_three_ends_in_a_reply(three: list[Installation]) -> None:
    alfa = three[0]
    async with httpx.AsyncClient(base_url=alfa.address, timeout=PATIENCE_S) as http:
        reply = (await http.post("/v1/ask", json={"body": "alfa", "text": QUESTION})).json()
    assert reply["outcome"]["type"] == "referred"
    assert reply["outcome"]["body"] == "beta"
    assert reply["options"], "a next step"
    asked = [await _asked(one) for one in three]
    assert asked == [["beta"], ["gamma"], []]


async def _asked(one: Installation) -> list[str]:
    """Whom an installation took questions to."""
    async with one.service.db.read() as tx:
        found = await audit.listing(tx, Filter(action="federation.asked"))
    return [line.object for line in found.items]
