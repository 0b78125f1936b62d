"""Questions in the same words but one: “Where can I rent a kayak?” and “Where can I rent a bike?”

To an encoder they are nearer each other than either is to its own need in a keyword. So this is
read off the words: a *frame* is what is left of a question without one to `SPAN_MAX` words next to
each other, and two of the same frame are *apart* where what each has there differs. One that is
only spelled or inflected in another way, shorter than a name can be, a word that asks,
or added, does not count.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

Words = tuple[str, ...]
Frame = tuple[Words, Words]  # the words before, and those after

SPAN_MAX = 3
FRAME_WORDS_MIN = 3
NAME_LETTERS_MIN = 3
ALIKE_LETTERS = 3  # two words that begin with as many letters are forms of one
WORDS_MAX = 24
ALIKE_MAX = 64  # of one frame, how many questions are compared
# Bokmål and Nynorsk ask the same with other words.
ASKING = frozenset(
    [
        "hva",
        "hvem",
        "hvor",
        "hvordan",
        "hvorfor",
        "når",
        "hvilken",
        "hvilket",
        "hvilke",
        "kva",
        "kven",
        "kvar",
        "kor",
        "korleis",
        "kvifor",
        "what",
        "who",
        "where",
        "how",
        "why",
        "when",
        "which",
    ]
)


def words(text: str) -> Words:
    return tuple(re.findall(r"\w+", text.casefold()))


def apart(one: Words, other: Words) -> bool:
    """Whether two questions are in the same words but one, or a few next to each other."""
    before, after = _common(one, other)
    if before + after < FRAME_WORDS_MIN:
        return False
    return _differ(one[before : len(one) - after], other[before : len(other) - after])


def share_apart(text: str, texts: Sequence[str]) -> float:
    """Of the texts, the share that is apart from this one."""
    one = words(text)
    return sum(apart(one, words(other)) for other in texts) / max(len(texts), 1)


def pairs_apart(questions: Sequence[Words]) -> set[tuple[int, int]]:
    """The numbers of all questions that are apart, the lower first.

    The work grows with the number of words, not of pairs: of a frame, ALIKE_MAX are compared.
    """
    alike: dict[Frame, list[int]] = defaultdict(list)
    for number, question in enumerate(questions):
        for frame in _frames(question):
            if len(alike[frame]) < ALIKE_MAX:
                alike[frame].append(number)
    return {
        (one, other)
        for numbers in alike.values()
        for at, other in enumerate(numbers)
        for one in numbers[:at]
        if apart(questions[one], questions[other])
    }


def _frames(question: Words) -> Iterator[Frame]:
    if len(question) > WORDS_MAX:
        return
    for span in range(1, min(SPAN_MAX, len(question) - FRAME_WORDS_MIN) + 1):
        for start in range(len(question) - span + 1):
            yield question[:start], question[start + span :]


def _differ(one: Words, other: Words) -> bool:
    """Whether both are names of something, a few words long, and of different things."""
    if not (one and other) or max(len(one), len(other)) > SPAN_MAX:
        return False
    if ASKING.issuperset(one) or ASKING.issuperset(other):
        return False
    if max(map(len, one)) < NAME_LETTERS_MIN or max(map(len, other)) < NAME_LETTERS_MIN:
        return False
    return not any(_forms_of_one(a, b) for a in one for b in other)


def _forms_of_one(one: str, other: str) -> bool:
    """Whether two words begin alike, or are the same but for a letter."""
    before, after = _common(one, other)
    letter = max(len(one), len(other)) - before - after <= 1
    return before >= ALIKE_LETTERS or (letter and before + after >= ALIKE_LETTERS)


def _common(one: Sequence[str], other: Sequence[str]) -> tuple[int, int]:
    """How many both have in common at the start, and after that at the end."""
    shortest = min(len(one), len(other))
    before = 0
    while before < shortest and one[before] == other[before]:
        before += 1
    after = 0
    while after < shortest - before and one[-1 - after] == other[-1 - after]:
        after += 1
    return before, after
