"""A body's own text, tried before it is given: who reads it, and what they lose."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from brains.errors import Invalid, UnknownEntry
from brains.model import Entry, Texts
from router.curation.local_impact import LocalImpact
from router.messages import Message
from router.service import Service
from tests.router.conftest import entry

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHARED = "Du melder flytting på [skjemaet](https://flytt.example). Ring 55 56 77 88 om det haster."
OWN = "I Bergen melder du flytting på [skjemaet](https://flytt.example/bergen)."
ENGLISH = "You tell us on [the form](https://flytt.example) that you have moved."


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def moving(desk: Service) -> Entry:
    """An answer in two languages that visitors of three bodies have asked for."""
    new = entry("flytting", "Hvordan melder jeg flytting?", "melde flytting", "har flyttet")
    new = msgspec.structs.replace(new, answers={"nb": SHARED, "en": ENGLISH})
    saved = await desk.curation.save_entry("kommune", new, "test")
    for body in ("bergen", "voss", "asker"):
        await desk.ask(Message(body=body, text="melde flytting?", language="nb"))
    return saved


async def tried(desk: Service, scope: str, texts: Texts | None) -> LocalImpact:
    return await desk.local_impact.preview("kommune", "flytting", scope, texts)


def kinds(impact: LocalImpact) -> list[str]:
    return [reason.kind for reason in impact.reasons]


@pytest_asyncio.fixture(loop_scope="session")
async def own_text_of_voss(desk: Service, moving: Entry) -> AsyncIterator[None]:
    texts = {"nb": SHARED.replace("Du", "På Voss"), "en": ENGLISH}
    await desk.local_answers.save("kommune", moving.id, "voss", texts, "per", moving.revision)
    yield
    await desk.local_answers.remove("kommune", moving.id, "voss")


async def test_who_gets_the_text_and_what_they_read(desk: Service, moving: Entry) -> None:
    found = await tried(desk, "bergen", {"nb": OWN, "en": ENGLISH})
    assert (found.bodies, found.harmful, kinds(found)) == (["bergen"], False, [])
    assert [(one.text, one.body) for one in found.readers] == [("melde flytting?", "bergen")]
    assert found.tried >= found.reached == 1
    (reading,) = found.readings
    assert (reading.language, reading.before, reading.after) == ("nb", SHARED, OWN)


async def test_a_preview_gives_nobody_anything(desk: Service, moving: Entry) -> None:
    told: list[float] = []
    number = desk.knowledge.number
    await desk.local_impact.preview(
        "kommune", "flytting", "bergen", {"nb": OWN}, lambda share, what: told.append(share)
    )
    assert told == sorted(told) and (told[0], told[-1]) == (0.0, 1.0)
    assert desk.knowledge.number == number
    with pytest.raises(UnknownEntry):
        await desk.local_impact.preview("kommune", "no-such", "bergen", {"nb": OWN})
    with pytest.raises(Invalid):
        await tried(desk, "bergen", {"nb": "{{ config }}"})


async def test_a_fact_that_the_body_has_not_given_takes_its_answer_away(
    desk: Service, moving: Entry
) -> None:
    found = await tried(desk, "bergen", {"nb": OWN + " Pris: {{ facts.flytt_pris }}."})
    lacks = next(reason for reason in found.reasons if reason.kind == "lacks facts")
    assert found.harmful and lacks.others == ["bergen"]
    assert {(one.after, one.lacked) for one in found.readings} == {(None, "flytt_pris")}


async def test_what_the_shared_answer_said_and_the_own_does_not(
    desk: Service, moving: Entry
) -> None:
    found = await tried(desk, "bergen", {"nb": "Meld fra til oss.", "en": ENGLISH})
    assert found.harmful and kinds(found) == ["says less"]
    assert found.reasons[0].texts == ["https://flytt.example", "55 56 77 88"]


async def test_a_language_less_does_harm_where_somebody_asked_in_it(
    desk: Service, moving: Entry
) -> None:
    found = await tried(desk, "voss", {"nb": OWN})
    assert (kinds(found), found.harmful) == (["fewer languages"], False)
    await desk.ask(Message(body="voss", text="melde flytting!", language="en"))
    found = await tried(desk, "voss", {"nb": OWN})
    assert (kinds(found), found.harmful) == (["drops languages"], True)
    assert found.reasons[0].others == ["en"]


async def test_a_groups_text_does_not_reach_who_has_an_own(
    desk: Service, moving: Entry, own_text_of_voss: None
) -> None:
    found = await tried(desk, "group:vestland", {"nb": OWN, "en": ENGLISH})
    assert found.bodies == ["bergen"] and {one.body for one in found.readers} == {"bergen"}
    (reason,) = found.reasons
    assert (reason.kind, reason.others, found.harmful) == ("has own text", ["voss"], False)


async def test_to_go_back_to_the_shared_text_is_tried_too(
    desk: Service, moving: Entry, own_text_of_voss: None
) -> None:
    found = await tried(desk, "voss", None)
    (reading,) = found.readings
    assert reading.after == SHARED and reading.before != SHARED
    assert found.reached >= 1 and not found.harmful
