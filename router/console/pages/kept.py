"""What somebody wrote before being signed out: back on its page, or to be sent as it is."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, get
from litestar.params import PathParameter

from router.console import frame, kept_views
from router.security.kept_forms import KEPT

AnyRequest = Request[Any, Any, Any]
Token = Annotated[str, PathParameter(max_length=200)]


class KeptPages(Controller):
    """Only for whoever wrote it; for anybody else it is as if there were none."""

    path = KEPT.removeprefix(frame.HOME)

    @get("/{token:str}")
    async def show(self, request: AnyRequest, token: Token, whole: bool = False) -> Any:
        """On to the page that the form is on; `whole` is the form by itself."""
        kept = await kept_views.find(request, token)
        if kept is None:
            frame.flash(request, "kept.gone", kind="warning")
            return frame.redirect(frame.HOME)
        if kept.page and not whole:
            return frame.redirect(kept_views.filled_url(kept.page, token))
        return frame.page(
            request,
            "kept/show.html",
            title=frame.say(request, "kept.title"),
            area="",
            kept=kept,
            texts=[value for _, value in kept.fields if len(value) > kept_views.LONG_CHARS],
        )


handlers = [KeptPages]
