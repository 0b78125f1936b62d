"""What to send to a route nobody has told us about: a form, or JSON made by its own type."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from msgspec import inspect

from tests.console.planted import PEER

LATER = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
DEPTH_MAX = 5

Names = dict[str, Any]


def named(target: Any) -> Names:
    """What a field of that name is given, aimed at the target's own things."""
    scope = f"body:{target.slug}"
    texts = {"nb": "En ny tekst til dem som spør."}
    return {
        "audience": [target.slug],
        "bodies": [target.slug],
        "body": target.slug,
        "brain": target.brain,
        "email": f"{target.slug}.{target.gap[-6:]}@samsvar.example",
        "ends_at": LATER.isoformat(),
        "entry": target.entry,
        "facts": {target.fact: "ny verdi"},
        "language": "nb",
        "other": target.other_gap,
        "others": [target.other_gap],
        "owner": target.slug,
        "peer": PEER,
        "person": target.person,
        "questions": ["Et nytt spørsmål om dette?"],
        "role": "editor",
        "scope": target.slug,
        "slug": target.slug,
        "starts_at": "2026-01-01T00:00:00Z",
        # Asked as a question too, by anybody: one that leaves no gap.
        "text": "Jeg vil snakke med et menneske.",
        "texts": texts,
        "answers": texts,
        "to": scope,
        "until": LATER.isoformat(),
    }


def form(target: Any) -> dict[str, Any]:
    """Every field that some form of the console has; each takes what it knows."""
    text = "En ny tekst til dem som spør."
    languages = ("nb", "nn", "en")
    by_language = {
        f"{name}_{language}": text
        for name in ("text", "answer", "label", "value", "greeting", "title")
        for language in languages
    }
    names = {key: value for key, value in named(target).items() if not isinstance(value, dict)}
    return {
        **names,
        **by_language,
        "action": "save",
        "bodies": [target.slug],
        "date": "2031-01-01",
        "ends": "2031-01-01T12:00",
        "starts": "2026-01-01T12:00",
        "level": "info",
        "merge": target.other_gap,
        "name": "Et nytt navn",
        "note": "Et ord om dette.",
        "question": target.question,
        "reason": "other",
        "reach": "some",
        "revision": "1",
        "scope": f"body:{target.slug}",
        "title": "En ny tittel",
        "until": "2031-01-01",
        "value": "ny verdi",
    }


def json(kind: Any, target: Any) -> Any:
    """A value of a request's type, all of its fields filled where they name somebody's things."""
    return _value(inspect.type_info(kind), "", named(target), 0)


def _value(kind: inspect.Type, name: str, names: Names, depth: int) -> Any:
    if name in names and not isinstance(kind, inspect.StructType):
        return _fitting(kind, names[name])
    if isinstance(kind, inspect.StructType):
        return _struct(kind, names, depth)
    if isinstance(kind, inspect.UnionType):
        some = next(one for one in kind.types if not isinstance(one, inspect.NoneType))
        return _value(some, name, names, depth)
    if isinstance(kind, inspect.ListType | inspect.VarTupleType | inspect.SetType):
        return [_value(kind.item_type, name, names, depth + 1)] if depth < DEPTH_MAX else []
    if isinstance(kind, inspect.DictType):
        return {"nb": _value(kind.value_type, name, names, depth + 1)}
    if isinstance(kind, inspect.LiteralType):
        return kind.values[0]
    plain = {
        inspect.BoolType: True,
        inspect.IntType: 1,
        inspect.FloatType: 0.5,
        inspect.DateTimeType: LATER.isoformat(),
        inspect.DateType: LATER.date().isoformat(),
    }
    return plain.get(type(kind), "En ny tekst")


def _struct(kind: inspect.StructType, names: Names, depth: int) -> dict[str, Any]:
    return {
        field.encode_name: _value(field.type, field.name, names, depth + 1)
        for field in kind.fields
        if field.required or field.name in names
    }


def _fitting(kind: inspect.Type, value: Any) -> Any:
    """One of a list where one is asked for, and the other way round."""
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    wants_list = any(isinstance(one, inspect.ListType) for one in kinds)
    if wants_list and not isinstance(value, list):
        return [value]
    wants_text = any(isinstance(one, inspect.StrType) for one in kinds)
    return value[0] if wants_text and isinstance(value, list) else value


def encoded(value: Any) -> bytes:
    """A JSON body."""
    return msgspec.json.encode(value)
