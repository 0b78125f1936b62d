"""Which language a message is in.

Lingua tells languages apart; short messages it often cannot, and between
Bokmål and Nynorsk (and dialects of either) a handful of everyday words say
more. So: a script only one language uses decides; marker words decide within
Norwegian; a foreign language needs evidence beyond the page's own language;
what is left is taken to be what the page or the body writes.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

NORWEGIAN = frozenset({"nb", "nn"})
FOREIGN = {
    Language.ENGLISH: "en",
    Language.SWEDISH: "sv",
    Language.DANISH: "da",
    Language.POLISH: "pl",
    Language.UKRAINIAN: "uk",
    Language.RUSSIAN: "ru",
    Language.ARABIC: "ar",
    Language.SOMALI: "so",
    Language.GERMAN: "de",
    Language.FRENCH: "fr",
    Language.SPANISH: "es",
    Language.LITHUANIAN: "lt",
}
HOME = {Language.BOKMAL: "nb", Language.NYNORSK: "nn"}
TEXT_CHARS_MAX = 300
TEXTS_KEPT_MAX = 20_000
# How much likelier than Norwegian a foreign language must be, by the number of words.
ODDS_NEEDED_SHORT, ODDS_NEEDED_LONG = 6.0, 1.5
ODDS_NEEDED_NEIGHBOUR = 4.0
SHORT_WORDS = 3
NEIGHBOURS = frozenset({"da", "sv"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words written in one form of Norwegian and neither in the other nor in a neighbour language.
NYNORSK_WORDS = _words("""
    eg ikkje korleis kvar kvifor kven kva nokon noko frå meir mykje dykk dokker berre vere vera
    vore gjere gjera gjer søkje søkja heime heim sjølv dei deira eit eitt nokre kvart kvarandre
    kjem skule skulen skular veka vekene tysdag måndag laurdag sundag då ikkje enno òg anten
    høyrer tilbod hjå bustad løyve ynskjer ønskjer treng åleine bur budde vart vert
    blei gongen gong opplæring døme opnar ope stengd skilje einebustad borna
""")
BOKMAL_WORDS = _words("""
    jeg ikke hvordan hvor hvorfor hvem hva noe dere bare være vært gjøre gjør hjem selv hvilken
    hvilke hvilket skole skolen tirsdag lørdag søndag også enten leilighet uke uken ukene trenger
    ønsker alene sammen hvert åpner åpent søker stengt
""")
DIALECT_WORDS = _words("""
    æ ka kor koss korsn kossen mæ dæ sæ ikkj itj itte ittj ittno kem koffer kefor dåkker åss je
    jæ æg ej jei mej dej
""")
# Words that are Danish and no form of Norwegian, where most other words are both.
DANISH_WORDS = _words("""
    hvad hvornår mig dig sig noget meget af søger søge åbner åben åbent børnehave børnehaveplads
    kræver lejlighed affald uge ugen
""")
# Words that are Norwegian and not English, Danish or Swedish: they outweigh a doubtful guess.
NORWEGIAN_ONLY = _words("på å jeg eg æ ikkje og søke søkje når får må til med hvor hva")


class Detected(NamedTuple):
    """A language tag, and whether the text itself said so (not the page or the body)."""

    language: str
    certain: bool


class LanguageDetection:
    """Detects the language of messages. Loading it takes a moment; make one."""

    def __init__(self) -> None:
        languages = [*HOME, *FOREIGN]
        self._detector: LanguageDetector = LanguageDetectorBuilder.from_languages(
            *languages
        ).build()
        self.certainly = lru_cache(TEXTS_KEPT_MAX)(self._certainly)
        # Its models are read with the first text, for seconds: not with a visitor's.
        self._detector.compute_language_confidence_values("Hvilket språk er dette?")

    def _certainly(self, text: str) -> str | None:
        """The language that a text of ours itself says it is in; None where it does not."""
        found = self.detect(text)
        return found.language if found.certain else None

    def detect(self, text: str, default: str = "nb") -> Detected:
        """The language of `text`; `default` is what the page or the body writes."""
        text = unicodedata.normalize("NFC", text[:TEXT_CHARS_MAX])
        script = _language_of_script(text)
        if script is not None:
            return Detected(script, True)
        words = re.findall(r"[^\W\d_]+", text.casefold())
        if not words:
            return Detected(default, False)
        norwegian = _norwegian_form(words)
        danish = bool(DANISH_WORDS.intersection(words))
        foreign = self._foreign(text, words, default) if danish or not norwegian else None
        if foreign is not None:
            return Detected(foreign, True)
        if norwegian is not None:
            return Detected(norwegian, True)
        plain = default in NORWEGIAN or len(words) < SHORT_WORDS
        return Detected(default if plain else "nb", False)

    def _foreign(self, text: str, words: list[str], default: str) -> str | None:
        shares = {
            found.language: found.value
            for found in self._detector.compute_language_confidence_values(text)
        }
        home = sum(shares.get(language, 0.0) for language in HOME)
        best = max(FOREIGN, key=lambda language: shares.get(language, 0.0))
        tag = FOREIGN[best]
        needed = ODDS_NEEDED_SHORT if len(words) < SHORT_WORDS else ODDS_NEEDED_LONG
        if tag in NEIGHBOURS:
            needed = max(needed, ODDS_NEEDED_NEIGHBOUR)
        if tag == default:
            needed = 1.0
        if NORWEGIAN_ONLY.intersection(words):
            needed = max(needed, ODDS_NEEDED_NEIGHBOUR)
        return tag if shares.get(best, 0.0) > needed * home else None


def _norwegian_form(words: list[str]) -> str | None:
    """nb or nn where words only one of them has say so; dialects count as the nearer form."""
    nynorsk = sum(word in NYNORSK_WORDS for word in words)
    bokmal = sum(word in BOKMAL_WORDS for word in words)
    if nynorsk != bokmal:
        return "nn" if nynorsk > bokmal else "nb"
    if any(word in DIALECT_WORDS for word in words) and not nynorsk:
        return "nb"
    return None


def _language_of_script(text: str) -> str | None:
    """The language of a script that only one of ours uses; None for Latin and Cyrillic."""
    letters = [char for char in text if char.isalpha()]
    if not letters:
        return None
    ethiopic = sum("\u1200" <= char <= "\u137f" for char in letters)
    arabic = sum("\u0600" <= char <= "\u06ff" for char in letters)
    if ethiopic * 2 > len(letters):
        return "ti"
    return "ar" if arabic * 2 > len(letters) else None
