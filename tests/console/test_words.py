"""The console's words, times, charts and marks: pure functions."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from router.console import charts, dates, wording
from router.console.flashes import Flash, Undo, packed, unpacked
from router.console.search import mark

CONSOLE = Path(wording.__file__).parent


def _keys(table: dict[str, Any], before: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in table.items():
        found |= _keys(value, f"{before}{name}.") if isinstance(value, dict) else {before + name}
    return found


@pytest.mark.parametrize(
    "file", sorted((CONSOLE / "texts").glob("*.nb.toml")), ids=lambda f: f.name
)
def test_both_languages_say_the_same_things(file: Path) -> None:
    other = file.with_name(file.name.replace(".nb.", ".en."))
    bokmal, english = (tomllib.loads(one.read_text("utf-8")) for one in (file, other))
    assert _keys(bokmal) == _keys(english)


def test_every_text_that_pages_ask_for_is_there() -> None:
    files = [*CONSOLE.rglob("*.html"), *CONSOLE.rglob("*.py")]
    asked = {
        key
        for file in files
        for key in re.findall(
            r'(?:say|flash)\((?:request, )?"(\w+(?:\.\w+)+)"\s*[,)]', file.read_text("utf-8")
        )
    }
    assert len(asked) > 100
    assert not {key for key in asked if not wording.has(key, "nb")}


def test_a_text_with_a_number_is_said_in_the_singular_and_the_plural() -> None:
    assert wording.say("common.dates.days", "en", count=1) == "1 day"
    assert wording.say("common.dates.days", "en", count=2) == "2 days"
    with pytest.raises(KeyError):
        wording.say("common.there_is_no_such_text", "nb")


def test_nynorsk_readers_get_bokmal_and_others_english_where_they_ask_for_it() -> None:
    assert wording.spoken("nn-NO", "en") == "nb"
    assert wording.spoken("fr", "en-GB") == "en"
    assert wording.spoken("fr") == "nb"


def test_times_are_norwegian_also_across_midnight() -> None:
    at = dt.datetime(2026, 6, 30, 22, 30, tzinfo=dt.UTC)
    assert dates.moment(at, "nb") == "1. juli 2026 kl. 00:30"
    assert dates.ago(at, at + dt.timedelta(hours=3), "nb") == "for 3 timer siden"
    assert dates.ago(at + dt.timedelta(days=2), at, "en") == "in 2 days"
    assert dates.duration(0.4, "en") == "24 minutes"


def test_charts_escape_names_and_have_a_label() -> None:
    drawn = charts.bars(["<uke>"], [("<b>", [3])], 'a "label"')
    assert "<uke>" not in drawn and 'aria-label="a &#34;label&#34;"' in drawn
    assert "style=" not in drawn
    assert charts.sparkline([], "nothing") == ""


def test_found_words_are_marked_and_the_rest_is_escaped() -> None:
    assert mark("<i>Barnehage</i>", ["barnehage"]) == ("&lt;i&gt;<mark>Barnehage</mark>&lt;/i&gt;")


def test_a_flash_survives_the_cookie_and_a_broken_cookie_is_nothing() -> None:
    flash = Flash("gaps.done.renamed", undo=Undo("/console/x", {"title": "Æ"}))
    assert unpacked(packed([flash], "ours"), "ours") == [flash]
    assert unpacked(packed([flash], "ours"), "another's") == []
    assert unpacked("not ours", "ours") == unpacked(None, "ours") == []
