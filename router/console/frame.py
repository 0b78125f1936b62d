"""What every page of the console has in common: the frame, its words, flashes, fragments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.template.config import TemplateConfig
from markupsafe import Markup

from brains.counters import Counts
from brains.errors import Problem
from brains.knowledge import scopes_of
from brains.model import Brain
from router.console import charts, dates, flashes, nav, wording
from router.console.flashes import Flash, Kind, Undo
from router.console.live import Place
from router.console.problems import worded
from router.security.access import Access
from router.security.audited import REFUSED
from router.security.rights import Right
from router.service import Service

AnyRequest = Request[Any, Any, Any]

TEMPLATES = Path(__file__).parent / "templates"
FRAGMENT = "X-Fragment"
FLASH_COOKIE = "samsvar_flash"
LANGUAGE_COOKIE = "samsvar_language"
THEME_COOKIE = "samsvar_theme"
BRAIN_COOKIE = "samsvar_brain"
HOME = "/console"
THEMES = ("light", "dark")
FLASH_VALUE_CHARS_MAX = 120


class ConsolePage(Template):
    """A template whose form token is markup, and of which a script may ask single fragments."""

    def create_template_context(self, request: AnyRequest) -> dict[str, Any]:
        """The context, `csrf_input` as it goes into a form."""
        context = super().create_template_context(request)
        return {**context, "csrf_input": Markup(context["csrf_input"])}

    def to_asgi_response(self, app: Any, request: AnyRequest, **rest: Any) -> Any:
        """The page, or only the asked fragments of it."""
        response = super().to_asgi_response(app, request, **rest)
        wanted = request.headers.get(FRAGMENT)
        if wanted is not None:
            response.body = cut(response.body, *wanted.split())
            response.headers["content-length"] = str(len(response.body))
        return response


def cut(page: bytes, *names: str) -> bytes:
    """The fragments `names` of a rendered page (see `ui.fragment`), the whole page without them."""
    return b"\n".join(filter(None, (_fragment(page, name) for name in names))) or page


def _fragment(page: bytes, name: str) -> bytes:
    """One fragment, empty where there is none."""
    start, end = f"<!--[{name}-->".encode(), f"<!--{name}]-->".encode()
    _, _, rest = page.partition(start)
    inside, closed, _ = rest.partition(end)
    return inside.strip() if closed else b""


def page(
    request: AnyRequest,
    template: str,
    /,
    *,
    title: str,
    area: str,
    status: int | None = None,
    errors: Sequence[Problem] = (),
    **context: Any,
) -> ConsolePage:
    """`templates/<template>` in the frame. `area` is the section that the menu marks.

    With errors it is 400 where no status is given.

    The template has, beside `context`: person, brain, brains, body (the own body of an
    editor), language, theme, say, tongue, lang_of, may, nav, counters, flashes, errors, now,
    csrf_input.
    """
    return ConsolePage(
        template,
        context={
            **_frame(request, area),
            "title": title,
            "errors": _pointed(request, errors),
            **context,
        },
        status_code=status or (400 if errors else 200),
        media_type=MediaType.HTML,
    )


def say(request: AnyRequest, key: str, /, **values: object) -> str:
    """The text under `key` in the language of this page."""
    return wording.say(key, language(request), **values)


def tongue(request: AnyRequest, tag: str, *, capital: bool = False) -> str:
    """What a language is called, its tag where the console has no name for it."""
    key, spoken_in = f"common.languages.{tag}", language(request)
    if not wording.has(key, spoken_in):
        return tag
    name = wording.say(key, spoken_in)
    return name[:1].upper() + name[1:] if capital else name


def flash(
    request: AnyRequest,
    key: str,
    /,
    *,
    kind: Kind = "success",
    undo: Undo | None = None,
    **values: str | int,
) -> None:
    """Say something on the next page, with a way to take it back."""
    short = {
        name: value[:FLASH_VALUE_CHARS_MAX] if isinstance(value, str) else value
        for name, value in values.items()
    }
    request.scope["state"].setdefault("flashes", []).append(Flash(key, kind, short, undo))
    if kind in ("danger", "warning"):
        request.scope["state"][REFUSED] = True


def redirect(url: str) -> Redirect:
    """Go on to `url`, as after every POST."""
    return Redirect(url, status_code=303)


def language(request: AnyRequest) -> str:
    """What this page is written in: as chosen, as the person's, as the browser's."""
    person = holder(request)
    return wording.spoken(
        request.cookies.get(LANGUAGE_COOKIE),
        getattr(person, "language", None),
        *(part.partition(";")[0] for part in request.headers.get("accept-language", "").split(",")),
    )


def holder(request: AnyRequest) -> Any:
    """Who is signed in, or None."""
    return request.scope.get("user")


def service(request: AnyRequest) -> Service:
    """The service behind the console."""
    return cast(Service, request.app.state.service)


def own_body(request: AnyRequest) -> str | None:
    """The one body whose editor is signed in, None for whoever sees the whole brain."""
    person = holder(request)
    return None if person is None else _access(request).own_body(person)


def may(
    request: AnyRequest, right: Right, *, brain: str | None = None, body: str | None = None
) -> bool:
    """Whether whoever is signed in has `right` there."""
    person = holder(request)
    return person is not None and _access(request).may(person, right, brain=brain, body=body)


def brains(request: AnyRequest) -> list[Brain]:
    """The knowledge bases that may be read, by name."""
    known = service(request).knowledge.brains.values()
    own = own_body(request)
    readable = [brain for brain in known if may(request, "read", brain=brain.id, body=own)]
    return sorted(readable, key=lambda brain: brain.name.casefold())


def current_brain(request: AnyRequest) -> Brain | None:
    """The one the page is about: of its address, else the one last looked at, else the first."""
    readable = {brain.id: brain for brain in brains(request)}
    asked = request.path_params.get("brain") or request.query_params.get("brain")
    for id in (asked, _brain_of_body(request), request.cookies.get(BRAIN_COOKIE)):
        if id in readable:
            return readable[id]
    return next(iter(readable.values()), None)


def place(request: AnyRequest, brain: str) -> Place:
    """Whose numbers whoever is signed in sees of a brain."""
    own = own_body(request)
    if own is None:
        return Place(brain)
    return Place(brain, own, scopes_of(service(request).knowledge.body(own)))


def templates() -> TemplateConfig[JinjaTemplateEngine]:
    """Jinja, escaping everything and refusing what is not there."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    environment.globals.update(charts=charts, languages=wording.LANGUAGES)
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))


