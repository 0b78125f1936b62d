"""Two installations, each a service on a socket of its own.

`Hordaland` answers for Bergen and Voss from one brain, `Frida` for NAV. They become peers on the
command line: `samsvar federation invite` there and `join` here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from adapters.samsvar.adapter import SamsvarAdapter
from brains import cards
from brains.checks import TIME_LIMIT_SECONDS
from brains.model import Body, Brain, Entry
from router.api.app import create_app
from router.service import Service
from router.settings import Settings
from tests.adapters.lines import question
from tests.api.conftest import ADMIN_KEY, DIMENSIONS, BlockingFakeEncoder, served
from tests.router.conftest import BENEFIT, SNOW, others
from tests.waiting import PATIENCE_S, until

ENTRIES = {
    "kommune": [SNOW, *others("kommune", 16, "veg", "samtale")],
    "nav": [BENEFIT, *others("nav", 12, "dagp")],
}
BERGEN = Body(id="bergen", name="Bergen kommune", brain="kommune", municipality_number="4601")
VOSS = Body(
    id="voss",
    name="Voss herad",
    brain="kommune",
    municipality_number="4621",
    places=["Vossevangen", "5700"],
)
NAV = Body(id="nav", name="NAV", kind="agency", brain="nav")


class Installation(NamedTuple):
    service: Service
    address: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """For commands on this installation."""
        return environment(self.home)

    async def run(self, *arguments: str) -> str:
        """`samsvar federation ..` on this installation; what it prints."""
        command = [sys.executable, "-m", "router.cli", "federation", *arguments]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, env=os.environ | self.environment, stdout=pipe, stderr=pipe
        )
        out, error = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        assert process.returncode == 0, error.decode()
        return out.decode()

    async def ask(self, body: str, text: str = "", **more: Any) -> Any:
        """What the peer replies over the connection that reaches `body`; `asked` is whom it is
        to ask, where that is another."""
        connection = self.service.connections.reaching(body)
        assert connection is not None
        asked: dict[str, Any] = {
            "body": more.pop("asked", body),
            "sender": "bergen",
            "via": ("bergen",),
        } | more
        line = await self.service.connections.line(connection)
        return await SamsvarAdapter().ask(line, question(text, **asked))


def environment(home: Path) -> dict[str, str]:
    return {
        "SAMSVAR_HOME": str(home),
        "SAMSVAR_ADMIN_KEY": ADMIN_KEY,
        "SAMSVAR_WRONG_RATE": "0.2",
        "SAMSVAR_PARTNER_NETWORKS": "127.0.0.0/8",
        "SAMSVAR_REQUESTS_PER_MINUTE": "1000000",
    }


@contextlib.asynccontextmanager
async def installation(
    home: Path, brain: str, bodies: Sequence[Body], entries: Sequence[Entry] = ()
) -> AsyncIterator[Installation]:
    """A running installation; its entries are those of `ENTRIES`, if none are given."""
    settings = Settings.from_environment(environment(home))
    service = await Service.open(settings, BlockingFakeEncoder(DIMENSIONS))
    await service.curation.add_brain(Brain(id=brain, name=brain), "test")
    for body in bodies:
        await service.curation.add_body(body, "test")
    await service.curation.import_entries(brain, entries or ENTRIES[brain], "test")
    await service.knowledge.refit_if_stale()
    async with served(create_app(service, settings, [SamsvarAdapter()])) as address:
        yield Installation(service, address, home)
    await service.close()


class Two(NamedTuple):
    hordaland: Installation
    frida: Installation


@contextlib.asynccontextmanager
async def peers_of_each_other(homes: Sequence[Path]) -> AsyncIterator[Two]:
    """Both, running and joined, each with the other's remits."""
    async with (
        installation(homes[0], "kommune", [BERGEN, VOSS]) as hordaland,
        installation(homes[1], "nav", [NAV]) as frida,
    ):
        code = (await hordaland.run("invite")).strip()
        own = ("--own-address", frida.address)
        joined = await frida.run("join", hordaland.address, code, *own)
        assert "bergen, voss" in joined
        two = Two(hordaland, frida)
        await until(lambda: topics(hordaland, "nav"), lambda: topics(frida, "kommune"))
        for one, body in zip(two, ("nav", "kommune"), strict=True):
            await one.service.knowledge.refit_if_stale()
            connections = one.service.connections
            patient = msgspec.structs.replace(
                connections.get(body), time_limit_s=TIME_LIMIT_SECONDS[1]
            )
            await connections.save(patient)
        yield two


def topics(one: Installation, body: str) -> set[str]:
    return set(one.service.knowledge.remits.get(body, {}))


async def again(one: Installation) -> None:
    """Have it read the manifests of its partners again."""
    async with one.service.db.write() as tx:
        await cards.ask_again(tx)
