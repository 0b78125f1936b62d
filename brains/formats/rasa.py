"""Rasa projects: `nlu`, `responses`, `rules` and `stories`, in one YAML file or in many.

    nlu:                                   responses:
    - intent: faq/snow                       utter_faq/snow:
      examples: |                            - text: We plough when ..
        - when do you plough?
    rules:
    - rule: prices
      steps:
      - intent: ask_price
      - action: utter_price

An intent's answer is the response of the same name (`faq/snow` and
`utter_faq/snow`), else what a rule says right after the intent, else what a
story does that begins with it. Of several texts the first one is taken (`responses`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
import yaml

from brains.checks import QUESTIONS_MAX
from brains.errors import Invalid
from brains.formats import responses
from brains.formats import yaml_nodes as nodes
from brains.formats.files import File, decode
from brains.formats.findings import Findings
from brains.formats.languages import tag
from brains.formats.markdown import from_mixed
from brains.formats.responses import Response
from brains.formats.yaml_nodes import Node
from brains.model import Entry, Texts

NAME = "rasa"
ENDINGS = (".yml", ".yaml")
UTTER = "utter_"
SHOWN_MAX = 10
# Steps that say nothing.
_BESIDE = {"slot_was_set", "checkpoint", "active_loop"}

_SECTIONS = re.compile(r"^(nlu|responses|templates|rules|stories|intents)\s*:", re.MULTILINE)
_SETTINGS = re.compile(r"^language\s*:", re.MULTILINE)
# Rasa 1: `## intent:snow` in Markdown, or everything in one JSON object.
_OLD = re.compile(r"^##\s*(intent|synonym|lookup|regex)\s*:", re.MULTILINE)
OLD_JSON = "rasa_nlu_data"
# `[Bergen](city)`, `[Bergen]{"entity": "city"}` and `[Bergen][{..}, {..}]` in an example.
_ENTITY = re.compile(r"\[([^\[\]]+)\](?:\([^()]*\)|\{[^{}]*\}|\[\{[^\[\]]*\}\])")
_SLOT = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")


class _Intent(msgspec.Struct):
    place: str
    examples: list[str]


class _Project(msgspec.Struct):
    """What the files say together."""

    intents: dict[str, _Intent] = {}
    responses: dict[str, Response] = {}
    rules: dict[str, list[str]] = {}
    stories: dict[str, list[str]] = {}
    language: str = ""


def recognises(text: str) -> bool:
    return _SECTIONS.search(text) is not None


def matters(text: str) -> bool:
    """Whether a YAML file of a project says something of its answers, or their language."""
    return recognises(text) or _SETTINGS.search(text) is not None


def refuse_old(text: str, place: str = "") -> None:
    """Raises `Invalid` for what Rasa 1 wrote."""
    if _OLD.search(text) or OLD_JSON in text[:1000]:
        raise Invalid(
            "This is in the format of Rasa 1. Convert the project with “rasa data convert” first.",
            place,
        )


def gather(files: Sequence[File], found: Findings) -> None:
    """Puts one entry an intent that has an answer into `found`."""
    project = _Project()
    whole = True
    for file in files:
        try:
            _read(file, project, found)
        except Invalid as error:
            found.refused(error, file.name)
            whole = False
    if whole:
        _entries(project, files[0].name, found)


def _read(file: File, project: _Project, found: Findings) -> None:
    sections = nodes.fields(nodes.parse(decode(file.data)[0]))
    project.language = nodes.text(sections.get("language")) or project.language
    for item in nodes.items(sections.get("nlu")):
        _intent(item, file.name, project, found)
    for name in ("responses", "templates"):
        for key, value in nodes.fields(sections.get(name)).items():
            _response(key, value, file.name, project, found)
    for item in nodes.items(sections.get("rules")):
        _steps(item, project.rules)
    for item in nodes.items(sections.get("stories")):
        _steps(item, project.stories)


def _intent(item: Node, name: str, project: _Project, found: Findings) -> None:
    said = nodes.fields(item)
    intent = nodes.text(said.get("intent")).strip()
    if not intent:
        return  # synonyms, lookup tables, regular expressions
    place = f"{name}, line {nodes.line(item)}"
    examples = [text for text in _examples(said.get("examples")) if text]
    if not examples:
        found.wrong(f"{place}, field examples", f"The intent “{intent}” has no examples.")
    known = project.intents.setdefault(intent, _Intent(place, []))
    known.examples.extend(examples)


def _examples(node: Node | None) -> Iterator[str]:
    if isinstance(node, yaml.SequenceNode):
        for item in nodes.items(node):
            yield _plain(nodes.text(item) or nodes.text(nodes.fields(item).get("text")))
    lines = [line.strip() for line in nodes.text(node).splitlines()]
    listed = [line for line in lines if line.startswith("-")]
    for line in listed or lines:
        yield _plain(line.removeprefix("-"))


def _plain(example: str) -> str:
    return " ".join(_ENTITY.sub(r"\1", example).split())


def _response(key: str, node: Node, name: str, project: _Project, found: Findings) -> None:
    place = f"{name}, line {nodes.line(node)}"
    if key in project.responses:
        found.wrong(place, f"The response “{key}” is in {project.responses[key].place} too.")
    elif not isinstance(node, yaml.SequenceNode):
        found.wrong(f"{place}, field {key}", "Give a list of texts: “- text: ..”.")
    else:
        project.responses[key] = responses.read(node, place)


def _steps(item: Node, told: dict[str, list[str]]) -> None:
    """Of a rule or story that begins with an intent, or one of several: what is said after it."""
    intents: list[str] = []
    said = []
    for step in nodes.items(nodes.fields(item).get("steps")):
        fields = nodes.fields(step)
        either = [nodes.fields(one) for one in nodes.items(fields.get("or"))]
        asked = [one["intent"] for one in (fields, *either) if "intent" in one]
        if asked and not intents:
            intents = [nodes.text(one).strip() for one in asked]
            continue
        if not asked and fields.keys() and fields.keys() <= _BESIDE:
            continue
        action = nodes.text(fields.get("action")).strip()
        if not intents or not action.startswith(UTTER):
            break
        said.append(action)
    for intent in intents if said else []:
        told.setdefault(intent, said)


def _entries(project: _Project, first: str, found: Findings) -> None:
    language = tag(project.language, found.language)
    silent = []
    used: dict[str, Response] = {}
    for name, intent in project.intents.items():
        said = [f"{UTTER}{name}"] if f"{UTTER}{name}" in project.responses else []
        said = said or project.rules.get(name) or project.stories.get(name) or []
        told = {one: project.responses[one] for one in said if one in project.responses}
        used |= told
        answers = _answers([response for response in told.values() if response.told])
        if not answers:
            silent.append(name)
            continue
        if not intent.examples:
            continue
        _notes(name, intent, list(answers.values()), found)
        questions = intent.examples[:QUESTIONS_MAX]
        spoken = {tongue or language: text for tongue, text in answers.items()}
        found.add(intent.place, Entry(id=found.ids.of(name), questions=questions, answers=spoken))
    if not project.intents:
        found.wrong(first, "There are no intents with examples. Take the file with nlu along.")
    elif len(silent) == len(project.intents):
        found.wrong(
            first,
            "No intent has an answer. Take the file with responses along, most often domain.yml.",
        )
    elif silent:
        more = f" and {len(silent) - SHOWN_MAX} more" if len(silent) > SHOWN_MAX else ""
        names = ", ".join(silent[:SHOWN_MAX])
        found.note(first, f"These intents have no answer and are left out: {names}{more}.")
    left_out = sum((one.left_out for one in used.values()), Counter[str]())
    for what, count in left_out.items():
        found.note(first, f"{what}: {count}.")


def _answers(said: Sequence[Response]) -> Texts:
    """What is said in a row, by language: only languages that every part has."""
    if not said:
        return {}
    spoken = set.intersection(*(set(one.told) for one in said))
    ordered = [language for language in said[0].told if language in spoken]
    return {
        language: from_mixed("\n\n".join(one.told[language] for one in said))
        for language in ordered
    }


def _notes(name: str, intent: _Intent, texts: list[str], found: Findings) -> None:
    slots = sorted({slot for text in texts for slot in _SLOT.findall(text)})
    if slots:
        found.note(
            intent.place,
            f"The answer of “{name}” has {{{slots[0]}}} in it, which Rasa fills in and we do not.",
        )
    if len(intent.examples) > QUESTIONS_MAX:
        found.note(
            intent.place, f"“{name}” has more than {QUESTIONS_MAX} examples; the rest is left out."
        )
