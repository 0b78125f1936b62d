"""Which language a message is taken to be in."""

from __future__ import annotations

import unicodedata

import pytest

from router.language import LanguageDetection

CERTAIN = {
    "nb": """Hvordan søker jeg om barnehageplass?
             Når åpner biblioteket?
             Jeg vil ikke betale
             hva koster SFO
             Hvor mye koster det å feie pipa?
             Jeg søger jobb""",
    "nn": """Korleis søkjer eg om barnehageplass?
             Når opnar biblioteket?
             Kva kostar det?
             eg treng hjelp til meldekortet
             kvar leverer eg bosset?
             kossen får eg plass i SFO""",
    "en": """How do I apply for kindergarten?
             When does the library open?
             I need help
             opening hours library
             What is the price of after-school care?""",
    "sv": """Hur ansöker jag om förskoleplats?
             När öppnar biblioteket?
             Jag behöver hjälp med min ansökan""",
    "da": """Hvordan søger jeg om en børnehaveplads?
             Hvornår åbner biblioteket i morgen?
             Kan jeg få lejlighed af kommunen?""",
    "pl": """Jak zapisać dziecko do przedszkola?
             Kiedy otwarta jest biblioteka?
             Potrzebuję pomocy""",
    "uk": """Як записати дитину в дитячий садок?
             Коли відкривається бібліотека?
             Мені потрібна допомога""",
    "ru": """Как записать ребёнка в детский сад?
             Когда открывается библиотека?
             Мне нужна помощь""",
    "ar": """كيف أسجل طفلي في الروضة؟
             متى تفتح المكتبة؟""",
    "so": """Sideen u codsadaa xannaanada carruurta?
             Goorma ayuu furmaa maktabadda?
             Waxaan u baahanahay caawimaad""",
    "de": """Wie melde ich mein Kind im Kindergarten an?
             Wann öffnet die Bibliothek?
             Ich brauche Hilfe""",
    "fr": """Comment inscrire mon enfant à la maternelle ?
             Quand ouvre la bibliothèque ?
             J'ai besoin d'aide""",
    "es": """¿Cómo inscribo a mi hijo en la guardería?
             ¿Cuándo abre la biblioteca?
             Necesito ayuda""",
    "lt": """Kaip užregistruoti vaiką į darželį?
             Kada atidaroma biblioteka?
             Man reikia pagalbos""",
    "ti": """ንውላደይ ኣብ መውዓሊ ህጻናት ከመይ ገይረ የመዝግቦ?
             ሓገዝ የድልየኒ""",
}
SAID = [(tag, text.strip()) for tag, texts in CERTAIN.items() for text in texts.splitlines()]
DIALECT = [
    "ka tid åpne biblioteket",
    "kor e legevakta",
    "æ må ha hjelp me mælkekortet",
    "korsn søke æ barnehageplass",
    "jæ lurer på no",
]
# Written alike in several languages, or in none.
AMBIGUOUS = ["", "?", "12345", "😀", "SFO", "NAV", "ok", "hei", "pass", "taxi", "museum", "plan"]
AMBIGUOUS += ["barnehage", "bibliotek", "parkering", "Bergen", "min side"]


@pytest.fixture(scope="module")
def detection() -> LanguageDetection:
    """The detector, loaded once."""
    return LanguageDetection()


@pytest.mark.parametrize(("language", "text"), SAID)
@pytest.mark.parametrize("default", ["nb", "nn", "en"])
def test_the_text_itself_says(
    detection: LanguageDetection, language: str, text: str, default: str
) -> None:
    assert detection.detect(text, default) == (language, True)


@pytest.mark.parametrize("text", DIALECT)
@pytest.mark.parametrize("default", ["nb", "nn"])
def test_dialect_is_norwegian(detection: LanguageDetection, text: str, default: str) -> None:
    assert detection.detect(text, default) == ("nb", True)


@pytest.mark.parametrize("text", AMBIGUOUS)
@pytest.mark.parametrize("default", ["nb", "nn", "en", "pl"])
def test_what_says_nothing_is_in_the_pages_language(
    detection: LanguageDetection, text: str, default: str
) -> None:
    assert detection.detect(text, default) == (default, False)


def test_decomposed_letters_are_the_same_letters(detection: LanguageDetection) -> None:
    text = unicodedata.normalize("NFD", "Når åpner biblioteket på lørdag?")
    assert detection.detect(text, "en") == ("nb", True)


def test_only_the_beginning_of_a_long_text_is_read(detection: LanguageDetection) -> None:
    text = (
        "I would like to know how I can apply for a place in kindergarten for my son, who is three "
        "years old and does not speak Norwegian yet, because we moved here in August. Is there a "
        "waiting list, and what does it cost? We live in Bergen, close to the town hall, and my "
        "husband works at the hospital every day. Thank you. "
    )
    assert detection.detect(text + "Korleis søkjer eg? " * 1000) == ("en", True)
