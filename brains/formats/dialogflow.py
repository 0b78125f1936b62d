"""Dialogflow ES agents: the zip that its console exports.

    agent.json                     {"language": "no", "supportedLanguages": ["en"], ..}
    intents/Snow.json              {"name": "Snow", "responses": [{"messages": [
                                       {"type": "0", "lang": "no", "speech": ["We plough .."]}]}]}
    intents/Snow_usersays_no.json  [{"data": [{"text": "when do you "}, {"text": "plough"}]}]

Intents that only make sense after another one (with input contexts) and
fallback intents are left out. Dialogflow CX keeps its answers in flows, not
with its intents: its exports are recognised, and refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from brains.checks import QUESTIONS_MAX
from brains.errors import Invalid
from brains.formats import reasons, responses
from brains.formats.files import File, decode
from brains.formats.findings import Findings
from brains.formats.languages import tag
from brains.formats.markdown import from_mixed
from brains.model import Entry, Texts

NAME = "dialogflow"
SHOWN_MAX = 10
# Messages that are a text, also where it is empty.
SILENT = {"0", "simple_response"}
CX = (
    "This is a Dialogflow CX agent, which keeps its answers in flows. Only Dialogflow ES is read; "
    "put questions and answers into a spreadsheet instead."
)
LOOSE = "This is one file of a Dialogflow agent. Export the agent as a zip, and send it whole."

_INTENT = re.compile(r"(?:^|[/ ])intents/([^/]+)\.json\Z")
_SAYS = re.compile(r"(?P<intent>.+)_usersays_(?P<language>[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)\Z")
_CX = re.compile(r"(?:^|[/ ])(?:flows/[^/]+/|intents/[^/]+/trainingPhrases/)")
_OF_CX = {"flows", "pages", "intents", "playbooks"}
_PARAMETER = re.compile(r"(?<![\w$])[$#]([A-Za-z_][\w.-]*)")


class _Agent(msgspec.Struct):
    language: str | None = None


class _Spoken(msgspec.Struct, rename="camel"):
    """One of several ways to say it, as Actions on Google has them."""

    text_to_speech: str | None = None
    display_text: str | None = None


class _Message(msgspec.Struct, rename="camel"):
    type: int | str = 0
    lang: str | None = None
    speech: str | list[str | None] | None = None
    platform: str | None = None
    text_to_speech: str | None = None
    display_text: str | None = None
    items: list[_Spoken] | None = None

    @property
    def text(self) -> str:
        """The first of its variants."""
        first = self.items[0] if self.items else _Spoken()
        told = (*self.variants, first.display_text, first.text_to_speech, self.display_text)
        return next((text.strip() for text in told if text), "") or (self.text_to_speech or "")

    @property
    def variants(self) -> list[str]:
        """Ways to say it, of which Dialogflow takes any."""
        said = self.speech if isinstance(self.speech, list) else [self.speech]
        return [text for text in said if text]


class _Answers(msgspec.Struct):
    messages: list[_Message] | None = None


class _Part(msgspec.Struct):
    text: str | None = None


class _Said(msgspec.Struct, rename="camel"):
    data: list[_Part] = []
    is_template: bool = False


class _Intent(msgspec.Struct, rename="camel"):
    name: str
    responses: list[_Answers] | None = None
    contexts: list[str] | None = None
    fallback_intent: bool = False
    user_says: list[_Said] | None = None


class _Read(msgspec.Struct):
    """The files of an agent, by what they are."""

    language: str
    intents: dict[str, tuple[str, _Intent]] = {}
    said: dict[str, list[str]] = {}


def recognises(paths: Sequence[str]) -> bool:
    """Whether the files of an archive are an agent's."""
    return any(_INTENT.search(path) or _CX.search(path) for path in paths)


def is_loose(document: Any) -> bool:
    """Whether a JSON document is one file of an agent, without the others."""
    if isinstance(document, list):
        return bool(document) and isinstance(document[0], dict) and "isTemplate" in document[0]
    if not isinstance(document, dict):
        return False
    of_api = document["intents"] if isinstance(document.get("intents"), list) else [document]
    is_of_api = any(isinstance(one, dict) and "trainingPhrases" in one for one in of_api)
    return is_of_api or {"responses", "fallbackIntent"} <= document.keys()


