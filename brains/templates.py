"""Answers with a body's facts in them, so that one text serves every body.

    Fristen er {{ facts.barnehage_deadline }}.
    {% if facts.sfo_url %}Søk på {{ facts.sfo_url }}.{% else %}Ring skolen.{% endif %}

Nothing else of the template language is allowed: conditions are facts joined
by `and`, `or`, `not`. Jinja2 parses; what its tree may hold is a short list,
and the rest of Jinja2 never runs.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from brains.errors import Invalid, MissingFactError

FACT_KEY = re.compile(r"[a-z][a-z0-9_]{0,79}\Z")
HOW = "Use only {{ facts.key }} and {% if facts.key %} … {% else %} … {% endif %}."
NESTING_MAX = 20

_parser = SandboxedEnvironment(keep_trailing_newline=True)


def check(template: str) -> set[str]:
    """The keys of every fact the template mentions. Raises `Invalid` for anything not allowed."""
    if "{" not in template:
        return set()
    return {key for key, _ in _mentions(_parse(template))}


def required(template: str) -> set[str]:
    """The keys of the facts that are printed somewhere, rather than only asked about."""
    return {key for key, printed in _mentions(_parse(template)) if printed}


def render(template: str, facts: Mapping[str, str]) -> str:
    """The text with the facts filled in. Raises `MissingFactError` for one that is not there."""
    return "".join(_print(_parse(template), facts))


@functools.lru_cache(maxsize=65536)
def mentioned(template: str) -> frozenset[str]:
    """`check`, remembered: a table of facts asks it of every answer for every body."""
    return frozenset(check(template))


@functools.lru_cache(maxsize=65536)
def lacking(template: str, given: frozenset[str]) -> frozenset[str]:
    """The facts without which there is no text, where those `given` are there."""
    facts = dict.fromkeys(given, "…")
    lacked: set[str] = set()
    while True:
        try:
            text = render(template, facts)
        except MissingFactError as error:
            lacked.add(error.key)
            facts[error.key] = "…"
            continue
        if not text.strip() and (rest := mentioned(template) - facts.keys()):
            lacked.add(min(rest))
        return frozenset(lacked)


def outline(template: str) -> str:
    """The text with every fact left out and every branch kept: what the answer is about."""
    return "".join(
        part.data if isinstance(part, nodes.TemplateData) else "…"
        for part in _printed_parts(_parse(template))
    )


@functools.lru_cache(maxsize=4096)
def _parse(template: str) -> tuple[nodes.Node, ...]:
    try:
        tree = _parser.parse(template)
        for node in tree.body:
            _allow(node, depth=0)
    except TemplateSyntaxError as error:
        raise Invalid(f"{error.message} (line {error.lineno} of the text). {HOW}") from error
    except RecursionError as error:
        raise Invalid(f"The template is nested too deeply. {HOW}") from error
    return tuple(tree.body)


def _allow(node: nodes.Node, depth: int) -> None:
    if depth > NESTING_MAX:
        raise Invalid(f"More than {NESTING_MAX} conditions inside each other. {HOW}")
    if isinstance(node, nodes.Output):
        for part in node.nodes:
            if not isinstance(part, nodes.TemplateData):
                _fact(part)
    elif isinstance(node, nodes.If) and not node.elif_:
        _allow_condition(node.test, depth)
        for child in (*node.body, *node.else_):
            _allow(child, depth + 1)
    else:
        raise _refusal(node)


def _allow_condition(node: nodes.Node, depth: int) -> None:
    if depth > NESTING_MAX:
        raise Invalid(f"More than {NESTING_MAX} conditions inside each other. {HOW}")
    if isinstance(node, nodes.And | nodes.Or):
        _allow_condition(node.left, depth + 1)
        _allow_condition(node.right, depth + 1)
    elif isinstance(node, nodes.Not):
        _allow_condition(node.node, depth + 1)
    else:
        _fact(node)


def _fact(node: nodes.Node) -> str:
    """The key in `facts.key`. Raises `Invalid` where the node is something else."""
    if (
        isinstance(node, nodes.Getattr)
        and isinstance(node.node, nodes.Name)
        and node.node.name == "facts"
        and FACT_KEY.match(node.attr)
    ):
        return node.attr
    raise _refusal(node)


def _refusal(node: nodes.Node) -> Invalid:
    what = type(node).__name__.lower()
    return Invalid(f"Line {node.lineno} of the text has a “{what}” in a template. {HOW}")


def _print(body: Iterable[nodes.Node], facts: Mapping[str, str]) -> Iterator[str]:
    for node in body:
        if isinstance(node, nodes.If):
            yield from _print(node.body if _holds(node.test, facts) else node.else_, facts)
        elif isinstance(node, nodes.Output):
            for part in node.nodes:
                yield part.data if isinstance(part, nodes.TemplateData) else _value(part, facts)


def _value(part: nodes.Node, facts: Mapping[str, str]) -> str:
    key = _fact(part)
    value = facts.get(key)
    if not value:
        raise MissingFactError(key)
    return value


def _holds(node: nodes.Node, facts: Mapping[str, str]) -> bool:
    if isinstance(node, nodes.And):
        return _holds(node.left, facts) and _holds(node.right, facts)
    if isinstance(node, nodes.Or):
        return _holds(node.left, facts) or _holds(node.right, facts)
    if isinstance(node, nodes.Not):
        return not _holds(node.node, facts)
    return bool(facts.get(_fact(node)))


def _printed_parts(body: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    for node in body:
        if isinstance(node, nodes.If):
            yield from _printed_parts((*node.body, *node.else_))
        elif isinstance(node, nodes.Output):
            yield from node.nodes


def _mentions(body: Iterable[nodes.Node]) -> Iterator[tuple[str, bool]]:
    for node in body:
        for part in (node, *node.find_all(nodes.Getattr)):
            if isinstance(part, nodes.Getattr):
                yield part.attr, False
        for printed in _printed_parts([node]):
            if isinstance(printed, nodes.Getattr):
                yield printed.attr, True
