"""What the pages of facts have in common: their words, their forms, their addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal
from urllib.parse import quote, urlencode

import msgspec

from brains import checks, rendering
from brains.errors import NotFound, Problem
from brains.knowledge import choose
from brains.model import Body, Texts
from router.console import forms, frame
from router.console.frame import AnyRequest
from router.curation.fact_table import Row, Table, label_of

Only = Literal["", "missing", "unused"]
VALUE = "value_"
USES_SHOWN = 3
_CONDITION = re.compile(r"\{%.*?%\}")
_LINK = re.compile(r"\[([^\]\n]*)\]\(([^)\n]*)\)")
_TARGET = re.compile(r"\]\(\s*\{\{\s*facts\.(\w+)\s*\}\}\s*\)")
_ADDRESS = re.compile(r"(https?://|mailto:|tel:)\S+")
_FACT = re.compile(r"\{\{\s*facts\.(\w+)\s*\}\}")


class Wanted(msgspec.Struct, frozen=True):
    """Which rows to show."""

    only: Only = ""
    topic: str = ""
    entry: str = ""
    text: str = ""
    of: Sequence[str] = ()

    @property
    def narrowed(self) -> bool:
        """Whether it is some of them that are asked for."""
        return bool(self.only or self.topic or self.entry or self.text)

    def query(self, **changes: str | int | Sequence[str]) -> str:
        """The address that shows these, with changes."""
        asked = {**msgspec.structs.asdict(self), **changes}
        return urlencode({name: value for name, value in asked.items() if value}, doseq=True)

    def takes(self, row: Row) -> bool:
        """Whether a row is one of those."""
        said = f"{row.key} {' '.join(row.label.values())}".casefold()
        return (
            (self.only != "missing" or row.missing > 0)
            and (self.only != "unused" or not row.uses)
            and (not self.topic or any(use.topic == self.topic for use in row.uses))
            and (not self.entry or any(use.entry == self.entry for use in row.uses))
            and all(word in said for word in self.text.casefold().split())
        )


class UnknownFact(NotFound):
    noun = "fact"


async def table_of(request: AnyRequest, brain: str, of: Sequence[str] = ()) -> Table:
    """The brain's facts, where they are those of the scopes `of`; an editor's own column."""
    return await frame.service(request).facts.table(brain, frame.own_body(request), of)


def shown(request: AnyRequest, value: str | Texts | None) -> str:
    """A value in the reader's language."""
    if isinstance(value, dict):
        return value[choose(value, [frame.language(request)])]
    return value or ""


def label(request: AnyRequest, row: Row) -> str:
    """What a fact is called in the reader's language."""
    return _called(request, row.key, row.label)


def name_of(request: AnyRequest, key: str) -> str:
    """The same, from its key."""
    return _called(request, key, label_of(frame.service(request).knowledge, key))


def fields(value: str | Texts | None) -> tuple[str, Texts]:
    """What stands in a form: the common value, and those of languages."""
    return ("", value) if isinstance(value, dict) else (value or "", {})


def value_of(form: Any) -> str | Texts | None:
    """One value for all languages, or one each; the first is then for those without their own."""
    common, by_language = forms.text(form, "value"), forms.texts(form, VALUE)
    if not by_language:
        return common or None
    if common:
        return dict.fromkeys(forms.LANGUAGES, common) | by_language
    return by_language


def refuse_broken_links(request: AnyRequest, body: Body, key: str, value: str | Texts) -> None:
    """A fact that answers make a link of is a whole address. Raises `Invalid`."""
    knowledge = frame.service(request).knowledge
    linked = any(
        key in _TARGET.findall(text)
        for entry in knowledge.entries[brain_of(body)].values()
        for text in knowledge.texts_in(entry, body).values()
    )
    given = {"": value} if isinstance(value, str) else value
    wrong = frame.say(request, "facts.wrong_address")
    if linked:
        checks.refuse(
            Problem(f"{VALUE}{tag}" if tag else "value", wrong)
            for tag, one in given.items()
            if not _ADDRESS.fullmatch(one)
        )


def sent(value: str | Texts | None, instead_of: str | Texts | None) -> dict[str, str | list[str]]:
    """The fields that would set a value, as long as the other one is there."""
    common, by_language = fields(value)
    written_from = {forms.SEEN: forms.seen(instead_of)}
    return {"value": common, **forms.fields(VALUE, by_language), **written_from}


def form_context(request: AnyRequest, bodies: Sequence[Body]) -> dict[str, Any]:
    """What the templates of single facts call."""
    return {
        "label": lambda row: label(request, row),
        "shown": lambda value: shown(request, value),
        "fields": fields,
        "may_set": {one.id: frame.may(request, "set facts", body=one.id) for one in bodies},
        "form_url": form_url,
    }


def brain_of(body: Body) -> str:
    """Raises `UnknownFact` for a body that answers from no brain."""
    if body.brain is None:
        raise UnknownFact(body.id)
    return body.brain


def facts_url(brain: str) -> str:
    """The address of the table."""
    return f"/console/brains/{quote(brain, safe='')}/facts"


def form_url(body: str, key: str, back: str) -> str:
    """The address of one fact's form in one body, which leads back to where one was."""
    return f"{body_url(body)}/{quote(key, safe='')}?{urlencode({'back': back})}"


def body_url(body: str) -> str:
    """The address of one body's facts."""
    return f"/console/bodies/{quote(body, safe='')}/facts"


def row_of(table: Table, key: str) -> Row:
    """Raises `UnknownFact`."""
    row = next((row for row in table.rows if row.key == key), None)
    if row is None:
        raise UnknownFact(key)
    return row


def _called(request: AnyRequest, key: str, label: Texts) -> str:
    if not label:
        return key.replace("_", " ")
    return label[choose(label, [frame.language(request)])]


def used_in(request: AnyRequest, row: Row, body: Body) -> Iterable[tuple[str, str]]:
    """Title, and the line with the fact in it, of some answers that use it."""
    service, tongue = frame.service(request), frame.language(request)
    for use in row.uses[:USES_SHOWN]:
        texts = service.knowledge.texts_in(service.knowledge.entry(brain_of(body), use.entry), body)
        template = texts[choose(texts, [tongue])]
        line = next((one for one in template.splitlines() if f"facts.{row.key}" in one), "")
        bare = _FACT.sub(
            lambda found: "[…]" if found[1] == row.key else "…", _CONDITION.sub("", line)
        )
        yield use.title, rendering.plain(_LINK.sub(r"\1 (\2)", bare))
