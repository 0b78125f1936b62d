"""Norwegian passives, told by their endings.

The s-passive of Bokmål ends in -es (and a few short verbs in -s); that of Nynorsk
ends in -ast and stands after a modal verb. Many words end so and are none: "finnes",
"trives" and their like are active, and "deres" or "oftast" no verbs at all. The
bli-passive is a form of bli, vere or verte with a participle soon after.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

Span = tuple[int, int]

_WORDS = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(
        Path(__file__).with_name("passive.toml").read_text("utf-8")
    ).items()
}

# The genitive of a noun ends in -es as well: "kommunenes", "barnehagenes", "lærernes".
_GENITIVE_NB = re.compile(
    r"(?:enes|ernes|anes|ingenes|smannes|kommunes|borgeres|brukeres|søkeres|hages|skoles|families|"
    r"menneskes|fylkes|klasses|enkes|ektefelles)$"
)
# So is what follows an article: "en ukes varsel", "hver klasses rom".
_ARTICLE_NB = re.compile(
    r"\b(?:en|én|ei|et|ett|hver|hvert|enhver|ethvert|hans|hennes|min|din|sin|vår)\s+$",
    re.IGNORECASE,
)
_DONE_TO_NB = re.compile(r"\s+(?:\w+\s+){0,2}?(?:inn|opp|ut|av(?!\s+og\s+til))\b", re.IGNORECASE)
_ES = re.compile(r"\b[a-zæøåé]{2,}es\b|\b[a-zæøå]{1,7}s\b", re.IGNORECASE)

_MODALS_NN = r"kan|kunne|skal|skulle|må|måtte|vil|ville|bør|burde|lèt|får"
_AST = re.compile(
    rf"\b(?:{_MODALS_NN})\b(?:\s+\w+){{0,3}}?\s+(?P<verb>\w{{2,}}ast)\b", re.IGNORECASE
)

_BECOMES = {
    "nb": "bli|blir|ble|blei|blitt|blive",
    "nn": "bli|blir|blei|vart|blitt|verte|vert|vorte|vorti|bli",
}
# Up to two small words, or what it is done to, may stand between the verb and its participle.
_BETWEEN = (
    r"(?:\s+(?:ikke|ikkje|også|og|da|då|alltid|aldri|først|fyrst|bare|berre|derfor|difor|"
    r"automatisk|normalt|vanligvis|vanlegvis|så|nå|no|senere|seinare|ofte|straks|raskt|fortsatt|"
    r"framleis|du|vi|eg|me|jeg|det|den|han|hun|ho|de|dei|din|ditt|dine|\w{3,}(?:en|et|ene|ane))){0,2}"
)
_PARTICIPLE = {
    "nb": r"\w{2,}(?:et|dt|gt|kt|pt|st|ft|lt|mt|nt|rt|tt|dd|gd|vd)",
    "nn": r"\w{2,}(?:a|dt|gt|kt|pt|st|ft|lt|mt|nt|rt|tt|dd|gd|vd|rd|nd|ld|ne|ve|ke|de|te)"
    rf"|\w*(?:{'|'.join(sorted(_WORDS['strong_nn']))})",
}


def find(text: str, language: str) -> Iterator[Span]:
    """Start and end of each passive in text where addresses and the like are masked, in order."""
    if language not in _BECOMES:
        return
    spans = {*(_s_nb(text) if language == "nb" else _s_nn(text)), *_with_bli(text, language)}
    yield from sorted(spans)


def _s_nb(text: str) -> Iterator[Span]:
    for found in _ES.finditer(text):
        word = found[0].casefold()
        if word in _WORDS["short_nb"] or (
            len(word) > 4 and word.endswith("es") and _may_be_nb(found)
        ):
            yield found.span()


def _may_be_nb(found: re.Match[str]) -> bool:
    word = found[0].casefold()
    # A capital is a name, but at the beginning of a sentence nobody can tell: few passives are.
    is_name = found[0][0].isupper()
    genitive = _GENITIVE_NB.search(word) is not None and word not in _WORDS["genitive_like_nb"]
    if word in _WORDS["active_nb"] or is_name or genitive:
        return False
    text = found.string
    if _ARTICLE_NB.search(text, max(0, found.start() - 12), found.start()):
        return False
    return word not in _WORDS["either_nb"] or _DONE_TO_NB.match(text, found.end()) is not None


def _s_nn(text: str) -> Iterator[Span]:
    for found in _AST.finditer(text):
        if found["verb"].casefold() not in _WORDS["active_nn"]:
            yield found.span("verb")


def _with_bli(text: str, language: str) -> Iterator[Span]:
    pattern = re.compile(
        rf"\b(?:{_BECOMES[language]}){_BETWEEN}\s+(?P<done>{_PARTICIPLE[language]})\b",
        re.IGNORECASE,
    )
    for found in pattern.finditer(text):
        done = found["done"].casefold()
        if done not in _WORDS["not_done"] and not done.endswith("inga"):
            yield found.span()
