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
story does that begins with it. Of several texts the first one is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
import yaml

from brains.checks import QUESTIONS_MAX
from brains.errors import Invalid
from brains.formats import yaml_nodes as nodes
from brains.formats.files import File, decode
from brains.formats.findings import Findings
from brains.formats.languages import tag
from brains.formats.markdown import literal
from brains.formats.yaml_nodes import Node
from brains.model import Entry

NAME = "rasa"
ENDINGS = (".yml", ".yaml")
UTTER = "utter_"
SHOWN_MAX = 10

_SECTIONS = re.compile(r"^(nlu|responses|templates|rules|stories|intents)\s*:", re.MULTILINE)
# `[Bergen](city)` and `[Bergen]{"entity": "city"}` in an example.
_ENTITY = re.compile(r"\[([^\[\]]+)\](?:\([^()]*\)|\{[^{}]*\})")
_SLOT = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")


class _Intent(msgspec.Struct):
    place: str
    examples: list[str]


class _Response(msgspec.Struct):
    place: str
    text: str


class _Project(msgspec.Struct):
    """What the files say together."""

    intents: dict[str, _Intent] = {}
    responses: dict[str, _Response] = {}
    rules: dict[str, list[str]] = {}
    stories: dict[str, list[str]] = {}
    language: str = ""


def recognises(text: str) -> bool:
    return _SECTIONS.search(text) is not None


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
    for line in nodes.text(node).splitlines():
        yield _plain(line.strip().removeprefix("-"))


def _plain(example: str) -> str:
    return " ".join(_ENTITY.sub(r"\1", example).split())


def _response(key: str, node: Node, name: str, project: _Project, found: Findings) -> None:
    place = f"{name}, line {nodes.line(node)}"
    if key in project.responses:
        found.wrong(place, f"The response “{key}” is in {project.responses[key].place} too.")
        return
    if not isinstance(node, yaml.SequenceNode):
        found.wrong(f"{place}, field {key}", "Give a list of texts: “- text: ..”.")
        return
    variations = [nodes.fields(item) for item in nodes.items(node)]
    plain = [said for said in variations if not {"channel", "condition"} & said.keys()]
    texts = [text for said in plain or variations if (text := nodes.text(said.get("text")).strip())]
    if texts:
        project.responses[key] = _Response(place, texts[0])


def _steps(item: Node, told: dict[str, list[str]]) -> None:
    """Of a rule or story that begins with an intent: what is said right after it."""
    intent, said = "", []
    for step in nodes.items(nodes.fields(item).get("steps")):
        fields = nodes.fields(step)
        if "intent" in fields and not intent:
            intent = nodes.text(fields["intent"]).strip()
            continue
        action = nodes.text(fields.get("action")).strip()
        if not intent or not action.startswith(UTTER):
            break
        said.append(action)
    if intent and said:
        told.setdefault(intent, said)


def _entries(project: _Project, first: str, found: Findings) -> None:
    language = tag(project.language, found.language)
    silent = []
    for name, intent in project.intents.items():
        said = [f"{UTTER}{name}"] if f"{UTTER}{name}" in project.responses else []
        said = said or project.rules.get(name) or project.stories.get(name) or []
        texts = [project.responses[one].text for one in said if one in project.responses]
        if not texts:
            silent.append(name)
            continue
        if not intent.examples:
            continue
        _notes(name, intent, texts, found)
        answer = literal("\n\n".join(texts))
        questions = intent.examples[:QUESTIONS_MAX]
        found.add(
            intent.place,
            Entry(id=found.ids.of(name), questions=questions, answers={language: answer}),
        )
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
