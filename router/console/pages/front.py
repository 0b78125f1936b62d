"""The way in, the choice of knowledge base, language and looks, and addresses there are none of."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Redirect

from router.console import frame, wording
from router.console.middleware import cookie
from router.security.audited import UNAUDITED
from router.security.signed_in import OPEN, own_path

KEPT_SECONDS = 365 * 86400

AnyRequest = Request[Any, Any, Any]


class Preferences(msgspec.Struct):
    """What one browser is to look like. Empty is unchanged; `back` is the page to return to."""

    language: str = ""
    theme: str = ""
    back: str = frame.HOME


class FrontController(Controller):
    """Pages of no section."""

    @get("/")
    async def home(self, request: AnyRequest) -> Any:
        """The overview of the knowledge base last looked at."""
        brain = frame.current_brain(request)
        if brain is None:
            title = frame.say(request, "common.nothing.title")
            return frame.page(request, "nothing.html", title=title, area="")
        return frame.redirect(f"/console/brains/{brain.id}")

    @get("/brains")
    async def choose(self, request: AnyRequest) -> Redirect:
        """What the switch in the menu leads to."""
        brain = frame.current_brain(request)
        return frame.redirect(f"/console/brains/{brain.id}" if brain else frame.HOME)

    @post("/preferences", opt={OPEN: True, UNAUDITED: True})
    async def prefer(
        self,
        request: AnyRequest,
        data: Annotated[Preferences, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect:
        """Keep a choice in this browser."""
        response = frame.redirect(own_path(data.back))
        if data.language in wording.LANGUAGES:
            response.cookies.append(
                cookie(request, frame.LANGUAGE_COOKIE, data.language, KEPT_SECONDS)
            )
        if data.theme:
            kept = KEPT_SECONDS if data.theme in frame.THEMES else 0
            response.cookies.append(cookie(request, frame.THEME_COOKIE, data.theme, kept))
        return response

    @get("/{rest:path}")
    async def nothing(self, rest: str) -> None:
        """Any other address. Raises NotFoundException."""
        raise NotFoundException


handlers = [FrontController]
