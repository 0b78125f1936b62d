"""Azure question answering: the JSON that its studio exports, and that QnA Maker's API gave.

    {"metadata": {"projectName": "..", "language": "nb"}, "assets": {"qnas": [
        {"id": 1, "answer": "..", "source": "..", "questions": [".."],
         "metadata": {"category": ".."}, "dialog": {"isContextOnly": false, "prompts": []}}]}}
    {"qnaDocuments": [{"id": 1, "answer": "..", "questions": [".."],
                       "metadata": [{"name": "..", "value": ".."}], "context": {..}}]}

The names may begin with capitals. What the service was sent (`qnaList`, or a
list of `{"op": "add", "value": {..}}`), a page of its listing (`value`) and a
bare list of pairs are read too. Its TSV and Excel exports are tables: see `cells`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from brains.formats import reasons, responses
from brains.formats.files import File, decode
from brains.formats.findings import Findings
from brains.formats.ids import Ids, slug
from brains.formats.jsonld import load
from brains.formats.languages import tag
from brains.formats.markdown import from_mixed, has_pictures
from brains.formats.metadata import named_source, topic_in
from brains.model import Entry

NAME = "azure"
ENDINGS = (".json",)
NESTING_MAX = 20


class _Dialog(msgspec.Struct, rename="camel"):
    is_context_only: bool | None = None
    prompts: list[Any] | None = None


class _Named(msgspec.Struct):
    name: str
    value: Any = None


class _Pair(msgspec.Struct, rename="camel"):
    answer: str
    id: int | str | None = None
    questions: list[str] | None = None
    source: str | None = None
    source_display_name: str | None = None
    metadata: dict[str, Any] | list[_Named] | None = None
    dialog: _Dialog | None = None
    context: _Dialog | None = None


class _Assets(msgspec.Struct):
    qnas: list[Any]


class _Metadata(msgspec.Struct, rename="camel"):
    project_name: str | None = None
    language: str | None = None


class _Export(msgspec.Struct, rename="camel"):
    assets: _Assets | None = None
    metadata: _Metadata | None = None
    qna_documents: list[Any] | None = None
    qna_list: list[Any] | None = None
    value: list[Any] | None = None
    name: str | None = None

    @property
    def pairs(self) -> list[Any]:
        if self.assets is not None:
            return self.assets.qnas
        return self.qna_documents or self.qna_list or self.value or []


def recognises(document: Any) -> bool:
    """Whether a JSON document is one of these exports."""
    if isinstance(document, list):
        return _are_pairs(document)
    if not isinstance(document, dict):
        return False
    known = {name[:1].lower() + name[1:]: value for name, value in document.items()}
    assets, listed = known.get("assets"), known.get("value")
    if isinstance(listed, list) and listed:
        return _are_pairs(listed)
    if isinstance(assets, dict):
        return any(name.lower() == "qnas" for name in assets)
    return "qnaDocuments" in known or "qnaList" in known


def _are_pairs(items: list[Any]) -> bool:
    first = items[0] if items else None
    pair = first.get("value", first) if isinstance(first, dict) else None
    return isinstance(pair, dict) and {"answer", "questions"} <= {name.lower() for name in pair}


def gather(file: File, found: Findings) -> None:
    """One entry a pair; follow-ups that only make sense behind a button are left out."""
    document = _camel(load(decode(file.data)[0]))
    if isinstance(document, list):
        document = {"value": document}
    try:
        export = msgspec.convert(document, _Export)
    except msgspec.ValidationError as error:
        problem = reasons.of_type(str(error))
        found.wrong(f"{file.name}, field {problem.pointer}", problem.text)
        return
    metadata = export.metadata or _Metadata()
    language = tag(metadata.language, found.language)
    prefix = slug(metadata.project_name or "") or "qna"
    follow_ups = buttons = beside = 0
    for number, raw in enumerate(export.pairs, 1):
        where = f"{file.name}, qna {number}"
        if isinstance(raw, dict) and raw.keys() == {"op", "value"}:
            if raw["op"] == "delete":
                continue
            raw = raw["value"]
        try:
            pair = msgspec.convert(raw, _Pair)
        except msgspec.ValidationError as error:
            problem = reasons.of_type(str(error))
            field = f", field {problem.pointer}" if problem.pointer else ""
            found.wrong(f"{where}{field}", problem.text)
            continue
        questions = [text.strip() for text in pair.questions or [] if text.strip()]
        dialog = pair.dialog or pair.context or _Dialog()
        if not questions or dialog.is_context_only:
            follow_ups += 1
            continue
        buttons += len(dialog.prompts or [])
        beside += has_pictures(pair.answer)
        found.add(where, _entry(pair, questions, prefix, language, found.ids))
    if follow_ups:
        found.note(file.name, f"Follow-ups without questions of their own, left out: {follow_ups}.")
    if buttons:
        found.note(file.name, f"Buttons that lead to other answers, left out: {buttons}.")
    if beside:
        found.note(file.name, f"{responses.BESIDE}: {beside}.")


def _entry(pair: _Pair, questions: list[str], prefix: str, language: str, ids: Ids) -> Entry:
    given = pair.metadata or {}
    metadata = given if isinstance(given, dict) else {one.name: one.value for one in given}
    # What was sent to the service has 0 for every pair: it gives the numbers itself.
    return Entry(
        id=f"{prefix}-{pair.id}" if pair.id else ids.of(questions[0]),
        questions=questions,
        answers={language: from_mixed(pair.answer)},
        topic=topic_in({name: str(value or "") for name, value in metadata.items()}),
        sources=named_source(pair.source or "", pair.source_display_name or ""),
    )


def _camel(node: Any, depth: int = 0) -> Any:
    """The same with names that begin small, as the newer exports have them."""
    if depth > NESTING_MAX:
        return node
    if isinstance(node, list):
        return [_camel(item, depth + 1) for item in node]
    if isinstance(node, dict):
        return {
            name[:1].lower() + name[1:]: _camel(value, depth + 1) for name, value in node.items()
        }
    return node
