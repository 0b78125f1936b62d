"""A page's form filled with what was written in it before: for scripts or none alike.

    page, left = fill(page, kept)       # left: the fields that the page has no place for

The form is found by where it is sent, of several the one that takes most of the
fields. What was not ticked then is not ticked now. Panels around the form are
opened. Passwords and files are left as they are.
"""

from __future__ import annotations

import html
from html.parser import HTMLParser
from urllib.parse import urlsplit

import msgspec

from brains.kept_forms import Field, KeptForm

TICKED = ("checkbox", "radio")
UNFILLED = ("password", "file", "submit", "button", "image", "reset")

Attributes = dict[str, str | None]
Edit = tuple[int, int, str]


class Tag(msgspec.Struct):
    """One tag of the page, from `start` to `end` in its text."""

    name: str
    attributes: Attributes
    start: int
    end: int

    def given(self, name: str) -> str:
        return self.attributes.get(name) or ""

    def changed(self, name: str, value: str | None, *, without: bool = False) -> Edit:
        """The tag with that attribute (None: a bare one), or without it."""
        attributes = {key: one for key, one in self.attributes.items() if key != name}
        if not without:
            attributes[name] = value
        written = [
            key if one is None else f'{key}="{html.escape(one)}"' for key, one in attributes.items()
        ]
        return self.start, self.end, f"<{' '.join([self.name, *written])}>"


class Control(msgspec.Struct):
    """A field of a form. A textarea's text goes on to `close`; a select has options."""

    tag: Tag
    close: int = 0
    options: list[Tag] = []

    @property
    def kind(self) -> str:
        return self.tag.given("type") or "text" if self.tag.name == "input" else self.tag.name


class Form(msgspec.Struct):
    """A form of the page: where it may be sent, the panels it is in, its fields."""

    actions: set[str]
    panels: list[Tag]
    controls: list[Control] = []
    buttons: list[Field] = []


def fill(page: str, kept: KeptForm) -> tuple[str, list[Field]]:
    """The page with the form filled, and the fields that have no place in it."""
    reader = _Reader(page, urlsplit(kept.page).path)
    reader.feed(page)
    tried = [_filled(form, kept.fields) for form in reader.forms if kept.action in form.actions]
    if not tried:
        return page, list(kept.fields)
    edits, left = min(tried, key=lambda one: len(one[1]))
    for start, end, text in sorted(edits, reverse=True):
        page = page[:start] + text + page[end:]
    return page, left


def _filled(form: Form, fields: list[Field]) -> tuple[list[Edit], list[Field]]:
    left = [field for field in fields if field not in form.buttons]
    edits = [edit for control in form.controls for edit in _edits(control, left)]
    return [*edits, *(panel.changed("open", None) for panel in form.panels)], left


def _edits(control: Control, left: list[Field]) -> list[Edit]:
    """What to change in one field; what it takes is taken out of `left`."""
    tag, name = control.tag, control.tag.given("name")
    if control.kind in TICKED:
        mine = (name, tag.given("value"))
        ticked = mine in left
        if ticked:
            left.remove(mine)
        return [tag.changed("checked", None, without=not ticked)]
    written = next((value for field, value in left if field == name), None)
    known = [option.given("value") for option in control.options]
    if written is None or (control.kind == "select" and written not in known):
        return []
    left.remove((name, written))
    if control.kind == "textarea":
        return [(tag.end, control.close, "\n" + html.escape(written))]
    if control.kind == "select":
        return [
            option.changed("selected", None, without=value != written)
            for option, value in zip(control.options, known, strict=True)
        ]
    return [tag.changed("value", written)]


class _Reader(HTMLParser):
    """Finds the forms of a page of ours, with where in the text their fields are."""

    def __init__(self, page: str, path: str) -> None:
        super().__init__(convert_charrefs=False)
        self.forms: list[Form] = []
        self._path = path
        self._form: Form | None = None
        self._panels: list[Tag] = []
        self._lines = [0]
        for line in page.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._at()
        found = Tag(tag, dict(attrs), start, start + len(self.get_starttag_text() or ""))
        if tag == "details":
            self._panels.append(found)
        elif tag == "form":
            self._form = Form({self._sent_to(found.given("action"))}, list(self._panels))
            if found.given("method") == "post":
                self.forms.append(self._form)
        elif self._form is not None:
            self._inside(self._form, found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self._panels:
            self._panels.pop()
        elif tag == "form":
            self._form = None
        elif tag == "textarea" and self._form is not None:
            self._form.controls[-1].close = self._at()

    def _inside(self, form: Form, tag: Tag) -> None:
        if tag.name == "button":
            form.buttons.append((tag.given("name"), tag.given("value")))
            if tag.given("formaction"):
                form.actions.add(self._sent_to(tag.given("formaction")))
        elif tag.name == "option" and form.controls:
            form.controls[-1].options.append(tag)
        elif tag.name in ("input", "textarea", "select"):
            control = Control(tag)
            if tag.given("name") and control.kind not in UNFILLED:
                form.controls.append(control)

    def _sent_to(self, address: str) -> str:
        return urlsplit(address).path or self._path

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