def _frame(request: AnyRequest, area: str) -> dict[str, Any]:
    spoken_in, now = language(request), dt.datetime.now(dt.UTC)
    brain, state = current_brain(request), request.scope["state"]
    spoken = _Words(spoken_in, now)
    theme = request.cookies.get(THEME_COOKIE)
    return {
        "person": holder(request),
        "brain": brain,
        "brains": brains(request),
        "body": own_body(request),
        "bodies": service(request).knowledge.bodies,
        "language": spoken_in,
        "theme": theme if theme in THEMES else "",
        "say": spoken.say,
        "has_text": lambda key: wording.has(key, spoken_in),
        "tongue": lambda tag, capital=False: tongue(request, tag, capital=capital),
        "lang_of": lambda text: _lang_of(request, text, spoken_in),
        "dates": spoken,
        "may": lambda right, **where: may(request, right, **where),
        "nav": _links(request, nav.BRAIN, brain, area) if brain else [],
        "admin_nav": _links(request, nav.ADMIN, brain, area),
        "area": area,
        "counters": state.get("counters", Counts()),
        "flashes": _flashes(request),
        "now": now,
        "here": _here(request),
        "static": _static(request),
    }


class _Words(msgspec.Struct, frozen=True):
    """Texts and times in one language, as templates use them: `dates.ago(at)`."""

    language: str
    now: dt.datetime

    def say(self, key: str, /, **values: object) -> str:
        return wording.say(key, self.language, **values)

    def day(self, at: dt.datetime | dt.date) -> str:
        return dates.day(at, self.language, self.now)

    def moment(self, at: dt.datetime) -> str:
        return dates.moment(at, self.language)

    def ago(self, at: dt.datetime) -> str:
        return dates.ago(at, self.now, self.language)

    def duration(self, hours: float) -> str:
        return dates.duration(hours, self.language)

    def input(self, at: dt.datetime | None) -> str:
        return dates.input_date(at)


def _lang_of(request: AnyRequest, text: str, spoken_in: str) -> Markup:
    """The attribute that says how to read `text` aloud, where it is not as the page around it."""
    found = service(request).pipeline.languages.certainly(text)
    return Markup("") if found in (None, spoken_in) else Markup(f' lang="{found}"')


def _pointed(request: AnyRequest, errors: Sequence[Problem]) -> list[Problem]:
    """In the page's language; `field title`, as the checks say it, is the form's `title`."""
    tongue = language(request)
    return [
        Problem(error.pointer.removeprefix("field "), worded(error.text, tongue))
        for error in errors
    ]


def _links(
    request: AnyRequest, sections: Sequence[nav.Section], brain: Brain | None, area: str
) -> list[nav.Link]:
    id = brain.id if brain else None
    return [
        nav.Link(
            section.area,
            section.path.format(brain=id),
            section.icon,
            section.counter,
            section.area == area,
            section.group,
        )
        for section in sections
        if _may_open(request, section, id)
    ]


def _may_open(request: AnyRequest, section: nav.Section, brain: str | None) -> bool:
    return may(
        request,
        section.right,
        brain=brain if section.where != "everywhere" else None,
        body=own_body(request) if section.where == "any body" else None,
    )


def _flashes(request: AnyRequest) -> list[Flash]:
    """What the page before left, and what this one said itself."""
    if request.headers.get(FRAGMENT) is not None:
        return []
    state = request.scope["state"]
    state["flashes_shown"] = True
    own: list[Flash] = state.pop("flashes", [])
    left = flashes.unpacked(request.cookies.get(FLASH_COOKIE), service(request).form_secret)
    # What a newer version of us does not say any more, is not said.
    return [one for one in left if wording.has(one.key, language(request))] + own


def _brain_of_body(request: AnyRequest) -> str | None:
    body = service(request).knowledge.bodies.get(request.path_params.get("slug", ""))
    return body.brain if body else None


def _here(request: AnyRequest) -> str:
    """The page's own address, to come back to; a POST's is not one to come back to."""
    if request.method != "GET":
        return HOME
    query = request.scope.get("query_string", b"").decode("latin-1")
    return request.url.path + (f"?{query}" if query else "")


def _static(request: AnyRequest) -> Mapping[str, str] | Any:
    prefix = request.app.state.console_static
    return lambda name: f"{prefix}/{name}"


def _access(request: AnyRequest) -> Access:
    return cast(Access, request.app.state.access)
