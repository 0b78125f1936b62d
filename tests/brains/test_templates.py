"""Templates: what is allowed, what is rendered, and that nothing else ever runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brains import templates
from brains.errors import Invalid, MissingFactError

ALLOWED = {
    "Hei.\n": set(),
    "{{ facts.a }} og {{facts.b_2}}": {"a", "b_2"},
    "{% if facts.a %}{{ facts.a }}{% else %}ring{% endif %}": {"a"},
    "{%- if facts.a and not facts.b or facts.c -%} x {%- endif -%}": {"a", "b", "c"},
    "{% if facts.a %}{% if facts.b %}{{ facts.c }}{% endif %}{% endif %}": {"a", "b", "c"},
    "100 % av { dette } er { { fint": set(),
}
REFUSED = [
    "{{ facts }}",
    "{{ a }}",
    "{{ facts.a.b }}",
    "{{ facts['a'] }}",
    "{{ facts.A }}",
    "{{ facts.__class__ }}",
    "{{ facts.a() }}",
    "{{ facts.a|upper }}",
    "{{ facts.a + facts.b }}",
    "{{ facts.a ~ 'x' }}",
    "{{ 'x' }}",
    "{{ 9**9**9 }}",
    "{{ facts.a if facts.b }}",
    "{% if facts.a == 'x' %}{% endif %}",
    "{% if 1 %}{% endif %}",
    "{% if facts.a %}1{% elif facts.b %}2{% endif %}",
    "{% for x in facts %}{% endfor %}",
    "{% set x = facts.a %}",
    "{% include 'x' %}",
    "{% import 'os' as os %}",
    "{% macro x() %}{% endmacro %}",
    "{% block x %}{% endblock %}",
    "{% raw %}{% endraw",
    "{% if facts.a %}",
    "{{ facts.a",
    "{% if facts.a %}" * 200 + "{% endif %}" * 200,
    "{% if " + "not " * 5000 + "facts.a %}{% endif %}",
    "{{ " + "(" * 5000 + " }}",
]


@pytest.mark.parametrize(("template", "keys"), ALLOWED.items())
def test_allowed(template: str, keys: set[str]) -> None:
    assert templates.check(template) == keys


@pytest.mark.parametrize("template", REFUSED, ids=range(len(REFUSED)))
def test_refused(template: str) -> None:
    with pytest.raises(Invalid, match=r"facts\.key"):
        templates.check(template)


def test_rendering() -> None:
    text = "Pris: {% if facts.price and not facts.free %}{{ facts.price }}{% else %}0{% endif %}.\n"
    assert templates.render(text, {"price": "100 kr"}) == "Pris: 100 kr.\n"
    assert templates.render(text, {"price": "100 kr", "free": "ja"}) == "Pris: 0.\n"
    assert templates.render(text, {}) == "Pris: 0.\n"


def test_a_missing_fact_is_never_a_hole() -> None:
    for facts in ({}, {"a": ""}):
        with pytest.raises(MissingFactError) as missing:
            templates.render("{{ facts.a }}", facts)
        assert missing.value.key == "a"


def test_required_are_the_printed_ones() -> None:
    assert templates.required("{% if facts.a %}{{ facts.b }}{% endif %}") == {"b"}


def test_outline_keeps_every_branch_and_no_fact() -> None:
    text = "Pris {{ facts.a }}{% if facts.b %} ja{% else %} nei{% endif %}"
    assert templates.outline(text) == "Pris … ja nei"


def test_a_facts_value_is_text_and_nothing_more() -> None:
    value = "{{ facts.b }}{% if %}"
    assert templates.render("{{ facts.a }}", {"a": value}) == value


@given(st.text().filter(lambda text: not any(mark in text for mark in ("{{", "{%", "{#"))))
def test_text_without_marks_is_itself(text: str) -> None:
    # Jinja2 reads every kind of line end as one.
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert templates.render(text, {}) == plain
    assert templates.check(text) == set()


@given(st.text(alphabet="{}%#- \nfacts.abifendelsnotr'\"|()[]0", max_size=60))
def test_any_text_is_allowed_or_refused_and_never_more(template: str) -> None:
    try:
        keys = templates.check(template)
    except Invalid:
        return
    templates.render(template, dict.fromkeys(keys, "x"))
    templates.outline(template)
