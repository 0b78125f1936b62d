"""Azure question answering: the JSON that its studio exports, and that QnA Maker's API gave.

    {"metadata": {"projectName": "..", "language": "nb"}, "assets": {"qnas": [
        {"id": 1, "answer": "..", "source": "..", "questions": [".."],
         "metadata": {"category": ".."}, "dialog": {"isContextOnly": false, "prompts": []}}]}}
    {"qnaDocuments": [{"id": 1, "answer": "..", "questions": [".."],
                       "metadata": [{"name": "..", "value": ".."}], "context": {..}}]}

Its TSV and Excel exports are tables: see `cells`.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from brains.formats.cells import named_source, topic_in
from brains.formats.files import File, decode
from brains.formats.findings import Findings
from brains.formats.ids import slug
from brains.formats.languages import tag
from brains.formats.markdown import literal
from brains.model import Entry

NAME = "azure"
ENDINGS = (".json",)


class _Dialog(msgspec.Struct, rename="camel"):
    is_context_only: bool = False


class _Named(msgspec.Struct):
    name: str
    value: str = ""


class _Pair(msgspec.Struct, rename="camel"):
    id: int | str
    answer: str
    questions: list[str] | None = None
    source: str | None = None
    source_display_name: str | None = None
    metadata: dict[str, str] | list[_Named] | None = None
    dialog: _Dialog | None = None
    context: _Dialog | None = None


class _Assets(msgspec.Struct):
    qnas: list[msgspec.Raw]


class _Metadata(msgspec.Struct, rename="camel"):
    project_name: str | None = None
    language: str | None = None


class _Export(msgspec.Struct, rename="camel"):
    assets: _Assets | None = None
    metadata: _Metadata | None = None
    qna_documents: list[msgspec.Raw] | None = None


_PLACE = re.compile(r"^(.*?) - at `\$\.?(.*?)`$")


def recognises(document: Any) -> bool:
    """Whether a JSON document is one of these exports."""
    if not isinstance(document, dict):
        return False
    assets = document.get("assets")
    return "qnaDocuments" in document or (isinstance(assets, dict) and "qnas" in assets)


def gather(file: File, found: Findings) -> None:
    """One entry a pair; follow-ups that only make sense behind a button are left out."""
    try:
        export = msgspec.json.decode(decode(file.data)[0], type=_Export)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        found.wrong(file.name, f"This is not an export of question answering: {error}.")
        return
    metadata = export.metadata or _Metadata()
    language = tag(metadata.language, found.language)
    prefix = slug(metadata.project_name or "") or "qna"
    pairs = export.assets.qnas if export.assets else export.qna_documents or []
    follow_ups = 0
    for number, raw in enumerate(pairs, 1):
        where = f"{file.name}, qna {number}"
        try:
            pair = msgspec.json.decode(raw, type=_Pair)
        except (msgspec.MsgspecError, UnicodeEncodeError) as error:
            text, field = _plain(str(error))
            found.wrong(f"{where}, field {field}" if field else where, text)
            continue
        questions = [text.strip() for text in pair.questions or [] if text.strip()]
        dialog = pair.dialog or pair.context or _Dialog()
        if not questions or dialog.is_context_only:
            follow_ups += 1
            continue
        found.add(where, _entry(pair, questions, prefix, language))
    if follow_ups:
        found.note(file.name, f"Follow-ups without questions of their own, left out: {follow_ups}.")


def _entry(pair: _Pair, questions: list[str], prefix: str, language: str) -> Entry:
    given = pair.metadata or {}
    metadata = given if isinstance(given, dict) else {one.name: one.value for one in given}
    return Entry(
        id=f"{prefix}-{pair.id}",
        questions=questions,
        answers={language: literal(pair.answer)},
        topic=topic_in(metadata),
        sources=named_source(pair.source or "", pair.source_display_name or ""),
    )


def _plain(message: str) -> tuple[str, str]:
    """What msgspec says, and of which field."""
    place = _PLACE.match(message)
    text, field = (place[1], place[2]) if place else (message, "")
    if missing := re.search(r"missing required field `(\w+)`", text):
        return "It is missing.", missing[1]
    return f"{text}.", field
