"""YAML as a tree of nodes that know their lines; nothing in it is ever built or run.

Aliases are refused: no export has them, and ten of them inside one another
are a billion texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import yaml

from brains.errors import Invalid
from brains.formats import reasons

DEPTH_MAX = 30
NODES_MAX = 500_000

Node: TypeAlias = Any  # one of PyYAML's nodes, which has no types


def parse(text: str) -> Node | None:
    """The document's root, None where there is nothing. Raises `Invalid` with a line."""
    try:
        _check(text)
        return yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        why = reasons.of_yaml(f"{error.context or ''} {error.problem or ''}")
        raise Invalid(f"This is not YAML, or not all of it: {why}.", where) from None
    except (yaml.YAMLError, UnicodeEncodeError, ValueError):
        raise Invalid("It has characters that are not text. Write it again.") from None


def line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def fields(node: Node | None) -> dict[str, Node]:
    """A mapping's values by key; nothing for anything else.

    Raises `Invalid` for a doubled key, and for one that is no text.
    """
    if not isinstance(node, yaml.MappingNode):
        return {}
    found: dict[str, Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise Invalid("There should be a text here, not a list.", f"line {line(key)}")
        if key.value in found:
            raise Invalid(f"“{key.value}” is there twice. Keep one.", f"line {line(key)}")
        found[str(key.value)] = value
    return found


def items(node: Node | None) -> Iterator[Node]:
    """A sequence's values; nothing for anything else."""
    if isinstance(node, yaml.SequenceNode):
        yield from node.value


def text(node: Node | None) -> str:
    """A scalar's text as it is written; empty for anything else."""
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _check(text: str) -> None:
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        where = f"line {event.start_mark.line + 1}"
        if isinstance(event, yaml.AliasEvent):
            raise Invalid(f"Write out what “*{event.anchor}” stands for.", where)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_MAX:
            raise Invalid("It is nested too deeply.", where)
        if count > NODES_MAX:
            raise Invalid("It is too large. Split it.", where)
