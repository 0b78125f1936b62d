"""Markdown to HTML that is safe inside any website, and to plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brains import rendering


def test_html() -> None:
    assert rendering.html("Hei **du**\nLes [mer](https://bergen.example).") == (
        "<p>Hei <strong>du</strong><br>\n"
        'Les <a href="https://bergen.example" target="_blank" rel="noopener">mer</a>.</p>'
    )
    assert 'href="tel:+4755500101"' in rendering.html("[ring](tel:+4755500101)")
    assert 'href="mailto:post@b.example"' in rendering.html("<post@b.example>")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,xx)",
        "<img src=x onerror=alert(1)>",
        "![x](https://spion.example/bilde.png)",
        "<a href='https://x.example' onclick='y'>z</a>",
        "[x](/relativ)",
        "[x](//annen.example)",
        "<iframe src='https://x.example'></iframe>",
    ],
)
def test_hostile_markup_is_harmless(hostile: str) -> None:
    html = rendering.html(hostile)
    for sign in ("<script", "<img", "<iframe", 'href="java', 'href="data', 'href="/', "<a href='"):
        assert sign not in html


def test_plain() -> None:
    markdown = (
        "# Barnehage\n\nSøk *her*: [skjema](https://b.example/s), <https://b.example>.\n"
        "Ring [55 50 01 00](tel:55500100).\n\n- en\n- to\n  1. a\n  2. b\n\nSlutt `kode`."
    )
    assert rendering.plain(markdown) == (
        "Barnehage\n\nSøk her: skjema (https://b.example/s), https://b.example.\n"
        "Ring 55 50 01 00 (tel:55500100).\n\n- en\n- to\n  1. a\n  2. b\n\nSlutt kode."
    )


@given(st.text(max_size=300))
def test_any_text_renders(text: str) -> None:
    assert "<script" not in rendering.html(text).lower()
    rendering.plain(text)
