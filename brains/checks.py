"""What a save refuses, and the text that says what to change.

Each `check_*` returns the problems it finds, none where all is well; `store`
raises them together, so that an author sees everything at once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from brains import codec, templates
from brains.errors import Invalid, Problem
from brains.model import (
    EVERYONE,
    GROUP_PREFIX,
    Body,
    Brain,
    Broadcast,
    Connection,
    Entry,
    Fact,
    LocalAnswer,
    Remit,
    Texts,
)

QUESTION_CHARS_MAX = 500
QUESTIONS_MAX = 500
ANSWER_CHARS_MAX = 10_000
ENTRIES_AT_ONCE_MAX = 100_000
TITLE_CHARS_MAX = 200
FACT_CHARS_MAX = 1_000
NAME_CHARS_MAX = 200
BROADCAST_CHARS_MAX = 1_000
PLACES_MAX = 500
CONTACTS_MAX = 20
CONTACT_KINDS = ("phone", "email", "chat", "visit", "web")
CLOSED_DAYS_MAX = 400
POPULAR_MAX = 20
SOURCES_MAX = 20
PATTERNS_MAX = 50
ADDRESS_CHARS_MAX = 500
TIME_LIMIT_SECONDS = (0.5, 30.0)

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_.:/-]{0,118}[a-z0-9])?\Z")
_ENTRY_ID = re.compile(r"\w(?:[\w.:/-]{0,118}\w)?\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*\Z")
_SPAN = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)\Z")
_ISO_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z")
_CONTACT_URL = re.compile(r"(https?://|mailto:|tel:)\S{1,500}\Z")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_STATUSES = ("draft", "in_review", "published", "retired")
_LINK_SCHEMES = ("http", "https")

Problems = Iterator[Problem]


def refuse(problems: Iterable[Problem]) -> None:
    """Raises `Invalid` with all the problems, if there are any."""
    found = list(problems)
    if found:
        raise Invalid.of(found)


def check_entry(entry: Entry) -> Problems:
    """What is wrong with an entry by itself. See `check_references` for what it names."""
    if not _ENTRY_ID.match(entry.id):
        yield Problem("field id", "Use 1 to 120 letters, digits, and - _ . : / inside.")
    yield from _questions(entry.questions)
    yield from _answers(entry.answers)
    yield from _at_most("field title", entry.title, TITLE_CHARS_MAX)
    yield from _at_most("field topic", entry.topic, TITLE_CHARS_MAX)
    if entry.status not in _STATUSES:
        yield Problem("field status", f"Use one of {', '.join(_STATUSES)}.")
    if not entry.audience:
        yield Problem("field audience", 'Say who sees the entry; ["*"] is everyone.')
    if len(entry.sources) > SOURCES_MAX:
        yield Problem("field sources", f"Give at most {SOURCES_MAX} sources.")
    for i, source in enumerate(entry.sources):
        if not _is_web(source.url):
            yield Problem(f"field sources[{i}].url", "Use an address that starts with https://.")
    yield from _window(entry)


def check_references(entry: Entry, bodies: Collection[str], groups: Collection[str]) -> Problems:
    """Bodies and groups an entry names that do not exist."""
    if entry.owner is not None and entry.owner not in bodies:
        yield Problem("field owner", f"There is no body called “{entry.owner}”.")
    for i, scope in enumerate(entry.audience):
        if scope != EVERYONE:
            yield from check_scope(scope, bodies, groups, f"field audience[{i}]")


def check_scope(
    scope: str, bodies: Collection[str], groups: Collection[str], where: str = "field scope"
) -> Problems:
    """A scope is a body's slug, or `group:` and a group's."""
    if scope.startswith(GROUP_PREFIX):
        if scope.removeprefix(GROUP_PREFIX) not in groups:
            yield Problem(where, f"No body is in a group called “{scope}”.")
    elif scope not in bodies:
        yield Problem(where, f"There is no body called “{scope}”; groups are written group:name.")


def check_local_answer(answer: LocalAnswer) -> Problems:
    yield from _answers(answer.answers)


def check_broadcast(broadcast: Broadcast) -> Problems:
    yield from _slug("field id", broadcast.id)
    if not broadcast.texts:
        yield Problem("field texts", 'Give at least one text, such as {"nb": ".."}.')
    yield from _texts("field texts", broadcast.texts, BROADCAST_CHARS_MAX)
    if not broadcast.audience:
        yield Problem("field audience", 'Say who sees it; ["*"] is everyone.')
    start, end = broadcast.starts_at, broadcast.ends_at
    if start.tzinfo is None or (end is not None and end.tzinfo is None):
        yield Problem("field starts_at", "Give the timezone too: 2026-08-01T00:00:00Z.")
    elif end is not None and end <= start:
        yield Problem("field ends_at", "It must be later than starts_at.")


def check_connection(connection: Connection) -> Problems:
    if not _is_web(connection.address) or urlsplit(connection.address).username:
        yield Problem(
            "field address", "Use an address that starts with https://, without a name in it."
        )
    yield from _at_most("field address", connection.address, ADDRESS_CHARS_MAX)
    least, most = TIME_LIMIT_SECONDS
    if not least <= connection.time_limit_s <= most:
        yield Problem("field time_limit_s", f"Use {least:g} to {most:g} seconds.")
    for i, language in enumerate(connection.languages):
        yield from _language(language, f"field languages[{i}]")
    yield from _opening_hours(connection)
    if len(connection.unknown) > PATTERNS_MAX:
        yield Problem("field unknown", f"Give at most {PATTERNS_MAX} texts.")
    for i, pattern in enumerate(connection.unknown):
        if not pattern.strip(" *"):
            yield Problem(f"field unknown[{i}]", "Give some words: any reply would fit this.")
        yield from _at_most(f"field unknown[{i}]", pattern, TITLE_CHARS_MAX)
    for key, value in connection.settings.items():
        yield from _at_most(f"field settings.{key}", value, FACT_CHARS_MAX)


def check_fact(fact: Fact) -> Problems:
    if not templates.FACT_KEY.match(fact.key):
        yield Problem("field key", "Use a to z, digits and _, starting with a letter: sfo_price.")
    values = {"": fact.value} if isinstance(fact.value, str) else fact.value
    if not values:
        yield Problem("field value", "Give a value.")
    for language, value in values.items():
        where = f"field value.{language}".rstrip(".")
        if language:
            yield from _language(language, where)
        if not value.strip():
            yield Problem(where, "The value is empty. Remove the fact instead.")
        yield from _at_most(where, value, FACT_CHARS_MAX)
    yield from _texts("field label", fact.label, TITLE_CHARS_MAX)


def check_remit(remit: Remit, bodies: Collection[str]) -> Problems:
    if remit.body not in bodies:
        yield Problem("field body", f"There is no body called “{remit.body}”.")
    if not _SLUG.match(remit.topic):
        yield Problem("field topic", "Use a to z, digits, and - _ . inside.")
    if not remit.title.strip():
        yield Problem("field title", "Give a title; visitors see it.")
    yield from _at_most("field title", remit.title, TITLE_CHARS_MAX)
    yield from _questions(remit.questions)
    if remit.url is not None and not _is_web(remit.url):
        yield Problem("field url", "Use an address that starts with https://.")


def check_brain(brain: Brain) -> Problems:
    yield from _slug("field id", brain.id)
    yield from _name("field name", brain.name)


def check_body(body: Body, brains: Collection[str]) -> Problems:
    yield from _slug("field id", body.id)
    yield from _name("field name", body.name)
    yield from _at_most("field bot_name", body.bot_name, NAME_CHARS_MAX)
    if body.brain is not None and body.brain not in brains:
        yield Problem("field brain", f"There is no brain called “{body.brain}”.")
    yield from _language(body.language, "field language")
    for i, language in enumerate(body.languages):
        yield from _language(language, f"field languages[{i}]")
    for i, group in enumerate(body.groups):
        yield from _slug(f"field groups[{i}]", group)
    if len(body.places) > PLACES_MAX:
        yield Problem("field places", f"Give at most {PLACES_MAX} places.")
    for i, place in enumerate(body.places):
        yield from _name(f"field places[{i}]", place)
    if body.timezone not in available_timezones():
        yield Problem("field timezone", "Use a name such as Europe/Oslo.")
    yield from _texts("field greeting", body.greeting, ANSWER_CHARS_MAX)
    yield from _contacts(body)
    yield from _opening_hours(body)
    yield from _closed_days(body)
    yield from _origins(body)
    if len(body.popular) > POPULAR_MAX:
        yield Problem("field popular", f"Give at most {POPULAR_MAX} questions.")
    if body.website is not None and not _is_web(body.website):
        yield Problem("field website", "Use an address that starts with https://.")


def _contacts(body: Body) -> Problems:
    if len(body.contacts) > CONTACTS_MAX:
        yield Problem("field contacts", f"Give at most {CONTACTS_MAX} contact points.")
    for i, contact in enumerate(body.contacts):
        where = f"field contacts[{i}]"
        if contact.kind not in CONTACT_KINDS:
            yield Problem(f"{where}.kind", f"Use one of {', '.join(CONTACT_KINDS)}.")
        yield from _texts(f"{where}.label", contact.label, NAME_CHARS_MAX)
        if not contact.value.strip():
            yield Problem(f"{where}.value", "Give a number, an address or a link.")
        yield from _at_most(f"{where}.value", contact.value, NAME_CHARS_MAX)
        if contact.url is not None and not _CONTACT_URL.match(contact.url):
            yield Problem(
                f"{where}.url", "Use an address that starts with https:, mailto: or tel:."
            )


def _opening_hours(of: Body | Connection) -> Problems:
    for day, spans in of.opening_hours.items():
        where = f"field opening_hours.{day}"
        if day not in _DAYS:
            yield Problem(where, f"Use one of {', '.join(_DAYS)}.")
        for span in spans:
            if not _SPAN.match(span) or span[:5] >= span[6:]:
                yield Problem(where, f"“{span}” should be like 08:00-15:30.")


def _closed_days(body: Body) -> Problems:
    if len(body.closed_days) > CLOSED_DAYS_MAX:
        yield Problem("field closed_days", f"Give at most {CLOSED_DAYS_MAX} days.")
    for day in body.closed_days:
        if not _ISO_DATE.match(day):
            yield Problem("field closed_days", f"“{day}” should be a date like 2026-12-24.")


def _origins(body: Body) -> Problems:
    for i, origin in enumerate(body.origins):
        address = urlsplit(origin)
        if not _is_web(origin) or address.path or address.query or address.fragment:
            yield Problem(f"field origins[{i}]", "Use scheme and host: https://www.bergen.example.")


def _questions(questions: list[str]) -> Problems:
    if not questions:
        yield Problem("field questions", "Give at least one question.")
    if len(questions) > QUESTIONS_MAX:
        yield Problem("field questions", f"Give at most {QUESTIONS_MAX} questions.")
    for i, question in enumerate(questions):
        where = f"field questions[{i}]"
        if not question.strip():
            yield Problem(where, "The question is empty.")
        yield from _at_most(where, question, QUESTION_CHARS_MAX)


def _answers(answers: Texts) -> Problems:
    if not answers:
        yield Problem("field answers", 'Give at least one answer, such as {"nb": ".."}.')
    yield from _texts("field answers", answers, ANSWER_CHARS_MAX)
    for language, text in answers.items():
        try:
            templates.check(text)
        except Invalid as error:
            yield Problem(f"field answers.{language}", error.problems[0].text)


def _texts(where: str, texts: Texts, limit: int) -> Problems:
    for language, text in texts.items():
        yield from _language(language, f"{where}.{language}")
        if not text.strip():
            yield Problem(f"{where}.{language}", "The text is empty.")
        yield from _at_most(f"{where}.{language}", text, limit)


def _window(entry: Entry) -> Problems:
    start, end = entry.valid_from, entry.valid_until
    for name, time in (("valid_from", start), ("valid_until", end)):
        if time is not None and time.tzinfo is None:
            yield Problem(f"field {name}", "Give the timezone too: 2026-08-01T00:00:00Z.")
            return
    if start is not None and end is not None and end <= start:
        yield Problem("field valid_until", "It must be later than valid_from.")


def _language(tag: str, where: str) -> Problems:
    if not _LANGUAGE.match(tag):
        yield Problem(where, f"“{tag}” is not a language tag; use nb, nn, en, se, …")


def _slug(where: str, slug: str) -> Problems:
    if not _SLUG.match(slug):
        yield Problem(where, "Use 1 to 120 of a to z, digits, and - _ . : / inside.")


def _name(where: str, name: str) -> Problems:
    if not name.strip():
        yield Problem(where, "Give a name.")
    yield from _at_most(where, name, NAME_CHARS_MAX)


def _at_most(where: str, text: str, limit: int) -> Problems:
    if codec.storable(text) != text:
        yield Problem(where, "It has characters that are not text. Write it again.")
    if len(text) > limit:
        yield Problem(where, f"It has {len(text)} characters; the most is {limit}.")


def _is_web(url: str) -> bool:
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    return address.scheme in _LINK_SCHEMES and bool(address.netloc)
