"""Azure custom question answering: the JSON file its studio exports, `assets.qnas[]`."""

from __future__ import annotations

import msgspec

from brains import checks
from brains.errors import Invalid
from brains.formats.markdown import literal
from brains.model import Entry


class _Pair(msgspec.Struct):
    id: int
    answer: str
    questions: list[str] = []
    source: str = ""


class _Assets(msgspec.Struct):
    qnas: list[_Pair]


class _Export(msgspec.Struct):
    assets: _Assets


def recognises(text: str) -> bool:
    try:
        msgspec.json.decode(text, type=_Export)
    except msgspec.MsgspecError:
        return False
    return True


def read(text: str, language: str = "nb") -> list[Entry]:
    """One entry a pair; those without questions (follow-ups behind a button) are left out."""
    try:
        pairs = msgspec.json.decode(text, type=_Export).assets.qnas
    except msgspec.MsgspecError as error:
        raise Invalid(f"This is not an export of custom question answering: {error}.") from error
    entries = []
    for pair in pairs:
        questions = [question for question in pair.questions if question.strip()]
        if not questions:
            continue
        entry = Entry(
            id=f"qna-{pair.id}", questions=questions, answers={language: literal(pair.answer)}
        )
        try:
            checks.refuse(checks.check_entry(entry))
        except Invalid as error:
            raise error.at(f"qna {pair.id}") from None
        entries.append(entry)
    return entries
