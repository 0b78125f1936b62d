"""The fixed answers in a crisis, one for each kind and language.

Texts and labels are in `replies/<language>.md`: a heading for each kind, where `{contacts}`
stands for the list of numbers, and a last heading `labels` with the name of each service.
Numbers, addresses and their order are here, so that no translation can get them wrong.

Sources: helsenorge.no (113, 116 117, Giftinformasjonen), politiet.no (112), 116111.no,
mentalhelse.no, volinjen.no, rodekors.no, ung.no, dinutvei.no.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from router.detect.crisis import CrisisKind
from router.messages import Contact

FOLDER = Path(__file__).parent / "replies"
LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.md")))
# An unknown language gets both of these: the country's and the most widely read.
FALLBACK = ("nb", "en")
ALIASES = {"no": "nb", "nno": "nn", "nob": "nb", "ua": "uk", "dk": "da", "se": "sv"}

PHONES = {
    "medical": "113",
    "police": "112",
    "fire": "110",
    "doctor": "116 117",
    "child": "116 111",
    "mental": "116 123",
    "violence": "116 006",
    "poison": "22 59 13 00",
}
CHATS = {
    "mentalchat": "https://mentalhelse.no",
    "sidetmedord": "https://www.sidetmedord.no",
    "youth": "https://korspaahalsen.rodekors.no",
}
PAGES = {
    "ungno": "https://www.ung.no",
    "dinutvei": "https://dinutvei.no",
}
SERVICES = {
    CrisisKind.SUICIDE: (
        *("medical", "mental", "doctor", "child", "police"),
        *("sidetmedord", "mentalchat", "youth"),
    ),
    CrisisKind.VIOLENCE: (
        *("police", "violence", "medical", "doctor", "child", "mental"),
        *("dinutvei", "youth"),
    ),
    CrisisKind.CHILD: (
        *("police", "child", "medical", "violence", "mental", "doctor"),
        *("youth", "ungno", "dinutvei"),
    ),
    CrisisKind.DANGER: ("medical", "fire", "police", "doctor", "poison", "mental"),
}


@dataclass(frozen=True, slots=True)
class CrisisText:
    """What to show: Markdown with the numbers in it, the same numbers as buttons, the language.

    `language` is the one the text is in, and the first of the two where there are two.
    """

    text_markdown: str
    contacts: list[Contact]
    language: str


class CrisisTextError(ValueError):
    """A file in `replies/` lacks a text or a label. The message says which."""


def crisis_reply(kind: CrisisKind, language: str | None) -> CrisisText:
    """The answer to a crisis of this kind, in `language` (BCP 47), else in nb and en."""
    known = _known(language)
    languages = FALLBACK if known is None else (known,)
    markdown = "\n\n---\n\n".join(_text(kind, each) for each in languages)
    return CrisisText(markdown, contacts(kind, languages[0]), languages[0])


def contacts(kind: CrisisKind, language: str) -> list[Contact]:
    """The services to offer, the most important first, named in `language`."""
    labels = _parts(language)["labels"]
    return [_contact(service, labels[service]) for service in SERVICES[kind]]


def _known(language: str | None) -> str | None:
    base = (language or "").replace("_", "-").split("-")[0].lower()
    base = ALIASES.get(base, base)
    return base if base in LANGUAGES else None


def _contact(service: str, label: str) -> Contact:
    if service in PHONES:
        number = PHONES[service]
        return Contact("phone", label, number, "tel:" + number.replace(" ", ""))
    url = CHATS.get(service) or PAGES[service]
    return Contact("chat" if service in CHATS else "web", label, url.split("//")[1], url)


def _text(kind: CrisisKind, language: str) -> str:
    listed = "\n".join(_list_item(contact) for contact in contacts(kind, language))
    text = _parts(language)[kind.value]["text"]
    return text.replace("{contacts}", listed)


def _list_item(contact: Contact) -> str:
    if contact.kind == "phone":
        return f"- [**{contact.value}**]({contact.url}) {contact.label}"
    return f"- [{contact.label}]({contact.url})"


@cache
def _parts(language: str) -> dict[str, dict[str, str]]:
    """One language's file: each kind's `text`, and the labels by service."""
    parts: dict[str, dict[str, str]] = {}
    content = (FOLDER / f"{language}.md").read_text(encoding="utf-8")
    for section in content.split("# ")[1:]:
        heading, _, body = section.partition("\n")
        parts[heading.strip()] = {"text": body.strip()}
    labelled = (line.partition(": ") for line in parts["labels"]["text"].splitlines())
    parts["labels"] = {name: label for name, _, label in labelled}
    _check(language, parts)
    return parts


def _check(language: str, parts: dict[str, dict[str, str]]) -> None:
    for kind in CrisisKind:
        if "{contacts}" not in parts.get(kind.value, {}).get("text", ""):
            raise CrisisTextError(f"{language}.md: no text with {{contacts}} for {kind.value}")
    lacking = {*PHONES, *CHATS, *PAGES} - {*parts["labels"]}
    if lacking:
        raise CrisisTextError(f"{language}.md: no label for {sorted(lacking)}")
