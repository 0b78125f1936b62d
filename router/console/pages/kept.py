"""What somebody wrote before being signed out: shown, and sent now or left."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, get
from litestar.params import PathParameter

from brains import kept_forms
from brains.store import now as utc_now
from router.console import frame
from router.security.kept_forms import KEPT

AnyRequest = Request[Any, Any, Any]
Token = Annotated[str, PathParameter(max_length=200)]

# What is shorter is a choice or a name, sent with the rest and not shown.
WRITTEN_CHARS_MIN = 20


class KeptPages(Controller):
    """Only for whoever wrote it; for anybody else it is as if there were none."""

    path = KEPT.removeprefix(frame.HOME)

    @get("/{token:str}")
    async def show(self, request: AnyRequest, token: Token) -> Any:
        """The form as it was written."""
        async with frame.service(request).db.read() as tx:
            kept = await kept_forms.find(tx, token, request.scope["user"].id, utc_now())
        if kept is None:
            frame.flash(request, "kept.gone", kind="warning")
            return frame.redirect(frame.HOME)
        return frame.page(
            request,
            "kept/show.html",
            title=frame.say(request, "kept.title"),
            area="",
            kept=kept,
            texts=[value for _, value in kept.fields if len(value) >= WRITTEN_CHARS_MIN],
        )


handlers = [KeptPages]