def is_cx(document: Any) -> bool:
    """Whether a JSON document is a whole CX agent."""
    return isinstance(document, dict) and "agent" in document and bool(_OF_CX & document.keys())


def gather(files: Sequence[File], found: Findings) -> None:
    """Puts one entry an intent that has phrases and an answer into `found`."""
    if any(_CX.search(file.name) for file in files):
        found.wrong(files[0].name, CX)
        return
    agent = _Read(found.language)
    for file in files:
        _take(file, agent, found)
    _entries(agent, files[0].name, found)


def _take(file: File, agent: _Read, found: Findings) -> None:
    """Reads one file: the agent's settings, an intent, or what users say."""
    name = match[1] if (match := _INTENT.search(file.name)) else ""
    says = _SAYS.match(name)
    try:
        data = decode(file.data)[0].encode()
        if file.name.endswith("agent.json") and not name:
            settings = msgspec.json.decode(data, type=_Agent)
            agent.language = tag(settings.language, found.language)
        elif says:
            said = msgspec.json.decode(data, type=list[_Said])
            agent.said.setdefault(says["intent"], []).extend(_phrases(said))
        elif name:
            agent.intents[name] = (file.name, msgspec.json.decode(data, type=_Intent))
    except Invalid as error:
        found.refused(error, file.name)
    except msgspec.MsgspecError as error:
        problem = reasons.of_type(str(error))
        found.wrong(", ".join(filter(None, (file.name, _field(problem.pointer)))), problem.text)


def _field(name: str) -> str:
    return f"field {name}" if name else ""


def _phrases(said: list[_Said]) -> list[str]:
    texts = ("".join(part.text or "" for part in one.data) for one in said if not one.is_template)
    return [text.strip() for text in texts if text.strip()]


def _entries(agent: _Read, first: str, found: Findings) -> None:
    left_out = []
    others = beside = 0
    for name, (place, intent) in agent.intents.items():
        phrases = [*agent.said.get(name, []), *_phrases(intent.user_says or [])]
        answers = _answers(intent, agent.language)
        if not phrases or not answers or intent.contexts or intent.fallback_intent:
            left_out.append(intent.name)
            continue
        _notes(intent, place, phrases, answers, found)
        messages = [one for said in intent.responses or [] for one in said.messages or []]
        others += sum(max(len(one.variants) - 1, 0) for one in messages)
        beside += any(not one.text and str(one.type) not in SILENT for one in messages)
        entry = Entry(
            id=found.ids.of(intent.name),
            title=intent.name if " " in intent.name.strip() else "",
            questions=phrases[:QUESTIONS_MAX],
            answers=answers,
        )
        found.add(place, entry)
    if len(left_out) == len(agent.intents):
        found.wrong(
            first,
            "No intent has both training phrases and a text to answer with. Export the agent as "
            "a zip, and send it whole.",
        )
    elif left_out:
        more = f" and {len(left_out) - SHOWN_MAX} more" if len(left_out) > SHOWN_MAX else ""
        names = ", ".join(left_out[:SHOWN_MAX])
        found.note(
            first,
            "Intents without phrases or answer, with contexts, and fallbacks are left out: "
            f"{names}{more}.",
        )
    for count, what in ((others, responses.OTHERS), (beside, responses.BESIDE)):
        if count:
            found.note(first, f"{what}: {count}.")


def _answers(intent: _Intent, language: str) -> Texts:
    """The texts by language: the default platform's or, where that has none, the first's."""
    texts: dict[str, dict[str, list[str]]] = {}
    for response in intent.responses or []:
        for message in response.messages or []:
            if message.text:
                spoken = texts.setdefault(tag(message.lang, language), {})
                spoken.setdefault(message.platform or "", []).append(message.text)
    told = {spoken: said.get("") or next(iter(said.values())) for spoken, said in texts.items()}
    return {spoken: from_mixed("\n\n".join(parts)) for spoken, parts in told.items()}


def _notes(
    intent: _Intent, place: str, phrases: list[str], answers: Texts, found: Findings
) -> None:
    parameters = [name for text in answers.values() for name in _PARAMETER.findall(text)]
    if parameters:
        found.note(
            place,
            f"The answer has “{parameters[0]}” in it, which Dialogflow fills in and we do not.",
        )
    if len(phrases) > QUESTIONS_MAX:
        found.note(
            place, f"It has more than {QUESTIONS_MAX} training phrases; the rest is left out."
        )
