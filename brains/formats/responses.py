"""What a Rasa bot answers with: of a response's texts the one for everybody.

utter_snow:
- text: We plough when ..               taken: the first without channel or condition
  buttons: [..]                         left out, and counted, as are the others
- text: We plough in the morning.
- text: To members only ..
  condition: [{type: slot, ..}]         never taken: it is not true for everybody
"""

from __future__ import annotations

from collections import Counter

import msgspec

from brains.formats import yaml_nodes as nodes
from brains.formats.languages import tag
from brains.formats.markdown import has_pictures
from brains.formats.yaml_nodes import Node
from brains.model import Texts

CONDITIONAL = "Answers under a condition, left out"
OTHERS = "Further texts of the same answer, left out"
BESIDE = "Answers whose buttons, pictures and the like are left out"
_BESIDE = {"buttons", "quick_replies", "image", "attachment", "elements", "custom"}


class Response(msgspec.Struct):
    """`told` is its text by language, "" where it does not say; `left_out` says what else it had.

    Nothing is told where every text has a condition.
    """

    place: str
    told: Texts
    left_out: Counter[str]


class _Variation(msgspec.Struct):
    told: Texts
    names: set[str]


def read(node: Node, place: str) -> Response:
    """A response of the list of its variations."""
    variations = [_variation(item) for item in nodes.items(node)]
    texts = [one for one in variations if one.told and "condition" not in one.names]
    plain = [one for one in texts if "channel" not in one.names] or texts[:1]
    left_out = Counter(
        {
            CONDITIONAL: sum("condition" in one.names for one in variations),
            OTHERS: max(len(plain) - 1, 0),
            BESIDE: int(any(_has_more(one) for one in variations)),
        }
    )
    return Response(place, plain[0].told if plain else {}, +left_out)


def _has_more(one: _Variation) -> bool:
    """Whether a variation is more than its text."""
    return bool(_BESIDE & one.names) or any(map(has_pictures, one.told.values()))


def _variation(node: Node) -> _Variation:
    said = nodes.fields(node)
    told = {"": nodes.text(node) or nodes.text(said.get("text"))}
    for language, text in nodes.fields(said.get("translation")).items():
        told[tag(language, "")] = nodes.text(text)
    texts = {language: text.strip() for language, text in told.items() if text.strip()}
    return _Variation(texts, set(said))
