"""Why a text is not JSON, YAML or of the right type, in sentences a curator can act on.

The libraries say it in their own words, of which there are hundreds. These few
are what the console has in every language.
"""

from __future__ import annotations

import json
import re

from brains.errors import Problem

JSON_RULES = "It does not follow the rules of JSON"
YAML_RULES = "It does not follow the rules of YAML"

_JSON = (
    ("Unterminated string", "A text has no closing quote"),
    ("Extra data", "There is more after its end"),
    ("Expecting ',' delimiter", "A comma is missing, or a quote inside a text has no \\ before it"),
    ("Expecting ':' delimiter", "A colon is missing after a name"),
    ("Expecting property name", "A name in double quotes should stand here"),
    ("Expecting value", "A value should stand here"),
    ("Invalid", "A text has a \\ that means nothing; write \\\\"),
)
_YAML = (
    ("tab", "There is a tab; indent with spaces"),
    ("\\t", "There is a tab; indent with spaces"),
    ("mapping values are not allowed", "A text with a colon has to stand between quotes"),
    ("end of stream", "A quote or bracket is not closed"),
    ("expected ',' or", "A quote or bracket is not closed"),
    ("did not find expected", "The indentation is not as on the lines above, or a quote is wrong"),
    ("could not find expected ':'", "A colon is missing after a name"),
    ("another document", "A second document begins; put each into a file of its own"),
)
_TYPES = {
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_EXPECTED = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_PLACE = re.compile(r"^(.*?) - at `(?:key in )?\$\.?(.*?)`$", re.DOTALL)
_MISSING = re.compile(r"missing required field `(.+?)`")


def of_json(error: json.JSONDecodeError) -> str:
    """Why a text is not JSON."""
    before = error.doc[: error.pos].rstrip()
    if before.endswith(",") and error.doc[error.pos : error.pos + 1] in ("}", "]"):
        return "There is a comma after the last one"
    return _first(error.msg, _JSON, JSON_RULES)


def of_yaml(message: str) -> str:
    """Why a text is not YAML."""
    return _first(message, _YAML, YAML_RULES)


def of_type(message: str) -> Problem:
    """What msgspec says, the field as its pointer; a field within is `sources[0].url`."""
    place = _PLACE.match(message)
    text, field = (place[1], place[2].replace("[...]", "")) if place else (message, "")
    if missing := _MISSING.search(text):
        return Problem(".".join(filter(None, (field, missing[1]))), "It is missing.")
    if found := _EXPECTED.search(text):
        wanted, given = (_names(one) for one in found.groups())
        return Problem(field, f"There should be {wanted} here, not {given}.")
    return Problem(field, f"{JSON_RULES}.")


def _names(types: str) -> str:
    names = [_TYPES.get(one.strip(), "something else") for one in types.split("|")]
    return " or ".join(dict.fromkeys(name for name in names if name != "null")) or "null"


def _first(message: str, known: tuple[tuple[str, str], ...], otherwise: str) -> str:
    return next((said for part, said in known if part in message), otherwise)
