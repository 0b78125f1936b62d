"""A service whose brain is curated: SQLite in a temporary folder, and the fake encoder.

Brain `kommune`, used by `bergen` and `voss` (group vestland) and `asker`; brain `nav`, used by
`nav`. It is opened once for the tests that want it, which takes some seconds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest
import pytest_asyncio

from brains.model import Body, Brain, Entry
from router.demo.load import read_entries
from router.service import Service
from router.settings import Settings
from tests.fakes import FakeClock, FakeEncoder, Vectors

DIMENSIONS = 512
BODIES = [
    Body(id="bergen", name="Bergen kommune", brain="kommune", groups=["vestland"]),
    Body(id="voss", name="Voss herad", brain="kommune", groups=["vestland"]),
    Body(id="asker", name="Asker kommune", brain="kommune"),
    Body(id="nav", name="NAV", kind="agency", brain="nav"),
]


class BlockingFakeEncoder(FakeEncoder):
    """The fake encoder as `Service.open` takes one: it blocks."""

    def encode(  # type: ignore[override]
        self, texts: Sequence[str], kind: str = "query"
    ) -> Vectors:
        """Unit vectors of shape (len(texts), dimensions)."""
        return self.encode_now(texts)


def entry(id: str, *questions: str, **answers: str) -> Entry:
    """An entry whose title is its id."""
    return Entry(id=id, questions=list(questions), answers=answers or {"nb": f"Om {id}."}, title=id)


SFO = entry(
    "sfo-pris",
    "Hva koster SFO?",
    "pris på sfo",
    "Kva kostar SFO?",
    "hvor mye er sfo plass i måneden",
    nb="SFO koster {{ facts.sfo_price }}.",
)
SNOW = entry(
    "snorydding",
    "Når brøyter dere veien?",
    "snørydding i gata",
    "Hvem måker snø på fortauet?",
    "brøyting",
)
GYM = entry("gymsal", "Hvordan leier jeg gymsal?", "leie gymsal", "bestille gymsal")
BENEFIT = entry("dagpenger", "Hvordan søker jeg om dagpenger?", "søke dagpenger", "dagpenger")


def others(brain: str, count: int, *without: str) -> list[Entry]:
    """Questions of the demo with answers that need no facts: enough to calibrate on."""
    kept = [one for one in read_entries(brain) if not one.id.startswith(without)][:count]
    return [msgspec.structs.replace(one, answers={"nb": one.title}) for one in kept]


@pytest.fixture(scope="session")
def desk_clock() -> FakeClock:
    """Monday 2 March 2026; tests only move it forward."""
    return FakeClock()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(
    tmp_path_factory: pytest.TempPathFactory, desk_clock: FakeClock
) -> AsyncIterator[Service]:
    """The service. Tests add entries of their own and take them away again."""
    home = tmp_path_factory.mktemp("curated")
    settings = Settings.from_environment({"SAMSVAR_HOME": str(home)})
    opened = await Service.open(settings, BlockingFakeEncoder(DIMENSIONS), clock=desk_clock)
    for brain in ("kommune", "nav"):
        await opened.curation.add_brain(Brain(id=brain, name=brain), "test")
    for body in BODIES:
        await opened.curation.add_body(body, "test")
    kommune = [SFO, SNOW, GYM, *others("kommune", 40, "sfo", "veg", "samtale")]
    await opened.curation.import_entries("kommune", kommune, "test")
    await opened.curation.import_entries("nav", [BENEFIT, *others("nav", 15, "dagp")], "test")
    for body in ("bergen", "asker"):
        await opened.curation.set_facts(body, {"sfo_price": "2650 kroner"}, "test")
    await opened.knowledge.refit_if_stale()
    yield opened
    await opened.close()
