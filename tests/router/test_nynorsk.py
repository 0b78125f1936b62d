"""The Nynorsk draft, by the real apertium where it is installed."""

from __future__ import annotations

import pytest

from brains.errors import Invalid
from router.curation import nynorsk

installed = pytest.mark.skipif(
    not nynorsk.available(), reason="the package apertium-nno-nob is not on this machine"
)
MARKDOWN = """# Søknad

Søknaden **behandles** innen {{ facts.frist }} uker. Du kan
[søke her](https://a.example/skjema_x?a=1&b=2), eller skrive til post@b.example.

{% if facts.url %}Se {{ facts.url }}.{% else %}Ring oss.{% endif %}

- Hva koster det?
- `hva` & «ikke» < 5

1. Jeg vil ikke betale.
"""
KEPT = (
    "# S",
    "**",
    "{{ facts.frist }}",
    "(https://a.example/skjema_x?a=1&b=2)",
    "post@b.example",
    "{% if facts.url %}",
    "{{ facts.url }}",
    "{% else %}",
    "{% endif %}",
    "\n- ",
    "`hva` & «",
    "< 5",
    "\n1. ",
)


@installed
async def test_words_become_nynorsk_and_markdown_and_facts_stay() -> None:
    drafted = await nynorsk.draft(MARKDOWN)
    for part in KEPT:
        assert part in drafted
    for word in ("Kva kostar det", "Eg vil ikkje", "veker"):
        assert word in drafted
    assert drafted.count("\n") == MARKDOWN.count("\n")


@installed
async def test_texts_without_words_come_back_as_they_were() -> None:
    for text in ("", "{{ facts.a }}", "https://a.example", "\n\n"):
        assert await nynorsk.draft(text) == text


ODD = {
    "Hva \x00 er\x07 dette?": "Kva \x00 er\x07 dette?",
    "-a" * 500 + " hva": "-a" * 500 + " kva",
    "<script>alert(1)</script> Hva?": "<script>alert(1)</script> Kva?",
    'Hva er <i n="0"/> og &amp;?': 'Kva er <i n="0"/> og &amp;?',
    "^hva/kva<prn>$ [[hva]] {{ facts.uferdig": "^kva/kva<prn>$ [[kva]] {{ facts.uferdig",
    "{% if facts.a %}Hvis{% else %}Hva{% endif %}": "{% if facts.a %}Viss{% else %}Kva{% endif %}",
    "| Hva | Hvor |": "| Kva | Kvar |",
}


@installed
async def test_nothing_is_lost_whatever_is_in_the_text() -> None:
    drafted = await nynorsk.draft("\n\n".join(ODD))
    assert drafted.split("\n\n") == list(ODD.values())


@installed
async def test_a_draft_has_a_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nynorsk, "TIME_LIMIT_S", 0.0)
    with pytest.raises(nynorsk.Unavailable, match="too long"):
        await nynorsk.draft("Hei")


async def test_without_apertium_there_is_no_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert not nynorsk.available()
    with pytest.raises(nynorsk.Unavailable, match="apertium-nno-nob"):
        await nynorsk.draft("Hei")


async def test_a_text_too_long_is_refused() -> None:
    with pytest.raises(Invalid):
        await nynorsk.draft("a" * (nynorsk.TEXT_CHARS_MAX + 1))
