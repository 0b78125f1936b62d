"""What a button's id says, and what never was one."""

from __future__ import annotations

import pytest

from brains.errors import Invalid
from brains.knowledge import Found
from router.choices import HUMAN, NONE, Choice, of_entry, of_found, parse

ENTRY = Found("entry", "entry:kommune/barnehage-soknad", "kommune", "barnehage-soknad", "", None, 1)
REMIT = Found("remit", "remit:skatteetaten/flytting", None, "flytting", "", "skatteetaten", 1)


@pytest.mark.parametrize(
    ("id", "choice"),
    [
        (of_found(ENTRY), Choice("entry", "kommune", "barnehage-soknad")),
        (of_found(ENTRY, "asker"), Choice("entry", "kommune", "barnehage-soknad", "asker")),
        (of_found(REMIT), Choice("remit", "skatteetaten", "flytting")),
        (of_entry("nav", "alarm/set.1:2"), Choice("entry", "nav", "alarm/set.1:2")),
        (of_entry("kommune", "Søknad_2026"), Choice("entry", "kommune", "Søknad_2026")),
        (HUMAN, Choice("human", "", "")),
        (NONE, Choice("none", "", "")),
    ],
)
def test_a_button_says_what_it_is(id: str, choice: Choice) -> None:
    assert parse(id) == choice


NO_BUTTONS = ("", "Human", " none", "none\n", "entry:", "entry:/x", "body:bergen/x", "x" * 300)
NO_ENTRIES = ("", "/", "/x@", "/x@a@b", "/x y", "/x\n", "/<script>")


@pytest.mark.parametrize("id", [*NO_BUTTONS, *(f"entry:kommune{rest}" for rest in NO_ENTRIES)])
def test_what_never_was_a_button(id: str) -> None:
    with pytest.raises(Invalid):
        parse(id)
