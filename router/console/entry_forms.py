"""The form an answer is written in: from an entry, from what a browser sent, and to an entry.

Nothing typed is ever lost: what cannot be saved is shown again as it was sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import msgspec
from litestar.datastructures import FormMultiDict

from brains import checks, templates
from brains.errors import Invalid, Problem
from brains.model import EVERYONE, Entry, Source, Status
from router.console import problems
from router.console.dates import OSLO, input_date
from router.console.differences import FIRST_LANGUAGES, in_order

MORE_LANGUAGES = ("se", "uk", "pl", "ar", "so", "ti", "lt", "ru", "de", "fr", "es", "da", "sv")
ANSWER = "answer_"
A_MOMENT = dt.timedelta(seconds=1)

Say = Callable[..., str]


class EntryForm(msgspec.Struct, kw_only=True):
    """Every field as text. `revision` is the one it was made from, 0 for a new entry."""

    revision: int = 0
    title: str = ""
    topic: str = ""
    questions: str = ""
    answers: dict[str, str] = {}
    audience: list[str] = msgspec.field(default_factory=lambda: [EVERYONE])
    owner: str = ""
    sources: list[Source] = []
    valid_from: str = ""
    valid_until: str = ""
    note: str = ""

    @property
    def languages(self) -> list[str]:
        """The languages shown: the three always, then the others that have a text."""
        return in_order({*FIRST_LANGUAGES, *self.answers})

    @property
    def lines(self) -> list[str]:
        """The phrasings, each once."""
        lines = (" ".join(line.split()) for line in self.questions.splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    @property
    def written(self) -> dict[str, str]:
        """The answers that say something."""
        return {tag: text for tag, text in self.answers.items() if text.strip()}


def of_entry(entry: Entry) -> EntryForm:
    """The form with what an entry says in it."""
    return EntryForm(
        revision=entry.revision,
        title=entry.title,
        topic=entry.topic,
        questions="\n".join(entry.questions),
        answers=dict(entry.answers),
        audience=list(entry.audience),
        owner=entry.owner or "",
        sources=list(entry.sources),
        valid_from=input_date(entry.valid_from),
        valid_until=input_date(entry.valid_until - A_MOMENT if entry.valid_until else None),
    )


def sent(data: FormMultiDict) -> EntryForm:
    """What a browser sent. Raises `Invalid` only for what no browser sends."""
    text = {name: _text(value) for name, value in data.multi_items()}
    titles = [_text(value) for value in data.getall("source_title", [])]
    urls = [_text(value) for value in data.getall("source_url", [])]
    everyone = text.get("reach", "everyone") != "some"
    return EntryForm(
        revision=_number(text.get("revision", "")),
        title=text.get("title", ""),
        topic=text.get("topic", ""),
        questions=text.get("questions", ""),
        answers={
            name.removeprefix(ANSWER): value
            for name, value in text.items()
            if name.startswith(ANSWER)
        },
        audience=[EVERYONE]
        if everyone
        else [_text(value) for value in data.getall("audience", [])],
        owner=text.get("owner", ""),
        sources=[
            Source(title.strip(), url.strip())
            for title, url in zip(titles, urls, strict=False)
            if title.strip() or url.strip()
        ],
        valid_from=text.get("valid_from", ""),
        valid_until=text.get("valid_until", ""),
        note=text.get("note", ""),
    )


def to_entry(form: EntryForm, id: str, brain: str, status: Status, base: Entry | None) -> Entry:
    """The entry that the form asks for; `base` is the one it was made from."""
    shown = of_entry(base) if base else EntryForm()
    return Entry(
        id=id,
        brain=brain,
        title=form.title,
        topic=form.topic,
        questions=form.lines,
        answers=form.written,
        audience=form.audience,
        owner=form.owner or None,
        sources=[Source(source.title or source.url, source.url) for source in form.sources],
        valid_from=base.valid_from
        if base and form.valid_from == shown.valid_from
        else _midnight(form.valid_from),
        valid_until=base.valid_until
        if base and form.valid_until == shown.valid_until
        else _midnight(form.valid_until, days=1),
        status=status,
    )


def wrong(form: EntryForm, say: Say) -> list[Problem]:
    """What must be put right, by the form's field, in the words of the person's language."""
    return list(_problems(form, say))


def _problems(form: EntryForm, say: Say) -> Iterator[Problem]:
    if len(form.title) > checks.TITLE_CHARS_MAX:
        yield Problem("title", say("entries.wrong.long", most=checks.TITLE_CHARS_MAX))
    if not form.lines:
        yield Problem("questions", say("entries.wrong.no_questions"))
    if len(form.lines) > checks.QUESTIONS_MAX:
        yield Problem("questions", say("entries.wrong.many_questions", most=checks.QUESTIONS_MAX))
    if any(len(line) > checks.QUESTION_CHARS_MAX for line in form.lines):
        yield Problem(
            "questions", say("entries.wrong.long_question", most=checks.QUESTION_CHARS_MAX)
        )
    if not form.written:
        yield Problem(f"{ANSWER}nb", say("entries.wrong.no_answer"))
    for tag, text in form.written.items():
        if len(text) > checks.ANSWER_CHARS_MAX:
            yield Problem(ANSWER + tag, say("entries.wrong.long", most=checks.ANSWER_CHARS_MAX))
        elif not _is_template(text):
            yield Problem(ANSWER + tag, say("entries.wrong.braces"))
    if not form.audience:
        yield Problem("audience", say("entries.wrong.no_audience"))
    if any(not source.url.startswith(("https://", "http://")) for source in form.sources):
        yield Problem("source_url", say("entries.wrong.address"))
    start, end = _date(form.valid_from), _date(form.valid_until)
    if start and end and end < start:
        yield Problem("valid_until", say("entries.wrong.window"))


def by_field(found: tuple[Problem, ...], language: str) -> list[Problem]:
    """What `brains.checks` found wrong, under the form's fields, in a person's language."""
    return [Problem(_field(one.pointer), problems.worded(one.text, language)) for one in found]


def _field(pointer: str) -> str:
    name = pointer.removeprefix("field ").partition("[")[0]
    if name.startswith("answers"):
        return ANSWER + (name.partition(".")[2] or "nb")
    return {"sources": "source_url"}.get(name, name)


def _is_template(text: str) -> bool:
    try:
        templates.check(text)
    except Invalid:
        return False
    return True


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Invalid("Send text, not a file.")
    return value.replace("\r\n", "\n")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(text: str, days: int = 0) -> dt.datetime | None:
    """The start of a day in Norway, so many days later; None for no date."""
    date = _date(text)
    if date is None or date.year > 9000:
        return None
    start = dt.datetime.combine(date + dt.timedelta(days), dt.time(), OSLO)
    return start.astimezone(dt.UTC)
