"""Rules: what people say, one line each, compiled once to regular expressions.

A rule file is made of sections of lines. `[suicide]` opens the section of a label and
`[suicide!]` that of its strong rules. `[innocent!]` lists phrases that never mean harm: they
are taken out first. `[innocent]` lists contexts in which only a strong rule counts, such as
asking what the municipality offers. `name = a b c` names a list of words, for every file.
Any other line is a rule: elements, each for one word.

    vil|ynskjer     one of these words           drep*     a word that starts so
    <jeg>           one of a named list          #         a number
    .  ..  ...      at most one, three or six words of one sentence; gaps in a row add up
    !av|<x>         the next word is not one of these
    <x>?            the element may be missing   ^  $      a sentence starts, ends here

Text is folded first (`folding.py`). Gaps are bounded and a rule is tried only where one
word it cannot do without is present, so time grows linearly with the text.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from router.detect.folding import fold, letters

INNOCENT = "innocent"
GAP_WORDS_MAX = {".": 1, "..": 3, "...": 6}
_BLANK = "~ "

Words = Mapping[str, tuple[str, ...]]


class RuleError(ValueError):
    """A rule file cannot be read. The message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a rule file: `label` where `pattern` is found in folded text."""

    label: str
    strong: bool
    source: str
    expression: str
    anchors: tuple[str, ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when first tried: a start would wait half a second for all of them."""
        return _compiled(self.expression)


@functools.cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that fired: its label, and the file, line and text of the rule for the log."""

    label: str
    source: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rules see in a text. `excused`: it holds an innocent phrase."""

    hits: list[RuleHit]
    excused: bool


class RuleIndex:
    """Finds the rules worth trying: those with one of their anchor words in the text."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._words: dict[str, list[int]] = defaultdict(list)
        self._prefixes: dict[str, list[int]] = defaultdict(list)
        self._always: list[int] = []
        self._rules = list(rules)
        for number, rule in enumerate(self._rules):
            if not rule.anchors:
                self._always.append(number)
            for anchor in rule.anchors:
                table = self._prefixes if anchor.endswith("*") else self._words
                table[anchor.rstrip("*")].append(number)
        self._prefix_sizes = sorted({len(prefix) for prefix in self._prefixes})

    def candidates(self, folded: str) -> list[Rule]:
        """The rules that can fire on `folded`, in file order."""
        found = set(self._always)
        for word in set(folded.split()):
            found.update(self._words.get(word, ()))
            for size in self._prefix_sizes:
                if size > len(word):
                    break
                found.update(self._prefixes.get(word[:size], ()))
        return [self._rules[number] for number in sorted(found)]


class RuleSet:
    """All rules of one detector, over every language at once."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        rules = list(rules)
        self.labels = {rule.label for rule in rules if rule.label != INNOCENT}
        innocent = [rule for rule in rules if rule.label == INNOCENT]
        self._harmless = RuleIndex(rule for rule in innocent if rule.strong)
        self._innocent = RuleIndex(rule for rule in innocent if not rule.strong)
        self._guilty = RuleIndex(rule for rule in rules if rule.label != INNOCENT)

    @classmethod
    def load(cls, folder: Path, name: str) -> RuleSet:
        """The rules in `folder/name.*.rules`. Word lists are shared by all of them.

        Raises RuleError where a file cannot be read as rules.
        """
        paths = sorted(folder.glob(f"{name}.*.rules"))
        if not paths:
            raise RuleError(f"{folder} holds no file {name}.*.rules")
        lines = [line for path in paths for line in _lines(path)]
        words = _word_lists(lines)
        return cls(_compile(line, words) for line in lines if line.label)

    def read(self, text: str) -> Reading:
        """Every rule that fires on `text` as the visitor wrote it, in file order."""
        return self.read_folded(fold(text))

    def read_folded(self, folded: str) -> Reading:
        """As `read`, of text that is folded already."""
        folded = _clear(folded, self._harmless)
        cleared = _clear(folded, self._innocent)
        hits = [
            RuleHit(rule.label, rule.source)
            for rule in self._guilty.candidates(folded)
            if rule.pattern.search(folded if rule.strong else cleared)
        ]
        return Reading(hits, excused=_BLANK in cleared)

    def hits(self, text: str) -> list[RuleHit]:
        """The hits of `read`."""
        return self.read(text).hits


