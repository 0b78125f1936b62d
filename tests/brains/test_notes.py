"""What is said about an entry is kept beside the revision it is about."""

from __future__ import annotations

import msgspec
import pytest

from brains import notes, store
from brains.database import Database
from brains.errors import Invalid
from brains.notes import NewNote
from tests.brains.conftest import BARNEHAGE, SNO
from tests.fakes import FakeEncoder

replace = msgspec.structs.replace
WAITING = replace(BARNEHAGE, status="in_review")


async def test_a_note_is_saved_with_its_revision(
    federation: Database, encoder: FakeEncoder
) -> None:
    note = NewNote("submitted", "Ny frist fra 1. mars. ")
    saved = await store.save_entry(federation, encoder, WAITING, "kari", note)
    again = await store.save_entry(federation, encoder, saved, "kari", NewNote("comment", "Haster"))
    assert again.revision == saved.revision
    async with federation.read() as tx:
        said = await notes.of_entry(tx, "kommune", BARNEHAGE.id)
    assert [(one.kind, one.text, one.by, one.revision) for one in said] == [
        ("comment", "Haster", "kari", 1),
        ("submitted", "Ny frist fra 1. mars.", "kari", 1),
    ]


async def test_the_last_submission_of_each(federation: Database, encoder: FakeEncoder) -> None:
    first, second = NewNote("submitted", "Først"), NewNote("submitted", "Så")
    await store.save_entry(federation, encoder, WAITING, "kari", first)
    changed = replace(WAITING, title="Annet")
    await store.save_entry(federation, encoder, changed, "ola", second)
    await store.save_entry(federation, encoder, SNO, "ola")
    async with federation.read() as tx:
        found = await notes.submissions(tx, "kommune", [BARNEHAGE.id, SNO.id])
    assert {id: note.text for id, note in found.items()} == {BARNEHAGE.id: "Så"}


@pytest.mark.parametrize(
    "note", [NewNote("returned", "  "), NewNote("comment"), NewNote("submitted", "x" * 2_001)]
)
async def test_a_note_that_is_empty_or_too_long_saves_nothing(
    federation: Database, encoder: FakeEncoder, note: NewNote
) -> None:
    with pytest.raises(Invalid) as error:
        await store.save_entry(federation, encoder, WAITING, "kari", note)
    assert error.value.pointer == "field note"
    async with federation.read() as tx:
        assert await notes.of_entry(tx, "kommune", BARNEHAGE.id) == []