def _clear(folded: str, innocent: RuleIndex) -> str:
    """`folded` with the innocent phrases taken out."""
    for rule in innocent.candidates(folded):
        folded = rule.pattern.sub(_BLANK, folded)
    return folded


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that says something. `label` is empty where it names a list of words."""

    where: str
    label: str
    strong: bool
    text: str


def _lines(path: Path) -> list[_Line]:
    label, strong = "", False
    found: list[_Line] = []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = raw.split("//", 1)[0].strip()
        where = f"{path.name}:{number}"
        if not text:
            continue
        if text.startswith("["):
            label, strong = text.strip("[]!"), text.endswith("!]")
        elif "=" in text:
            found.append(_Line(where, "", False, text))
        elif not label:
            raise RuleError(f"{where}: a rule before the first [label]")
        else:
            found.append(_Line(where, label, strong, text))
    return found


def _word_lists(lines: Iterable[_Line]) -> dict[str, tuple[str, ...]]:
    """Named lists; one list may be written over several lines and use lists named earlier."""
    words: dict[str, tuple[str, ...]] = {}
    for line in lines:
        if line.label:
            continue
        name, _, listed = (part.strip() for part in line.text.partition("="))
        new = [word for item in listed.split() for word in _alternatives(item, words, line.where)]
        words[name] = tuple(dict.fromkeys((*words.get(name, ()), *new)))
    return words


def _alternatives(element: str, words: Words, where: str) -> tuple[str, ...]:
    """The folded words an element allows; `*` is kept at the end of a prefix."""
    found: list[str] = []
    for part in element.split("|"):
        if part.startswith("<") and part.endswith(">"):
            if part[1:-1] not in words:
                raise RuleError(f"{where}: no list of words is called {part}")
            found.extend(words[part[1:-1]])
        elif part in ("#", "$"):
            found.append(part)
        else:
            folded = letters(part.rstrip("*"))
            if not folded.isalnum():
                raise RuleError(f"{where}: {part!r} is not a word")
            found.append(folded + "*" * part.endswith("*"))
    return tuple(found)


def _compile(line: _Line, words: Words) -> Rule:
    pattern: list[str] = []
    required: list[tuple[str, ...]] = []
    gap_words = 0
    for element in line.text.split():
        if element in GAP_WORDS_MAX:
            gap_words += GAP_WORDS_MAX[element]
            continue
        pattern.append(_gap(gap_words))
        gap_words = 0
        if element == "^":
            pattern.append(r"(?<=\. )")
        elif element.startswith("!"):
            pattern.append(f"(?!{_pattern(_alternatives(element[1:], words, line.where))})")
        elif element.endswith("?"):
            pattern.append(f"(?:{_pattern(_alternatives(element[:-1], words, line.where))})?")
        else:
            allowed = _alternatives(element, words, line.where)
            pattern.append(_pattern(allowed))
            required.append(allowed)
    pattern.append(_gap(gap_words))
    source = f"{line.where}: {line.text}"
    expression = "(?<= )" + "".join(pattern)
    return Rule(line.label, line.strong, source, expression, _rarest(required))


def _gap(words: int) -> str:
    return rf"(?:[^ .~]+ ){{0,{words}}}" if words else ""


def _pattern(alternatives: Iterable[str]) -> str:
    return f"(?:{'|'.join(_branch(word) for word in alternatives)})"


def _branch(word: str) -> str:
    if word == "$":
        return r"(?=\. )"
    if word == "#":
        return "[0-9]+ "
    return f"{word[:-1]}[^ .~]* " if word.endswith("*") else f"{word} "


def _rarest(required: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The element to look for first: the one whose shortest word is longest, as such are rare."""
    usable = [words for words in required if not {"#", "$"} & {*words}]
    return max(usable, key=lambda words: min(len(word) for word in words), default=())
